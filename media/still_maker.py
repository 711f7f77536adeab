"""Stills of a headless terminal's camera: small JPEGs of its newest frame, as often and as big as they are wanted."""

import asyncio
from base64 import b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import av
from av.video.frame import VideoFrame

Send = Callable[[dict[str, Any]], Awaitable[None]]
Newest = Callable[[], VideoFrame | None]

PART_S = 0.2
LEAST_PART, MOST_PART = 400, 4_000
BASE64 = 1.1
SIZES = [(width, scale) for width in (320, 240, 160) for scale in (4, 8, 14, 26)]
"""Width and quantiser, ever smaller until the JPEG fits."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A still every so many seconds, of so many bytes at most, no faster than `bps`; every 0: none."""

    every_s: float = 0.0
    octets: int = 0
    bps: float = 1.0


def jpeg(frame: VideoFrame, octets: int) -> bytes | None:
    """The frame as a JPEG of at most so many bytes; None when it cannot be made so small."""
    return next((found for size in SIZES if len(found := _encoded(frame, *size)) <= octets), None)


def _encoded(frame: VideoFrame, width: int, scale: int) -> bytes:
    height = max(2, min(width, round(width * frame.height / frame.width) // 2 * 2))
    codec = av.CodecContext.create("mjpeg", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuvj420p"
    codec.time_base = Fraction(1, 1000)
    codec.options = {"qmin": str(scale), "qmax": str(scale)}
    small = frame.reformat(width, height, "yuvj420p")
    small.pts = None
    return b"".join(bytes(packet) for packet in [*codec.encode(small), *codec.encode(None)])


class StillMaker:
    """`newest` gives the camera's newest frame. `run` sends what is wanted until it is cancelled."""

    def __init__(self, newest: Newest) -> None:
        self._newest = newest
        self._wanted = Wanted()
        self._changed = asyncio.Event()
        self._number = 0

    def ask(self, message: dict[str, Any]) -> None:
        """Take what the server wants (`stills_wanted`)."""
        self._wanted = Wanted(message["every_ms"] / 1000, message["octets"], max(1.0, message["bps"]))
        self._changed.set()

    async def run(self, send: Send) -> None:
        while True:
            wanted = self._wanted
            if not wanted.every_s:
                self._changed.clear()
                await self._changed.wait()
                continue
            pause = asyncio.create_task(asyncio.sleep(wanted.every_s))
            frame = self._newest()
            made = None if frame is None else await asyncio.to_thread(jpeg, frame, wanted.octets)
            if made is not None:
                await self._pass(made, wanted, send)
            await pause

    async def _pass(self, made: bytes, wanted: Wanted, send: Send) -> None:
        size = int(min(MOST_PART, max(LEAST_PART, wanted.bps / 8 * PART_S)))
        pieces = [made[at : at + size] for at in range(0, len(made), size)]
        self._number += 1
        for part, piece in enumerate(pieces):
            data = b64encode(piece).decode()
            await send({"type": "still", "still": self._number, "part": part, "of": len(pieces), "data": data})
            await asyncio.sleep(len(piece) * 8 * BASE64 / wanted.bps)
