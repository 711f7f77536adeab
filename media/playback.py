"""Files, cameras and RTSP streams as tracks for aiortc."""

import asyncio
import contextlib
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from typing import Generic, TypeVar

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
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0
MOST_DOUBLED = 10


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
    """Whether a file has sound of its own; one that cannot be opened now has none."""
    try:
        with av.open(source) as container:
            return bool(container.streams.audio)
    except (av.FFmpegError, OSError):
        return False


def pause_after(failures: int) -> float:
    """Seconds until a source is opened anew that failed so many times in a row."""
    return min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2.0 ** min(failures - 1, MOST_DOUBLED))


class Pace:
    """When frame after frame is due; a late start anew rather than a burst."""

    def __init__(self) -> None:
        self._began: float | None = None
        self._due = 0.0

    async def wait(self, duration_s: float) -> float:
        """Until the next frame is due; how many seconds after the first that is."""
        now = time.monotonic()
        if self._began is None:
            self._began = self._due = now
        elif now - self._due > LATE_S:
            self._due = now
        await asyncio.sleep(max(0.0, self._due - now))
        at = self._due - self._began
        self._due += duration_s
        return at

    def skip(self) -> None:
        """What was due meanwhile is not made up for."""
        self._due = max(self._due, time.monotonic())


class Playback(MediaStreamTrack, ABC, Generic[F]):
    """Frames of a source. One that fails is opened anew, after ever longer pauses: the track ends when it is stopped.

    `newest` is the frame that left last, None while the source gives none.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.newest: F | None = None
        self._source = source
        self._frames: Iterator[F] = self._decode()
        self._pace = Pace()
        self._failures = 0
        self._stopped = asyncio.Event()

    @abstractmethod
    def _decode(self) -> Iterator[F]:
        """Open the source and decode it until it ends."""

    async def _next(self) -> F:
        while self.readyState == "live":
            frame = await self._read()
            if frame is not None:
                self._note(None)
                self.newest = frame
                return frame
            await self._rest()
        raise MediaStreamError

    async def _read(self) -> F | None:
        """The next frame, decoded off the loop; None when there is none or the source fails."""
        try:
            frame = await asyncio.to_thread(next, self._frames, None)
        except (av.FFmpegError, OSError) as error:
            self._note(str(error))
            return None
        if frame is None:
            self._note("the source has ended")
        return frame

    def _note(self, fault: str | None) -> None:
        """Log a fault once, and its end: a source may be away for days."""
        if (fault is None) == (self._failures > 0):
            logger.warning("playback: %s", fault or "back")
        self._failures = 0 if fault is None else self._failures + 1

    async def _rest(self) -> None:
        self.newest = None
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_after(self._failures)):
                await self._stopped.wait()
        self._pace.skip()
        self._frames = self._decode()

    def stop(self) -> None:
        super().stop()
        self._stopped.set()


class VideoPlayback(Playback[VideoFrame]):
    """Pictures of a source; a file begins again when it ends. Timestamps go on over the seam."""

    kind = "video"

    def __init__(self, source: str) -> None:
        super().__init__(source)
        self._frame_s = 1 / DEFAULT_FPS
        self._began: float | None = None

    async def recv(self) -> VideoFrame:
        frame = await self._next()
        if is_live(self._source):
            now = time.monotonic()
            self._began = self._began or now
            at = now - self._began
        else:
            at = await self._pace.wait(self._frame_s)
        frame.pts, frame.time_base = round(at * VIDEO_CLOCK), Fraction(1, VIDEO_CLOCK)
        return frame

    def _decode(self) -> Iterator[VideoFrame]:
        while True:
            found = False
            with open_source(self._source) as container:
                if not container.streams.video:
                    return
                rate = container.streams.video[0].average_rate
                self._frame_s = float(1 / rate) if rate else 1 / DEFAULT_FPS
                for frame in container.decode(video=0):
                    found = True
                    yield frame
            if not found or is_live(self._source):
                return


class AudioPlayback(Playback[AudioFrame]):
    """Sound of a file over and over, in 20 ms frames."""

    kind = "audio"

    async def recv(self) -> AudioFrame:
        frame = await self._next()
        at = await self._pace.wait(frame.samples / AUDIO_RATE)
        frame.pts, frame.time_base = round(at * AUDIO_RATE), Fraction(1, AUDIO_RATE)
        return frame

    def _decode(self) -> Iterator[AudioFrame]:
        resampler = AudioResampler(format="s16", layout="stereo", rate=AUDIO_RATE, frame_size=AUDIO_FRAME)
        while True:
            found = False
            with av.open(self._source) as container:
                if not container.streams.audio:
                    return
                for decoded in container.decode(audio=0):
                    decoded.pts = None
                    for frame in resampler.resample(decoded):
                        found = True
                        yield frame
            if not found:
                return
