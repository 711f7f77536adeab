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
from media.arrays.outbox import BATCH, Outbox, marking
from media.arrays.tables import Table
from media.compiled.gate import Gate, socket_address
from media.compiled.layout import begin_flow, begin_slot, bitmap, ffi
from media.outlet import Marks, Outlet, Path, PortCounters
from media.rtp.extensions import EXTENDED, ONE_BYTE_PROFILE
from media.rtp.packet import FIRST_RTCP, LAST_RTCP
from media.rtp.vp8 import KEYIDX
from media.sfu.intake import Intake
from media.sfu.layer import FULL, OTHER, SPEECH, Layer, Sink, Unit
from media.sfu.outflow import EXTENSION_SIZE, UNNUMBERED_OVERHEAD
from media.sfu.receiver import Send
from media.sfu.sent import CAPACITY, Sent
from media.sfu.state import NUMBERED, PlainFlowState, PlainSlotState, SlotState
from media.sfu.step import PythonStep
from media.srtp import LARGEST, Outbound
from media.transport import Routed

LINKS, SLOTS = 1024, 32768
MOST_OCTETS = LARGEST - 64
LASTS, LASTS_EMPTY = 64, 4
"""So many packets are written for the same receivers before it is asked who else could be among them."""
_WORD, _REAL = struct.Struct("q"), struct.Struct("d")
# Places in a slot, in words; see `struct slot`. What is behind them is counted along, and no part of it.
_SENT_AT, _TIMESTAMP, _TL0, _KEY, _PACKETS, _HIGHEST, _PICTURE, _OPEN = 0, 1, 2, 3, 4, 6, 8, 14
_KNOWN, _SEQUENCE, _PICTURE_ID, _WIDTH = 15, 15, 16, 17
_WRITTEN = _PICTURE + 1
_BARE = [
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
]
_FULL = [*_BARE, ("lead", ">u2"), ("picture", ">u2"), ("tl0", "u1"), ("key", "u1")]


class Fan:
    """For whom the packets of a layer are plain, `others` are asked each for itself; and what they were sent last.

    `numbers` are those of the slots, a row for each, as they stand in the table while nobody else writes; then the
    sequence number and picture id that went out.
    """

    def __init__(self, step: ArrayStep, unit: Unit, sinks: list[Sink], others: list[Sink]) -> None:
        self.version, self.lasts = step.version, LASTS if sinks else LASTS_EMPTY
        self.unit, self.others, self.count = unit, others, len(sinks)
        self.slots = np.array([step.slots.row(sink.state) for sink in sinks], np.intp)
        self.links = np.array([step.link(sink) for sink in sinks], np.intp)
        self.rings = self.links * CAPACITY
        self.ways = bytes(step.way[self.links])
        self.envelopes = step.box.envelopes(self.links, unit.form == SPEECH)
        self.numbers = self._begun(step.slots.words[self.slots], unit)
        self.left = b""
        self._head(step, unit)

    def _begun(self, slots: NDArray[np.int64], unit: Unit) -> NDArray[np.int64]:
        """As they are once `unit` is written, but for what is counted up with every packet."""
        shifts = slots[:, _PICTURE + 1 : _OPEN] + (unit.picture, unit.index, unit.timestamp, unit.tl0, unit.key)
        numbers = np.concatenate((slots[:, :_KNOWN], shifts[:, 1:2], shifts[:, :1]), axis=1)
        numbers[:, _TIMESTAMP:_PACKETS] = shifts[:, 2:]
        numbers[:, _HIGHEST:_PICTURE] = unit.index
        numbers[:, _PICTURE] = unit.picture
        return numbers

    def _head(self, step: ArrayStep, unit: Unit) -> None:
        """What stands before the body, and its fields as columns."""
        heads = np.zeros(self.count, _FULL if unit.form == FULL else _BARE)
        slots = step.slots.rows[self.slots]
        heads["first"], heads["profile"], heads["words"] = EXTENDED, ONE_BYTE_PROFILE, 1
        heads["ssrc"], heads["element"] = slots["ssrc"], step.links.rows["element"][self.links]
        unmarked = slots["payload_type"].astype(np.uint8)
        self.seconds = unmarked, unmarked | 0x80
        self.heads = {name: heads[name] for name in heads.dtype.names or ()}
        self.octets: NDArray[np.uint8] = heads.view(np.uint8).reshape(self.count, heads.itemsize)


class ArrayStep(PythonStep):
    """Plain packets are written for all receivers by a few operations on tables, and leave by the outbox.

    Whoever has no path by a socket, and whatever is not plain, is left to the slots.
    """

    gate: Gate[Any] | None = None

    def __init__(self, counters: PortCounters) -> None:
        self.links, self.slots = Table("flow", LINKS), Table("slot", SLOTS)
        self._times, self._sizes = np.zeros((LINKS, CAPACITY)), np.zeros((LINKS, CAPACITY), np.uint16)
        self._all_times, self._all_sizes = self._times.reshape(-1), self._sizes.reshape(-1)
        self.box, self.counters = Outbox(LINKS, counters), counters
        self.version = 0
        self._taken: dict[int, list[int]] = {}
        self.way, self._spoken = self.links.rows["way"], self.links.rows["spoken"]
        self._sent = self.links.words[:, :2]
        self._known, self._written = self.slots.words[:, :_KNOWN], self.slots.words[:, :_WRITTEN]
        self._change = np.zeros(_WIDTH, np.int64)

    # -- numbers --------------------------------------------------------------------------------

    def sent(self) -> Sent:
        if self.links.full:
            return super().sent()
        row = self.links.take()
        state = self.links.at(row)
        begin_flow(state)
        sent = Sent(state)
        self._times[row], self._sizes[row] = 0, 0
        sent.times, sent.sizes = memoryview(self._times[row]), memoryview(self._sizes[row])
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
        """What Python has to send; the rest waits in the outbox."""
        layer = unit.layer
        if place or unit.form == OTHER or unit.size > MOST_OCTETS:
            return super().write(now, unit, place)
        fan = layer.fan
        if not isinstance(fan, Fan) or not self._goes_on(fan, unit):
            fan = self._gathered(layer, unit)
        if fan.count:
            self._write(now, unit, fan)
        layer.fan = fan
        return [send for slot in fan.others if (send := slot.write(now, unit)) is not None]

    def _goes_on(self, fan: Fan, unit: Unit) -> bool:
        """Whether it is the next packet for all of the fan, and nobody has touched their numbers."""
        fan.lasts -= 1
        former = fan.unit
        if not fan.lasts or fan.version != self.version or unit.form != former.form:
            return False
        return not fan.count or (
            unit.index == former.index + 1
            and unit.picture >= former.picture
            and self._known[fan.slots].tobytes() == fan.left
            and self.way[fan.links].tobytes() == fan.ways
        )

    def _gathered(self, layer: Layer, unit: Unit) -> Fan:
        """Those for whom it is plain; of a link with several slots each waits for its turn."""
        sinks, others, counted = list[Sink](), list[Sink](), Counter(sink.link.participant for sink in layer.slots)
        for sink in layer.slots:
            alone = counted[sink.link.participant] == 1 and len(sinks) < BATCH
            reached = alone and self._is_plain(sink, layer, unit) and self.link(sink) in self.box.contexts
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

    def _write(self, now: float, unit: Unit, fan: Fan) -> None:
        former, numbers, heads, change = fan.unit, fan.numbers, fan.heads, self._change
        picture, step = unit.picture - former.picture, unit.index - former.index
        change[_TIMESTAMP:_HIGHEST] = (
            unit.timestamp - former.timestamp,
            unit.tl0 - former.tl0,
            unit.key - former.key,
            1,
            unit.size,
        )
        change[_HIGHEST:_WRITTEN] = step, step, picture
        change[_SEQUENCE:] = step, picture
        numbers += change
        numbers[:, _TIMESTAMP] &= 0xFFFFFFFF
        numbers[:, _SENT_AT] = _WORD.unpack(_REAL.pack(now))[0]
        self._written[fan.slots] = numbers[:, :_WRITTEN]
        fan.unit, fan.left = unit, numbers[:, :_KNOWN].tobytes()
        heads["second"][:], heads["number"][:] = fan.seconds[unit.marker], self._number(now, unit, fan)
        heads["sequence"][:], heads["timestamp"][:] = numbers[:, _SEQUENCE], numbers[:, _TIMESTAMP]
        if unit.form == FULL:
            lead, second, flags = unit.lead
            heads["lead"][:], heads["tl0"][:] = lead << 8 | second, numbers[:, _TL0]
            heads["picture"][:] = numbers[:, _PICTURE_ID] | 0x8000
            heads["key"][:] = numbers[:, _KEY] & 0x1F | flags if second & KEYIDX else flags
        self._post(unit, fan)

    def _number(self, now: float, unit: Unit, fan: Fan) -> NDArray[np.int64]:
        """The links' next transport sequence numbers."""
        links, size = fan.links, unit.size + UNNUMBERED_OVERHEAD + EXTENSION_SIZE
        sent: NDArray[np.int64] = self._sent[links]
        numbers = sent[:, 0].copy()
        sent += (1, size)
        self._sent[links] = sent
        cells = (numbers & (CAPACITY - 1)) + fan.rings
        self._all_times[cells], self._all_sizes[cells] = now, size
        if unit.form == SPEECH:
            self._spoken[links] += size - EXTENSION_SIZE
        return numbers

    def _post(self, unit: Unit, fan: Fan) -> None:
        count, width = fan.octets.shape
        begin, size = self.box.room(count), width + len(unit.body)
        packets = self.box.cells[begin : begin + count]
        packets[:, :width] = fan.octets
        packets[:, width:size] = np.frombuffer(unit.body, np.uint8)
        self.box.post(size, fan.envelopes)

    # -- the way out ----------------------------------------------------------------------------

    def admit(self, peer: Routed, sent: Sent, intake: Intake) -> None:
        """Links are found by their peers."""

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
        self.box.contexts.pop(link, None)

    def flush(self) -> None:
        """Encrypt and send what waits."""
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
        return self._link in self._step.box.contexts

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
