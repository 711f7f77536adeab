"""A packet written for all its receivers at once: the bytes that the slots would write, by columns of their numbers."""

from __future__ import annotations

import struct
import sys
import weakref
from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media import srtp
from media.arrays.gate import LIBSRTP, ArrayGate, Deciphers
from media.arrays.kept import RawKept
from media.arrays.outbox import BATCH, Outbox, marking, runs
from media.arrays.sent import ArraySent
from media.arrays.tables import Table
from media.compiled.gate import socket_address
from media.compiled.layout import begin_flow, begin_slot, bitmap, ffi
from media.outlet import Marks, Outlet, Path, PortCounters
from media.rtp.extensions import EXTENDED, ONE_BYTE_PROFILE
from media.rtp.packet import FIRST_RTCP, HEADER_SIZE, LAST_RTCP
from media.rtp.vp8 import KEYIDX
from media.sfu.incoming import Remake, StreamState
from media.sfu.intake import Intake
from media.sfu.kept import Cache, T
from media.sfu.layer import FULL, OTHER, SPEECH, Layer, Sink, Unit
from media.sfu.outflow import EXTENSION_SIZE, UNNUMBERED_OVERHEAD
from media.sfu.receiver import Send
from media.sfu.sent import CAPACITY, Sent
from media.sfu.state import NUMBERED, PlainFlowState, PlainSlotState, SlotState
from media.sfu.step import PythonStep
from media.srtp import LARGEST, Outbound
from media.transport import Routed

LINKS, SLOTS = 1024, 32768
HEAD = HEADER_SIZE + EXTENSION_SIZE
MOST_OCTETS = LARGEST - HEAD
LASTS, LASTS_EMPTY = 64, 4
"""So many packets are written for the same receivers before it is asked who else could be among them."""
# Places in a slot, in words; see `struct slot`.
_SENT_AT, _TIMESTAMP, _PACKETS, _OCTETS, _HIGHEST, _PICTURE, _SHIFTS, _OPEN = 0, 1, 4, 5, 6, 8, 9, 14
# Places in what is told of a packet, after the numbers that are shifted: picture, index, timestamp, TL0PICIDX, KEYIDX.
_SIZE, _NOW, _MARKER, _LEAD, _KEY_BITS, _FLAGS, _SPOKEN, _PACKETS_SO_FAR, _OCTETS_SO_FAR = range(5, 14)
_TOLD = struct.Struct("6qd7q")
_PLACES = np.arange(BATCH)
_WIDTHS = np.array((0xFFFFFFFF, -1, -1))
_HEAD = np.dtype(
    [
        ("first", "u1"),
        ("second", "u1"),
        ("sequence", ">u2"),
        ("timestamp", ">u4"),
        ("ssrc", ">u4"),
        ("profile", ">u2"),
        ("words", ">u2"),
        ("element", "u1"),
        ("number", ">u2"),
        ("end", "u1"),
        ("lead", ">u2"),
        ("picture", ">u2"),
        ("tl0", "u1"),
        ("key", "u1"),
    ]
)
"""Header, transport-wide sequence number and VP8's full descriptor: the last four only before a FULL body."""


class Fan:
    """For whom the packets of a layer are plain from `unit` on, with what does not change in their heads.

    `others` are asked each for itself. `packets` of it wait, with so many `bytes`.
    """

    def __init__(self, step: ArrayStep, unit: Unit, sinks: list[Sink], others: list[Sink]) -> None:
        self.version, self.lasts = step.version, LASTS if sinks else LASTS_EMPTY
        self.form, self.next, self.picture = unit.form, unit.index, unit.picture
        self.others, self.count = others, len(sinks)
        self.packets = self.bytes = 0
        self.slots = np.array([step.slots.row(sink.state) for sink in sinks], np.intp)
        self.links = np.array([step.link(sink) for sink in sinks], np.intp)
        heads, slots = np.zeros(self.count, _HEAD), step.slots.rows[self.slots]
        heads["first"], heads["profile"], heads["words"] = EXTENDED, ONE_BYTE_PROFILE, 1
        heads["second"], heads["ssrc"] = slots["payload_type"], slots["ssrc"]
        heads["element"] = step.links.rows["element"][self.links]
        self.octets: NDArray[np.uint8] = heads.view(np.uint8).reshape(self.count, _HEAD.itemsize)

    def goes_on(self, version: int, unit: Unit) -> bool:
        """Whether `unit` is the next packet for all of them."""
        self.lasts -= 1
        if not self.lasts or self.version != version or self.form != unit.form:
            return False
        return not self.count or (unit.index == self.next and unit.picture >= self.picture)

    def take(self, now: float, unit: Unit) -> bytes:
        """Let a packet wait; what the rows of all its receivers need of it."""
        self.next, self.picture = unit.index + 1, unit.picture
        self.packets += 1
        self.bytes += unit.size
        lead, second, flags = unit.lead
        numbers = unit.picture, unit.index, unit.timestamp, unit.tl0, unit.key
        key_bits, marker = 0x1F if second & KEYIDX else 0, 0x80 if unit.marker else 0
        spoken, so_far = unit.form == SPEECH, (self.packets, self.bytes)
        return _TOLD.pack(*numbers, unit.size, now, marker, lead << 8 | second, key_bits, flags, spoken, *so_far)


class ArrayStep(PythonStep):
    """Plain packets are written for all receivers by a few operations on tables, and leave by the outbox.

    Whoever has no path by a socket, and whatever is not plain, is left to the slots. What is plain waits for others
    that came with it, until `flush` at the latest, which has to come before anything but another packet.
    """

    def __init__(self, counters: PortCounters, deciphers: Deciphers = LIBSRTP) -> None:
        self.links, self.slots = Table("flow", LINKS), Table("slot", SLOTS)
        self._times, self._sizes = np.zeros((LINKS, CAPACITY)), np.zeros((LINKS, CAPACITY), np.uint16)
        self._all_times, self._all_sizes = self._times.reshape(-1), self._sizes.reshape(-1)
        self.box, self.counters = Outbox(LINKS, counters), counters
        self.gate: ArrayGate[Any] = ArrayGate(self, counters, deciphers)
        self.version = 0
        self._taken: dict[int, list[int]] = {}
        self._waiting: list[tuple[Fan, Unit, bytes]] = []
        self._rows = 0
        self._way, self._spoken = self.links.rows["way"], self.links.rows["spoken"]
        self._next, self._octets = self.links.words[:, 0], self.links.words[:, 1]
        self._numbers, self._written = self.slots.words[:, :_OPEN], self.slots.words[:, :_SHIFTS]
        self._looked = False
        self._seen = b"", b""

    # -- numbers --------------------------------------------------------------------------------

    def sent(self) -> Sent:
        if self.links.full:
            return super().sent()
        row = self.links.take()
        state = self.links.at(row)
        begin_flow(state)
        self._times[row], self._sizes[row] = 0, 0
        sent = ArraySent(state, self._times[row], self._sizes[row])
        sent.held.append(self)
        self._taken[row] = []
        weakref.finalize(sent, self._give_back, row)
        return sent

    def slot(self, sent: Sent) -> SlotState:
        if self.slots.full or isinstance(sent.state, PlainFlowState):
            return super().slot(sent)
        row = self.slots.take()
        state = self.slots.at(row)
        begin_slot(state, sent.state)
        self._taken[self.links.row(sent.state)].append(row)
        return state  # type: ignore[no-any-return]  # a structure has the fields of a SlotState

    def kept(self, stream: StreamState, remake: Remake[T]) -> Cache[T]:
        return RawKept(remake)

    def _give_back(self, link: int) -> None:
        self.links.give_back(link)
        for slot in self._taken.pop(link):
            self.slots.give_back(slot)

    def link(self, sink: Sink) -> int:
        """The row of the link that a slot of ours belongs to."""
        state: Any = sink.state
        return self.links.row(state.flow)

    # -- writing --------------------------------------------------------------------------------

    def write(self, now: float, unit: Unit, place: int = 0) -> list[Send]:
        """What Python has to send; the rest waits."""
        if place or unit.form == OTHER or unit.size > MOST_OCTETS:
            self._settle()
            unit.layer.fan = None
            return super().write(now, unit, place)
        if not unit.layer.slots:
            return []
        fan = self._fan(unit)
        self._wait(now, unit, fan)
        if fan.others:
            self._settle()
        return [send for slot in fan.others for send in slot.write(now, unit)]

    def forward(self, now: float, unit: Unit) -> bool:
        """Whether all who listen get it together, and without its descriptor; else nothing was done."""
        if not unit.layer.slots:
            return True
        if unit.size > MOST_OCTETS:
            return False
        fan = self._fan(unit)
        if fan.others:
            return False
        self._wait(now, unit, fan)
        return True

    def _wait(self, now: float, unit: Unit, fan: Fan) -> None:
        if fan.count:
            self._waiting.append((fan, unit, fan.take(now, unit)))
            self._rows += fan.count

    def _fan(self, unit: Unit) -> Fan:
        """Who is written to at once. All that has been written stands in the tables where they are looked at."""
        layer = unit.layer
        fan = layer.fan
        self._look()
        if not isinstance(fan, Fan) or not fan.goes_on(self.version, unit):
            self._settle()
            layer.fan = fan = self._gathered(layer, unit)
        if self._rows + fan.count > BATCH:
            self._settle()
        return fan

    def _look(self) -> None:
        """Since the last flush a link may have become thin, or a slot may leave out something: all is asked anew."""
        if not self._looked:
            self._looked = True
            ways, open_ = self._way[: self.links.used], self.slots.words[: self.slots.used, _OPEN]
            seen = ways.tobytes(), open_.tobytes()
            self.version += seen != self._seen
            self._seen = seen

    def _gathered(self, layer: Layer, unit: Unit) -> Fan:
        """Those for whom it is plain; of a link with several slots each waits for its turn."""
        sinks, others, counted = list[Sink](), list[Sink](), Counter(sink.link.participant for sink in layer.slots)
        for sink in layer.slots:
            alone = counted[sink.link.participant] == 1 and len(sinks) < BATCH
            reached = alone and self._is_plain(sink, layer, unit) and self.box.contexts[self.link(sink)] is not None
            (sinks if reached else others).append(sink)
        return Fan(self, unit, sinks, others)

    @staticmethod
    def _is_plain(sink: Sink, layer: Layer, unit: Unit) -> bool:
        """Whether it is the slot's next packet of a layer that goes out whole, at once and with a number."""
        state: Any = sink.state
        if isinstance(state, PlainSlotState) or not state.open or not sink.is_entered(layer):
            return False
        flow = state.flow
        numbered = flow.way == NUMBERED and (flow.voiced or unit.form != SPEECH)
        return bool(numbered and unit.index == state.highest + 1 and unit.picture >= state.pictures.highest)

    def _settle(self) -> None:
        """Write what waits, all of it at once."""
        if not self._waiting:
            return
        fans = [fan for fan, _, _ in self._waiting]
        slots, links = np.concatenate([fan.slots for fan in fans]), np.concatenate([fan.links for fan in fans])
        rows = b"".join([each * fan.count for fan, _, each in self._waiting])
        told = np.frombuffer(rows, np.int64).reshape(-1, _TOLD.size // 8)
        shifted = self._count(slots, told)
        octets = np.concatenate([fan.octets for fan in fans])
        heads = octets.view(_HEAD)[:, 0]
        heads["second"] |= told[:, _MARKER].astype(np.uint8)
        heads["sequence"], heads["timestamp"] = shifted[:, 1], shifted[:, 2]
        heads["number"] = self._number(links, told)
        heads["lead"], heads["picture"], heads["tl0"] = told[:, _LEAD], shifted[:, 0] | 0x8000, shifted[:, 3]
        heads["key"] = shifted[:, 4] & told[:, _KEY_BITS] | told[:, _FLAGS]
        begin = self.box.room(len(links))
        for fan, unit, _ in self._waiting:
            width = _HEAD.itemsize if unit.form == FULL else HEAD
            packets, fan.packets, fan.bytes = self.box.cells[begin : begin + fan.count], 0, 0
            packets[:, :width], octets = octets[: fan.count, :width], octets[fan.count :]
            packets[:, width : HEAD + unit.size] = np.frombuffer(unit.body, np.uint8)
            begin += fan.count
            if unit.form == SPEECH:
                self._spoken[fan.links] += unit.size + UNNUMBERED_OVERHEAD
        self.box.post(len(links), HEAD + told[:, _SIZE], links, told[:, _SPOKEN])
        self._waiting, self._rows = [], 0

    def _count(self, slots: NDArray[np.intp], told: NDArray[np.int64]) -> NDArray[np.int64]:
        """Each slot's numbers after its packets; what goes out: picture, sequence, timestamp, TL0PICIDX, KEYIDX.

        Of several packets for one slot the last one's numbers stay.
        """
        numbers = self._numbers[slots]
        shifted: NDArray[np.int64] = numbers[:, _SHIFTS:] + told[:, :_SIZE]
        numbers[:, _SENT_AT] = told[:, _NOW]
        numbers[:, _TIMESTAMP:_PACKETS] = shifted[:, 2:] & _WIDTHS
        numbers[:, _PACKETS] += told[:, _PACKETS_SO_FAR]
        numbers[:, _OCTETS] += told[:, _OCTETS_SO_FAR]
        numbers[:, _HIGHEST:_PICTURE] = told[:, 1:2]
        numbers[:, _PICTURE] = told[:, 0]
        self._written[slots] = numbers[:, :_SHIFTS]
        return shifted

    def _number(self, links: NDArray[np.intp], told: NDArray[np.int64]) -> NDArray[np.int64]:
        """The links' next transport sequence numbers, in the order of writing."""
        order = links.argsort(kind="stable")
        grouped = links[order]
        firsts, counts = runs(grouped[1:] != grouped[:-1])
        sizes, each = told[:, _SIZE] + (UNNUMBERED_OVERHEAD + EXTENSION_SIZE), grouped[firsts]
        numbers = np.empty(len(links), np.int64)
        numbers[order] = (self._next[each] - firsts).repeat(counts) + _PLACES[: len(links)]
        self._next[each] += counts
        self._octets[each] += np.add.reduceat(sizes[order], firsts)
        cells = (numbers & (CAPACITY - 1)) + links * CAPACITY
        self._all_times[cells], self._all_sizes[cells] = told[:, _NOW].copy().view(np.float64), sizes
        return numbers

    # -- the way out ----------------------------------------------------------------------------

    def admit(self, peer: Routed, sent: Sent, intake: Intake) -> None:
        """Let what comes from a peer in by the gate, where that is open."""
        if peer.inbound is not None and self.gate.outlets:
            peer.door = self.gate.admit(peer, peer.inbound, sent, intake)
            for path in peer.paths:
                peer.door.know(path)

    def connect(self, peer: Routed, sent: Sent) -> None:
        """Let what is sent to a link go to its peer. Those for which every ciphertext is kept are left out."""
        if peer.outbound is None or peer.parameters.keep_ciphertext or isinstance(sent.state, PlainFlowState):
            return
        peer.route = ArrayRoute(self, sent.state, peer.outbound)
        if peer.path is not None:
            peer.route.follow(peer.path)

    def mark(self, sent: Sent, speech: frozenset[int], marks: Marks) -> None:
        """Of what a link is sent, these payload types are speech."""
        flow: Any = sent.state
        if not isinstance(flow, PlainFlowState):
            flow.mark, flow.speech = marks.speech << 2, bitmap(speech)
            self._mark(flow)

    def _mark(self, flow: Any) -> None:
        """Have speech marked as the family of the link's address asks for."""
        family = int.from_bytes(bytes(flow.address[0:2]), sys.byteorder)
        self.box.marks[self.links.row(flow)] = marking(family, flow.mark)

    def open(self, link: int, flow: Any, outlet: Outlet, outbound: Outbound) -> None:
        """What is written to a link goes by `outlet` to the address in `flow` from now on."""
        self.flush()
        self.version += 1
        self._mark(flow)
        box, offset = self.box, ffi.offsetof("struct flow", "address")
        box.names[link] = self.links.address(link) + offset, flow.address_size
        box.descriptors[link] = outlet.socket.fileno()
        box.contexts[link] = srtp.ffi.cast("void *", outbound.context)

    def shut(self, link: int) -> None:
        """Nothing goes by this way any more, and nothing is left behind."""
        self.flush()
        self.version += 1
        self.box.contexts[link] = None

    def flush(self) -> None:
        """Encrypt and send what waits."""
        self._settle()
        self._looked = False
        self.box.flush()


class ArrayRoute:
    """The way of a link's packets, once its peer has a path by a socket. While it is open it keeps the peer's keys."""

    def __init__(self, step: ArrayStep, flow: Any, outbound: Outbound) -> None:
        self._step = step
        self._flow = flow
        self._link = step.links.row(flow)
        self._outbound: Outbound | None = outbound
        self._path: Path | None = None

    def follow(self, path: Path) -> None:
        """The peer's path has changed."""
        self._step.shut(self._link)
        self._path = path
        if self._outbound is None or not isinstance(path.outlet, Outlet):
            return
        address = socket_address(path.outlet.socket.family, path.address)
        self._flow.address[0 : len(address)] = address
        self._flow.address_size = len(address)
        self._step.open(self._link, self._flow, path.outlet, self._outbound)

    @property
    def is_open(self) -> bool:
        return self._step.box.contexts[self._link] is not None

    def send(self, head: bytes, body: bytes) -> bool:
        """A packet that a slot wrote waits in the outbox; control goes at once. False when it cannot be sent."""
        kind, step, outbound, path = head[1], self._step, self._outbound, self._path
        if outbound is None or path is None:
            return False
        if FIRST_RTCP <= kind <= LAST_RTCP:
            packet = outbound.protect_rtcp(head)
            step.counters.refused_by_srtp += packet is None
            return packet is not None and path.send(packet)
        if len(head) + len(body) > LARGEST:
            step.counters.refused_by_srtp += 1
            return False
        spoken = self._flow.speech[kind >> 6 & 1] >> (kind & 63) & 1
        step.box.put(self._link, head + body, bool(spoken))
        return True

    def close(self) -> None:
        """Nothing that was written for it may be left when its keys go."""
        self._step.shut(self._link)
        self._outbound = None
