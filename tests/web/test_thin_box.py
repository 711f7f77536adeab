"""A headless box behind a thin uplink: it goes down the ladder as a page does, its viewers get stills, all are told."""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from media.attendance import Attendance, Seat
from media.terminal import Terminal, TerminalConfig
from tests.media.test_layer_lines import write_noise
from tests.ui.thin_line import thin_line
from tests.web.stage import Reception, Stage, running, soon
from tests.web.talk import Party
from tests.web.world import World

THIN_BPS = 150_000
LONG_S = 120
"""The ladder begins below what the line carries, because of the queue, and tries one tier every fifteen seconds."""

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


async def test_a_box_on_a_thin_uplink_gives_stills_and_the_timeline_tells(
    stage: Stage, world: World, tmp_path: Path
) -> None:
    write_noise(tmp_path / "noise.y4m")
    with ExitStack() as open_things:
        open_things.enter_context(stage.web())
        line = open_things.enter_context(thin_line(stage.port, stage.node.udp_port))
        duty = await asyncio.to_thread(Party, stage.live, world, "duty", open_things)
        made = await asyncio.to_thread(duty.convene, world.terminals["south_box"])
        meeting, site = made["id"], made["invited"][0]["id"]
        video, audio = str(tmp_path / "noise.y4m"), str(stage.media / "box.wav")
        near = f"http://127.0.0.1:{line.near}"
        box = ThinTerminal(TerminalConfig(near, world.token("south_box"), video, audio, auto_answer=True))
        box.port = line.media_port
        reception = Reception()
        url = f"ws://{stage.live}/api/v1/meetings/{meeting}/signal"
        viewer = Viewer(Seat(url, duty.token, None, 1, 1, (site,)), list, reception.on_track)
        async with running(box.run, viewer.attend):
            await soon(lambda: reception.pictures > 20 and reception.loud > 20, why=lambda: vars(reception))
            assert viewer.stills == 0
            line.set_rates(None, THIN_BPS)
            await soon(lambda: "uplink_thin" in found(duty, meeting, site), why=lambda: found(duty, meeting, site))
            loud = reception.loud
            await soon(lambda: viewer.stills > 2, LONG_S, lambda: (weakened(duty), vars(reception)))
            await soon(lambda: "up" in weakened(duty), why=lambda: weakened(duty))
            assert reception.loud > loud + 100
            line.set_rates(None, None)
            pictures = reception.pictures
            await soon(lambda: reception.pictures > pictures + 50, LONG_S, lambda: weakened(duty))
