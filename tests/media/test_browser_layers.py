"""Real Chromium sends its camera in three sizes: tiles of two sizes get two of them, what nobody sees is not sent."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer

TOKEN = "node-control"
CAPTURE = (960, 540)
SMALL, MIDDLE, BIG = 60, 200, 1080
LAYER = {SMALL: 0, MIDDLE: 1, BIG: 2}
MEDIA = {"site": "camera", "wall": "none", "phone": "none"}
# What a receiver counts when its stream is broken: key frames asked for, packets asked for again. It may throw away
# pictures of the past that come in fast motion.
TROUBLE = """async () => {
  const report = await conference.connection.call.slots.at(-1).transceiver.receiver.getStats()
  const inbound = [...report.values()].find((one) => one.type === 'inbound-rtp')
  return [inbound.pliCount, inbound.nackCount]
}"""

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)


@dataclass
class Stage:
    """A site with a camera, seen by a wall and a phone."""

    pages: dict[str, Page]

    async def view(self, name: str, height: int) -> None:
        await self.pages[name].evaluate("height => conference.view(['site'], [height])", height)

    async def until_layer(self, name: str, place: int, within_s: float = 60) -> None:
        """Wait until pictures are decoded that are as high as those of this layer (0 = the smallest) leave the site."""
        end = asyncio.get_running_loop().time() + within_s
        while not await self._shows(name, place):
            seen = await browser.stats(self.pages[name]), await self.layers()
            assert asyncio.get_running_loop().time() < end, f"{name}: {seen}"
            await asyncio.sleep(0.1)

    async def _shows(self, name: str, place: int) -> bool:
        """A slow machine's browser sends all of its layers smaller: what counts is which of them comes."""
        height = (await browser.stats(self.pages[name]))["slots"][-1]["frameHeight"]
        sent = (await self.layers())[place]
        return bool(sent["active"] and height and height == sent["frameHeight"])

    async def until_sent(self, active: list[bool], within_s: float = 60) -> None:
        """Wait until the site's browser sends exactly these layers, the smallest first."""
        wanted = json.dumps(active, separators=(",", ":"))
        condition = f"conference.stats().then(s => JSON.stringify(s.layers.map(l => l.active)) === '{wanted}')"
        await self._until("site", condition, within_s)

    async def _until(self, name: str, condition: str, within_s: float) -> None:
        page = self.pages[name]
        end = asyncio.get_running_loop().time() + within_s
        while not await page.evaluate(condition):
            assert asyncio.get_running_loop().time() < end, f"{name}: {await browser.stats(page)}"
            await asyncio.sleep(0.1)

    async def until_still(self, name: str, within_s: float = 5) -> None:
        """Wait until no picture comes any more for half a second."""
        end = asyncio.get_running_loop().time() + within_s
        decoded = -1
        while (now := (await browser.stats(self.pages[name]))["slots"][-1]["framesDecoded"]) != decoded:
            assert asyncio.get_running_loop().time() < end, f"{name}: {now} pictures, and more are coming"
            decoded = now
            await asyncio.sleep(0.5)

    async def layers(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await browser.stats(self.pages["site"]))["layers"]
        return found


@pytest_asyncio.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, MEDIA, tmp_path) as server, async_playwright() as playwright:
            chromium = await browser.launch(playwright, tmp_path, CAPTURE)
            base = f"http://127.0.0.1:{server.port}"
            pages = {
                name: await browser.open_page(chromium, base, server.url(name), (1, 1), media, CAPTURE)
                for name, media in MEDIA.items()
            }
            yield Stage(pages)
            await chromium.close()
    finally:
        node.kill()


async def test_tiles_of_two_sizes_get_two_pictures_and_the_rest_is_not_sent(stage: Stage) -> None:
    await stage.view("wall", BIG)
    await stage.view("phone", SMALL)
    await stage.until_layer("wall", LAYER[BIG])
    await stage.until_layer("phone", LAYER[SMALL])
    await swapped_sizes_swap_the_layers(stage)
    await switching_costs_no_repair(stage)
    await what_nobody_sees_is_paused_at_its_sender(stage)
    await what_is_wanted_again_comes_again(stage)


async def swapped_sizes_swap_the_layers(stage: Stage) -> None:
    await stage.view("wall", SMALL)
    await stage.view("phone", BIG)
    await stage.until_layer("wall", LAYER[SMALL], within_s=60)
    await stage.until_layer("phone", LAYER[BIG], within_s=60)


async def switching_costs_no_repair(stage: Stage) -> None:
    """The decoder notices nothing: it misses no packet and asks for no key frame, whatever comes."""
    before = await stage.pages["phone"].evaluate(TROUBLE)
    for height in (MIDDLE, BIG, SMALL, BIG, MIDDLE, SMALL, BIG):
        await stage.view("phone", height)
        await stage.until_layer("phone", LAYER[height], within_s=60)
    assert await stage.pages["phone"].evaluate(TROUBLE) == before


async def what_nobody_sees_is_paused_at_its_sender(stage: Stage) -> None:
    await stage.view("phone", SMALL)
    await stage.until_layer("phone", LAYER[SMALL], within_s=60)
    await stage.until_sent([True, False, False])
    before = await stage.layers()
    await asyncio.sleep(1)
    after = await stage.layers()
    sent = [two["framesSent"] - one["framesSent"] for one, two in zip(before, after, strict=True)]
    assert sent[0] > 3
    assert sent[1:] == [0, 0]


async def what_is_wanted_again_comes_again(stage: Stage) -> None:
    await stage.view("phone", BIG)
    await stage.until_layer("phone", LAYER[BIG], within_s=60)
    await stage.until_sent([True, False, True])
    await stage.view("wall", 0)
    await stage.until_still("wall")
