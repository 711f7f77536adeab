"""The wire: ICE-lite, DTLS and SRTP of all peers on one UDP port.

The only file that touches private parts of aiortc (1.16.0): DTLS and the key export are its, packets never pass it.
"""

import asyncio
import contextlib
import logging
import secrets
import socket
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)

from media import ice
from media.ice import Address, Credentials
from media.rtp.packet import is_rtcp
from media.srtp import Inbound, Keys, Outbound, Scratch

logger = logging.getLogger(__name__)

BATCH = 128
SOCKET_BUFFER = 8 * 1024 * 1024
DEAD_AFTER_S = 4.5
PROBE_AFTER_S = 2.0
PROBE_INTERVAL_S = 1.0
CONNECT_TIMEOUT_S = 10.0
MAX_ADDRESSES = 8
MAX_WAITING_DTLS = 64
KEPT_CIPHERTEXTS = 512
_KEY_LABEL = b"EXTRACTOR-dtls_srtp"


@dataclass(slots=True)
class PortCounters:
    received: int = 0
    sent: int = 0
    send_failed: int = 0
    refused_by_srtp: int = 0
    not_authentic: int = 0
    stray: int = 0


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the port's owner is told. Packets are plain; `now` is the loop's clock in seconds."""

    on_rtp: Callable[["Peer", float, bytes], None]
    on_rtcp: Callable[["Peer", float, bytes], None]
    on_connected: Callable[["Peer"], None]
    on_closed: Callable[["Peer", str], None]


@dataclass(frozen=True, slots=True)
class PeerParameters:
    """The client's side, from its offer. `role` is ours in DTLS: "server" for `a=setup:passive`, else "client"."""

    remote: Credentials
    fingerprints: tuple[tuple[str, str], ...]
    role: str
    keep_ciphertext: bool = False


class Identity:
    """The node's DTLS certificate, new at each start of the process."""

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as in SDP."""
        prints = self.certificate.getFingerprints()
        return next(p.value for p in prints if p.algorithm == "sha-256")


class _Wire:
    """What aiortc's DTLS needs of an ICE transport: a role, and datagrams in and out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._datagrams: asyncio.Queue[bytes | None] = asyncio.Queue(MAX_WAITING_DTLS)
        self._write = send
        self._closed = False

    def put(self, datagram: bytes) -> None:
        with contextlib.suppress(asyncio.QueueFull):
            self._datagrams.put_nowait(datagram)

    def close(self) -> None:
        self._closed = True
        while not self._datagrams.empty():
            self._datagrams.get_nowait()
        self._datagrams.put_nowait(None)

    async def _recv(self) -> bytes:
        datagram = await self._datagrams.get()
        if datagram is None or self._closed:
            raise ConnectionError
        return datagram

    async def _send(self, datagram: bytes) -> None:
        self._write(datagram)


class _Dtls(RTCDtlsTransport):
    """Keeps the keys for our own SRTP sessions instead of making aiortc's, which would allow repeated packets."""

    def __init__(self, wire: _Wire, identity: Identity, role: str) -> None:
        super().__init__(wire, [identity.certificate])  # type: ignore[arg-type]  # only role, _recv and _send are used
        self._set_role(role)
        self.keys: Keys | None = None

    def _setup_srtp(self) -> None:
        ssl = self._ssl
        chosen = ssl.get_selected_srtp_profile() if ssl is not None else b""
        profile = next((p for p in self._srtp_profiles if p.openssl_profile == chosen), None)
        if ssl is None or profile is None:
            self._set_state(State.FAILED)
            return
        size = 2 * (profile.key_length + profile.salt_length)
        material = ssl.export_keying_material(_KEY_LABEL, size)
        client, server = profile.get_key_and_salt(material, 0), profile.get_key_and_salt(material, 1)
        inbound, outbound = (client, server) if self._role == "server" else (server, client)
        self.keys = Keys(profile.libsrtp_profile, inbound, outbound)

    @property
    def connected(self) -> bool:
        return self._state is State.CONNECTED


class Peer:
    """One client's transport. Made from an offer; alive until `closed`."""

    def __init__(self, port: "UdpPort", parameters: PeerParameters, now: float) -> None:
        self.local = _new_credentials()
        self.parameters = parameters
        self.remote = parameters.remote
        self.address: Address | None = None
        self.addresses: list[Address] = []
        self.made_at = now
        self.heard_at = now
        self.probed_at = now
        self.connected = False
        self.closed = False
        self.sent = 0
        self._port = port
        self._reachable = asyncio.Event()
        self._wire = _Wire(self._send_plain)
        self._dtls = _Dtls(self._wire, port.identity, parameters.role)
        self._outbound: Outbound | None = None
        self.inbound: Inbound | None = None
        self._ciphertexts: OrderedDict[bytes, bytes] = OrderedDict()
        self._task = asyncio.ensure_future(self._run())

    async def _run(self) -> None:
        await self._reachable.wait()
        prints = [RTCDtlsFingerprint(a, v) for a, v in self.parameters.fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints=prints))
        keys = self._dtls.keys
        if keys is None or not self._dtls.connected:
            self._port.drop(self, "failed")
            return
        self._outbound = Outbound(keys, self._port.scratch)
        self.inbound = Inbound(keys, self._port.scratch)
        self.connected = True
        self._dtls.on("statechange", self._on_dtls_state)
        self._port.handlers.on_connected(self)

    def _on_dtls_state(self) -> None:
        if not self._dtls.connected:
            self._port.drop(self, "left")

    def on_dtls(self, datagram: bytes) -> None:
        self._wire.put(datagram)

    def reachable_at(self, address: Address, nominated: bool) -> None:
        """A check from `address` was authentic; send there from now on when it is nominated or the first."""
        if nominated or self.address is None:
            self.address = address
        self._reachable.set()

    def send(self, head: bytes, body: bytes) -> bool:
        """Encrypt and send one RTP packet, or an RTCP compound in `head`. False when it could not be sent."""
        outbound = self._outbound
        if outbound is None or self.address is None or self.closed:
            return False
        if is_rtcp(head):
            packet = outbound.protect_rtcp(head)
        elif self.parameters.keep_ciphertext:
            packet = self._once(outbound, head, body)
        else:
            packet = outbound.protect(head, body)
        if packet is None:
            self._port.counters.refused_by_srtp += 1
            return False
        self.sent += 1
        return self._port.send(packet, self.address)

    def _once(self, outbound: Outbound, head: bytes, body: bytes) -> memoryview | None:
        """For clients without RTX: a packet asked for again is sent as it was encrypted the first time."""
        name = head[2:4] + head[8:12]
        kept = self._ciphertexts.get(name)
        if kept is not None:
            return memoryview(kept)
        packet = outbound.protect(head, body)
        if packet is not None:
            self._ciphertexts[name] = bytes(packet)
            if len(self._ciphertexts) > KEPT_CIPHERTEXTS:
                self._ciphertexts.popitem(last=False)
        return packet

    def _send_plain(self, datagram: bytes) -> None:
        if self.address is not None:
            self._port.send(datagram, self.address)

    async def shut(self) -> None:
        """Say goodbye (DTLS close_notify) and end what runs for this peer."""
        self.closed = True
        self._dtls.remove_all_listeners()
        await self._dtls.stop()
        self._wire.close()
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)


def _new_credentials() -> Credentials:
    return Credentials(secrets.token_hex(4), secrets.token_hex(16))


@dataclass(slots=True)
class _Directory:
    """Who is who: by the local user fragment of a check, then by address."""

    by_ufrag: dict[str, tuple[Peer, Credentials]] = field(default_factory=dict)
    by_address: dict[Address, Peer] = field(default_factory=dict)

    def forget(self, peer: Peer) -> None:
        self.by_ufrag = {u: entry for u, entry in self.by_ufrag.items() if entry[0] is not peer}
        for address in peer.addresses:
            if self.by_address.get(address) is peer:
                del self.by_address[address]
        peer.addresses.clear()


class UdpPort:
    """One socket for all peers. `open` it, make peers from offers, `close` it."""

    def __init__(self, host: str, port: int, handlers: Handlers) -> None:
        self.identity = Identity()
        self.handlers = handlers
        self.counters = PortCounters()
        self.scratch = Scratch()
        self._directory = _Directory()
        self._peers: set[Peer] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._tie_breaker = secrets.randbits(64)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SOCKET_BUFFER)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SOCKET_BUFFER)
        self._socket.bind((host, port))
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._socket.fileno(), self._readable)

    @property
    def port(self) -> int:
        number: int = self._socket.getsockname()[1]
        return number

    @property
    def socket(self) -> socket.socket:
        """For who reads the socket himself (the bench's sinks)."""
        return self._socket

    @property
    def peers(self) -> int:
        return len(self._peers)

    def make_peer(self, parameters: PeerParameters) -> Peer:
        peer = Peer(self, parameters, self._loop.time())
        self._peers.add(peer)
        self._directory.by_ufrag[peer.local.ufrag] = (peer, peer.local)
        return peer

    def call(self, peer: Peer, address: Address) -> None:
        """Begin from this side with a peer whose address is known: ask it, as a client does."""
        self._know(peer, address)
        self._probe_at(peer, address)
        peer.reachable_at(address, nominated=True)

    def restart(self, peer: Peer, remote: Credentials) -> None:
        """ICE restart: new credentials; the old ones go on until a check uses the new."""
        peer.local = _new_credentials()
        peer.remote = remote
        peer.heard_at = self._loop.time()
        self._directory.by_ufrag[peer.local.ufrag] = (peer, peer.local)

    def drop(self, peer: Peer, reason: str | None) -> None:
        """End a peer; a `reason` is told to the owner, None stays silent. Nothing when it has already ended."""
        if peer not in self._peers:
            return
        self._peers.discard(peer)
        self._directory.forget(peer)
        farewell = self._loop.create_task(peer.shut())
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)
        if reason is not None:
            self.handlers.on_closed(peer, reason)

    async def close(self) -> None:
        for peer in list(self._peers):
            self.drop(peer, None)
        await asyncio.gather(*self._farewells, return_exceptions=True)
        self._loop.remove_reader(self._socket.fileno())
        self._socket.close()

    def check(self, now: float) -> None:
        """Drop peers that are silent, ask those that begin to be. To be called a few times a second."""
        for peer in list(self._peers):
            silent = now - peer.heard_at
            if not peer.connected:
                if now - peer.made_at > CONNECT_TIMEOUT_S:
                    self.drop(peer, "failed")
            elif silent > DEAD_AFTER_S:
                self.drop(peer, "timeout")
            elif silent > PROBE_AFTER_S and now - peer.probed_at > PROBE_INTERVAL_S:
                self._probe(peer, now)

    def _probe(self, peer: Peer, now: float) -> None:
        peer.probed_at = now
        if peer.address is not None:
            self._probe_at(peer, peer.address)

    def _probe_at(self, peer: Peer, address: Address) -> None:
        username = f"{peer.remote.ufrag}:{peer.local.ufrag}"
        message = ice.request(secrets.token_bytes(12), username, peer.remote.password, self._tie_breaker)
        self.send(message, address)

    def send(self, datagram: bytes | memoryview, address: Address) -> bool:
        try:
            self._socket.sendto(datagram, address)
        except OSError:
            self.counters.send_failed += 1
            return False
        self.counters.sent += 1
        return True

    def _readable(self) -> None:
        receive, view = self._socket.recvfrom_into, self.scratch.view
        for _ in range(BATCH):
            try:
                size, address = receive(view)
            except BlockingIOError:
                return
            except OSError as error:
                logger.debug("receive: %s", error)
                return
            self.counters.received += 1
            if size:
                self._on_datagram(self._loop.time(), size, address[:2])

    def _on_datagram(self, now: float, size: int, address: Address) -> None:
        first = self.scratch.view[0]
        peer = self._directory.by_address.get(address)
        if 128 <= first <= 191 and peer is not None and peer.inbound is not None:
            self._on_media(now, peer, peer.inbound, size)
        elif first < 4:
            self._on_stun(now, bytes(self.scratch.view[:size]), address)
        elif 20 <= first <= 63 and peer is not None:
            peer.heard_at = now
            peer.on_dtls(bytes(self.scratch.view[:size]))
        else:
            self.counters.stray += 1

    def _on_media(self, now: float, peer: Peer, inbound: Inbound, size: int) -> None:
        control = is_rtcp(self.scratch.view[:2])
        packet = inbound.unprotect_rtcp(size) if control else inbound.unprotect(size)
        if packet is None:
            self.counters.not_authentic += 1
            return
        peer.heard_at = now
        if control:
            self.handlers.on_rtcp(peer, now, packet)
        else:
            self.handlers.on_rtp(peer, now, packet)

    def _on_stun(self, now: float, data: bytes, address: Address) -> None:
        binding = ice.parse(data)
        if binding is None:
            self.counters.stray += 1
        elif binding.kind == ice.RESPONSE:
            self._on_stun_response(now, data, binding, address)
        else:
            self._on_stun_request(now, data, binding, address)

    def _on_stun_response(self, now: float, data: bytes, binding: ice.Binding, address: Address) -> None:
        peer = self._directory.by_address.get(address)
        if peer is not None and ice.verify(data, binding, peer.remote.password):
            peer.heard_at = now
        else:
            self.counters.not_authentic += 1

    def _on_stun_request(self, now: float, data: bytes, binding: ice.Binding, address: Address) -> None:
        entry = self._directory.by_ufrag.get(binding.username.partition(":")[0])
        if entry is None or not ice.verify(data, binding, entry[1].password):
            self.counters.not_authentic += 1
            return
        peer, credentials = entry
        if credentials is peer.local:
            self._forget_former_credentials(peer)
        self._know(peer, address)
        peer.heard_at = now
        self.send(ice.response(binding, address, credentials.password), address)
        peer.reachable_at(address, binding.use_candidate)

    def _forget_former_credentials(self, peer: Peer) -> None:
        table = self._directory.by_ufrag
        for ufrag in [u for u, entry in table.items() if entry[0] is peer and u != peer.local.ufrag]:
            del table[ufrag]

    def _know(self, peer: Peer, address: Address) -> None:
        if self._directory.by_address.get(address) is peer:
            return
        self._directory.by_address[address] = peer
        peer.addresses.append(address)
        if len(peer.addresses) > MAX_ADDRESSES:
            oldest = next(a for a in peer.addresses if a != peer.address)
            peer.addresses.remove(oldest)
            self._directory.by_address.pop(oldest, None)
