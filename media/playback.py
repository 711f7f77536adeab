"""Files, cameras and RTSP streams as tracks for aiortc."""

import asyncio
import logging
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import TypeVar

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.video.frame import VideoFrame

logger = logging.getLogger(__name__)

F = TypeVar("F", VideoFrame, AudioFrame)

AUDIO_RATE = 48_000
AUDIO_FRAME = 960
VIDEO_CLOCK = 90_000
DEFAULT_FPS = 25
LATE_S = 1.0
OPEN_TIMEOUT_S = 10.0


def is_live(source: str) -> bool:
    """Whether a source sets its own pace: a camera device or a network stream, as opposed to a file."""
    return source.startswith(("/dev/video", "rtsp://", "rtsps://"))


def open_source(source: str) -> InputContainer:
    """Open a file, `/dev/videoN` or an RTSP URL. Raises av.FFmpegError or OSError."""
    if source.startswith("/dev/video"):
        return av.open(source, format="v4l2", timeout=OPEN_TIMEOUT_S)
    if source.startswith("rtsp"):
        return av.open(source, options={"rtsp_transport": "tcp"}, timeout=OPEN_TIMEOUT_S)
    return av.open(source)


def has_audio(source: str) -> bool:
    """Whether a file has sound of its own."""
    with av.open(source) as container:
        return bool(container.streams.audio)


async def _next(frames: Iterator[F]) -> F | None:
    """The next frame, decoded off the loop; None when there is none or the source fails."""
    try:
        return await asyncio.to_thread(next, frames, None)
    except (av.FFmpegError, OSError) as error:
        logger.warning("playback: %s", error)
        return None


class Pace:
    """When frame after frame is due; a late start anew rather than a burst."""

    def __init__(self) -> None:
        self._due: float | None = None

    async def wait(self, duration_s: float) -> None:
        now = time.monotonic()
        if self._due is None or now - self._due > LATE_S:
            self._due = now
        await asyncio.sleep(max(0.0, self._due - now))
        self._due += duration_s


class VideoPlayback(MediaStreamTrack):
    """Pictures of a source; a file begins again when it ends. Timestamps go on over the seam.

    `newest` is the one that left last.
    """

    kind = "video"

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source
        self._frames = self._decode()
        self._pace = Pace()
        self._frame_s = 1 / DEFAULT_FPS
        self._count = 0
        self.newest: VideoFrame | None = None
        self._began: float | None = None

    async def recv(self) -> VideoFrame:
        if self.readyState != "live":
            raise MediaStreamError
        frame = await _next(self._frames)
        if frame is None:
            self.stop()
            raise MediaStreamError
        if is_live(self._source):
            now = time.monotonic()
            self._began = self._began or now
            frame.pts = int((now - self._began) * VIDEO_CLOCK)
        else:
            await self._pace.wait(self._frame_s)
            frame.pts = int(self._count * self._frame_s * VIDEO_CLOCK)
            self._count += 1
        frame.time_base = Fraction(1, VIDEO_CLOCK)
        self.newest = frame
        return frame

    def _decode(self) -> Iterator[VideoFrame]:
        while True:
            found = False
            with open_source(self._source) as container:
                rate = container.streams.video[0].average_rate
                self._frame_s = float(1 / rate) if rate else 1 / DEFAULT_FPS
                for frame in container.decode(video=0):
                    found = True
                    yield frame
            if not found or is_live(self._source):
                return


class AudioPlayback(MediaStreamTrack):
    """Sound of a file over and over, in 20 ms frames."""

    kind = "audio"

    def __init__(self, source: str) -> None:
        super().__init__()
        self._source = source
        self._frames = self._decode()
        self._pace = Pace()
        self._samples = 0

    async def recv(self) -> AudioFrame:
        if self.readyState != "live":
            raise MediaStreamError
        frame = await _next(self._frames)
        if frame is None:
            self.stop()
            raise MediaStreamError
        await self._pace.wait(frame.samples / AUDIO_RATE)
        frame.pts = self._samples
        frame.time_base = Fraction(1, AUDIO_RATE)
        self._samples += frame.samples
        return frame

    def _decode(self) -> Iterator[AudioFrame]:
        resampler = AudioResampler(format="s16", layout="stereo", rate=AUDIO_RATE, frame_size=AUDIO_FRAME)
        while True:
            found = False
            with av.open(self._source) as container:
                for decoded in container.decode(audio=0):
                    decoded.pts = None
                    for frame in resampler.resample(decoded):
                        found = True
                        yield frame
            if not found:
                return
