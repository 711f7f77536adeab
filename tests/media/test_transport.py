"""The wire: what it needs of aiortc, SRTP that repeats nothing, noise, and peers that fall silent."""

import asyncio
import importlib.metadata
import inspect
import random
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiortc import rtcdtlstransport
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtcdtlstransport import RTCDtlsTransport

from media import ice, udp
from media.addresses import family_of, outbound
from media.attendance import Attendance, Seat
from media.ice import Credentials
from media.playback import AudioPlayback
from media.rtp.packet import header
from media.srtp import Inbound, Keys, Outbound, Scratch
from media.transport import PeerParameters
from tests.media.fakes import write_wav
from tests.media.node_process import NodeProcess
from tests.media.relay import Relay
from tests.media.signal_server import ROOM, SignalServer, until

TOKEN = "node-control"


def test_aiortc_still_has_what_the_transport_overrides_and_calls() -> None:
    assert importlib.metadata.version("aiortc") == "1.16.0"
    assert list(inspect.signature(RTCDtlsTransport.__init__).parameters) == ["self", "transport", "certificates"]
    assert not inspect.iscoroutinefunction(RTCDtlsTransport._setup_srtp)
    assert inspect.iscoroutinefunction(RTCDtlsTransport.start)
    source = inspect.getsource(RTCDtlsTransport)
    assert "self._setup_srtp()" in source
    used = {name for name in ("_recv", "_send", "role") if f"self.transport.{name}" in source}
    assert used == {"_recv", "_send", "role"}
    for name in ("_ssl", "_srtp_profiles", "_set_role", "_set_state", "_state"):
        assert f"self.{name}" in source or f"def {name}" in source
    assert {"CONNECTED", "FAILED"} <= {state.name for state in rtcdtlstransport.State}


def test_the_strong_cipher_is_offered_first() -> None:
    names = [profile.openssl_profile for profile in rtcdtlstransport.SRTP_PROFILES]
    assert names[0] == b"SRTP_AEAD_AES_256_GCM"
    assert b"SRTP_AES128_CM_SHA1_80" in names


@pytest.mark.parametrize("profile", rtcdtlstransport.SRTP_PROFILES, ids=lambda p: p.openssl_profile.decode())
def test_srtp_refuses_to_encrypt_the_same_number_twice(profile: rtcdtlstransport.SRTPProtectionProfile) -> None:
    key = bytes(range(profile.key_length + profile.salt_length))
    scratch = Scratch()
    outbound = Outbound(Keys(profile.libsrtp_profile, key, key), scratch)
    inbound = Inbound(Keys(profile.libsrtp_profile, key, key), scratch)
    packet = header(96, False, 7, 8, 9)
    encrypted = outbound.protect(packet, b"x" * 1400)
    assert encrypted is not None
    assert inbound.unprotect(len(encrypted)) == packet + b"x" * 1400
    assert outbound.protect(packet, b"another body") is None
    assert outbound.protect(header(96, False, 8, 8, 9), b"next") is not None
    assert outbound.protect(packet, b"x" * 3000) is None


@pytest_asyncio.fixture
async def server(tmp_path: Path) -> AsyncIterator[SignalServer]:
    write_wav(tmp_path / "tone.wav", 440)
    node = NodeProcess(TOKEN)
    node.start()
    try:
        async with SignalServer(node.url, TOKEN, ["a"], tmp_path) as made:
            made.udp_port = node.udp_port
            yield made
    finally:
        node.kill()


def speaker(server: SignalServer, folder: Path) -> Attendance:
    def tracks() -> list[MediaStreamTrack]:
        return [AudioPlayback(str(folder / "tone.wav"))]

    return Attendance(Seat(server.url("a"), "t"), tracks)


async def test_a_silent_peer_is_noticed_within_five_seconds_and_comes_back(
    server: SignalServer, tmp_path: Path
) -> None:
    loop = asyncio.get_running_loop()
    async with Relay(server.udp_port) as relay:
        server.announce_port = relay.port
        attending = asyncio.create_task(speaker(server, tmp_path).attend())
        await until(lambda: server.publishing["a"]["audio"], 25)
        relay.cut = True
        cut_at = loop.time()
        await until(lambda: ("Disconnected", "a") in server.log, 8)
        assert loop.time() - cut_at < 5.0
        relay.cut = False
        await until(lambda: "a" in server.connected and server.publishing["a"]["audio"], 25)
        attending.cancel()
        await asyncio.gather(attending, return_exceptions=True)
    await until(lambda: "a" not in server.connected, 10)


async def test_noise_on_the_port_harms_nobody(server: SignalServer, tmp_path: Path) -> None:
    chance = random.Random(5)  # noqa: S311  # repeatable on purpose
    attending = asyncio.create_task(speaker(server, tmp_path).attend())
    await until(lambda: server.publishing["a"]["audio"], 25)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as noise:
        for _ in range(3000):
            noise.sendto(chance.randbytes(chance.randrange(1, 200)), ("127.0.0.1", server.udp_port))
        noise.sendto(b"", ("127.0.0.1", server.udp_port))
    counts = [await _packets(server)]

    async def flows() -> bool:
        counts.append(await _packets(server))
        return counts[-1] > counts[0] + 20

    async with asyncio.timeout(10):
        while not await flows():
            pass
    after = await server.node.stats(ROOM)
    assert after["port"]["stray"] + after["port"]["not_authentic"] >= 1000
    assert after["port"]["peers"] == 1
    attending.cancel()
    await asyncio.gather(attending, return_exceptions=True)


async def _packets(server: SignalServer) -> int:
    participants = (await server.node.stats(ROOM))["rooms"][0]["participants"]
    return int(participants[0]["sources"]["audio"]["packets"])


async def test_peers_leave_nothing_behind() -> None:
    closed: list[str] = []
    handlers = udp.Handlers(
        lambda *_: None, lambda *_: None, lambda _peer: None, lambda _peer, reason: closed.append(reason)
    )
    port = udp.UdpPort("127.0.0.1", 0, handlers)
    parameters = PeerParameters(Credentials("them", "password"), (("sha-256", "AA:BB"),), "server")
    peers = [port.make_peer(parameters) for _ in range(20)]
    port.restart(peers[0], Credentials("again", "password"))
    port.check(asyncio.get_running_loop().time() + udp.CONNECT_TIMEOUT_S + 1)
    assert closed == ["failed"] * 20
    assert port.peers == 0
    await port.close()
    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task()] == []


async def test_answers_leave_from_the_address_that_was_asked() -> None:
    """Bound to every announced address of this machine: loopback has more than one."""
    handlers = udp.Handlers(lambda *_: None, lambda *_: None, lambda _: None, lambda *_: None)
    port = udp.UdpPort("0.0.0.0", 0, handlers, ("127.0.0.3", "203.0.113.9", "127.0.0.2"))  # noqa: S104  # under test
    peer = port.make_peer(PeerParameters(Credentials("them", "password"), (("sha-256", "AA:BB"),), "server"))
    leading = outbound(socket.AF_INET)  # what is translated to the address that is not here ends at this one
    own = ["127.0.0.3", "127.0.0.2", *([leading] if leading is not None else [])]
    assert [outlet.socket.getsockname()[0] for outlet in port.outlets] == own
    loop = asyncio.get_running_loop()
    request = ice.request(bytes(12), f"{peer.local.ufrag}:them", peer.local.password, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setblocking(False)
        for host in ("127.0.0.2", "127.0.0.3"):
            client.sendto(request, (host, port.port))
            answer, source = await asyncio.wait_for(loop.sock_recvfrom(client, 1500), 2)
            assert source == (host, port.port)
            assert ice.parse(answer) is not None
    await port.close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104  # under test
@pytest.mark.parametrize(
    ("announced", "bound"),
    [
        (("203.0.113.9", "::1"), ["::1", "0.0.0.0"]),  # noqa: S104  # under test
        (("2001:db8::9", "127.0.0.1"), ["127.0.0.1", "::"]),
        (("203.0.113.9", "2001:db8::9"), ["0.0.0.0", "::"]),  # noqa: S104  # under test
    ],
)
async def test_who_is_told_of_a_translated_address_is_heard_in_either_family(
    host: str, announced: tuple[str, ...], bound: list[str]
) -> None:
    handlers = udp.Handlers(lambda *_: None, lambda *_: None, lambda _: None, lambda *_: None)
    port = udp.UdpPort(host, 0, handlers, announced)
    peer = port.make_peer(PeerParameters(Credentials("them", "password"), (("sha-256", "AA:BB"),), "server"))
    assert [outlet.socket.getsockname()[0] for outlet in port.outlets] == bound
    loop = asyncio.get_running_loop()
    request = ice.request(bytes(12), f"{peer.local.ufrag}:them", peer.local.password, 1)
    for own in ("127.0.0.1", "::1"):
        with socket.socket(family_of(own), socket.SOCK_DGRAM) as client:
            client.setblocking(False)
            client.connect((own, port.port))
            client.send(request)
            assert ice.parse(await asyncio.wait_for(loop.sock_recv(client, 1500), 2)) is not None
    await port.close()


async def test_only_foreign_addresses_are_announced() -> None:
    """Behind address translation: the wildcard itself is bound."""
    handlers = udp.Handlers(lambda *_: None, lambda *_: None, lambda _: None, lambda *_: None)
    port = udp.UdpPort("0.0.0.0", 0, handlers, ("203.0.113.9",))  # noqa: S104  # under test
    assert port.outlets[0].socket.getsockname()[0] == "0.0.0.0"  # noqa: S104  # compared
    await port.close()


async def test_a_port_that_is_taken_is_an_error() -> None:
    handlers = udp.Handlers(lambda *_: None, lambda *_: None, lambda _: None, lambda *_: None)
    port = udp.UdpPort("127.0.0.1", 0, handlers)
    with pytest.raises(OSError, match="in use"):
        udp.UdpPort("0.0.0.0", port.port, handlers, ("127.0.0.1",))  # noqa: S104  # under test
    await port.close()
