"""Two real Chromium in a meeting, one of them, `far`, behind a line that is made weak; and what each of them hears."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.node_process import NodeProcess
from tests.media.relay import Relay
from tests.media.signal_server import ROOM, SignalServer

TOKEN = "node-control"
SLOTS = (2, 2)

_HEARD = """async () => {
  const found = { samples: 0, concealed: 0, played: 0, delay: 0, frames: 0, height: 0, freezes: 0, frozen: 0 }
  for (const { kind, slot, transceiver } of conference.connection.call.slots) {
    if (slot !== 0) continue
    for (const entry of (await transceiver.receiver.getStats()).values()) {
      if (entry.type !== 'inbound-rtp') continue
      if (kind === 'audio') {
        found.samples = entry.totalSamplesReceived ?? 0
        found.concealed = entry.concealedSamples ?? 0
        found.played = entry.jitterBufferEmittedCount ?? 0
        found.delay = entry.jitterBufferDelay ?? 0
      } else {
        found.frames = entry.framesDecoded ?? 0
        found.height = entry.frameHeight ?? 0
        found.freezes = entry.freezeCount ?? 0
        found.frozen = entry.totalFreezesDuration ?? 0
      }
    }
  }
  return found
}"""


@dataclass(frozen=True, slots=True)
class Heard:
    """What the first slots of a page brought in `seconds`: counters of getStats, `longest_silence_s` sampled."""

    seconds: float
    samples: int
    concealed: int
    played: int
    delay: float
    frames: int
    freezes: int
    frozen_s: float
    heights: frozenset[int]
    longest_silence_s: float

    @property
    def concealed_share(self) -> float:
        return self.concealed / self.samples if self.samples else 1.0

    @property
    def frames_per_s(self) -> float:
        return self.frames / self.seconds

    @property
    def buffered_ms(self) -> float:
        """How long speech waited in the jitter buffer, mean."""
        return 1000 * self.delay / self.played if self.played else 0.0


@dataclass
class Weak:
    """The pages `far` and `hall`, the line of `far`, and the node's view of it."""

    pages: dict[str, Page]
    relay: Relay
    server: SignalServer
    started: float = field(default_factory=time.monotonic)

    async def told(self, name: str = "far") -> dict[str, Any]:
        """What the node's statistics say of a participant."""
        people = (await self.server.node.stats(ROOM))["rooms"][0]["participants"]
        found: dict[str, Any] = next(one for one in people if one["participant"] == name)
        return found

    async def until(self, met: Callable[[dict[str, Any]], bool], within_s: float) -> float:
        """Seconds until the node tells of `far` what is waited for."""
        began = time.monotonic()
        while not met(told := await self.told()):
            assert time.monotonic() - began < within_s, told
            await asyncio.sleep(0.1)
        return time.monotonic() - began

    async def heard(self, name: str, seconds: float) -> Heard:
        """Listen at `name` for so long."""
        page = self.pages[name]
        first = last = await page.evaluate(_HEARD)
        began = silent_since = time.monotonic()
        heights, longest = set[int](), 0.0
        while time.monotonic() - began < seconds:
            await asyncio.sleep(0.25)
            now = await page.evaluate(_HEARD)
            if now["samples"] - now["concealed"] > last["samples"] - last["concealed"]:
                silent_since = time.monotonic()
            longest = max(longest, time.monotonic() - silent_since)
            heights.add(now["height"])
            last = now
        grown = {key: last[key] - first[key] for key in last}
        return Heard(
            time.monotonic() - began,
            grown["samples"],
            grown["concealed"],
            grown["played"],
            grown["delay"],
            grown["frames"],
            grown["freezes"],
            grown["frozen"],
            frozenset(heights),
            longest,
        )


@asynccontextmanager
async def weak_site(folder: Path, media: str = "noisy", relay: type[Relay] = Relay) -> AsyncIterator[Weak]:
    """Both are connected, see and hear each other over a line without fault; `media` as in `browser.open_page`."""
    browser.build_pages(folder)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, ("far", "hall"), folder) as server,
            relay(node.udp_port) as line,
            async_playwright() as playwright,
        ):
            server.udp_port, server.announce_port, server.relayed = node.udp_port, line.port, {"far"}
            chromium = await browser.launch(playwright, folder)
            base = f"http://127.0.0.1:{server.port}"
            opening = [browser.open_page(chromium, base, server.url(name), SLOTS, media) for name in ("far", "hall")]
            far, hall = await asyncio.gather(*opening)
            await far.evaluate("conference.view(['hall'])")
            await hall.evaluate("conference.view(['far'])")
            found = Weak({"far": far, "hall": hall}, line, server)
            await found.until(_is_well, within_s=40)
            yield found
            await chromium.close()
    finally:
        node.kill()


def _is_well(told: dict[str, Any]) -> bool:
    """The biggest picture comes, and the way is known to carry it."""
    pictures = [slot for slot in told["slots"] if slot["kind"] == "video" and slot["shows"] is not None]
    estimate = told["way"]["estimate_bps"] if told["way"] else None
    return bool(pictures) and pictures[0]["sent_height"] == 360 and (estimate or 0) > 800_000
