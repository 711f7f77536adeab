"""A real coturn between a browser and the node: with the web process's credentials, to the node and nowhere else."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from aioice.stun import Class, Message, Method, TransactionFailed
from aioice.turn import TCP_TRANSPORT, TurnClientTcpProtocol, TurnClientUdpProtocol
from playwright.async_api import async_playwright
from pydantic import SecretStr

from tests.media import browser
from tests.media.firefox import own_address
from tests.media.node_process import NodeProcess
from tests.media.signal_server import SignalServer
from tests.peers.coturn import CoturnServer, coturn
from web.certificates import ensure_authority, ensure_server
from web.settings import Settings
from web.turn import LIFE, ice_servers

TOKEN = "turn"
NOW = datetime.now(UTC)
FLAGS = ("--ignore-certificate-errors",)
needs_chromium = pytest.mark.skipif(not browser.CHROMIUM.exists(), reason="no Chromium")
FLOWING = "async () => (await conference.stats()).slots.every((s) => s.framesDecoded + s.audioEnergy > 0)"
RELAY = """async () => {
  const found = [...(await conference.connection.call.pc.getStats()).values()]
  const transport = found.find((entry) => entry.type === 'transport')
  const pair = found.find((entry) => entry.id === transport.selectedCandidatePairId)
  const local = found.find((entry) => entry.id === pair?.localCandidateId)
  return local && [local.candidateType, local.relayProtocol]
}"""
NAMED = """async () => {
  const pc = conference.connection.call?.pc
  return pc?.connectionState === 'connected' && pc.getConfiguration().iceServers[0].username.split(':')[1]
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CoturnServer]:
    """A TURN server with a certificate of our own authority."""
    folder = tmp_path_factory.mktemp("authority")
    ensure_authority(folder, NOW)
    own = ensure_server(folder, [], ["127.0.0.1"], NOW)
    with coturn(own_address(), own.certificate, own.key) as running:
        yield running


def settings_for(server: CoturnServer, transport: str) -> Settings:
    return Settings(turn_urls=(server.url(transport),), turn_secret=SecretStr(server.secret))


def test_nobody_is_sent_to_a_server_that_is_not_set() -> None:
    assert ice_servers(Settings(), "x", NOW) == []
    assert ice_servers(Settings(turn_urls=("turn:10.0.0.1",)), "x", NOW) == []


@pytest.mark.parametrize("transport", ["udp", "tcp", "tls"])
@needs_chromium
async def test_a_browser_takes_part_through_the_relay(server: CoturnServer, transport: str, tmp_path: Path) -> None:
    await take_part(settings_for(server, transport), transport, tmp_path)


async def take_part(settings: Settings, transport: str, tmp_path: Path) -> None:
    """Two pages, one of them through the relay alone; they see and hear each other."""
    browser.build_pages(tmp_path)
    node = NodeProcess(TOKEN, own_address())
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, ("far", "near"), tmp_path) as signals,
            async_playwright() as playwright,
        ):
            signals.udp_port = node.udp_port
            signals.ice_servers = ice_servers(settings, "far", datetime.now(UTC))
            base = f"http://127.0.0.1:{signals.port}"
            chromium = await browser.launch(playwright, tmp_path, more=FLAGS)
            far = await browser.open_page(chromium, base, signals.url("far") + "&relay=1", (1, 1), "camera")
            near = await browser.open_page(chromium, base, signals.url("near"), (1, 1), "camera")
            await far.evaluate("conference.view(['near'])")
            await near.evaluate("conference.view(['far'])")
            for page in (far, near):
                await browser.until(page, FLOWING)
            assert await browser.until(far, RELAY) == ["relay", transport]
            assert (await browser.until(near, RELAY))[0] != "relay"
            # What was told at the welcome has ended meanwhile: the next connection goes by what is told last.
            # A page that is slow to answer may dial anew meanwhile: a welcome tells the same.
            signals.ice_servers = ice_servers(settings, "later", datetime.now(UTC))
            await signals.tell_relays("far", signals.ice_servers)
            node.kill()
            node.start()
            signals.udp_port = node.udp_port
            await browser.until(far, f"async () => await ({NAMED})() === 'later'")
            await browser.until(near, FLOWING)
            await chromium.close()
    finally:
        node.kill()


@asynccontextmanager
async def tcp_client(server: CoturnServer, username: str, password: str) -> AsyncIterator[TurnClientTcpProtocol]:
    """One that comes by TCP, as whoever wants a TCP relay has to (RFC 6062 4.1)."""
    where = (server.host, server.port)
    transport, found = await asyncio.get_running_loop().create_connection(
        lambda: TurnClientTcpProtocol(where, username, password, lifetime=60, channel_refresh_time=60), *where
    )
    try:
        yield found
    finally:
        transport.close()


@asynccontextmanager
async def client(server: CoturnServer, username: str, password: str) -> AsyncIterator[TurnClientUdpProtocol]:
    """A client of the protocol itself."""
    where = (server.host, server.port)
    _, found = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: TurnClientUdpProtocol(where, username, password, lifetime=60, channel_refresh_time=60),
        remote_addr=where,
    )
    try:
        yield found
    finally:
        if found.relayed_address is not None:
            await found.delete()
        found.transport.close()


def credentials(server: CoturnServer, now: datetime) -> tuple[str, str]:
    found: Any = ice_servers(settings_for(server, "udp"), "far", now)[0]
    return found["username"], found["credential"]


ELSEWHERE = ("127.0.0.1", "10.0.0.1", "169.254.169.254", "224.0.0.1", "0.0.0.0")  # noqa: S104 (asked for, not bound)


async def test_its_peers_are_the_bridge_alone(server: CoturnServer) -> None:
    async with client(server, *credentials(server, datetime.now(UTC))) as found:
        await found.connect()
        await found.channel_bind(0x4000, (own_address(), 40000))
        for number, elsewhere in enumerate(ELSEWHERE, start=0x4001):
            with pytest.raises(TransactionFailed, match="403"):
                await found.channel_bind(number, (elsewhere, 80))
            with pytest.raises(TransactionFailed, match="403"):
                await found.request_with_retry(asked(Method.CREATE_PERMISSION, XOR_PEER_ADDRESS=(elsewhere, 0)))


async def test_nothing_but_datagrams_is_relayed(server: CoturnServer) -> None:
    """By a TCP relay (RFC 6062) every port of the bridge would be within reach: its database, its control."""
    async with tcp_client(server, *credentials(server, datetime.now(UTC))) as found:
        with pytest.raises(TransactionFailed, match="442"):
            await found.request_with_retry(asked(Method.ALLOCATE, REQUESTED_TRANSPORT=TCP_TRANSPORT))
        await found.connect()


def asked(method: Method, **attributes: Any) -> Message:
    named = {name.replace("_", "-"): value for name, value in attributes.items()}
    return Message(method, Class.REQUEST, attributes=named)


async def test_credentials_are_of_minutes_and_of_our_secret(server: CoturnServer) -> None:
    username, password = credentials(server, datetime.now(UTC))
    old = credentials(server, datetime.now(UTC) - LIFE - timedelta(seconds=5))
    for pair in (old, (username, password[::-1]), ("9999999999:far", password)):
        async with client(server, *pair) as found:
            with pytest.raises(TransactionFailed, match="401"):
                await found.connect()
