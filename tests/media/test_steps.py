"""A whole node carries speech by either step: both ends are real clients."""

import asyncio
import functools
from pathlib import Path
from typing import Any

import pytest
from aiortc.mediastreams import MediaStreamTrack

from media.attendance import Attendance, Seat
from media.compiled import build
from media.playback import AudioPlayback
from media.steps import Choice
from tests.media.fakes import write_wav
from tests.media.node_process import NodeProcess
from tests.media.signal_server import ROOM, SignalServer

TOKEN = "node-control"
NAMES = ("one", "two")


@pytest.mark.parametrize("step", ["python", "compiled"])
async def test_two_sites_hear_each_other(step: Choice, tmp_path: Path) -> None:
    if step == "compiled" and build.build() is None:
        pytest.skip("no C compiler here")
    write_wav(tmp_path / "tone.wav", 440)
    node = NodeProcess(TOKEN, step=step)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, NAMES, tmp_path) as server:
            attending = [asyncio.create_task(_site(server, name, tmp_path).attend()) for name in NAMES]
            async with asyncio.timeout(40):
                while min(await _sent(server)) < 50:
                    pass
            stats = await server.node.stats(ROOM)
            assert stats["port"]["sent"] >= 100
            assert (stats["port"]["send_failed"], stats["port"]["refused_by_srtp"]) == (0, 0)
            slots = [slot for each in _participants(stats) for slot in each["slots"]]
            assert {slot["loss"] for slot in slots} <= {None, 0}
            for task in attending:
                task.cancel()
            await asyncio.gather(*attending, return_exceptions=True)
    finally:
        node.kill()


def _site(server: SignalServer, name: str, folder: Path) -> Attendance:
    return Attendance(Seat(server.url(name), name, audio_slots=1), functools.partial(_tone, folder))


def _tone(folder: Path) -> list[MediaStreamTrack]:
    return [AudioPlayback(str(folder / "tone.wav"))]


def _participants(stats: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = stats["rooms"][0]["participants"]
    return found


async def _sent(server: SignalServer) -> list[int]:
    """How many packets of speech went to each site."""
    stats = await server.node.stats(ROOM)
    return [sum(slot["packets"] for slot in each["slots"] if slot["kind"] == "audio") for each in _participants(stats)]
