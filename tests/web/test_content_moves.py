"""A shared picture goes on where its meeting goes: at another node after a death, and without a gap when one drains."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass

from av.frame import Frame
from av.packet import Packet

from media.attendance import Attendance, Seat
from tests.media.watching import Watching
from tests.web.sharer import Sharer
from tests.web.stage import Stage, running, soon
from tests.web.talk import Party
from tests.web.test_media_nodes import carriers, draining
from tests.web.world import World


class Shown(Watching):
    """Counts pictures; `longest_pause_s` is the longest time between two."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = 0
        self.longest_pause_s = 0.0
        self._at = 0.0

    def take(self, _frame: Frame | Packet) -> None:  # type: ignore[type-arg]
        now = time.monotonic()
        if self.pictures:
            self.longest_pause_s = max(self.longest_pause_s, now - self._at)
        self.pictures, self._at = self.pictures + 1, now

    async def more(self, pictures: int = 5) -> None:
        """Until so many more have come."""
        least = self.pictures + pictures
        await soon(lambda: self.pictures >= least, why=lambda: vars(self))


@dataclass
class Hall:
    """A meeting in which the leader shares a picture that the duty officer sees."""

    stage: Stage
    duty: Party
    meeting: str
    shown: Shown

    async def only_at(self, node: int) -> None:
        await soon(lambda: carriers(self.stage, self.duty) == [node])

    def sharer(self) -> object:
        return self.duty.http.get(f"/meetings/{self.meeting}").json()["meeting"]["content"]["name"]


@asynccontextmanager
async def hall(stage: Stage, world: World) -> AsyncIterator[Hall]:
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        leader = await asyncio.to_thread(Party, stage.live, world, "leader", open_things)
        meeting = (await asyncio.to_thread(duty.convene, world.terminals["south_box"]))["id"]
        shown = Shown()
        url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
        viewer = Attendance(Seat(url, duty.token, video_slots=1, view=("content",)), list, shown.on_track)
        async with running(viewer.attend, Sharer(stage.live, leader.token, meeting).run):
            await shown.more(10)
            found = Hall(stage, duty, meeting, shown)
            await soon(lambda: len(carriers(stage, duty)) == 1)
            yield found


async def test_the_content_goes_on_through_deaths_of_nodes_and_a_drain(two_nodes: Stage, world: World) -> None:
    async with hall(two_nodes, world) as at:
        head, first = await asyncio.to_thread(at.duty.head), carriers(two_nodes, at.duty)[0]
        os.kill(two_nodes.nodes[first].pid, signal.SIGKILL)
        await at.only_at(1 - first)
        await at.shown.more()
        await asyncio.to_thread(two_nodes.nodes[first].start)
        await a_drain_is_not_seen(at, 1 - first)
        await the_only_node_is_back(at, first)
        assert at.sharer() == "leader"
        assert await asyncio.to_thread(at.duty.kinds, head) == ["moved", "moved"]


async def a_drain_is_not_seen(at: Hall, node: int) -> None:
    up = f'fengsui_media_node_up{{node="{"ab"[1 - node]}"}} 1.0'
    await soon(lambda: up in at.duty.http.get(f"http://{at.stage.live}/metrics").text)
    at.shown.longest_pause_s = 0.0
    async with draining(at.stage, "ab"[node]) as drain:
        said, _ = await asyncio.wait_for(drain.communicate(), 30)
    assert drain.returncode == 0, said
    await soon(lambda: at.stage.nodes[node].ended() == 0)
    await at.only_at(1 - node)
    await at.shown.more()
    assert at.shown.longest_pause_s < 1.0


async def the_only_node_is_back(at: Hall, node: int) -> None:
    await asyncio.to_thread(at.stage.nodes[node].kill)
    await asyncio.to_thread(at.stage.nodes[node].start)
    await at.shown.more()
