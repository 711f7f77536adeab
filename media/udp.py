"""The one UDP port for all peers: ICE-lite, demultiplexing by the first byte, batched receive."""

from __future__ import annotations

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from media import ice
from media.checks import Checks
from media.compiled.gate import Owner
from media.ice import Address, Credentials
from media.loop import PacketLoop, PacketSelector
from media.outlet import CONTROL_SIZE, DEFAULT_MARKS, Marks, Outlet, Path, PortCounters, Sender, arrival, bind
from media.rtp.packet import is_rtcp
from media.sfu.layer import Unit
from media.srtp import Inbound, Scratch
from media.transport import Identity, Peer, PeerParameters, new_credentials

logger = logging.getLogger(__name__)

BATCH = 128
BACKLOG_S = 0.0001
DEAD_AFTER_S = 4.0
CONSENT_S = 30.0
"""After so long a client that waits for answers sends no more (RFC 7675 5.1)."""
PROBE_AFTER_S = 2.0
PROBE_INTERVAL_S = 1.0
SOUGHT_EVERY_S = 0.2
"""Whoever is waited for may say nothing for a second by itself, though its line is whole again."""
CONNECT_TIMEOUT_S = 10.0
MAX_PATHS = 8
MAX_QUEUED_S = 1.0
SPARED_MASK = 15
"""Of sixteen packets that nobody gets one is read: SRTP has to follow their numbers (RFC 3711 3.3.1)."""


def _no_unit(_peer: Peer, _now: float, _unit: Unit, _place: int) -> None:
    """There is none where no gate is open."""


def _nothing() -> None:
    """What was taken has already been dealt with."""


def _is_given_up(_peer: Peer) -> bool:
    """Nobody is waited for."""
    return False


@dataclass(frozen=True, slots=True)
class Handlers:
    """What the port's owner is told. Packets are plain; the time is that of arrival on the loop's clock, seconds.

    `on_taken`: all packets, or all control, that was there has been told. `on_away`: a peer is silent; whether it is
    waited for until CONSENT_S, and `on_back` told as soon as it is heard. One that is not, or does not, is closed.
    """

    on_rtp: Callable[[Peer, float, bytes], None]
    on_rtcp: Callable[[Peer, float, bytes], None]
    on_connected: Callable[[Peer], None]
    on_closed: Callable[[Peer, str], None]
    on_unit: Callable[[Peer, float, Unit, int], None] = _no_unit
    on_taken: Callable[[], None] = _nothing
    on_away: Callable[[Peer], bool] = _is_given_up
    on_back: Callable[[Peer], object] = _is_given_up


class Taker(Protocol):
    """What takes datagrams in the port's place; see media/compiled/gate.py and media/arrays/gate.py."""

    def attach(self, packets: PacketSelector | None, outlets: Sequence[Outlet]) -> bool:
        """Take these sockets, where it can on this loop. Whether it does."""

    def detach(self, packets: PacketSelector | None) -> None: ...
    def hand_over(self, owner: Owner[Peer]) -> None: ...


class UdpPort:
    """Makes peers from offers and carries their datagrams until `close`."""

    def __init__(
        self, host: str, port: int, handlers: Handlers, announced: tuple[str, ...] = (), marks: Marks = DEFAULT_MARKS
    ) -> None:
        self.identity = Identity()
        self.handlers = handlers
        self.counters = PortCounters()
        self.scratch = Scratch()
        self.outlets = bind(host, port, announced, self.counters, marks)
        self._known: dict[Sender, dict[Address, Peer]] = {outlet: {} for outlet in self.outlets}
        self._by_ufrag: dict[str, tuple[Peer, Credentials]] = {}
        self._peers: set[Peer] = set()
        self._farewells: set[asyncio.Task[None]] = set()
        self._checks: Checks[Peer] = Checks()
        self._tie_breaker = secrets.randbits(64)
        self._gate: Taker | None = None
        self._controls: list[tuple[Peer, float, bytes]] = []
        self._loop = asyncio.get_running_loop()
        self.resume_reading()

    @property
    def port(self) -> int:
        return self.outlets[0].port

    @property
    def peers(self) -> int:
        return len(self._peers)

    def make_peer(self, parameters: PeerParameters) -> Peer:
        peer = Peer(self, parameters, self._loop.time())
        self._peers.add(peer)
        self._by_ufrag[peer.local.ufrag] = (peer, peer.local)
        return peer

    def call(self, peer: Peer, address: Address) -> None:
        """Begin from this side with a peer whose address is known: ask it as the controlling client does.

        DTLS begins with its answer; to be called again until then.
        """
        peer.path = Path(self.outlets[0], address)
        self._know(peer, peer.path)
        self._ask(peer, peer.path, nominate=True)

    def restart(self, peer: Peer, remote: Credentials) -> None:
        """ICE restart: new credentials; the old ones go on until a check uses the new.

        Of restarts that were never used only the last is kept. A peer that is away stays so until something comes from
        it: that it asks by another way says nothing of this one.
        """
        unused = [ufrag for ufrag, entry in self._by_ufrag.items() if entry[0] is peer][1:-1]
        for ufrag in unused:
            del self._by_ufrag[ufrag]
        peer.local = new_credentials()
        peer.remote = remote
        if not peer.away:
            peer.heard_at = self._loop.time()
        self._by_ufrag[peer.local.ufrag] = (peer, peer.local)

    def drop(self, peer: Peer, reason: str | None) -> None:
        """End a peer; a `reason` is told to the owner, None stays silent. Nothing when it has already ended."""
        if peer not in self._peers:
            return
        self._peers.discard(peer)
        self._forget(peer)
        peer.leave_route()
        farewell = self._loop.create_task(peer.shut())
        self._farewells.add(farewell)
        farewell.add_done_callback(self._farewells.discard)
        if reason is not None:
            self.handlers.on_closed(peer, reason)

    async def close(self) -> None:
        for peer in list(self._peers):
            self.drop(peer, None)
        await asyncio.gather(*self._farewells, return_exceptions=True)
        self.pause_reading()
        if self._gate is not None:
            self._gate.detach(self._packets)
        for outlet in self.outlets:
            outlet.socket.close()

    def resume_reading(self) -> None:
        for outlet in self.outlets:
            reader = (self._readable, outlet) if self._gate is None else (self._gate.hand_over, self)
            self._loop.add_reader(outlet.socket.fileno(), *reader)

    def take_by(self, gate: Taker) -> bool:
        """Let `gate` take what comes, where it can on this loop. Whether it does."""
        if not gate.attach(self._packets, self.outlets):
            return False
        self._gate = gate
        self.resume_reading()
        return True

    @property
    def _packets(self) -> PacketSelector | None:
        """What waits for packets; None on a loop of another kind."""
        return self._loop.packets if isinstance(self._loop, PacketLoop) else None

    def pause_reading(self) -> None:
        """Leave what comes to somebody else, until `resume_reading`."""
        for outlet in self.outlets:
            self._loop.remove_reader(outlet.socket.fileno())

    def check(self, now: float) -> None:
        """Drop peers that are silent for too long, ask those that begin to be. To be called a few times a second."""
        for peer in list(self._peers):
            silent = now - peer.silent_since
            if not peer.connected:
                if now - peer.made_at > CONNECT_TIMEOUT_S:
                    self.drop(peer, "failed")
            elif peer.away and silent <= DEAD_AFTER_S:
                self._come_back(peer)
            elif silent > CONSENT_S or (silent > DEAD_AFTER_S and not peer.away and not self.handlers.on_away(peer)):
                self.drop(peer, "timeout")
            elif silent > DEAD_AFTER_S and not peer.away:
                peer.away = True
            elif silent > PROBE_AFTER_S and now - peer.probed_at > (SOUGHT_EVERY_S if peer.away else PROBE_INTERVAL_S):
                peer.probed_at = now
                if peer.path is not None:
                    self._ask(peer, peer.path)

    def _hear(self, now: float, peer: Peer) -> None:
        """Something authentic came from a peer."""
        peer.heard_at = now
        if peer.away:
            self._come_back(peer)

    def _come_back(self, peer: Peer) -> None:
        peer.away = False
        self.handlers.on_back(peer)

    def _ask(self, peer: Peer, path: Path, *, chosen: bool = False, nominate: bool = False) -> None:
        """Have a peer answer by `path`."""
        transaction = self._checks.begin(peer, path, chosen=chosen)
        username = f"{peer.remote.ufrag}:{peer.local.ufrag}"
        path.send(ice.request(transaction, username, peer.remote.password, self._tie_breaker, nominate))

    def connected(self, peer: Peer) -> None:
        """The peer's DTLS stands: what came too early can be read now."""
        peer.heard_at = self._loop.time()
        self.handlers.on_connected(peer)
        for arrived, datagram in peer.take_early():
            if peer in self._peers and peer.inbound is not None:
                self.scratch.view[: len(datagram)] = datagram
                self._on_media(arrived, peer, peer.inbound, len(datagram), peer.path)
        self._tell_control()

    # -- what comes in --------------------------------------------------------------------------

    def _readable(self, outlet: Outlet) -> None:
        """Take what has come, each packet with the kernel's time of arrival: our own queue is no congestion.

        One at a time while that is enough, since to find that there is no second costs more than to come again.
        """
        receive, buffers = outlet.socket.recvmsg_into, [self.scratch.view]
        now = self._loop.time()
        clock_offset = now - time.time()
        outlet.batch = min(BATCH, 2 * outlet.batch) if now - outlet.read_at < BACKLOG_S else 1
        for _ in range(outlet.batch):
            try:
                size, control, _flags, address = receive(buffers, CONTROL_SIZE)
            except BlockingIOError:
                break
            except OSError as error:
                logger.debug("receive: %s", error)
                break
            self.counters.received += 1
            if size:
                arrived = arrival(control) + clock_offset if control else now
                if abs(now - arrived) > MAX_QUEUED_S:  # the system's clock was set meanwhile
                    arrived = now
                self._on_datagram(arrived, size, outlet, address[:2])
        self._tell_control()
        outlet.read_at = self._loop.time()

    def take(self, outlet: Sender, address: Address, datagram: bytes) -> None:
        """What came another way than by the port's own sockets, at most `BUFFER_SIZE` bytes."""
        self.counters.received += 1
        self.scratch.view[: len(datagram)] = datagram
        self._known.setdefault(outlet, {})
        self._on_datagram(self._loop.time(), len(datagram), outlet, address)
        self._tell_control()

    # -- what the gate leaves to Python ---------------------------------------------------------

    def on_raw(self, now: float, outlet: Outlet, address: Address, datagram: bytes) -> None:
        """A datagram as it came."""
        self.scratch.view[: len(datagram)] = datagram
        self._on_datagram(now, len(datagram), outlet, address)
        self._tell_control()

    def on_plain(self, now: float, peer: Peer, is_control: bool, packet: bytes) -> None:
        """A packet of a peer, decrypted."""
        if is_control:
            self.handlers.on_rtcp(peer, now, packet)
        else:
            self.handlers.on_rtp(peer, now, packet)

    def on_unit(self, now: float, peer: Peer, unit: Unit, place: int) -> None:
        """A packet that was taken, but for the slots from `place` on."""
        self.handlers.on_unit(peer, now, unit, place)

    # -- by other ways --------------------------------------------------------------------------

    def knows(self, outlet: Sender) -> bool:
        """Whether a peer is reached by it."""
        return bool(self._known.get(outlet))

    def lose(self, outlet: Sender) -> None:
        """It is gone: who was reached by it is to be found by another path, or by a new check."""
        for peer in set(self._known.pop(outlet, {}).values()):
            peer.paths = [path for path in peer.paths if path.outlet is not outlet]
            peer.strange = [path for path in peer.strange if path.outlet is not outlet]
            if peer.path is not None and peer.path.outlet is outlet:
                peer.path = peer.paths[-1] if peer.paths else None

    def _on_datagram(self, now: float, size: int, outlet: Sender, address: Address) -> None:
        first = self.scratch.view[0]
        peer = self._known[outlet].get(address)
        if 128 <= first <= 191 and peer is not None and peer.inbound is not None:
            self._on_media(now, peer, peer.inbound, size, Path(outlet, address) if peer.strange else None)
        elif first < 4:
            self._on_stun(now, bytes(self.scratch.view[:size]), Path(outlet, address))
        elif 20 <= first <= 63 and peer is not None:
            peer.on_dtls(bytes(self.scratch.view[:size]))
        elif not (128 <= first <= 191 and peer is not None and peer.wait(now, bytes(self.scratch.view[:size]))):
            self.counters.stray += 1

    def _on_media(self, now: float, peer: Peer, inbound: Inbound, size: int, path: Path | None) -> None:
        """`path` is told where it may be a strange one."""
        view = self.scratch.view
        control = is_rtcp(view[:2])
        if peer.allowance.refuses(now, size):
            return
        if peer.spared and not control and size > SPARED_MASK and _is_spared(view, peer.spared):
            return
        packet = inbound.unprotect_rtcp(size) if control else inbound.unprotect(size)
        if packet is None:
            self.counters.not_authentic += 1
            return
        peer.allowance.charge(now, size, control=control)
        if path in peer.strange and (peer.seeks or self._checks.chose(peer, path)):
            self._settle(peer, path, chosen=True)
        self._hear(now, peer)
        if control:
            self._controls.append((peer, now, packet))
        else:
            self.handlers.on_rtp(peer, now, packet)

    def _tell_control(self) -> None:
        """What came at once is forwarded first, together; then control is dealt with."""
        self.handlers.on_taken()
        if self._controls:
            controls, self._controls = self._controls, []
            for control in controls:
                self.handlers.on_rtcp(*control)
            self.handlers.on_taken()

    def _on_stun(self, now: float, data: bytes, path: Path) -> None:
        binding = ice.parse(data)
        if binding is None:
            self.counters.stray += 1
        elif binding.kind == ice.RESPONSE:
            self._on_stun_response(now, data, binding, path)
        else:
            self._on_stun_request(now, data, binding, path)

    def _on_stun_response(self, now: float, data: bytes, binding: ice.Binding, path: Path) -> None:
        check = self._checks.of(binding.transaction, path)
        if check is None or not ice.verify(data, binding, check.peer.remote.password):
            self.counters.not_authentic += 1
            return
        self._checks.settle(binding.transaction)
        self._settle(check.peer, path, check.chosen)
        self._hear(now, check.peer)

    def _on_stun_request(self, now: float, data: bytes, binding: ice.Binding, path: Path) -> None:
        """Answer; where media is to go by another path than now, ask the peer by it first.

        A check can be sent again by whoever saw it, and from any address: it is no sign of life, but who was silent can
        be asked for one.
        """
        entry = self._by_ufrag.get(binding.username.partition(":")[0])
        if entry is None or not ice.verify(data, binding, entry[1].password):
            self.counters.not_authentic += 1
            return
        peer, credentials = entry
        peer.restarted = (credentials is peer.local and self._forget_former_credentials(peer)) or peer.restarted
        owner = self._known[path.outlet].get(path.address)
        path.send(ice.response(binding, path.address, credentials.password))
        if owner is None and peer.path is None and not peer.connected:
            self._settle(peer, path, chosen=True)
            return
        if owner is None:
            self._note(peer, path)
        silent = now - peer.silent_since > PROBE_AFTER_S
        if peer.seeks or silent or (binding.use_candidate and path != peer.path):
            self._ask(peer, path, chosen=binding.use_candidate)

    # -- who is who -----------------------------------------------------------------------------

    def _settle(self, peer: Peer, path: Path, chosen: bool) -> None:
        """The peer is there."""
        self._know(peer, path)
        peer.reachable_by(path, chosen or peer.seeks)
        peer.restarted = False

    def _note(self, peer: Peer, path: Path) -> None:
        """It may be there: what comes by this path is looked at."""
        self._known[path.outlet][path.address] = peer
        peer.strange.append(path)
        if len(peer.strange) > MAX_PATHS:
            self._unknow(peer, peer.strange.pop(0))

    def _know(self, peer: Peer, path: Path) -> None:
        if path in peer.paths:
            return
        former = self._known[path.outlet].get(path.address)
        if former is not None:
            self._lose_path(former, path)
        self._known[path.outlet][path.address] = peer
        peer.paths.append(path)
        if peer.door is not None:
            peer.door.know(path)
        if len(peer.paths) > MAX_PATHS:
            self._lose_path(peer, next(known for known in peer.paths if known != peer.path))

    def _lose_path(self, peer: Peer, path: Path) -> None:
        self._unknow(peer, path)
        peer.paths = [known for known in peer.paths if known != path]
        peer.strange = [known for known in peer.strange if known != path]

    def _unknow(self, peer: Peer, path: Path) -> None:
        if peer.door is not None:
            peer.door.unknow(path)
        if self._known.get(path.outlet, {}).get(path.address) is peer:
            del self._known[path.outlet][path.address]

    def _forget_former_credentials(self, peer: Peer) -> bool:
        """Whether there were any."""
        table = self._by_ufrag
        former = [ufrag for ufrag, entry in table.items() if entry[0] is peer and ufrag != peer.local.ufrag]
        for ufrag in former:
            del table[ufrag]
        return bool(former)

    def _forget(self, peer: Peer) -> None:
        self._forget_former_credentials(peer)
        self._by_ufrag.pop(peer.local.ufrag, None)
        self._checks.forget(peer)
        for path in (*peer.paths, *peer.strange):
            self._unknow(peer, path)
        peer.paths.clear()
        peer.strange.clear()


def _is_spared(packet: memoryview, payload_types: frozenset[int]) -> bool:
    return packet[1] & 0x7F in payload_types and bool(packet[3] & SPARED_MASK)
