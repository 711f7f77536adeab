"""Stills of a headless terminal: small enough, as often as wanted, in parts that a thin line takes."""

import asyncio
from base64 import b64decode
from fractions import Fraction
from typing import Any

from av.video.frame import VideoFrame

from media.still_maker import StillMaker, jpeg
from tests.media.signal_server import until


def picture(width: int = 1280, height: int = 720) -> VideoFrame:
    """With detail that costs something."""
    frame = VideoFrame(width, height, "yuv420p")
    for plane in frame.planes:
        plane.update(bytes((at * 7 + at // plane.line_size * 3) % 256 for at in range(plane.buffer_size)))
    frame.time_base = Fraction(1, 90_000)
    return frame


def test_a_still_is_as_small_as_it_must_be() -> None:
    frame = picture()
    sizes = [len(made) for octets in (10_000, 5_000, 2_500) if (made := jpeg(frame, octets)) is not None]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size <= octets for size, octets in zip(sizes, (10_000, 5_000, 2_500), strict=True))
    assert jpeg(frame, 100) is None
    tall = jpeg(picture(720, 1280), 10_000)
    assert tall is not None
    assert (tall[:2], tall[-2:]) == (b"\xff\xd8", b"\xff\xd9")


async def test_stills_are_sent_in_parts_while_they_are_wanted() -> None:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    maker = StillMaker(picture)
    running = asyncio.create_task(maker.run(send))
    maker.ask({"every_ms": 300, "octets": 5_000, "bps": 400_000})
    await until(lambda: sent and sent[-1]["still"] >= 3, within_s=60)
    maker.ask({"every_ms": 0, "octets": 0, "bps": 0})
    await until(lambda: sent[-1]["part"] == sent[-1]["of"] - 1, within_s=60)
    running.cancel()
    parts = [message for message in sent if message["still"] == 2]
    assert [message["part"] for message in parts] == list(range(parts[0]["of"]))
    whole = b"".join(b64decode(message["data"]) for message in parts)
    assert len(whole) <= 5_000
    assert whole.endswith(b"\xff\xd9")


async def test_without_a_frame_nothing_is_sent() -> None:
    sent: list[dict[str, Any]] = []
    asked = asyncio.Event()

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    def nothing() -> None:
        asked.set()

    maker = StillMaker(nothing)
    running = asyncio.create_task(maker.run(send))
    maker.ask({"every_ms": 50, "octets": 5_000, "bps": 400_000})
    await asyncio.wait_for(asked.wait(), 5)
    running.cancel()
    assert sent == []
