"""Slots written and links flushed by C: the same numbers, the same bytes as in Python."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from media import srtp
from media.compiled import gate
from media.compiled.gate import Gate, socket_address
from media.compiled.layout import (
    NOWHERE,
    CompiledKept,
    begin_flow,
    begin_slot,
    bitmap,
    ffi,
    opened,
    source_state,
    stream_state,
)
from media.compiled.seal import Sealing
from media.outlet import Marks, Outlet, Path, PortCounters
from media.sfu.arrivals import SPAN
from media.sfu.incoming import WINDOW, Remake, SourceState, StreamState
from media.sfu.intake import Intake
from media.sfu.kept import Cache, T
from media.sfu.layer import OTHER, Layer, Sink, Unit
from media.sfu.receiver import Send
from media.sfu.sent import CAPACITY, Sent
from media.sfu.spacing import POINTS
from media.sfu.state import REACH, RepairState, SlotState
from media.sfu.terms import Kind
from media.srtp import Outbound
from media.transport import Routed

_UNIT = struct.Struct("=qqqqdIIIBBBBB7x")
_pack_unit = _UNIT.pack
_COUNTER_BITS = 21
_COUNTER_MASK = (1 << _COUNTER_BITS) - 1


@dataclass(slots=True)
class Fan:
    """Who listens to a layer, as an array for C: a null pointer for who needs Python for every packet."""

    sinks: tuple[Sink, ...]
    states: Any
    count: int


class CompiledStep:
    """`library` is the shared object; `deciphers` are the addresses of what decrypts RTP and RTCP, else libsrtp's.

    Raises OSError when it is not there or cannot be loaded.
    Packets are in the outbox after `write` and `put`, and leave it by `flush`.
    """

    def __init__(self, library: FilePath, counters: PortCounters, deciphers: tuple[int, int] | None = None) -> None:
        self._library = opened(library)
        sizes = {"RING": CAPACITY, "WINDOW": WINDOW, "POINTS": POINTS, "SPAN": SPAN, "REACH": REACH}
        fits = all(getattr(self._library, name) == size for name, size in sizes.items())
        if not fits or not gate.fits() or ffi.sizeof("struct unit") != _UNIT.size:
            raise OSError(f"{library} lays things out in another way")
        functions = srtp.function("srtp_protect"), srtp.function("srtp_protect_rtcp")
        self._box = ffi.gc(self._library.outbox_new(*functions), self._library.outbox_free)
        self._sealing = Sealing(self._library)
        self._counters = counters
        self._write = self._library.outbox_write
        self._put = self._library.outbox_put
        self._flush = self._library.outbox_flush
        self.gate: Gate[Any] = Gate(self._library, self._box, counters, deciphers or _libsrtp())

    # -- numbers --------------------------------------------------------------------------------

    def sent(self) -> Sent:
        state = ffi.new("struct flow *")
        begin_flow(state)
        sent = Sent(state)
        sent.spacing, sent.probe = state.spacing, state.probe
        # The arrays are never resized, and live as long as the flow does: `sent` holds both.
        state.times = ffi.cast("double *", ffi.from_buffer(sent.times))
        state.sizes = ffi.cast("uint16_t *", ffi.from_buffer(sent.sizes))
        return sent

    def slot(self, sent: Sent) -> SlotState:
        state: Any = ffi.new("struct slot *")
        begin_slot(state, sent.state)
        sent.held.append(state)
        return state  # type: ignore[no-any-return]  # a structure has the fields of a SlotState

    def repair(self, sent: Sent, slot: SlotState) -> RepairState:
        """C finds the slot by its link from now on."""
        state: Any = ffi.new("struct repair *")
        known: Any = slot
        flow: Any = sent.state
        known.repair, known.next, flow.slots = state, flow.slots, slot
        sent.held.append(state)
        return state  # type: ignore[no-any-return]  # a structure has the fields of a RepairState

    def source(self) -> SourceState:
        return source_state()

    def stream(self, source: SourceState, kind: Kind) -> StreamState:
        return stream_state(source, kind)

    def kept(self, stream: StreamState, remake: Remake[T]) -> Cache[T]:
        return CompiledKept(self._library, stream, remake)

    # -- writing --------------------------------------------------------------------------------

    def write(self, now: float, unit: Unit, place: int = 0) -> list[Send]:
        """What Python has to send; the rest waits in the outbox."""
        layer, sends = unit.layer, list[Send]()
        if unit.form == OTHER:
            return _written(now, unit, layer.slots[place:])
        fan = layer.fan
        if not isinstance(fan, Fan):
            fan = _gathered(layer)
        body = unit.body
        packed = _pack_unit(
            unit.index,
            unit.picture,
            unit.tl0,
            unit.key,
            now,
            unit.timestamp,
            unit.size,
            len(body),
            unit.marker,
            unit.form,
            *unit.lead,
        )
        while (place := self._write(self._box, fan.states, place, fan.count, packed, body)) < fan.count:
            sends += fan.sinks[place].write(now, unit)
            place += 1
        return sends

    # -- the way out ----------------------------------------------------------------------------

    def admit(self, peer: Routed, sent: Sent, intake: Intake) -> None:
        """Let what comes from a peer in by the gate, where that is open."""
        if peer.inbound is not None and self.gate.outlets:
            peer.door = self.gate.admit(peer, peer.inbound, sent, intake)
            for path in peer.paths:
                peer.door.know(path)

    def connect(self, peer: Routed, sent: Sent) -> None:
        """Let what is sent to a link go to its peer. Those for which every ciphertext is kept stay with Python."""
        if peer.outbound is not None and not peer.parameters.keep_ciphertext:
            route = CompiledRoute(self, sent.state, peer.outbound, self._sealing.take(peer.outbound))
            if peer.path is not None:
                route.follow(peer.path)
            peer.route = route

    def mark(self, sent: Sent, speech: frozenset[int], marks: Marks) -> None:
        """Of what a link is sent, these payload types are speech."""
        flow: Any = sent.state
        flow.mark = marks.speech << 2
        flow.speech = bitmap(speech)

    def put(self, flow: Any, head: bytes, body: bytes) -> bool:
        """A packet that Python made; False when it is too big."""
        return bool(self._put(self._box, flow, head, len(head), body, len(body)))

    def flush(self) -> None:
        """Encrypt and send what waits."""
        counted = self._flush(self._box)
        if counted:
            counters = self._counters
            counters.sent += counted & _COUNTER_MASK
            counters.send_failed += counted >> _COUNTER_BITS & _COUNTER_MASK
            counters.refused_by_srtp += counted >> 2 * _COUNTER_BITS


class CompiledRoute:
    """The way of a flow's packets, once its peer has a path. It keeps the peer's keys as long as it is open."""

    def __init__(self, step: CompiledStep, flow: Any, outbound: Outbound, sealer: Any) -> None:
        self._step = step
        self._flow = flow
        self._sealer = sealer
        self._outbound: Outbound | None = outbound

    def follow(self, path: Path) -> None:
        """The peer's path has changed."""
        self._step.flush()
        flow = self._flow
        flow.descriptor = NOWHERE
        if self._outbound is None or not isinstance(path.outlet, Outlet):
            return
        address = socket_address(path.outlet.socket.family, path.address)
        flow.address[0 : len(address)] = address
        flow.address_size = len(address)
        flow.context = ffi.cast("void *", self._outbound.context)
        flow.sealer = self._sealer
        flow.descriptor = path.outlet.socket.fileno()

    @property
    def is_open(self) -> bool:
        return bool(self._flow.descriptor != NOWHERE)

    def send(self, head: bytes, body: bytes) -> bool:
        return self._step.put(self._flow, head, body)

    def close(self) -> None:
        """Nothing that was written for it may be left when its keys go."""
        self._step.flush()
        self._flow.descriptor = NOWHERE
        self._flow.context = self._flow.sealer = ffi.NULL
        self._outbound = None


def _libsrtp() -> tuple[int, int]:
    return srtp.function("srtp_unprotect"), srtp.function("srtp_unprotect_rtcp")


def _gathered(layer: Layer) -> Fan:
    """Note who listens, for C too. A later change of it takes the fan away again."""
    sinks = tuple(layer.slots)
    states = ffi.new("struct slot *[]", [sink.state if sink.is_entered(layer) else ffi.NULL for sink in sinks])
    layer.fan = fan = Fan(sinks, states, len(sinks))
    stream: Any = layer.state
    stream.fan, stream.fan_count, stream.fanned = states, len(sinks), 1
    return fan


def _written(now: float, unit: Unit, slots: Sequence[Sink]) -> list[Send]:
    return [send for slot in slots for send in slot.write(now, unit)]
