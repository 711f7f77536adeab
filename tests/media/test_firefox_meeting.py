"""A real Firefox beside a real Chromium: seen and heard both ways, muted, restarted, and back after a node's death."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.firefox import FIREFOX, Firefox, firefox, own_address
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer

pytestmark = [
    pytest.mark.skipif(not FIREFOX.exists(), reason="no Firefox"),
    pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no Chromium"),
]
TOKEN = "firefox"
STATS = "conference.stats()"
SILENT = 1e-4


@dataclass
class Pair:
    node: NodeProcess
    server: SignalServer
    fox: Firefox
    chrome: Page

    async def gained(self, ask: Callable[[str], Awaitable[Any]], seconds: float) -> tuple[float, int]:
        """Sound energy and frames that a page took in for so long."""
        before = sums(await ask(STATS))
        await asyncio.sleep(seconds)
        after = sums(await ask(STATS))
        return after[0] - before[0], after[1] - before[1]

    async def until_flowing(self, within_s: float = 60) -> None:
        """Both hear and see each other."""
        for ask in (self.fox.evaluate, self.chrome.evaluate):
            end = time.monotonic() + within_s
            while min(await self.gained(ask, 1)) <= 0:
                assert time.monotonic() < end, await ask(STATS)


def sums(stats: dict[str, Any]) -> tuple[float, int]:
    slots = stats["slots"]
    return sum(slot["audioEnergy"] for slot in slots), sum(slot["framesDecoded"] for slot in slots)


@pytest_asyncio.fixture
async def pair(tmp_path: Path) -> AsyncIterator[Pair]:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN, own_address())
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, ("fox", "chrome"), tmp_path) as server,
            async_playwright() as playwright,
            firefox(tmp_path) as fox,
        ):
            server.udp_port = node.udp_port
            base = f"http://127.0.0.1:{server.port}"
            chromium = await browser.launch(playwright, tmp_path)
            chrome = await browser.open_page(chromium, base, server.url("chrome"), (2, 2), "camera")
            await fox.goto(f"{base}/page.html?slots=2,2&url={server.url('fox')}&media=noisy&capture=640x360")
            await fox.until("window.ready === true", within_s=20)
            await chrome.evaluate("conference.view(['fox', null])")
            await fox.evaluate("conference.view(['chrome', null])")
            yield Pair(node, server, fox, chrome)
            await chromium.close()
    finally:
        node.kill()


async def test_firefox_takes_part(pair: Pair) -> None:
    await pair.until_flowing()
    assert await pair.fox.evaluate("seen.errors") == []
    await a_big_tile_gets_the_big_layer(pair)
    await a_mute_is_kept(pair)
    await another_way_is_found_for_the_same_connection(pair)
    await a_killed_node_is_survived(pair)


async def a_big_tile_gets_the_big_layer(pair: Pair) -> None:
    """Firefox sends simulcast too; what is not looked at is not sent."""
    rids = [layer["rid"] for layer in (await pair.fox.evaluate(STATS))["layers"]]
    assert len(rids) == len(set(rids)) > 1
    big = "async () => (await conference.stats()).slots.some((one) => one.frameHeight === 360)"
    await browser.until(pair.chrome, big)


async def a_mute_is_kept(pair: Pair) -> None:
    await pair.server.mute("fox", True)
    # What lies in the player's buffer sounds first; how long that takes is the machine's affair.
    energy, frames = await pair.gained(pair.chrome.evaluate, 2)
    for _window in range(4):
        if energy > SILENT:
            energy, frames = await pair.gained(pair.chrome.evaluate, 2)
    assert energy <= SILENT
    assert frames > 0
    await pair.server.mute("fox", False)
    await pair.until_flowing()


async def another_way_is_found_for_the_same_connection(pair: Pair) -> None:
    connections, calls = dict(pair.server.connected), await pair.fox.evaluate("seen.calls")
    ufrag = "conference.connection.call.pc.remoteDescription.sdp.match(/ice-ufrag:(.*)/)[1]"
    former = await pair.fox.evaluate(ufrag)
    await pair.fox.evaluate("conference.connection.seek(conference.connection.call)")
    await pair.fox.until(f"{ufrag} !== {former!r}", within_s=60)
    await pair.until_flowing()
    assert pair.server.connected == connections
    assert await pair.fox.evaluate("seen.calls") == calls


async def a_killed_node_is_survived(pair: Pair) -> None:
    pair.node.kill()
    pair.node.start()
    await pair.until_flowing(within_s=30)
