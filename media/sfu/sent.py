"""When the packets of one connection went out and how big they were, until feedback tells what became of them."""

from array import array
from typing import NamedTuple

from media.rtp.sequence import unwrap
from media.rtp.transport_cc import DELTA_TICK_S, REFERENCE_TICK_S, Feedback

CAPACITY = 8192
OVERHEAD = 44
"""Bytes on the wire beside an RTP packet: IPv4 and UDP headers, the authentication tag of AES-GCM."""
_MASK = CAPACITY - 1
_REFERENCE_TICKS = round(REFERENCE_TICK_S / DELTA_TICK_S)


class Told(NamedTuple):
    """What feedback says of one packet. Times in seconds, on the clocks of sender and receiver; size on the wire.

    `number` is its transport sequence number, unwrapped; `arrived_at` is None for a packet that did not come.
    """

    number: int
    sent_at: float
    arrived_at: float | None
    size: int


class Sent:
    """A ring of 10 bytes a packet. `next` is the next transport sequence number, unwrapped; `in_flight` in bytes."""

    def __init__(self) -> None:
        self.next = 0
        self.in_flight = 0
        self.octets = 0
        self.told = 0
        self._times = array("d", bytes(8 * CAPACITY))
        self._sizes = array("H", bytes(2 * CAPACITY))
        self._reference = -1

    def add(self, now: float, size: int) -> int:
        """Note a packet of `size` bytes on the wire that leaves now; its 16-bit transport sequence number."""
        index = self.next
        cell = index & _MASK
        self._times[cell] = now
        self._sizes[cell] = size
        self.next = index + 1
        self.in_flight += size
        self.octets += size
        return index & 0xFFFF

    def sent_at(self, index: int) -> float:
        """When packet `index` of the last CAPACITY ones left."""
        return self._times[index & _MASK]

    def resolve(self, feedback: Feedback) -> list[Told]:
        """What `feedback` tells, in order of sending; a packet that was told to have come is not told again.

        Numbers that were never given out, or so long ago that the ring forgot them, are passed over.
        """
        ticks = self._ticks(feedback.reference)
        index = unwrap(self.next - 1, feedback.base)
        sizes, times, newest, oldest = self._sizes, self._times, self.next, max(0, self.next - CAPACITY)
        self._land(max(self.told, min(newest, index + len(feedback.deltas))))
        found: list[Told] = []
        for delta in feedback.deltas:
            cell = index & _MASK
            if delta is not None:
                ticks += delta
            if oldest <= index < newest and sizes[cell]:
                if delta is None:
                    found.append(Told(index, times[cell], None, sizes[cell]))
                else:
                    found.append(Told(index, times[cell], ticks * DELTA_TICK_S, sizes[cell]))
                    sizes[cell] = 0
            index += 1
        return found

    def _ticks(self, reference: int) -> int:
        """The reference time in delta ticks, going on where its 24 bits wrap (after twelve days)."""
        self._reference = reference if self._reference < 0 else unwrap(self._reference, reference, 24)
        return self._reference * _REFERENCE_TICKS

    def _land(self, end: int) -> None:
        """Everything before `end` is no longer on its way, whatever became of it."""
        begin = max(self.told, self.next - CAPACITY)
        if begin > self.told:
            self.in_flight = sum(self._sizes)
        if end >= self.next:
            self.in_flight = 0
        elif end > begin:
            first, last = begin & _MASK, end & _MASK
            landed = self._sizes[first:last] if first < last else self._sizes[first:] + self._sizes[:last]
            self.in_flight -= sum(landed)
        self.told = end

    def forget_flight(self) -> None:
        """Nobody has told anything for long: what is on its way counts as lost."""
        self.told = self.next
        self.in_flight = 0
