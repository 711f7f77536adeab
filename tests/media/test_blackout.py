"""A page whose network is gone for a while, socket and media alike: how soon it hears again."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiortc.mediastreams import MediaStreamTrack
from av.frame import Frame
from av.packet import Packet
from playwright.async_api import async_playwright

from media.attendance import Attendance, Seat
from media.playback import AudioPlayback, VideoPlayback
from tests.media import browser
from tests.media.fakes import write_wav, write_y4m
from tests.media.firefox import FIREFOX, firefox, own_address
from tests.media.node_process import NodeProcess
from tests.media.relay import Relay
from tests.media.signal_server import SignalServer, until
from tests.media.tcp_relay import TcpRelay
from tests.media.watching import Watching

TOKEN = "node-control"

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)

# Resolves with the milliseconds until the sound goes on and until the picture does, from when it is asked.
BACK = """async () => {
  const measures = async () => {
    const slots = (await conference.stats()).slots
    const sum = (kind, of) => slots.filter((one) => one.kind === kind).reduce((all, one) => all + one[of], 0)
    return [sum('audio', 'audioEnergy'), sum('video', 'framesDecoded')]
  }
  const began = performance.now()
  const found = [null, null]
  let former = await measures()
  while (found.includes(null) && performance.now() - began < 30_000) {
    await new Promise((go) => setTimeout(go, 20))
    const now = await measures()
    now.forEach((one, place) => { if (one > former[place] + 1e-6) found[place] ??= performance.now() - began })
    former = now
  }
  return found
}"""


Measure = Callable[[], Awaitable[Any]]


@dataclass
class Lines:
    """One meeting on a real node, and the ways of those who may be cut off: their media, their signalling."""

    server: SignalServer
    media: Relay
    signals: TcpRelay

    def url(self, name: str) -> str:
        """Signalling by the way that can be cut."""
        return f"ws://127.0.0.1:{self.signals.port}/signal/{name}"


@asynccontextmanager
async def lines(tmp_path: Path, names: set[str], cut: str, address: str = "127.0.0.1") -> AsyncIterator[Lines]:
    """`cut` is who goes by the ways that can be cut."""
    node = NodeProcess(TOKEN, address)
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, names, tmp_path) as server,
            Relay(node.udp_port, address) as media,
            TcpRelay(server.port) as signals,
        ):
            server.udp_port, server.announce_port, server.relayed = node.udp_port, media.port, {cut}
            yield Lines(server, media, signals)
    finally:
        node.kill()


@dataclass(frozen=True)
class Back:
    """Seconds from the network's return until sound, and a picture, go on: at the page that was cut, then from it."""

    heard: tuple[float, float]
    seen: tuple[float, float]


async def black_out(tmp_path: Path, *cuts: float) -> list[Back]:
    """Two pages that send and receive, one of them cut off for so many seconds, one time after the other."""
    browser.build_pages(tmp_path)
    async with lines(tmp_path, {"stays", "cut"}, "cut") as at, async_playwright() as playwright:
        chromium = await browser.launch(playwright, tmp_path)
        base = f"http://127.0.0.1:{at.server.port}"
        stays = await browser.open_page(chromium, base, at.server.url("stays"), (1, 1), "camera")
        cut = await browser.open_page(chromium, base, at.url("cut"), (1, 1), "camera")
        await stays.evaluate("conference.view(['cut'])")
        await cut.evaluate("conference.view(['stays'])")
        measures = [partial(page.evaluate, BACK) for page in (cut, stays)]
        await flowing(measures)
        back = []
        for seconds in cuts:
            here, there = await _cut(measures, at, seconds)
            back.append(Back((here[0], there[0]), (here[1], there[1])))
        assert (await cut.evaluate("seen.states")).count("interrupted") == len(cuts)
        await chromium.close()
        return back


async def flowing(measures: Sequence[Measure]) -> None:
    """Sound and pictures come to all that measure."""
    assert all(None not in found for found in await asyncio.gather(*(measure() for measure in measures)))


async def _cut(measures: Sequence[Measure], at: Lines, seconds: float) -> list[tuple[float, float]]:
    """For each of those that measure: seconds until it hears, and until it sees, again."""
    at.media.cut = True
    at.signals.cut()
    await asyncio.sleep(seconds)  # the blackout itself
    at.signals.mend()
    at.media.cut = False
    back = []
    for heard, seen in await asyncio.gather(*(measure() for measure in measures)):
        assert heard is not None, "never heard again"
        assert seen is not None, "never seen again"
        back.append((heard / 1000, seen / 1000))
    return back


async def test_ten_and_twenty_seconds_without_a_network(tmp_path: Path) -> None:
    """The bridge and the page keep their connection, and each asks for the other several times a second.

    After 15 s or so Chromium calls it failed and asks no more; the bridge does.
    """
    back = await black_out(tmp_path, 10, 10, 20)
    assert max(max(one.heard) for one in back) <= 0.5, back
    assert max(max(one.seen) for one in back) <= 4, back


def tracks(folder: Path) -> list[MediaStreamTrack]:
    """What a headless box sends."""
    return [AudioPlayback(str(folder / "box.wav")), VideoPlayback(str(folder / "box.y4m"))]


@pytest.mark.soak
@pytest.mark.skipif(not FIREFOX.exists(), reason="no Firefox")
async def test_ten_seconds_without_a_network_in_firefox(tmp_path: Path) -> None:
    browser.build_pages(tmp_path)
    write_y4m(tmp_path / "box.y4m", 90)
    write_wav(tmp_path / "box.wav", 330)
    async with (
        lines(tmp_path, {"speaker", "listener"}, "listener", own_address()) as at,
        firefox(tmp_path) as fox,
    ):
        speaker = Attendance(Seat(at.server.url("speaker"), "t"), partial(tracks, tmp_path))
        attending = asyncio.create_task(speaker.attend())
        base = f"http://127.0.0.1:{at.server.port}"
        await fox.goto(f"{base}/page.html?slots=1,1&url={at.url('listener')}&media=none&capture=320x240")
        await fox.until("window.ready === true", within_s=20)
        await fox.evaluate("conference.view(['speaker'])")
        measure = partial(fox.evaluate, f"({BACK})()")
        await flowing([measure])
        ((heard, seen),) = await _cut([measure], at, 10)
        attending.cancel()
        await asyncio.gather(attending, return_exceptions=True)
        assert heard <= 0.5
        assert seen <= 2.5


class Played(Watching):
    """When the newest sound and the newest picture came to who watches."""

    def __init__(self) -> None:
        super().__init__()
        self.newest: dict[str, float] = {"AudioFrame": 0.0, "VideoFrame": 0.0}

    def take(self, frame: Frame | Packet) -> None:  # type: ignore[type-arg]  # as aiortc declares it
        self.newest[type(frame).__name__] = time.monotonic()

    async def back(self) -> list[float]:
        """Milliseconds from now until sound comes, and until a picture does."""
        began = time.monotonic()
        found: dict[str, float] = {}

        def all_came() -> bool:
            for kind, at in self.newest.items():
                if at > began:
                    found.setdefault(kind, (at - began) * 1000)
            return len(found) == len(self.newest)

        await until(all_came, 30, lambda: found)
        return [found["AudioFrame"], found["VideoFrame"]]


async def test_ten_seconds_without_a_network_at_a_box(tmp_path: Path) -> None:
    """A headless box sends on, and the bridge waits for it."""
    write_y4m(tmp_path / "box.y4m", 90)
    write_wav(tmp_path / "box.wav", 330)
    async with lines(tmp_path, {"box", "viewer"}, "box") as at:
        played = Played()
        seat = Seat(at.server.url("viewer"), "t", audio_slots=1, video_slots=1, view=("box",))
        both = Attendance(Seat(at.url("box"), "t"), partial(tracks, tmp_path)), Attendance(seat, list, played.on_track)
        attending = [asyncio.create_task(one.attend()) for one in both]
        await played.back()
        ((heard, seen),) = await _cut([played.back], at, 10)
        for task in attending:
            task.cancel()
        await asyncio.gather(*attending, *played.tasks, return_exceptions=True)
        assert heard <= 0.5
        assert seen <= 2.5


@pytest.mark.soak
@pytest.mark.timeout(300)
async def test_two_minutes_without_a_network(tmp_path: Path) -> None:
    (back,) = await black_out(tmp_path, 120)
    assert max(back.heard) <= 2.5, back
    assert max(back.seen) <= 4, back
