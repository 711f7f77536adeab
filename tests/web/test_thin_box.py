"""A headless box behind a thin uplink: it goes down the ladder as a page does, its viewers get stills, all are told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from media.attendance import Attendance, Seat
from media.terminal import Terminal, TerminalConfig
from tests.media.test_layer_lines import write_noise
from tests.ui.thin_line import ThinLine, thin_line
from tests.web.stage import Reception, Stage, running, soon
from tests.web.talk import Party
from tests.web.world import World

THIN_BPS = 150_000
LONG_S = 120
"""The ladder begins below what the line carries, because of the queue, and tries one tier every fifteen seconds.

A machine on which packets wait for the processor looks like a line on which they wait.
"""

pytestmark = pytest.mark.timeout(360)


class BehindLine(Attendance):
    """Its media go to another port than the bridge's."""

    port = 0

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "answer":
            lines = message["sdp"].split("\r\n")
            kept = [line for line in lines if not (line.startswith("a=candidate:") and " tcp " in line)]
            parts = [line.split(" ") for line in kept]
            for part in parts:
                if part[0].startswith("a=candidate:"):
                    part[5] = str(self.port)
            message = {**message, "sdp": "\r\n".join(" ".join(part) for part in parts)}
        await super()._take(message)


class ThinTerminal(Terminal):
    """A terminal whose media go to `port`."""

    port = 0

    def _attendance_at(self, seat: Seat) -> Attendance:
        made = BehindLine(seat, self._tracks, newest=self._newest)
        made.port = self.port
        return made


class Viewer(Attendance):
    """Counts the stills that come, and says so."""

    stills = 0

    async def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "still" and message["part"] == message["of"] - 1:
            self.stills += 1
            await self._send({"type": "still_seen", "site": message["site"], "still": message["still"]})
        await super()._take(message)


def weakened(duty: Party) -> dict[str, str]:
    """The tier of each way that the timeline tells of as weaker."""
    entries = duty.http.get("/timeline", params={"after": 0, "limit": 1000}).json()["entries"]
    lines = [one["body"]["line"] for one in entries if one["kind"] == "meeting.weakened"]
    return {line["way"]: line["tier"] for line in lines}


def found(duty: Party, meeting: str, site: str) -> list[str]:
    """What the chair's desk is told of a site."""
    rows = duty.http.get(f"/meetings/{meeting}/quality").json()["items"]
    return [one["code"] for row in rows if row["site"] == site for one in row["findings"]]


@dataclass
class Case:
    """A meeting of a box behind a line, and of the chair, who looks at it."""

    line: ThinLine
    duty: Party
    meeting: str
    site: str
    viewer: Viewer
    reception: Reception

    async def weakens(self) -> None:
        """From now on the line carries little; until chair and timeline know."""
        await soon(lambda: self.reception.pictures > 20 and self.reception.loud > 20, why=lambda: vars(self.reception))
        assert self.viewer.stills == 0
        self.line.set_rates(None, THIN_BPS)
        await soon(lambda: "uplink_thin" in found(self.duty, self.meeting, self.site))
        loud = self.reception.loud
        await soon(lambda: "up" in weakened(self.duty), why=lambda: vars(self.reception))
        assert self.reception.loud > loud + 100, "speech goes on"


@asynccontextmanager
async def case(stage: Stage, world: World, folder: Path) -> AsyncIterator[Case]:
    write_noise(folder / "noise.y4m")
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        line = open_things.enter_context(thin_line(stage.port, stage.node.udp_port))
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
        meeting, site = made["id"], made["invited"][0]["id"]
        video, audio = str(folder / "noise.y4m"), str(stage.media / "box.wav")
        near = f"http://127.0.0.1:{line.near}"
        box = ThinTerminal(TerminalConfig(near, world.token("south_box"), video, audio, auto_answer=True))
        box.port = line.media_port
        reception = Reception()
        url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
        viewer = Viewer(Seat(url, duty.token, None, 1, 1, (site,)), list, reception.on_track)
        async with running(box.run, viewer.attend):
            yield Case(line, duty, meeting, site, viewer, reception)


async def test_chair_and_timeline_are_told_of_a_box_on_a_thin_uplink(
    stage: Stage, world: World, tmp_path: Path
) -> None:
    async with case(stage, world, tmp_path) as at:
        await at.weakens()


@pytest.mark.weak
async def test_a_box_on_a_thin_uplink_gives_stills_until_it_carries_pictures(
    stage: Stage, world: World, tmp_path: Path
) -> None:
    async with case(stage, world, tmp_path) as at:
        await at.weakens()
        await soon(lambda: at.viewer.stills > 2, LONG_S, lambda: (weakened(at.duty), vars(at.reception)))
        at.line.set_rates(None, None)
        pictures = at.reception.pictures
        await soon(lambda: at.reception.pictures > pictures + 50, LONG_S, lambda: weakened(at.duty))
