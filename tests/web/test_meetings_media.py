"""A meeting with real media: web process, media node, aiortc participants; node and web process die and come back."""

import asyncio
import os
import signal
from collections.abc import Callable
from contextlib import ExitStack

from media.attendance import Attendance, Seat
from tests.waiting import until
from tests.web.stage import LIVE_WITHIN_S, Reception, Stage, running, soon
from tests.web.talk import Message, Party, Talk
from tests.web.world import World


async def test_a_township_is_rung_seen_and_heard_through_every_failure(stage: Stage, world: World) -> None:
    with ExitStack() as open_things:
        web = open_things.enter_context(ExitStack())
        web.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        async with running(stage.terminal(world.token("south_box")).run):
            made = await asyncio.to_thread(duty.convene, world.terminals["south_box"], world.terminals["north_box"])
            meeting = made["id"]
            site = next(one["id"] for one in made["invited"] if one["name"] == "south_box")
            reception = Reception()
            url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
            seat = Seat(url, duty.token, audio_slots=1, video_slots=1, view=(site,))
            desk = Attendance(seat, list, reception.on_track)
            async with running(desk.attend):
                await joined(duty, meeting, reception)
                await a_mute_is_heard(duty, meeting, site, reception)
                await a_killed_node_comes_back(stage, duty, meeting, reception)
                await a_web_process_that_starts_anew_changes_nothing(stage, world, web, duty, meeting, reception)
                await the_chair_ends_it(duty, meeting, site)


async def test_who_has_the_floor_keeps_it_while_node_and_web_process_start_anew(stage: Stage, world: World) -> None:
    """The terminal's tone would be heard by the chair; who has the floor says nothing."""
    with ExitStack() as open_things:
        web = open_things.enter_context(ExitStack())
        web.enter_context(stage.web())
        duty, leader = [await asyncio.to_thread(Party, stage.live, world, one, open_things) for one in CHAIR_AND_LEADER]
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
        meeting, box = made["id"], made["invited"][0]["id"]
        reception, url = Reception(), f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
        chair = Attendance(Seat(url, duty.token, None, 1, 1, (box,)), list, reception.on_track)
        speaker = Attendance(Seat(url, leader.token, None, 1), list)
        async with running(stage.terminal(world.token("south_box")).run, chair.attend, speaker.attend):
            await soon(lambda: list(duty.states(meeting).values()) == ["joined"] * 3, why=lambda: duty.states(meeting))
            await soon(lambda: reception.pictures > 20 and reception.loud > 20, why=lambda: vars(reception))
            await asyncio.to_thread(the_leader_gets_the_floor, duty, leader, meeting)
            head, loud = await asyncio.to_thread(duty.head), await silenced(reception)
            await asyncio.to_thread(stage.node.kill)
            await asyncio.to_thread(stage.node.start)
            await shown_and_not_heard(reception, loud)
            await asyncio.to_thread(web.close)
            await asyncio.to_thread(web.enter_context, stage.web())
            await shown_and_not_heard(reception, loud)
            assert (await asyncio.to_thread(duty.http.get, f"/meetings/{meeting}")).json()["meeting"]["floor"]["holder"]
            assert await asyncio.to_thread(duty.kinds, head) == []
            await asyncio.to_thread(duty.control, meeting, "end_floor")
            await soon(lambda: reception.loud > loud + 10, why=lambda: vars(reception))


CHAIR_AND_LEADER = ("duty", "leader")


def the_leader_gets_the_floor(duty: Party, leader: Party, meeting: str) -> None:
    assert leader.http.post(f"/meetings/{meeting}/floor", json={"ask": True}).status_code == 200
    sites = duty.http.get(f"/meetings/{meeting}").json()["sites"]
    duty.control(meeting, "grant_floor", site=next(one["id"] for one in sites if one["name"] == "leader"))


async def shown_and_not_heard(reception: Reception, loud: int) -> None:
    """Pictures come, anew where they did not, and no sound that was not heard before."""
    pictures = reception.pictures
    await soon(lambda: reception.pictures > pictures + 20, why=lambda: vars(reception))
    assert reception.loud == loud


async def test_a_terminal_without_power_is_lost_and_back_by_itself(stage: Stage, world: World) -> None:
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])

        def box_is(state: str) -> Callable[[], bool]:
            return lambda: duty.states(made["id"])["south_box"] == state

        async with running(stage.terminal(world.token("south_box")).run):
            await soon(box_is("joined"))
        await soon(box_is("lost"))
        async with running(stage.terminal(world.token("south_box")).run):
            await soon(box_is("joined"))
        kinds = await asyncio.to_thread(duty.kinds)
        assert [kind for kind in kinds if kind.startswith(("joined", "lost", "left"))] == [
            "joined south_box",
            "lost south_box",
            "joined south_box",
        ]


async def joined(duty: Party, meeting: str, reception: Reception) -> None:
    await soon(lambda: is_in(duty, meeting), why=lambda: duty.states(meeting))
    await soon(lambda: reception.pictures > 20 and reception.loud > 20, why=lambda: vars(reception))
    kinds = duty.kinds()
    assert kinds.index("convened") < kinds.index("rung south_box") < kinds.index("answered south_box")
    assert kinds.count("joined south_box") == kinds.count("joined duty") == 1


def is_in(duty: Party, meeting: str) -> bool:
    states = duty.states(meeting)
    return states.get("south_box") == states.get("duty") == "joined" and states["north_box"] == "ringing"


async def a_mute_is_heard(duty: Party, meeting: str, site: str, reception: Reception) -> None:
    await asyncio.to_thread(duty.control, meeting, "mute", site=site)
    loud = await silenced(reception)
    await shown_and_not_heard(reception, loud)
    await asyncio.to_thread(duty.control, meeting, "unmute", site=site)
    await soon(lambda: reception.loud > loud + 10)


async def silenced(reception: Reception) -> int:
    """Until nothing loud comes any more; what came till then."""
    counts = [reception.loud]

    def silent() -> bool:
        counts.append(reception.loud)
        return len(counts) > 20 and len(set(counts[-20:])) == 1

    await soon(silent, why=lambda: counts[-20:])
    return counts[-1]


async def a_killed_node_comes_back(stage: Stage, duty: Party, meeting: str, reception: Reception) -> None:
    reception.longest_stillness_s = reception.longest_silence_s = 0.0
    await asyncio.to_thread(stage.node.kill)
    await asyncio.to_thread(stage.node.start)
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 20 and reception.loud > loud + 10, why=lambda: vars(reception))
    assert max(reception.longest_stillness_s, reception.longest_silence_s) < LIVE_WITHIN_S
    await soon(lambda: is_in(duty, meeting), why=lambda: duty.states(meeting))


async def a_web_process_that_starts_anew_changes_nothing(
    stage: Stage, world: World, web: ExitStack, duty: Party, meeting: str, reception: Reception
) -> None:
    await asyncio.to_thread(web.close)
    pictures = reception.pictures
    await soon(lambda: reception.pictures > pictures + 10, why=lambda: vars(reception))
    await asyncio.to_thread(web.enter_context, stage.web())
    head = await asyncio.to_thread(duty.head)
    leader = await asyncio.to_thread(Party, stage.live, world, "leader", web)
    talk = await asyncio.to_thread(leader.talk, meeting)
    listed = await asyncio.to_thread(talk.until, "participants", box_sends)
    assert {one["name"] for one in listed["participants"] if one["state"] == "joined"} == {"duty", "south_box"}
    assert await asyncio.to_thread(duty.kinds, head) == ["answered leader"]


def box_sends(message: Message) -> bool:
    flags = {one["name"]: one["publishing"] for one in message["participants"]}
    return bool(flags["south_box"] == {"audio": True, "video": True})


async def the_chair_ends_it(duty: Party, meeting: str, site: str) -> None:
    removed = await asyncio.to_thread(duty.control, meeting, "remove", site=site)
    assert {one["name"]: one["state"] for one in removed["sites"]}["south_box"] == "removed"
    ended = await asyncio.to_thread(duty.control, meeting, "end")
    states = {one["name"]: one["state"] for one in ended["sites"]}
    assert states == {"duty": "left", "leader": "left", "north_box": "timed_out", "south_box": "removed"}


def test_a_goodbye_counts_though_the_socket_closes_before_its_turn(stage: Stage, world: World) -> None:
    """The node does not answer just now: what was said before the goodbye still waits when the socket closes."""
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty, north = (Party(stage.live, world, name, open_things) for name in ("duty", "north_box"))
        meeting = str(duty.convene(world.terminals["north_box"])["id"])
        north.answer(meeting)
        talk = north.talk(meeting)
        until(lambda: reaches_the_node(talk))
        os.kill(stage.node.pid, signal.SIGSTOP)
        open_things.callback(os.kill, stage.node.pid, signal.SIGCONT)
        talk.say(type="refresh", slot=0)
        talk.say(type="leave")
        talk.close()
        until(lambda: duty.states(meeting)["north_box"] == "left", why=lambda: duty.states(meeting))


def reaches_the_node(talk: Talk) -> bool:
    """Whether it is the node that refuses an offer that is none."""
    talk.say(type="offer", id=1, sdp="v=0\r\n")
    return str(talk.until("error")["code"]) != "media.unavailable"
