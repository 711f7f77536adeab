"""One peer's transport: DTLS by aiortc, SRTP by libsrtp.

The only file that touches private parts of aiortc (1.16.0): DTLS and the key export are its, packets never pass it.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Protocol

from aiortc.rtcdtlstransport import (
    RTCCertificate,
    RTCDtlsFingerprint,
    RTCDtlsParameters,
    RTCDtlsTransport,
    State,
)

from media.ice import Credentials
from media.outlet import Path, PortCounters
from media.rtp.packet import FIRST_RTCP, HEADER_SIZE, LAST_RTCP
from media.sfu.policing import Allowance
from media.srtp import Inbound, Keys, Outbound, Scratch

MAX_WAITING_DTLS = 64
KEPT_CIPHERTEXTS = 512
KEPT_SPEECH = 64
MAX_EARLY = 64
_KEY_LABEL = b"EXTRACTOR-dtls_srtp"


@dataclass(frozen=True, slots=True)
class PeerParameters:
    """The client's side, from its offer. `role` is ours in DTLS: "server" for `a=setup:passive`, else "client".

    `local` are our credentials where they were told before; else the peer makes its own. `goodbye`: it is told the end
    of DTLS (close_notify) when we end the connection.
    """

    remote: Credentials
    fingerprints: tuple[tuple[str, str], ...]
    role: str
    keep_ciphertext: bool = False
    local: Credentials | None = None
    goodbye: bool = True


class Identity:
    """The node's DTLS certificate, new at each start of the process."""

    def __init__(self) -> None:
        self.certificate = RTCCertificate.generateCertificate()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate, as in SDP."""
        prints = self.certificate.getFingerprints()
        return next(p.value for p in prints if p.algorithm == "sha-256")


class Carrier(Protocol):
    """What a peer needs of the port that carries it."""

    identity: Identity
    scratch: Scratch
    counters: PortCounters

    def connected(self, peer: Peer) -> None: ...
    def drop(self, peer: Peer, reason: str | None) -> None: ...


class Route(Protocol):
    """A quicker way for the packets of a peer; closed again while it has no path that can be taken."""

    @property
    def is_open(self) -> bool: ...

    def follow(self, path: Path) -> None: ...
    def send(self, head: bytes, body: bytes) -> bool: ...
    def close(self) -> None: ...


class Entrance(Protocol):
    """A quicker way in for the packets of a peer."""

    @property
    def heard_at(self) -> float:
        """When something authentic came by it; 0 before."""

    def know(self, path: Path) -> None: ...
    def spare(self, payload_types: frozenset[int]) -> None: ...
    def unknow(self, path: Path) -> None: ...
    def close(self) -> None: ...


class Routed(Protocol):
    """What can have a route and an entrance: a peer."""

    inbound: Inbound | None
    outbound: Outbound | None
    paths: list[Path]
    door: Entrance | None
    parameters: PeerParameters
    path: Path | None
    route: Route | None


def _nowhere(_datagram: bytes) -> None:
    """A wire that is closed writes nothing, and keeps nobody who would."""


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
        self._write = _nowhere
        while not self._datagrams.empty():
            self._datagrams.get_nowait()
        self._datagrams.put_nowait(None)

    async def _recv(self) -> bytes:
        datagram = await self._datagrams.get()
        if datagram is None or self._closed:
            raise ConnectionError
        return datagram

    async def _send(self, datagram: bytes) -> None:
        if not self._closed:
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

    def __init__(self, port: Carrier, parameters: PeerParameters, now: float) -> None:
        self.local = parameters.local or new_credentials()
        self.parameters = parameters
        self.remote = parameters.remote
        self.path: Path | None = None
        self.paths: list[Path] = []
        self.strange: list[Path] = []
        """By which checks came, and nothing yet that only the peer could have sent from there."""
        self.made_at = now
        self.heard_at = now
        self.probed_at = now
        self.connected = False
        self.away = False
        """It is silent, and waited for."""
        self.restarted = False
        """It has restarted ICE, and not yet answered by any path since."""
        self.closed = False
        self._port = port
        self._reachable = asyncio.Event()
        self._wire = _Wire(self._send_plain)
        self._dtls = _Dtls(self._wire, port.identity, parameters.role)
        self.keys: Keys | None = None
        self.outbound: Outbound | None = None
        self.inbound: Inbound | None = None
        self.early: list[tuple[float, bytes]] = []
        """What came as SRTP before there were keys, and when: whoever has ended its part of the handshake may send."""
        self.route: Route | None = None
        self.door: Entrance | None = None
        self.spared: frozenset[int] = frozenset()
        self.allowance = Allowance()
        self.speech: frozenset[int] = frozenset()
        """The payload types of speech that it is sent: those packets are marked as such."""
        self.twice: AbstractSet[int] = frozenset()
        """Those of which every packet is sent once more: each is encrypted once, and kept until then."""
        self._spoken: OrderedDict[bytes, bytes] = OrderedDict()
        self._keeps_ciphertext = parameters.keep_ciphertext
        self._ciphertexts: OrderedDict[bytes, bytes] = OrderedDict()
        self._task: asyncio.Task[None] | None = asyncio.create_task(self._run())

    async def _run(self) -> None:
        await self._reachable.wait()
        prints = [RTCDtlsFingerprint(a, v) for a, v in self.parameters.fingerprints]
        await self._dtls.start(RTCDtlsParameters(fingerprints=prints))
        keys = self._dtls.keys
        if keys is None or not self._dtls.connected:
            self._port.drop(self, "failed")
            return
        self.keys = keys
        self.outbound = Outbound(keys, self._port.scratch)
        self.inbound = Inbound(keys, self._port.scratch)
        self.connected = True
        self._dtls.on("statechange", self._on_dtls_state)
        self._port.connected(self)

    def _on_dtls_state(self) -> None:
        if not self._dtls.connected:
            self._port.drop(self, "left")

    @property
    def silent_since(self) -> float:
        """When it was heard last, on the loop's clock."""
        return self.heard_at if self.door is None else max(self.heard_at, self.door.heard_at)

    def on_dtls(self, datagram: bytes) -> None:
        self._wire.put(datagram)

    def wait(self, now: float, datagram: bytes) -> bool:
        """Keep what came before the keys, MAX_EARLY datagrams at most; whether it is kept."""
        kept = len(self.early) < MAX_EARLY
        if kept:
            self.early.append((now, datagram))
        return kept

    def take_early(self) -> list[tuple[float, bytes]]:
        """What was kept; nothing afterwards."""
        early, self.early = self.early, []
        return early

    @property
    def seeks(self) -> bool:
        """Whether the first path by which it answers is to be taken, though it has not named it.

        By the former way nothing may come any more, and Chromium may take seconds until it names another one.
        """
        return self.restarted or self.away or self.path is None

    def reachable_by(self, path: Path, better: bool) -> None:
        """The peer is at `path`; send there from now on when that is the first, or `better` than the present."""
        if (better or self.path is None) and path != self.path:
            self.path = path
            if self.route is not None:
                self.route.follow(path)
        self._reachable.set()

    def send(self, head: bytes, body: bytes) -> bool:
        """Encrypt and send one RTP packet, or an RTCP compound in `head`. False when it could not be sent.

        By its route it is sent at the next flush.
        """
        twice = head[1] & 0x7F in self.twice and not FIRST_RTCP <= head[1] <= LAST_RTCP
        route = self.route
        if route is not None and route.is_open and not twice:
            return route.send(head, body)
        outbound, path = self.outbound, self.path
        if outbound is None or path is None or self.closed:
            return False
        if twice:
            packet = self._again(outbound, head, body)
        elif FIRST_RTCP <= head[1] <= LAST_RTCP:
            packet = outbound.protect_rtcp(head)
        elif self._keeps_ciphertext:
            packet = self._once(outbound, head, body)
        else:
            packet = outbound.protect(head, body)
        if packet is None:
            self._port.counters.refused_by_srtp += 1
            return False
        if head[1] & 0x7F in self.speech:
            return path.outlet.speak(packet, path.address)
        return path.outlet.send(packet, path.address)

    def _again(self, outbound: Outbound, head: bytes, body: bytes) -> memoryview | None:
        """A packet of speech, or the same one as it was encrypted; by number, time and stream."""
        name = head[2:HEADER_SIZE]
        kept = self._spoken.pop(name, None)
        if kept is not None:
            return memoryview(kept)
        packet = outbound.protect(head, body)
        if packet is not None:
            self._spoken[name] = bytes(packet)
            if len(self._spoken) > KEPT_SPEECH:
                self._spoken.popitem(last=False)
        return packet

    def _once(self, outbound: Outbound, head: bytes, body: bytes) -> memoryview | None:
        """Where a codec has no RTX: a packet asked for again is sent as it was encrypted the first time."""
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
        if self.path is not None:
            self.path.send(datagram)

    def spare(self, payload_types: frozenset[int]) -> None:
        """Throw away unread nearly all that comes of these payload types, until told otherwise."""
        self.spared = payload_types
        if self.door is not None:
            self.door.spare(payload_types)

    def leave_route(self) -> None:
        """Send nothing by it any more, and let nothing in."""
        if self.door is not None:
            self.door.close()
            self.door = None
        if self.route is not None:
            self.route.close()
            self.route = None

    async def shut(self) -> None:
        """Say goodbye (DTLS close_notify) where that is wanted, and end what runs for this peer."""
        self.closed = True
        self._dtls.remove_all_listeners()
        if not self.parameters.goodbye:
            self._wire.close()
        await self._dtls.stop()
        self._wire.close()
        # A task that was cancelled holds what it was about, and so this peer.
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


def new_credentials() -> Credentials:
    """Fresh ones, 32 and 128 bits (RFC 8445 5.3)."""
    return Credentials(secrets.token_hex(4), secrets.token_hex(16))
