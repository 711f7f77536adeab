"""IPv6 alone, over UDP and where that is closed over TCP; beside IPv4; and on a machine that has nothing else."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count, product
from pathlib import Path

import pytest
from playwright.async_api import async_playwright

from media.addresses import WILDCARDS
from media.bench.client import Client, Line, outgoing, types_of
from media.bench.load import AUDIO
from media.bench.run import can_isolate
from media.bridge import Bridge
from media.rtp.packet import header
from tests.media import browser
from tests.media.node_process import ROOT, NodeProcess
from tests.media.signal_server import ROOM, SignalServer, until
from web.commands.media_command import announced
from web.settings import Settings

TOKEN, LOOPBACK = "node-control", "::1"
FLOWING = "async () => (await conference.stats()).slots.every((slot) => slot.framesDecoded + slot.audioEnergy > 0)"
WAY = """async () => {
  const found = [...(await conference.connection.call.pc.getStats()).values()]
  const transport = found.find((entry) => entry.type === 'transport')
  const pair = found.find((entry) => entry.id === transport.selectedCandidatePairId)
  const { address, protocol } = found.find((entry) => entry.id === pair.remoteCandidateId)
  return [address, protocol]
}"""


needs_chromium = pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no Chromium")


@needs_chromium
async def test_browsers_meet_over_ipv6_alone(tmp_path: Path) -> None:
    async with a_meeting(tmp_path, LOOPBACK) as server:
        ways = await meet(tmp_path, server, {"far": False, "near": True})
        assert ways == [["::1", "tcp"], ["::1", "udp"]]
        told = await server.node.stats(ROOM)
        assert told["port"]["refused_by_srtp"] == told["port"]["not_authentic"] == 0


@needs_chromium
async def test_who_has_ipv4_meets_who_has_ipv6(tmp_path: Path) -> None:
    async with a_meeting(tmp_path, f"127.0.0.1,{LOOPBACK}") as server:
        server.ways = {"far": "127.0.0.1", "near": LOOPBACK}
        ways = await meet(tmp_path, server, {"far": True, "near": True})
        assert ways == [["127.0.0.1", "udp"], ["::1", "udp"]]


@asynccontextmanager
async def a_meeting(tmp_path: Path, address: str) -> AsyncIterator[SignalServer]:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN, address)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ("far", "near"), tmp_path) as server:
            yield server
    finally:
        node.kill()


async def meet(tmp_path: Path, server: SignalServer, udp: dict[str, bool]) -> list[object]:
    """The ways by which far and near hear and see each other; whether each may send UDP."""
    async with async_playwright() as playwright:
        pages = []
        for name, allowed in udp.items():
            chromium = await browser.launch(playwright, tmp_path, udp=allowed)
            base = f"http://127.0.0.1:{server.port}"
            pages.append(await browser.open_page(chromium, base, server.url(name), (1, 1), "camera"))
        far, near = pages
        await far.evaluate("conference.view(['near'])")
        await near.evaluate("conference.view(['far'])")
        for page in pages:
            await browser.until(page, FLOWING)
        ways = [await page.evaluate(WAY) for page in pages]
        for page in pages:
            assert page.context.browser is not None
            await page.context.browser.close()
        return ways


MACHINES = {
    "IPv6 alone": (("2001:db8:1::5",), ("2001:db8:1::5",)),
    "both": (("198.51.100.5", "2001:db8:1::5"), ("198.51.100.5", "2001:db8:1::5")),
    "IPv4 alone": (("198.51.100.5",), ("198.51.100.5",)),
    "a link-local address": (("fe80::5",), ("127.0.0.1",)),
    "none": ((), ("127.0.0.1",)),
}


@pytest.mark.parametrize("machine", MACHINES)
def test_every_family_that_leads_out_is_announced_and_carries_a_meeting(machine: str) -> None:
    if not can_isolate():
        pytest.skip("no network of its own can be made here")
    test = "from tests.media.test_ipv6 import *; asyncio.run(on_a_machine(sys.argv[1]))"
    words = ["unshare", "--map-root-user", "--net", "--", sys.executable, "-c", f"import asyncio, sys; {test}", machine]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def on_a_machine(machine: str) -> None:
    """In a network of its own: what is announced where all addresses are served on, and speech between them."""
    addresses, expected = MACHINES[machine]
    ip("link set lo up")
    for address in addresses:
        family, size, nodad = ("-6", 64, " nodad") if ":" in address else ("-4", 24, "")
        ip(f"{family} address add {address}/{size} dev lo{nodad}")
        ip(f"{family} route add default dev lo")
    assert [announced(Settings(host=host)) for host in WILDCARDS.values()] == [expected, expected]
    for speaker, hearer in product(expected, expected):
        await speech_passes(expected, speaker, hearer)


def ip(words: str) -> None:
    program = shutil.which("ip") or shutil.which("ip", path="/sbin:/usr/sbin") or "ip"
    subprocess.run([program, *words.split()], check=True)


async def speech_passes(told: tuple[str, ...], *addresses: str) -> None:
    """From a client that has the first address to one that has the second."""
    bridge = Bridge("0.0.0.0", 0, told, lambda *_told, **_more: None)  # noqa: S104  # as a node does
    running = asyncio.create_task(bridge.run())
    speaker, hearer = Client(addresses[0], outgoing(1, (AUDIO,))), Client(addresses[1])
    bridge.open_room(ROOM)
    lines = [Line("0", "audio", "recvonly", types_of("audio"))]
    for name, client, offered in (("speaker", speaker, speaker.publishing()), ("hearer", hearer, lines)):
        bridge.admit(ROOM, name, muted=False, video_muted=False)
        await client.connect(bridge.negotiation.offer(ROOM, name, client.describe(offered), None))
    [out] = speaker.outgoing
    numbers = count(1)

    def heard() -> bool:
        assert speaker.peer is not None
        number = next(numbers)
        speaker.peer.send(header(out.stream.payload_type, True, number, 960 * number, out.ssrc), bytes(60))
        return hearer.received > 0

    await until(heard, 10)
    running.cancel()
    await asyncio.gather(speaker.close(), hearer.close())
    await bridge.close()
