"""Two media nodes: one dies, its meetings go on at the other with all that the chair decided."""

import asyncio
import os
import signal
import time
from contextlib import ExitStack

from media.attendance import Attendance, Seat
from tests.web.stage import Reception, Stage, running, soon
from tests.web.talk import Party
from tests.web.test_meetings_media import is_in
from tests.web.world import World

PEERS = "fengsui_media_peers{"


async def test_a_meeting_goes_on_at_the_other_node(two_nodes: Stage, world: World) -> None:
    stage = two_nodes
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        async with running(stage.terminal(world.token("south_box")).run):
            made = await asyncio.to_thread(duty.convene, world.terminals["south_box"], world.terminals["north_box"])
            meeting = made["id"]
            box = next(one["id"] for one in made["invited"] if one["name"] == "south_box")
            reception = Reception()
            url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
            seat = Seat(url, duty.token, audio_slots=1, video_slots=1, view=(box,))
            async with running(Attendance(seat, list, reception.on_track).attend):
                await soon(lambda: is_in(duty, meeting), why=lambda: duty.states(meeting))
                await soon(lambda: reception.pictures > 20 and reception.loud > 20, why=lambda: vars(reception))
                await asyncio.to_thread(duty.control, meeting, "broadcast", site=box)
                await soon(lambda: len(carriers(stage, duty)) == 1, why=lambda: carriers(stage, duty))
                first = carriers(stage, duty)[0]
                await a_killed_node(stage, duty, meeting, reception, first)
                await asyncio.to_thread(duty.control, meeting, "mute", site=box)
                await asyncio.to_thread(stage.nodes[first].start)
                await a_silent_node(stage, duty, meeting, reception, 1 - first)


def carriers(stage: Stage, duty: Party) -> list[int]:
    """The places in the list of the nodes that have connections, by the figures for Prometheus."""
    text = duty.http.get(f"http://{stage.live}/metrics").text
    peers = [line.split('"') for line in text.splitlines() if line.startswith(PEERS)]
    return ["ab".index(parts[1]) for parts in peers if float(parts[2].removeprefix("} ")) >= 2]


async def a_killed_node(stage: Stage, duty: Party, meeting: str, reception: Reception, node: int) -> None:
    before = await asyncio.to_thread(decisions, duty, meeting)
    os.kill(stage.nodes[node].pid, signal.SIGKILL)
    began = time.monotonic()
    await soon(lambda: carriers(stage, duty) == [1 - node], why=lambda: carriers(stage, duty))
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 3 and reception.loud > loud + 3, why=lambda: vars(reception))
    assert time.monotonic() - began < 3.0
    assert await asyncio.to_thread(decisions, duty, meeting) == before
    assert (await asyncio.to_thread(duty.kinds))[-1] == "moved"


async def a_silent_node(stage: Stage, duty: Party, meeting: str, reception: Reception, node: int) -> None:
    """It still stands, but says nothing; who was muted there is muted here."""
    before = await asyncio.to_thread(decisions, duty, meeting)
    os.kill(stage.nodes[node].pid, signal.SIGSTOP)
    await soon(lambda: carriers(stage, duty) == [1 - node], why=lambda: carriers(stage, duty))
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 20, why=lambda: vars(reception))
    assert reception.loud == loud
    assert await asyncio.to_thread(decisions, duty, meeting) == before


def decisions(duty: Party, meeting: str) -> dict[str, object]:
    """What the chair decided, and who is rung."""
    shown = duty.http.get(f"/meetings/{meeting}").json()
    sites = {one["name"]: (one["state"], one["muted"]) for one in shown["sites"]}
    return {"sites": sites, "broadcast": shown["meeting"]["broadcast"], "chair": shown["meeting"]["chair"]}
