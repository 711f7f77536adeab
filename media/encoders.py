"""What a headless terminal encodes with: aiortc's encoders, held to what a thin line carries.

aiortc never goes below 250 kbit/s of VP8, 500 of H.264 and 96 of stereo Opus, and makes every picture of the size that
the camera has. A township's box has 200 kbit/s on a bad day, and speech comes first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from aiortc import rtcrtpsender
from aiortc.codecs import HEADER_EXTENSIONS, get_encoder, h264, vpx
from aiortc.codecs.base import Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.frame import Frame
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import VideoReformatter

from media import voice
from media.layers import LARGE, SMALL, SMALL_HEIGHT, UP, Layers, Share, asking
from media.rtp.extensions import ABS_SEND_TIME_URI

LEAST_BPS = 40_000
FEW_FRAMES = 5.0
"""A second, where the ladder has the uplink carry only few."""
_VIDEO_CLOCK_HZ = 90_000


@dataclass(frozen=True, slots=True)
class Size:
    """From `bps` on pictures of at most `height` pixels, so many a second."""

    bps: int
    height: int
    frames_per_s: float


SIZES = (Size(600_000, 720, 30), Size(250_000, 360, 15), Size(100_000, 180, 15), Size(50_000, 180, 5), Size(0, 0, 0))
"""Below the last one but one nothing moves: speech has the line, and stills if the bridge asks for them."""


class PictureEncoder(Encoder):
    """Pictures as big and as many as fit in `target_bitrate` (bit/s), which the bridge's REMB sets.

    With a `share` it makes one of two sizes, of what both have together.
    """

    def __init__(self, inner: Any, share: Share | None = None) -> None:
        self._inner = inner
        self._share = share
        self._wished: int = inner.target_bitrate
        self._reformatter = VideoReformatter()
        self._size = fitting(self._wished, SIZES[-1])
        self._encoded_at = float("-inf")
        self._begins = True
        self._most_frames_per_s = float("inf")

    @property
    def target_bitrate(self) -> int:
        return self._wished

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._wished = bitrate
        if self._share is not None:
            self._share.layers.told = bitrate

    def _fit(self, height: int) -> None:
        """Take the size for what there is now; `height` is the camera's."""
        bitrate, share = self._wished, self._share
        if share is not None:
            bitrate = share.layers.share(share.place)
            if share.place == LARGE and height <= SMALL_HEIGHT:
                bitrate = 0
            self._most_frames_per_s = float("inf") if share.layers.tier.temporal else FEW_FRAMES
        self._size = fitting(bitrate, self._size)
        if self._size.frames_per_s and self._inner.target_bitrate != bitrate:
            self._inner.target_bitrate = bitrate

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        """Nothing for a picture too many; a key frame that was asked for comes with the next one that is sent."""
        if not isinstance(frame, VideoFrame) or frame.pts is None or frame.time_base is None:
            return [], 0
        at = float(frame.pts * frame.time_base)
        self._begins = self._begins or force_keyframe
        self._fit(frame.height)
        frames_per_s = min(self._size.frames_per_s, self._most_frames_per_s)
        if not frames_per_s or 0 <= at - self._encoded_at < 0.9 / frames_per_s:
            return [], round(at * _VIDEO_CLOCK_HZ)
        self._encoded_at = at
        begins, self._begins = self._begins, False
        payloads, timestamp = self._inner.encode(self._shrunk(frame), begins)
        return payloads, timestamp

    def _shrunk(self, frame: VideoFrame) -> VideoFrame:
        """The picture as high as the size allows, both sides even, as the encoders take it.

        A frame's own `reformat` is not for two encoders at a time. Cameras and MJPEG call each picture a key frame,
        which an encoder would take for a wish.
        """
        small = self._share is not None and self._share.place == SMALL
        height = min(frame.height, SMALL_HEIGHT if small else self._size.height)
        width = round(frame.width * height / frame.height / 2) * 2 if height < frame.height else frame.width
        made = self._reformatter.reformat(frame, width, height, "yuv420p")
        made.pts, made.time_base, made.pict_type = frame.pts, frame.time_base, PictureType.NONE
        return made

    def pack(self, packet: Packet[Any]) -> tuple[list[bytes], int]:
        payloads, timestamp = self._inner.pack(packet)
        return payloads, timestamp


def fitting(bitrate: int, now: Size) -> Size:
    """The size for a bitrate; a bigger one than `now` needs UP times what it takes."""
    fits, surely = (next(size for size in SIZES if bitrate >= more * size.bps) for more in (1.0, UP))
    return fits if fits.bps <= now.bps else max(now, surely, key=lambda size: size.bps)


def falls_short(layers: Layers, height: int) -> bool:
    """Whether the line keeps a camera of that height from being sent as high as somebody wants it."""

    def sent(place: int, most: int) -> int:
        bitrate = layers.share(place)
        return min(most, next(size.height for size in SIZES if bitrate >= size.bps))

    wanted = min(height, SIZES[0].height if layers.active[LARGE] else SMALL_HEIGHT)
    return max(sent(SMALL, SMALL_HEIGHT), sent(LARGE, SIZES[0].height)) < wanted


def encoder_for(codec: RTCRtpCodecParameters) -> Encoder:
    """As aiortc's own `get_encoder`."""
    if codec.mimeType.lower() == "audio/opus":
        return voice.VoiceEncoder(voice.asking.get())
    made = get_encoder(codec)
    return PictureEncoder(made, asking.get()) if hasattr(made, "target_bitrate") else made


def install() -> None:
    """Let all connections of this process encode so: aiortc has no setting for it.

    Its sound tells when it was sent, as its pictures do: while these rest, the bridge learns of the line by it alone.
    """
    vpx.MIN_BITRATE = h264.MIN_BITRATE = LEAST_BPS
    rtcrtpsender.get_encoder = encoder_for  # type: ignore[attr-defined]
    sound = HEADER_EXTENSIONS["audio"]
    sound += [one for one in HEADER_EXTENSIONS["video"] if one.uri == ABS_SEND_TIME_URI and one not in sound]
