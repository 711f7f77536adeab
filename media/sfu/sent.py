"""When the packets of one connection went out and how big they were, until feedback tells what became of them."""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any, cast

from media.rtp.sequence import unwrap
from media.rtp.transport_cc import DELTA_TICK_S, REFERENCE_TICK_S, Feedback
from media.sfu.spacing import PlainSpacingState, SpacingState
from media.sfu.state import FlowState, PlainFlowState, PlainProbeState, ProbeState

CAPACITY = 8192
OVERHEAD = 44
"""Bytes on the wire beside an RTP packet: IPv4 and UDP headers, the authentication tag of AES-GCM."""
_MASK = CAPACITY - 1
_REFERENCE_TICKS = round(REFERENCE_TICK_S / DELTA_TICK_S)


Arrival = tuple[int, float, float, int]
"""A packet that came: transport sequence number (unwrapped), seconds when it left and, on the receiver's clock, when it
came, size on the wire."""


Burst = tuple[float, float, float]
"""Packets that left at one moment: when, and when the first and the last of them came, which is none before it."""


@dataclass(frozen=True, slots=True)
class Row:
    """Arrivals in order of sending, by columns."""

    numbers: Sequence[int] = ()
    sent: Sequence[float] = ()
    arrived: Sequence[float] = ()
    sizes: Sequence[int] = ()

    @classmethod
    def of(cls, arrivals: Sequence[Arrival]) -> Row:
        """These, which are in order of sending."""
        return cls(*zip(*arrivals, strict=True)) if arrivals else cls()

    def __iter__(self) -> Iterator[Arrival]:
        return zip(self.numbers, self.sent, self.arrived, self.sizes, strict=True)

    @property
    def bursts(self) -> Iterable[Burst]:
        """What a DelayDetector is fed with: each packet by itself, or as few bursts as come to the same."""
        return zip(self.sent, self.arrived, self.arrived, strict=True)


@dataclass(slots=True)
class Told:
    """What feedback tells. `count` came, the last one of them `sent_at`; `came` are they, a row for each feedback.

    `last` is the number of the newest packet it speaks of. `octets` were sent, of which `arrived` came; `newest` is the
    latest time of arrival. Where it was read elsewhere `came` is empty, and `groups` is how many groups the spacing had
    before; -1 where the spacing is still to be fed.
    """

    came: tuple[Row, ...]
    count: int
    sent_at: float
    lost: int
    octets: int
    arrived: int
    newest: float
    last: int
    groups: int = -1

    @classmethod
    def together(cls, told: Sequence[Told]) -> Told:
        """What these feedbacks, of which there is one at least, tell in all."""
        if len(told) == 1:
            return told[0]
        came = [one for one in told if one.count] or told[:1]
        return cls(
            tuple(row for one in told for row in one.came),
            sum(one.count for one in told),
            came[-1].sent_at,
            sum(one.lost for one in told),
            sum(one.octets for one in told),
            sum(one.arrived for one in told),
            max(one.newest for one in came),
            max(one.last for one in told),
        )


class Sent:
    """A ring of 10 bytes a packet: `times` (seconds) and `sizes`; how many there were stands in `state`.

    `held` lives as long as it does: what C knows by its address.
    """

    def __init__(self, state: FlowState | None = None) -> None:
        self.state = state or PlainFlowState()
        self.times: Any = array("d", bytes(8 * CAPACITY))
        self.sizes: Any = array("H", bytes(2 * CAPACITY))
        self.spacing: SpacingState = PlainSpacingState()
        self.probe: ProbeState = PlainProbeState()
        self.held: list[object] = []

    @property
    def next(self) -> int:
        """The next transport sequence number, unwrapped."""
        return self.state.next

    @property
    def octets(self) -> int:
        """All bytes sent."""
        return self.state.octets

    @property
    def in_flight(self) -> int:
        """Bytes of which nobody has told yet what became of them."""
        return self.state.octets - self.state.landed

    def add(self, now: float, size: int) -> int:
        """Note a packet of `size` bytes on the wire that leaves now; its 16-bit transport sequence number."""
        state = self.state
        index = state.next
        cell = index & _MASK
        self.times[cell] = now
        self.sizes[cell] = size
        state.next = index + 1
        state.octets += size
        return index & 0xFFFF

    def sent_at(self, index: int) -> float:
        """When packet `index` of the last CAPACITY ones left."""
        return float(self.times[index & _MASK])

    def resolve(self, feedback: Feedback) -> Told:
        """What `feedback` tells; a packet that was told to have come is not told again.

        Numbers that were never given out, or so long ago that the ring forgot them, are passed over.
        """
        ticks = self._ticks(feedback.reference)
        index = unwrap(self.next - 1, feedback.base)
        sizes, times, end, oldest = self.sizes, self.times, self.next, max(0, self.next - CAPACITY)
        self._land(max(self.state.told, min(end, index + len(feedback.deltas))))
        told = self._all_came(index, ticks, feedback.deltas) if oldest <= index else None
        if told is not None:
            return told
        came: list[Arrival] = []
        lost, arrived, missing, last, newest = 0, 0, 0, -1, -sys.maxsize
        for delta in feedback.deltas:
            if delta is not None:
                ticks += delta
            size = sizes[index & _MASK] if oldest <= index < end else 0
            if size:
                last = index
                if delta is None:
                    lost += 1
                    missing += size
                else:
                    came.append((index, times[index & _MASK], ticks * DELTA_TICK_S, size))
                    arrived += size
                    sizes[index & _MASK] = 0
                    if ticks > newest:
                        newest = ticks
            index += 1
        newest_s = newest * DELTA_TICK_S if came else 0.0
        sent_at = came[-1][1] if came else 0.0
        return Told((Row.of(came),), len(came), sent_at, lost, arrived + missing, arrived, newest_s, last)

    def _all_came(self, index: int, ticks: int, deltas: Sequence[int | None]) -> Told | None:
        """What is told where all came, none for the second time: nearly always. None where it is not so."""
        first, count = index & _MASK, len(deltas)
        sizes = self.sizes[first : first + count].tolist()
        if not count or index + count > self.next or len(sizes) < count or 0 in sizes:
            return None
        if not isinstance(deltas, bytes) and None in deltas:
            return None
        steps = cast("Sequence[int]", deltas)
        arrivals = [at * DELTA_TICK_S for at in accumulate(steps, initial=ticks)][1:]
        times = self.times[first : first + count].tolist()
        self.sizes[first : first + count] = array("H", bytes(2 * count))
        octets, last = sum(sizes), index + count - 1
        came = Row(range(index, last + 1), times, arrivals, sizes)
        return Told((came,), count, times[-1], 0, octets, octets, max(arrivals), last)

    def _ticks(self, reference: int) -> int:
        """The reference time in delta ticks, going on where its 24 bits wrap (after twelve days)."""
        state = self.state
        state.reference = reference if state.reference < 0 else unwrap(state.reference, reference, 24)
        return state.reference * _REFERENCE_TICKS

    def _land(self, end: int) -> None:
        """Everything before `end` is no longer on its way, whatever became of it."""
        begin = max(self.state.told, self.next - CAPACITY)
        if begin > self.state.told:
            self.state.landed = self.octets - sum(self.sizes)
        if end >= self.next:
            self.state.landed = self.octets
        elif end > begin:
            first, last = begin & _MASK, end & _MASK
            parts = ((first, last),) if first < last else ((first, CAPACITY), (0, last))
            self.state.landed += sum(self._octets_in(*part) for part in parts)
        self.state.told = end

    def _octets_in(self, first: int, last: int) -> int:
        """Bytes of which nobody has told yet, in these cells."""
        return sum(self.sizes[first:last].tolist())

    def forget(self) -> None:
        """Nothing is to be told of what went out so far."""
        self.sizes[0:CAPACITY] = array("H", bytes(2 * CAPACITY))
        self.forget_flight()

    def forget_flight(self) -> None:
        """Nobody has told anything for long: what is on its way counts as lost."""
        self.state.told = self.next
        self.state.landed = self.octets
