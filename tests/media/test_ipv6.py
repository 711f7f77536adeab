"""A node with an IPv6 address and no other: real Chromium takes part over UDP, and where that is closed over TCP."""

from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from tests.media import browser
from tests.media.node_process import NodeProcess
from tests.media.signal_server import ROOM, SignalServer

TOKEN, LOOPBACK = "node-control", "::1"
FLOWING = "async () => (await conference.stats()).slots.every((slot) => slot.framesDecoded + slot.audioEnergy > 0)"
WAY = """async () => {
  const found = [...(await conference.connection.call.pc.getStats()).values()]
  const transport = found.find((entry) => entry.type === 'transport')
  const pair = found.find((entry) => entry.id === transport.selectedCandidatePairId)
  const { address, protocol } = found.find((entry) => entry.id === pair.remoteCandidateId)
  return [address, protocol]
}"""


@pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no Chromium")
async def test_browsers_meet_over_ipv6_alone(tmp_path: Path) -> None:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN, LOOPBACK)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ("far", "near"), tmp_path) as server, async_playwright() as playwright:
            pages = []
            for name, udp in (("far", False), ("near", True)):
                chromium = await browser.launch(playwright, tmp_path, udp=udp)
                base = f"http://127.0.0.1:{server.port}"
                pages.append(await browser.open_page(chromium, base, server.url(name), (1, 1), "camera"))
            far, near = pages
            await far.evaluate("conference.view(['near'])")
            await near.evaluate("conference.view(['far'])")
            for page in pages:
                await browser.until(page, FLOWING)
            assert [await far.evaluate(WAY), await near.evaluate(WAY)] == [["::1", "tcp"], ["::1", "udp"]]
            told = await server.node.stats(ROOM)
            assert told["port"]["refused_by_srtp"] == told["port"]["not_authentic"] == 0
            for page in pages:
                assert page.context.browser is not None
                await page.context.browser.close()
    finally:
        node.kill()
