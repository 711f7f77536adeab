"""The way in by C: it takes datagrams and forwards what is plain; here is what it leaves to Python."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any, Generic, Protocol, TypeVar

from media.compiled.layout import CompiledArrivals, bitmap, ffi
from media.ice import Address
from media.loop import PacketSelector
from media.outlet import Outlet, Path, PortCounters
from media.sfu.bindings import Stream
from media.sfu.intake import Intake, Note
from media.sfu.layer import Layer, Unit
from media.sfu.reports import Report
from media.sfu.sent import Sent, Told
from media.srtp import Inbound
from media.transport import Routed

MAX_READY = 64
_COUNTER_MASK = 0xFFFFFFFF
_NOTE, _REPORT, _TOLD = struct.Struct("=dq"), struct.Struct("=d6I"), struct.Struct("=ddd6q")
_LINK_LOCAL = "fe80:"


P = TypeVar("P", bound=Routed)
Q = TypeVar("Q", bound=Routed, contravariant=True)


def fits() -> bool:
    """Whether C lays out as it is read here what it notes."""
    pairs = (("struct note", _NOTE), ("struct report", _REPORT), ("struct told", _TOLD))
    return all(ffi.sizeof(name) == form.size for name, form in pairs)


class Owner(Protocol[Q]):
    """Who deals with what is not plain. Times are those of arrival on the loop's clock, seconds."""

    def on_raw(self, now: float, outlet: Outlet, address: Address, datagram: bytes) -> None:
        """A datagram as it came."""

    def on_plain(self, now: float, peer: Q, is_control: bool, packet: bytes) -> None:
        """A packet of a peer, decrypted."""

    def on_unit(self, now: float, peer: Q, unit: Unit, place: int) -> None:
        """A packet that was taken, but for the slots from `place` on."""


class Gate(Generic[P]):
    """The sockets of one port in C's hands. `functions` are the addresses of what decrypts RTP and RTCP."""

    def __init__(self, library: Any, box: Any, counters: PortCounters, functions: tuple[int, int]) -> None:
        self.library = library
        self.port = ffi.gc(library.port_new(box, *functions), library.port_free)
        self.outlets: list[Outlet] = []
        self._box = box
        self._counters = counters
        self._doors: dict[int, Door[P]] = {}
        self._numbers = count(1)
        self._ready = ffi.new("struct ready[]", MAX_READY)

    def open(self, outlets: Iterable[Outlet]) -> None:
        """Take these sockets. Raises OSError when they are too many."""
        for outlet in outlets:
            if self.library.port_outlet(self.port, outlet.socket.fileno()) < 0:
                raise OSError("too many sockets")
            self.outlets.append(outlet)

    def attach(self, packets: PacketSelector | None, outlets: Sequence[Outlet]) -> bool:
        """Take these sockets where the loop can wait by this. Whether it does."""
        if packets is None or packets.waiter is not None:
            return False
        self.open(outlets)
        packets.waiter = self
        return True

    def detach(self, packets: PacketSelector | None) -> None:
        """They are closed."""
        if packets is not None and packets.waiter is self:
            packets.waiter = None

    def admit(self, peer: P, inbound: Inbound, sent: Sent, intake: Intake) -> Door[P]:
        """Take what comes from a peer whose DTLS stands."""
        number = next(self._numbers)
        door = self._doors[number] = Door(self, number, peer, inbound, sent, intake)
        return door

    def dismiss(self, number: int) -> None:
        """Of this peer nothing is taken any more."""
        self._doors.pop(number, None)

    def wait(self, epoll: int, timeout: float | None) -> list[tuple[int, int]]:
        """Wait as epoll does, forwarding what is plain; (descriptor, epoll's events) of what is ready.

        The first socket is, when something was left to Python: `hand_over` has to come next.
        """
        ready = self._ready
        found = self.library.port_wait(self.port, epoll, -1.0 if timeout is None else timeout, ready, MAX_READY)
        return [(ready[place].descriptor, ready[place].events) for place in range(found)]

    def hand_over(self, owner: Owner[P]) -> None:
        """Give what was left to Python to `owner`, and what came after it."""
        library, port = self.library, self.port
        handed = library.port_handed(port) or library.port_go_on(port)
        while handed:
            items = [self._item(library.port_item(port, place)) for place in range(handed)]
            library.port_clear(port)
            for kind, now, found, data in items:
                self._give(owner, kind, now, found, data)
            handed = library.port_go_on(port)
        self.count()

    def inject(self, now: float, path: Path, datagram: bytes, arrived: float | None = None) -> None:
        """Take a datagram as if it had come by one of the sockets; `hand_over` has to come next."""
        outlet, name = self.named(path)
        at = now if arrived is None else arrived
        self.library.port_inject(self.port, outlet, name, len(name), datagram, len(datagram), now, at)

    def named(self, path: Path) -> tuple[int, bytes]:
        """(place of the socket, the address as C has it); the place is -1 where it is none of these sockets."""
        outlet = path.outlet
        if not isinstance(outlet, Outlet) or outlet not in self.outlets:
            return -1, b""
        return self.outlets.index(outlet), socket_address(outlet.socket.family, path.address)

    def count(self) -> None:
        """Add up what C has counted."""
        counted = self.library.port_counted(self.port)
        self._counters.received += counted & _COUNTER_MASK
        self._counters.not_authentic += counted >> 32

    def _item(self, item: Any) -> tuple[int, float, Any, Any]:
        """(kind, time, whose it is, what it is), out of C's memory."""
        data = bytes(ffi.buffer(item.bytes, item.size))
        if item.kind == self.library.RAW:
            return item.kind, item.at, (item.outlet, bytes(ffi.buffer(item.address, item.address_size))), data
        if item.kind == self.library.UNIT:
            place = item.index, item.timestamp, bool(item.marker), item.picture
            return item.kind, item.at, (item.number, item.ssrc, item.place), (*place, data)
        return item.kind, item.at, item.number, data

    def _give(self, owner: Owner[P], kind: int, now: float, found: Any, data: Any) -> None:
        if kind == self.library.RAW:
            outlet, name = found
            owner.on_raw(now, self.outlets[outlet], address(name), data)
        elif kind == self.library.UNIT:
            number, ssrc, place = found
            door = self._doors.get(number)
            layer = door.layer(ssrc) if door is not None else None
            if door is not None and layer is not None:
                owner.on_unit(now, door.peer, layer.remake(*data), place)
        else:
            door = self._doors.get(found)
            if door is not None:
                owner.on_plain(now, door.peer, kind == self.library.RTCP, data)


class Door(Generic[P]):
    """One peer's way in. It keeps alive what C has the addresses of, as long as it is open."""

    def __init__(self, gate: Gate[P], number: int, peer: P, inbound: Inbound, sent: Sent, intake: Intake) -> None:
        self.peer = peer
        self._gate = gate
        self._number = number
        self._kept_alive = inbound, sent
        self._streams: dict[int, Stream] = {}
        self._paths: set[Path] = set()
        self._state: Any = ffi.new("struct door *")
        state = self._state
        self._told = ffi.addressof(state, "told")
        self.arrivals = CompiledArrivals(gate.library, state)
        state.number = number
        state.context = ffi.cast("void *", inbound.context)
        state.flow = sent.state
        state.transport_cc, state.audio_level = intake.elements
        intake.share(self, self.bind)

    @property
    def heard_at(self) -> float:
        """When something authentic came by it; 0 before."""
        return float(self._state.heard_at)

    def know(self, path: Path) -> None:
        """The peer is reached by `path`."""
        gate = self._gate
        outlet, name = gate.named(path)
        if outlet >= 0 and gate.library.port_know(gate.port, outlet, name, len(name), self._state):
            self._paths.add(path)

    def unknow(self, path: Path) -> None:
        """No longer."""
        if path in self._paths:
            self._paths.remove(path)
            outlet, name = self._gate.named(path)
            self._gate.library.port_unknow(self._gate.port, outlet, name, len(name), self._state)

    def bind(self, ssrc: int, stream: Stream) -> None:
        """An SSRC was found to be a layer: its plain packets need no Python from now on.

        Again for one that is bound already: with another payload type.
        """
        state = self._state
        known = next((place for place in range(state.bound) if state.bindings[place].ssrc == ssrc), state.bound)
        if known >= self._gate.library.STREAMS:
            return
        self._streams[ssrc] = stream
        binding = state.bindings[known]
        binding.stream, binding.ssrc = stream.layer.state, ssrc
        binding.payload_type = stream.publication.payload_type
        redundant = stream.publication.red_payload_type
        binding.redundant_type = -1 if redundant is None else redundant
        state.bound = max(state.bound, known + 1)

    def spare(self, payload_types: Iterable[int]) -> None:
        """Of these payload types nearly everything is thrown away unread."""
        self._state.spared = bitmap(payload_types)

    def layer(self, ssrc: int) -> Layer | None:
        """The layer that an SSRC is."""
        stream = self._streams.get(ssrc)
        return stream.layer if stream is not None else None

    def take(self) -> Iterator[Note]:
        """What was noted since the last time."""
        state = self._state
        noted, state.noted = state.noted, 0
        return _NOTE.iter_unpack(bytes(ffi.buffer(state.notes, noted * _NOTE.size)))

    @property
    def pending(self) -> bool:
        """Whether anything was noted since `take`, `take_reports` or `take_told`."""
        return bool(self._state.pending)

    @property
    def refused(self) -> int:
        """How many octets were thrown away unread."""
        return int(self._state.refused)

    def take_reports(self) -> Iterator[Report]:
        """What receivers reported since the last time."""
        state = self._state
        reported, state.reported, state.pending = state.reported, 0, 0
        return _REPORT.iter_unpack(bytes(ffi.buffer(state.reports, reported * _REPORT.size)))

    def take_told(self) -> tuple[float, Told] | None:
        """What all feedback since the last time told, and when the last of it came; None when there was none."""
        state = self._state
        if not state.has_told:
            return None
        state.has_told = 0
        at, sent_at, newest, count, lost, octets, arrived, last, groups = _TOLD.unpack(ffi.buffer(self._told))
        return at, Told((), count, sent_at, lost, octets, arrived, newest, last, groups)

    def close(self) -> None:
        """Nothing of the peer comes by here any more."""
        for path in list(self._paths):
            self.unknow(path)
        self._state.bound = 0
        self._gate.dismiss(self._number)


def socket_address(family: int, address: Address) -> bytes:
    """A `struct sockaddr_in` or `sockaddr_in6` (Linux). Raises OSError for what is no address of the family."""
    host, _, scope = address[0].partition("%")
    packed = socket.inet_pton(family, host)
    start = struct.pack("=H", family) + struct.pack("!H", address[1])
    if family == socket.AF_INET:
        return start + packed + bytes(8)
    return start + bytes(4) + packed + struct.pack("=I", _scope_id(scope))


def _scope_id(scope: str) -> int:
    if not scope:
        return 0
    return int(scope) if scope.isdigit() else socket.if_nametoindex(scope)


def address(name: bytes) -> Address:
    """(host, port) of a `struct sockaddr_in` or `sockaddr_in6`; a link-local host with its interface's number."""
    (family,), (port,) = struct.unpack_from("=H", name), struct.unpack_from("!H", name, 2)
    if family == socket.AF_INET:
        return socket.inet_ntop(family, name[4:8]), port
    host = socket.inet_ntop(family, name[8:24])
    (scope,) = struct.unpack_from("=I", name, 24)
    return (f"{host}%{scope}" if scope and host.startswith(_LINK_LOCAL) else host), port
