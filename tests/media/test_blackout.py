"""A page whose network is gone for a while, socket and media alike: how soon it hears again."""

import asyncio
from pathlib import Path

import pytest
from playwright.async_api import Page, async_playwright

from tests.media import browser
from tests.media.node_process import NodeProcess
from tests.media.relay import Relay
from tests.media.signal_server import SignalServer
from tests.media.tcp_relay import TcpRelay

TOKEN = "node-control"

pytestmark = pytest.mark.skipif(
    not (browser.CHROMIUM.exists() and (browser.UI / "node_modules" / ".bin" / "tsc").exists()),
    reason="needs Debian's chromium and the front end's packages",
)

# Resolves with the milliseconds until the sound goes on, from when it is asked.
HEARD_AGAIN = """async () => {
  const heard = async () => (await conference.stats()).slots.filter((one) => one.kind === 'audio')
    .reduce((sum, one) => sum + one.audioEnergy, 0)
  const began = performance.now()
  let former = await heard()
  while (performance.now() - began < 30_000) {
    await new Promise((go) => setTimeout(go, 20))
    const now = await heard()
    if (now > former + 1e-6) return performance.now() - began
    former = now
  }
  return null
}"""


async def black_out(tmp_path: Path, seconds: float) -> float:
    """Seconds from the network's return until the page hears again."""
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, {"speaker", "listener"}, tmp_path) as server,
            Relay(node.udp_port) as media,
            TcpRelay(server.port) as signals,
            async_playwright() as playwright,
        ):
            chromium = await browser.launch(playwright, tmp_path)
            base = f"http://127.0.0.1:{server.port}"
            await browser.open_page(chromium, base, server.url("speaker"), (0, 0), "camera")
            server.udp_port, server.announce_port = node.udp_port, media.port
            url = f"ws://127.0.0.1:{signals.port}/signal/listener"
            page = await browser.open_page(chromium, base, url, (1, 1), "none")
            assert await page.evaluate(HEARD_AGAIN) is not None
            back = await _cut(page, media, signals, seconds)
            await chromium.close()
            return back
    finally:
        node.kill()


async def _cut(page: Page, media: Relay, signals: TcpRelay, seconds: float) -> float:
    media.cut = True
    signals.cut()
    await asyncio.sleep(seconds)  # the blackout itself
    signals.mend()
    media.cut = False
    found = await page.evaluate(HEARD_AGAIN)
    assert found is not None, "never heard again"
    return float(found) / 1000


async def test_ten_seconds_without_a_network(tmp_path: Path) -> None:
    assert await black_out(tmp_path, 10) < 1.5


@pytest.mark.soak
async def test_two_minutes_without_a_network(tmp_path: Path) -> None:
    assert await black_out(tmp_path, 120) < 2.5
