"""A page on a device with one core, which other work can fill: several real 720p pictures and a voice come to it."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.mediastreams import MediaStreamTrack
from av.packet import Packet
from playwright.async_api import Page, async_playwright
from websockets.asyncio.client import ClientConnection, connect

from media.attendance import Attendance, Seat
from media.playback import AudioPlayback
from tests.media import browser
from tests.media.fakes import write_wav
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer
from tests.ui.light_clients import CLOCK, LightClient

TOKEN = "node-control"
SIZE, FRAMES_PER_S, FILM_FRAMES, BITRATE = (1280, 720), 25, 100, 2_000_000
LOOK_S = 2.0
SPIN = "while True: pass"
MOST_PROGRAMS = 6
"""How slow one of them makes the device depends on the machine and its hour."""

_COUNTED = """async () => {
  const found = { received: [], decoded: [], samples: 0, concealed: 0 }
  for (const { kind, slot, transceiver } of conference.connection.call?.slots ?? []) {
    if (kind === 'video') found.received[slot] = found.decoded[slot] = 0
    for (const one of (await transceiver.receiver.getStats()).values()) {
      if (one.type !== 'inbound-rtp') continue
      if (kind === 'audio') {
        found.samples = one.totalSamplesReceived ?? 0
        found.concealed = (one.concealedSamples ?? 0) - (one.silentConcealedSamples ?? 0)
      } else {
        found.received[slot] = one.framesReceived ?? 0
        found.decoded[slot] = one.framesDecoded ?? 0
      }
    }
  }
  return { ...found, most: window.rest?.most ?? null }
}"""


@dataclass(frozen=True, slots=True)
class Counted:
    """What a page has done so far: frames of each slot, samples of its sound; and how many move at most."""

    at: float
    received: Sequence[int]
    decoded: Sequence[int]
    samples: int
    concealed: int
    most: int | None


@dataclass(frozen=True, slots=True)
class Shown:
    """What it did between two looks: frames each second of each slot that came and that were decoded."""

    seconds: float
    received_per_s: Sequence[float]
    decoded_per_s: Sequence[float]
    concealed_share: float


def between(before: Counted, now: Counted) -> Shown:
    seconds = now.at - before.at

    def rates(earlier: Sequence[int], later: Sequence[int]) -> list[float]:
        return [round((b - a) / seconds, 1) for a, b in zip(earlier, later, strict=False)]

    samples = now.samples - before.samples
    return Shown(
        seconds,
        rates(before.received, now.received),
        rates(before.decoded, now.decoded),
        (now.concealed - before.concealed) / samples if samples else 1.0,
    )


@dataclass
class SlowDevice:
    """The page, which wants a picture in each of its slots and hears one voice."""

    page: Page
    _others: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    def be_busy(self, programs: int) -> None:
        """So many other programs want all of its core from now on; each has more weight than the browser."""
        while len(self._others) > programs:
            other = self._others.pop()
            other.kill()
            other.wait()
        with on_one_core():
            while len(self._others) < programs:
                self._others.append(subprocess.Popen([sys.executable, "-c", SPIN], start_new_session=True))

    async def count(self) -> Counted:
        return Counted(time.monotonic(), **await self.page.evaluate(_COUNTED))

    async def until(self, met: Callable[[int, int | None], bool], within_s: float) -> float:
        """Seconds until it is met in two seconds: in how many slots frames come, how many may at most (None: all)."""
        began, before = time.monotonic(), await self.count()
        while True:
            await asyncio.sleep(LOOK_S)
            now = await self.count()
            rates = between(before, now).received_per_s
            if met(sum(rate > 0 for rate in rates), now.most):
                return now.at - began
            if now.at - began >= within_s:
                raise TimeoutError(rates, now)
            before = now

    async def be_too_busy(self, met: Callable[[int, int | None], bool], within_s: float) -> float:
        """Have one more program want its core each `within_s`, until it is met; how long the last of them took."""
        for programs in range(1, MOST_PROGRAMS):
            self.be_busy(programs)
            with suppress(TimeoutError):
                return await self.until(met, within_s)
        self.be_busy(MOST_PROGRAMS)
        return await self.until(met, within_s)


@contextmanager
def on_one_core() -> Iterator[None]:
    """What is started in it has the last core alone."""
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


@asynccontextmanager
async def slow_device(folder: Path, pictures: int) -> AsyncIterator[SlowDevice]:
    """All are in, and the page has asked for every picture."""
    browser.build_pages(folder)
    names = [f"site{number}" for number in range(pictures)]
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with AsyncExitStack() as stack:
            server = SignalServer(node.url, TOKEN, (*names, "voice", "device"), folder)
            await stack.enter_async_context(server)
            clients = [await _join(stack, server.url(name), number) for number, name in enumerate(names)]
            await _while_open(stack, _send(clients))
            voice = Attendance(Seat(server.url("voice"), "t"), partial(_voice, folder))
            await _while_open(stack, voice.attend())
            with on_one_core():
                playwright = await stack.enter_async_context(async_playwright())
                chromium = await browser.launch(playwright, folder)
            stack.push_async_callback(chromium.close)
            base, url = f"http://127.0.0.1:{server.port}", server.url("device")
            device = SlowDevice(await browser.open_page(chromium, base, url, (1, pictures), "none"))
            stack.callback(device.be_busy, 0)
            await device.page.evaluate("void conference.on('rest', (rest) => { window.rest = rest })")
            await device.page.evaluate(f"conference.view({names})")
            yield device
    finally:
        node.kill()


async def _join(stack: AsyncExitStack, url: str, number: int) -> LightClient:
    socket = await stack.enter_async_context(connect(url, proxy=None))
    client = LightClient(number)
    stack.push_async_callback(client.close)
    await client.join(socket)
    await _while_open(stack, _read(socket))
    return client


async def _read(socket: ClientConnection) -> None:
    async for _text in socket:
        pass


async def _while_open(stack: AsyncExitStack, work: Coroutine[Any, Any, None]) -> None:
    """Do this until the stack ends."""
    task = asyncio.ensure_future(work)

    async def end() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    stack.push_async_callback(end)


def _voice(folder: Path) -> list[MediaStreamTrack]:
    write_wav(folder / "voice.wav", 330)
    return [AudioPlayback(str(folder / "voice.wav"))]


async def _send(clients: Sequence[LightClient]) -> None:
    """The same film from all of them, from its beginning where one of them is asked for a key frame."""
    loop, packer, film = asyncio.get_running_loop(), Vp8Encoder(), _film()
    began, count, at = loop.time(), 0, 0
    while True:
        at = 0 if any(client.wants_key for client in clients) else at % len(film)
        film[at].pts, film[at].time_base = count * CLOCK // FRAMES_PER_S, Fraction(1, CLOCK)
        payloads, timestamp = packer.pack(film[at])
        for client in clients:
            client.wants_key = False
            client.send(payloads, timestamp)
        at, count = at + 1, count + 1
        await asyncio.sleep(max(0.0, began + count / FRAMES_PER_S - loop.time()))


def _film() -> "list[Packet[Any]]":
    """Four seconds of VP8 that pan over a fine pattern, a key frame first: what a decoder finds hard."""
    width, height = SIZE
    encoder = av.CodecContext.create("libvpx", "w")
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.bit_rate, encoder.gop_size, encoder.time_base = BITRATE, 10 * FILM_FRAMES, Fraction(1, FRAMES_PER_S)
    encoder.options = {"deadline": "realtime", "cpu-used": "-8", "lag-in-frames": "0"}
    pattern = np.random.default_rng(1).integers(40, 200, (height // 8, width // 4), np.uint8)
    ground = pattern.repeat(8, 0).repeat(8, 1)
    found: list[Packet[Any]] = []
    for number in range(FILM_FRAMES):
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        left = round(300 + 300 * np.sin(number / FILM_FRAMES * 2 * np.pi))
        planes[:height] = ground[:, left : left + width]
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts = number
        found += encoder.encode(frame)
    return found
