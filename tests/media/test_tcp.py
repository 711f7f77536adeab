"""Media over TCP: a real Chromium without UDP takes part; strangers are put out; a slow reader costs no memory."""

import asyncio
import struct
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import async_playwright

from media import ice, tcp
from media.ice import Credentials
from media.outlet import Path as Way
from media.transport import Peer, PeerParameters
from media.udp import Handlers, UdpPort
from tests.media import browser
from tests.media.firefox import own_address
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer

TOKEN = "tcp"


@pytest_asyncio.fixture(params=["127.0.0.1", "::1"])
async def port(request: pytest.FixtureRequest) -> AsyncIterator[UdpPort]:
    """A UDP port that takes media over TCP as well, of either family of addresses."""
    handlers = Handlers(lambda *_: None, lambda *_: None, lambda _: None, lambda *_: None)
    udp = UdpPort(request.param, 0, handlers)
    beside = tcp.TcpPort(udp)
    await beside.listen()
    assert beside.is_open
    yield udp
    await beside.close()
    await udp.close()


def host_of(udp: UdpPort) -> str:
    host: str = udp.outlets[0].socket.getsockname()[0]
    return host


def a_peer(udp: UdpPort) -> Peer:
    return udp.make_peer(PeerParameters(Credentials("them", "password"), (("sha-256", "AA:BB"),), "server"))


def framed(datagram: bytes) -> bytes:
    return struct.pack("!H", len(datagram)) + datagram


def check_of(peer: Peer, number: int = 0) -> bytes:
    return framed(ice.request(bytes([number] * 12), f"{peer.local.ufrag}:them", peer.local.password, 1))


async def answered(reader: asyncio.StreamReader) -> bytes:
    (size,) = struct.unpack("!H", await asyncio.wait_for(reader.readexactly(2), 2))
    return await reader.readexactly(size)


async def test_a_check_is_answered_however_it_is_cut(port: UdpPort) -> None:
    peer = a_peer(port)
    reader, writer = await asyncio.open_connection(host_of(port), port.port)
    both = check_of(peer, 1) + check_of(peer, 2)
    for place in range(0, len(both), 7):
        writer.write(both[place : place + 7])
        await writer.drain()
    for number in (1, 2):
        found = ice.parse(await answered(reader))
        assert found is not None
        assert found.transaction == bytes([number] * 12)
    assert peer.path is not None
    writer.close()
    end = asyncio.get_running_loop().time() + 2
    while peer.path is not None:
        assert asyncio.get_running_loop().time() < end
        await asyncio.sleep(0)
    assert peer.paths == []


@pytest.mark.parametrize(
    "said", [framed(b"\x16\xfe\xfd"), b"GET / HTTP/1.1\r\n\r\n", b"\x00\x00", b"\xff\xff" + bytes(9000)]
)
async def test_a_stranger_is_put_out(port: UdpPort, said: bytes) -> None:
    reader, writer = await asyncio.open_connection(host_of(port), port.port)
    writer.write(said)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 2)
    writer.close()


async def test_who_says_nothing_is_put_out(port: UdpPort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tcp, "ANONYMOUS_S", 0.05)
    reader, writer = await asyncio.open_connection(host_of(port), port.port)
    with pytest.raises((ConnectionResetError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(reader.readexactly(1), 2)
    writer.close()


async def test_what_a_slow_reader_does_not_take_is_dropped(port: UdpPort) -> None:
    peer = a_peer(port)
    reader, writer = await asyncio.open_connection(host_of(port), port.port, limit=1024)
    writer.write(check_of(peer))
    await answered(reader)
    way = peer.path
    assert isinstance(way, Way)
    sent = 0
    while way.send(bytes(1200)):
        sent += 1
        assert sent < 20_000
    assert port.counters.send_failed == 1
    writer.close()


@pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no Chromium")
async def test_a_browser_without_udp_takes_part(tmp_path: Path) -> None:
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN, own_address())
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ("far", "near"), tmp_path) as server, async_playwright() as playwright:
            server.udp_port = node.udp_port
            base = f"http://127.0.0.1:{server.port}"
            pages = []
            for name, udp in (("far", False), ("near", True)):
                chromium = await browser.launch(playwright, tmp_path, udp=udp)
                pages.append(await browser.open_page(chromium, base, server.url(name), (1, 1), "camera"))
            far, near = pages
            await far.evaluate("conference.view(['near'])")
            await near.evaluate("conference.view(['far'])")
            for page in pages:
                flowing = (
                    "async () => (await conference.stats()).slots.every((s) => s.framesDecoded + s.audioEnergy > 0)"
                )
                await browser.until(page, flowing)
            way = """async () => {
              const found = [...(await conference.connection.call.pc.getStats()).values()]
              const transport = found.find((entry) => entry.type === 'transport')
              const pair = found.find((entry) => entry.id === transport.selectedCandidatePairId)
              return found.find((entry) => entry.id === pair.remoteCandidateId).protocol
            }"""
            assert [await far.evaluate(way), await near.evaluate(way)] == ["tcp", "udp"]
            for page in pages:
                assert page.context.browser is not None
                await page.context.browser.close()
    finally:
        node.kill()
