"""Files as tracks: over the end and on, at the file's own pace, and again where there was nothing to play."""

import asyncio
import time
from itertools import pairwise
from pathlib import Path

import pytest
from aiortc.mediastreams import MediaStreamError
from hypothesis import given
from hypothesis import strategies as st

from media.playback import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    AudioPlayback,
    VideoPlayback,
    has_audio,
    is_live,
    pause_after,
)
from tests.media.fakes import FPS, write_wav, write_y4m
from tests.media.signal_server import until


async def test_a_picture_file_goes_on_over_its_end(tmp_path: Path) -> None:
    write_y4m(tmp_path / "short.y4m", 90, frames=4)
    track = VideoPlayback(str(tmp_path / "short.y4m"))
    began = time.monotonic()
    frames = [await track.recv() for _ in range(10)]
    assert time.monotonic() - began > 8 / FPS
    times = [float((frame.pts or 0) * (frame.time_base or 0)) for frame in frames]
    assert all(second - first == pytest.approx(1 / FPS, abs=0.001) for first, second in pairwise(times))
    track.stop()
    with pytest.raises(MediaStreamError):
        await track.recv()


async def test_a_sound_file_goes_on_over_its_end(tmp_path: Path) -> None:
    write_wav(tmp_path / "short.wav", 440, seconds=0.1)
    track = AudioPlayback(str(tmp_path / "short.wav"))
    frames = [await track.recv() for _ in range(12)]
    assert {(frame.samples, frame.sample_rate) for frame in frames} == {(960, 48_000)}
    assert [frame.pts for frame in frames] == [960 * number for number in range(12)]


@pytest.mark.parametrize("content", [None, b"", b"this is no video at all"])
async def test_a_file_that_cannot_be_played_is_opened_anew_until_it_can(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "film.y4m"
    if content is not None:
        path.write_bytes(content)
    track = VideoPlayback(str(path))
    coming = asyncio.create_task(track.recv())
    write_y4m(tmp_path / "other.y4m", 90, frames=2)
    (tmp_path / "other.y4m").rename(path)
    assert (await asyncio.wait_for(coming, 20)).height > 0
    assert track.newest is not None


async def test_a_source_that_fails_has_no_newest_picture_and_its_time_goes_on(tmp_path: Path) -> None:
    path, away = tmp_path / "film.y4m", tmp_path / "away.y4m"
    write_y4m(path, 90, frames=2)
    track, began = VideoPlayback(str(path)), time.monotonic()
    await track.recv()
    path.rename(away)
    await track.recv()
    coming = asyncio.create_task(track.recv())
    await until(lambda: track.newest is None, 20)
    away.rename(path)
    frame = await asyncio.wait_for(coming, 20)
    assert float((frame.pts or 0) * (frame.time_base or 0)) == pytest.approx(time.monotonic() - began, abs=0.5)


async def test_a_track_that_waits_for_its_source_ends_when_it_is_stopped(tmp_path: Path) -> None:
    for track in (AudioPlayback(str(tmp_path / "none.wav")), VideoPlayback(str(tmp_path / "none.y4m"))):
        coming = asyncio.create_task(track.recv())
        await asyncio.sleep(0)
        track.stop()
        with pytest.raises(MediaStreamError):
            await asyncio.wait_for(coming, FIRST_PAUSE_S / 2)


@given(st.integers(1, 5_000))
def test_a_source_is_tried_ever_more_seldom_and_for_ever(failures: int) -> None:
    assert FIRST_PAUSE_S <= pause_after(failures) <= pause_after(failures + 1) <= LONGEST_PAUSE_S
    assert pause_after(1) == FIRST_PAUSE_S
    assert pause_after(failures + 10) == LONGEST_PAUSE_S


def test_what_a_source_is(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", 440, seconds=0.1)
    write_y4m(tmp_path / "film.y4m", 90, frames=2)
    assert has_audio(str(tmp_path / "tone.wav"))
    assert not has_audio(str(tmp_path / "film.y4m"))
    assert not has_audio(str(tmp_path / "nowhere.mp4"))
    assert is_live("rtsp://camera/1")
    assert is_live("/dev/video0")
    assert not is_live("film.mp4")
