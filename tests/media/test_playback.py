"""Files as tracks: over the end and on, at the file's own pace, and an end where there is nothing to play."""

import time
from itertools import pairwise
from pathlib import Path

import pytest
from aiortc.mediastreams import MediaStreamError

from media.playback import AudioPlayback, VideoPlayback, has_audio, is_live
from tests.media.fakes import FPS, write_wav, write_y4m


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


@pytest.mark.parametrize("content", [b"", b"this is no video at all"])
async def test_a_file_that_cannot_be_played_ends_the_track(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.mp4").write_bytes(content)
    track = VideoPlayback(str(tmp_path / "bad.mp4"))
    with pytest.raises(MediaStreamError):
        await track.recv()
    assert track.readyState == "ended"


def test_what_a_source_is(tmp_path: Path) -> None:
    write_wav(tmp_path / "tone.wav", 440, seconds=0.1)
    write_y4m(tmp_path / "film.y4m", 90, frames=2)
    assert has_audio(str(tmp_path / "tone.wav"))
    assert not has_audio(str(tmp_path / "film.y4m"))
    assert is_live("rtsp://camera/1")
    assert is_live("/dev/video0")
    assert not is_live("film.mp4")
