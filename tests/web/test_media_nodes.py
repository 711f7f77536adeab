"""Several media nodes: one dies or is emptied, its meetings go on at the other with all that the chair decided."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from media.attendance import Attendance, Seat
from tests.media.node_process import ROOT
from tests.web.stage import LIVE_WITHIN_S, Reception, Stage, running, soon
from tests.web.talk import Party
from tests.web.test_meetings_media import is_in
from tests.web.world import World

PEERS = "fengsui_media_peers{"


def carriers(stage: Stage, duty: Party) -> list[int]:
    """The places in the list of the nodes that have connections, by the figures for Prometheus."""
    text = duty.http.get(f"http://{stage.live}/metrics").text
    peers = [line.split('"') for line in text.splitlines() if line.startswith(PEERS)]
    return ["ab".index(parts[1]) for parts in peers if float(parts[2].removeprefix("} ")) >= 2]


@dataclass
class Hall:
    """A running meeting: a headless terminal with picture and sound, and the chair's desk, which sees and hears it."""

    stage: Stage
    duty: Party
    meeting: str
    box: str
    reception: Reception

    def carriers(self) -> list[int]:
        return carriers(self.stage, self.duty)

    def decisions(self) -> dict[str, object]:
        """What the chair decided, and who is rung."""
        shown = self.duty.http.get(f"/meetings/{self.meeting}").json()
        sites = {one["name"]: (one["state"], one["muted"]) for one in shown["sites"]}
        return {"sites": sites, "broadcast": shown["meeting"]["broadcast"], "chair": shown["meeting"]["chair"]}

    async def only_at(self, node: int) -> None:
        await soon(lambda: self.carriers() == [node], why=self.carriers)


@asynccontextmanager
async def hall(stage: Stage, world: World) -> AsyncIterator[Hall]:
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
                found = Hall(stage, duty, meeting, box, reception)
                await soon(lambda: len(found.carriers()) == 1, why=found.carriers)
                yield found


async def test_a_meeting_goes_on_at_the_other_node(two_nodes: Stage, world: World) -> None:
    async with hall(two_nodes, world) as at:
        first = at.carriers()[0]
        await a_killed_node(at, first)
        await asyncio.to_thread(at.duty.control, at.meeting, "mute", site=at.box)
        await asyncio.to_thread(two_nodes.nodes[first].start)
        await a_silent_node(at, 1 - first)


async def a_killed_node(at: Hall, node: int) -> None:
    before, reception = await asyncio.to_thread(at.decisions), at.reception
    os.kill(at.stage.nodes[node].pid, signal.SIGKILL)
    began = time.monotonic()
    await at.only_at(1 - node)
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 3 and reception.loud > loud + 3, why=lambda: vars(reception))
    assert time.monotonic() - began < LIVE_WITHIN_S
    assert await asyncio.to_thread(at.decisions) == before
    assert (await asyncio.to_thread(at.duty.kinds))[-1] == "moved"


async def a_silent_node(at: Hall, node: int) -> None:
    """It still stands, but says nothing; who was muted there is muted here."""
    before, reception = await asyncio.to_thread(at.decisions), at.reception
    reception.longest_stillness_s = 0.0
    os.kill(at.stage.nodes[node].pid, signal.SIGSTOP)
    await at.only_at(1 - node)
    pictures, loud = reception.pictures, reception.loud
    await soon(lambda: reception.pictures > pictures + 20, why=lambda: vars(reception))
    assert reception.loud == loud
    assert reception.longest_stillness_s < LIVE_WITHIN_S
    assert await asyncio.to_thread(at.decisions) == before


async def test_a_node_is_emptied_and_nobody_hears_it(two_nodes: Stage, world: World) -> None:
    async with hall(two_nodes, world) as at:
        node, before = at.carriers()[0], await asyncio.to_thread(at.decisions)
        head = await asyncio.to_thread(at.duty.head)
        pictures, at.reception.longest_silence_s = at.reception.pictures, 0.0
        async with draining(two_nodes, "ab"[node]) as drain:
            said, _ = await asyncio.wait_for(drain.communicate(), 30)
        assert said.decode().splitlines() == [
            f"{'ab'[node]}: {text}" for text in ("1 meetings to move", "empty", "stopped")
        ]
        assert drain.returncode == 0
        await soon(lambda: two_nodes.nodes[node].ended() == 0)
        await at.only_at(1 - node)
        loud = at.reception.loud
        await soon(lambda: at.reception.loud > loud + 20 and at.reception.pictures > pictures + 20)
        assert at.reception.longest_silence_s < 1.0
        assert await asyncio.to_thread(at.decisions) == before
        assert await asyncio.to_thread(at.duty.kinds, head) == ["moved"]


async def test_the_only_node_waits_for_the_end_of_its_meetings(stage: Stage, world: World) -> None:
    async with hall(stage, world) as at:
        async with draining(stage, "a") as drain:
            assert drain.stdout is not None
            said = (await asyncio.wait_for(drain.stdout.readline(), 20)).decode()
            assert said.startswith("a: no other node is ready; waits for the end of 1 meetings")
            assert stage.node.ended() is None
            await asyncio.to_thread(at.duty.control, at.meeting, "end")
            said = (await asyncio.wait_for(drain.stdout.read(), 20)).decode()
            assert said.splitlines()[-1] == "a: stopped"
        await soon(lambda: stage.node.ended() == 0)


async def test_a_node_that_stays_away_is_told_and_its_sites_are_lost(stage: Stage, world: World) -> None:
    """Nobody is "joined" for ever at a bridge that is gone; all is as before when it is back."""
    async with hall(stage, world) as at:
        head = await asyncio.to_thread(at.duty.head)
        await asyncio.to_thread(stage.node.kill)
        await soon(lambda: told_away(at), why=lambda: at.duty.http.get("/board").json()["media_nodes"])
        assert set(at.duty.states(at.meeting).values()) == {"joined", "ringing"}, "they may be back in time"
        gone = {"duty": "lost", "south_box": "lost", "north_box": "ringing"}
        await soon(lambda: at.duty.states(at.meeting) == gone, why=lambda: at.duty.states(at.meeting))
        sites = at.duty.http.get(f"/meetings/{at.meeting}").json()["sites"]
        assert {one["reason"] for one in sites if one["state"] == "lost"} == {"node_lost"}
        await asyncio.to_thread(stage.node.start)
        await soon(lambda: is_in(at.duty, at.meeting), why=lambda: at.duty.states(at.meeting))
        assert at.duty.http.get("/board").json()["media_nodes"] == {}
        entries = at.duty.http.get(f"/timeline?after={head}&limit=100").json()["entries"]
        kinds = [one["kind"] for one in entries]
        assert kinds[0] == "system.node_away"
        assert sorted(kinds[1:3]) == ["meeting.lost", "meeting.lost"]
        assert kinds[3] == "system.node_back"


def told_away(at: Hall) -> bool:
    """As the screens see it."""
    nodes = at.duty.http.get("/board").json()["media_nodes"]
    return set(nodes) == {"a"} and nodes["a"]["away_since"] is not None and nodes["a"]["nodes"] == 1


@asynccontextmanager
async def draining(stage: Stage, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """`fengsui drain` as an operator calls it."""
    program = (sys.executable, "-m", "web.cli", "drain", "--data", str(stage.core.settings.data), *arguments)
    process = await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    try:
        yield process
        await asyncio.wait_for(process.wait(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
