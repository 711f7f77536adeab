"""Two sizes of a picture on a line each, from a client that cannot simulcast: small tiles get the small one."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio
from aiortc.codecs.vpx import Vp8Encoder
from av.frame import Frame
from av.packet import Packet
from av.video.frame import VideoFrame

from media.attendance import Attendance, Seat
from media.playback import VideoPlayback
from media.rtp import rtcp
from media.rtp.rtcp import ReceiverReport, Remb
from tests.media.node_process import NodeProcess
from tests.media.signal_server import ROOM, SignalServer, until
from tests.media.watching import Watching

TOKEN = "node-control"
SIZE, SMALL, LARGE = (640, 360), 180, 360
FPS = 15
THIN_BPS = 250_000


def write_noise(path: Path, frames: int = 15) -> None:
    """A picture that takes whatever an encoder may spend: a coarse pattern that moves."""
    width, height = SIZE
    rough = np.random.default_rng(1).integers(0, 255, (height // 8, width // 8), np.uint8).repeat(8, 0).repeat(8, 1)
    chroma = np.full(width * height // 2, 128, np.uint8).tobytes()
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420mpeg2\n".encode())
        for number in range(frames):
            out.write(b"FRAME\n" + np.roll(rough, 12 * number, 1).tobytes() + chroma)


class Heights(Watching):
    """Counts pictures by height; `run` those since the last one of another height."""

    def __init__(self) -> None:
        super().__init__()
        self.counted = Counter[int]()
        self.run = 0
        self._last = 0

    def take(self, frame: Frame | Packet) -> None:  # type: ignore[type-arg]
        assert isinstance(frame, VideoFrame)
        self.add(frame.height)

    def add(self, height: int) -> None:
        self.counted[height] += 1
        self.run = self.run + 1 if height == self._last else 1
        self._last = height

    async def until_only(self, height: int) -> None:
        """Until a second of pictures has come that are all of this height."""
        await until(lambda: self._last == height and self.run > FPS, 60, lambda: vars(self))


@dataclass
class Stage:
    """`shown` are the viewer's pictures, `made` those that the box has encoded."""

    server: SignalServer
    viewer: Attendance
    shown: Heights
    made: Heights

    async def carry(self, bps: int) -> None:
        """The viewer tells how much its line carries, as clients without transport-cc do."""
        call = self.viewer._call
        assert call is not None
        told = rtcp.compound([ReceiverReport(1), Remb(1, bps, (1,))])
        await call.connection.getTransceivers()[0].receiver.transport._send_rtp(told)

    async def view(self, height: int) -> None:
        await self.server.node.view(ROOM, "viewer", ["box"], [height])


@pytest_asyncio.fixture
async def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Stage]:
    write_noise(tmp_path / "box.y4m")
    made, encode = Heights(), Vp8Encoder.encode

    def counted(encoder: Vp8Encoder, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        assert isinstance(frame, VideoFrame)
        made.add(frame.height)
        return encode(encoder, frame, force_keyframe)

    monkeypatch.setattr(Vp8Encoder, "encode", counted)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ["box", "viewer"], tmp_path) as server:
            shown = Heights()
            viewer = Attendance(Seat(server.url("viewer"), "t", video_slots=1, view=("box",)), list, shown.on_track)
            box = Attendance(Seat(server.url("box"), "t"), lambda: [VideoPlayback(str(tmp_path / "box.y4m"))])
            attending = [asyncio.create_task(one.attend()) for one in (box, viewer)]
            yield Stage(server, viewer, shown, made)
            for task in attending:
                task.cancel()
            await asyncio.gather(*attending, *shown.tasks, return_exceptions=True)
    finally:
        node.kill()


async def test_small_tiles_and_thin_lines_get_the_small_picture(stage: Stage) -> None:
    await stage.shown.until_only(LARGE)
    await stage.view(SMALL)
    await stage.shown.until_only(SMALL)
    await stage.made.until_only(SMALL)
    await stage.view(LARGE)
    await stage.shown.until_only(LARGE)
    await stage.carry(THIN_BPS)
    await stage.shown.until_only(SMALL)
    await stage.made.until_only(SMALL)
