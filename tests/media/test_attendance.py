"""Two Python participants (aiortc) in one meeting, over a real node: pictures and sound arrive, also after a kill."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest
from aiortc.mediastreams import MediaStreamTrack
from av.audio.frame import AudioFrame
from av.frame import Frame
from av.packet import Packet
from av.video.frame import VideoFrame

from media.attendance import Attendance, MakeTracks, Seat
from media.playback import AudioPlayback, VideoPlayback
from tests.media.fakes import write_wav, write_y4m
from tests.media.node_process import NodeProcess
from tests.media.signal_server import ROOM, SignalServer, until
from tests.media.watching import Watching

TOKEN = "node-control"
LEVEL = 90


class Watcher(Watching):
    """Keeps the newest picture's brightness, the sound's strength, and how much of it came in the last packet."""

    def __init__(self) -> None:
        super().__init__()
        self.pictures = 0
        self.brightness = 0.0
        self.loud = 0
        self.samples = 0

    def take(self, frame: Frame | Packet) -> None:  # type: ignore[type-arg]
        if isinstance(frame, VideoFrame):
            self.pictures += 1
            self.brightness = float(frame.to_ndarray(format="gray")[-frame.height // 6 :].mean())
        elif isinstance(frame, AudioFrame):
            self.samples = frame.samples
            self.loud += int(np.abs(frame.to_ndarray().astype(np.int32)).mean() > 1000)


@pytest.fixture
def node() -> NodeProcess:
    return NodeProcess(TOKEN)


async def test_sent_files_are_seen_and_heard(node: NodeProcess, tmp_path: Path) -> None:
    write_y4m(tmp_path / "box.y4m", LEVEL)
    write_wav(tmp_path / "box.wav", 330)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ["box", "viewer"], tmp_path) as server:
            box = Attendance(
                Seat(server.url("box"), "t"),
                lambda: [AudioPlayback(str(tmp_path / "box.wav")), VideoPlayback(str(tmp_path / "box.y4m"))],
            )
            watcher = Watcher()
            viewer = Attendance(
                Seat(server.url("viewer"), "t", audio_slots=1, video_slots=1, view=("box",)),
                list,
                watcher.on_track,
            )
            attending = [asyncio.create_task(one.attend()) for one in (box, viewer)]
            await until(lambda: watcher.pictures > 20 and watcher.loud > 20, 30, lambda: vars(watcher))
            assert abs(watcher.brightness - LEVEL) < 20
            await _a_mute_silences(server, watcher)
            await _a_killed_node_is_survived(node, watcher)
            for task in attending:
                task.cancel()
            await asyncio.gather(*attending, *watcher.tasks, return_exceptions=True)
    finally:
        node.kill()


async def _a_mute_silences(server: SignalServer, watcher: Watcher) -> None:
    await server.mute("box", True)
    sent = [await _audio_packets(server)]

    async def still() -> bool:
        sent.append(await _audio_packets(server))
        return sent[-1] == sent[-2]

    assert await still(), "packets of a muted source went out"
    pictures = watcher.pictures
    await until(lambda: watcher.pictures > pictures + 10, 15)
    assert await still(), "packets of a muted source went out"
    await server.mute("box", False)
    loud = watcher.loud
    await until(lambda: watcher.loud > loud + 10, 15)


async def _audio_packets(server: SignalServer) -> int:
    stats = await server.node.stats(ROOM)
    viewer = next(p for p in stats["rooms"][0]["participants"] if p["participant"] == "viewer")
    return sum(slot["packets"] for slot in viewer["slots"] if slot["kind"] == "audio")


async def _a_killed_node_is_survived(node: NodeProcess, watcher: Watcher) -> None:
    node.kill()
    node.start()
    pictures, loud = watcher.pictures, watcher.loud
    await until(lambda: watcher.pictures > pictures + 20 and watcher.loud > loud + 10, 30)


@asynccontextmanager
async def watched(node: NodeProcess, folder: Path, tracks: MakeTracks) -> AsyncIterator[tuple[SignalServer, Watcher]]:
    """A box that sends these, and who watches it."""
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ["box", "viewer"], folder) as server:
            watcher = Watcher()
            seat = Seat(server.url("viewer"), "t", audio_slots=1, video_slots=1, view=("box",))
            both = Attendance(Seat(server.url("box"), "t"), tracks), Attendance(seat, list, watcher.on_track)
            attending = [asyncio.create_task(one.attend()) for one in both]
            yield server, watcher
            for task in attending:
                task.cancel()
            await asyncio.gather(*attending, *watcher.tasks, return_exceptions=True)
    finally:
        node.kill()


async def test_a_box_sends_what_its_place_on_the_ladder_allows(node: NodeProcess, tmp_path: Path) -> None:
    write_y4m(tmp_path / "box.y4m", LEVEL)
    write_wav(tmp_path / "box.wav", 330)

    def tracks() -> list[MediaStreamTrack]:
        return [AudioPlayback(str(tmp_path / "box.wav")), VideoPlayback(str(tmp_path / "box.y4m"))]

    async with watched(node, tmp_path, tracks) as (server, watcher):
        await until(lambda: watcher.pictures > 20 and watcher.loud > 20, 30, lambda: vars(watcher))
        assert watcher.samples == 960
        await server.tell("box", "uplink", tier="one_voice", why="thin")
        await until(lambda: watcher.samples == 2_880, 20, lambda: vars(watcher))
        pictures, loud = watcher.pictures, watcher.loud
        await until(lambda: watcher.loud > loud + 50, 20, lambda: vars(watcher))
        assert watcher.pictures <= pictures + 5, "those that were on their way"
        await server.tell("box", "uplink", tier="stills", why="thin")
        await until(lambda: watcher.samples == 960, 20, lambda: vars(watcher))
        await server.tell("box", "uplink", tier="720p", why="all")
        await until(lambda: watcher.pictures > pictures + 20, 20, lambda: vars(watcher))
        whole = await packet_size(server, watcher)
        await server.tell("box", "voice", small=True)
        small = await packet_size(server, watcher)
        assert small < 0.9 * whole
        assert {"health", "ping"} <= server.heard["box"]


async def packet_size(server: SignalServer, watcher: Watcher) -> float:
    """Bytes of a packet of sound, the mean over two seconds."""
    counted = []
    for _ in range(2):
        loud = watcher.loud
        await until(lambda loud=loud: watcher.loud > loud + 100, 20)  # type: ignore[misc]
        stats = await server.node.stats(ROOM)
        viewer = next(p for p in stats["rooms"][0]["participants"] if p["participant"] == "viewer")
        counted.append(next((slot["octets"], slot["packets"]) for slot in viewer["slots"] if slot["kind"] == "audio"))
    (octets, packets), (more_octets, more_packets) = counted
    return float((more_octets - octets) / (more_packets - packets))


LOOKS = 250
"""Pieces of sound in five seconds, in which a box looks twice for what is broken."""


async def test_a_camera_that_fails_and_comes_back_leaves_the_sound_alone(node: NodeProcess, tmp_path: Path) -> None:
    film, away = tmp_path / "box.y4m", tmp_path / "away.y4m"
    write_y4m(film, LEVEL)
    write_wav(tmp_path / "box.wav", 330)
    cameras: list[VideoPlayback] = []

    def tracks() -> list[MediaStreamTrack]:
        cameras.append(VideoPlayback(str(film)))
        return [AudioPlayback(str(tmp_path / "box.wav")), cameras[-1]]

    async with watched(node, tmp_path, tracks) as (server, watcher):
        await until(lambda: watcher.pictures > 20 and watcher.loud > 20, 30, lambda: vars(watcher))
        film.rename(away)
        await until(lambda: cameras[-1].newest is None, 20)
        loud, pictures = watcher.loud, watcher.pictures
        await until(lambda: watcher.loud > loud + LOOKS, 30)
        away.rename(film)
        await until(lambda: watcher.pictures > pictures + 20, 30)
        assert server.log.count(("Connected", "box")) == len(cameras) == 1


async def test_a_picture_that_has_ended_for_good_leaves_the_sound_alone(node: NodeProcess, tmp_path: Path) -> None:
    """Whatever ended it: an encoder that cannot go on ends it too."""
    write_y4m(tmp_path / "box.y4m", LEVEL)
    write_wav(tmp_path / "box.wav", 330)
    camera = VideoPlayback(str(tmp_path / "box.y4m"))
    async with watched(node, tmp_path, lambda: [AudioPlayback(str(tmp_path / "box.wav")), camera]) as (server, watcher):
        await until(lambda: watcher.pictures > 20 and watcher.loud > 20, 30, lambda: vars(watcher))
        camera.stop()
        loud = watcher.loud
        await until(lambda: watcher.loud > loud + LOOKS, 30)
        assert server.log.count(("Connected", "box")) == 1
