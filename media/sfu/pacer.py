"""Spreading what goes to a thin link, so that a key frame does not push speech out of the queue on the way."""

from collections import deque
from collections.abc import Callable, Iterable

from media.sfu.state import LEAST_DEPTH, FlowState, PlainFlowState

PACE, THIN_PACE = 1.25, 1.1
THIN_BPS = 600_000
DEPTH_S = 0.03
MAX_WAIT_S = 0.4
LEAST_QUEUE = 12_000
RESEND_QUEUE = 20_000

Packet = tuple[bytes, bytes]


class Pacer:
    """A token bucket at PACE times the estimate, DEPTH_S deep; repairs wait before pictures, speech never waits.

    THIN_PACE below THIN_BPS: there a key frame takes long, and going faster than the way does would make a queue of it.

    Bounded: when pictures worth more than MAX_WAIT_S at the estimate are waiting, all of them are dropped at once
    (`overflowed`): parts of pictures are worth nothing, and the caller begins again with a key frame of what fits.
    Repairs beyond RESEND_QUEUE bytes are refused: the receiver asks again. What waits is forgotten on `clear`.
    """

    def __init__(self, state: FlowState | None = None) -> None:
        self.overflowed = False
        self.dropped = 0
        self._state = state or PlainFlowState()
        self._state.tokens = self._state.depth = LEAST_DEPTH
        self._bitrate = 0.0
        self._pictures: deque[Packet] = deque()
        self._repairs: deque[Packet] = deque()
        self._repair_octets = 0

    def set_rate(self, now: float, bitrate: float) -> None:
        """`bitrate` is the estimate in bit/s."""
        self._refill(now)
        self._bitrate = bitrate
        self._state.pace = bitrate / 8 * (THIN_PACE if bitrate < THIN_BPS else PACE)
        self._state.depth = max(LEAST_DEPTH, self._state.pace * DEPTH_S)

    @property
    def waiting(self) -> int:
        """Bytes."""
        return self._state.waiting

    def _refill(self, now: float) -> None:
        state = self._state
        state.tokens = min(state.depth, state.tokens + state.pace * max(0.0, now - state.filled_at))
        state.filled_at = now

    def spend(self, octets: int) -> None:
        """Something went out that does not wait."""
        self._state.tokens -= octets

    def free(self, now: float) -> bool:
        """Whether a picture's packet may go at once: nothing waits, and there are tokens."""
        if self.waiting:
            return False
        self._refill(now)
        return self._state.tokens > 0

    def put(self, head: bytes, body: bytes) -> None:
        """Let a picture's packet wait."""
        size = len(head) + len(body)
        if self.waiting + size > max(LEAST_QUEUE, self._bitrate / 8 * MAX_WAIT_S) + self._repair_octets:
            self.drop_pictures()
            self.dropped += 1
            self.overflowed = True
            return
        self._pictures.append((head, body))
        self._state.waiting += size

    def put_repair(self, head: bytes, body: bytes) -> None:
        """Let a resent packet wait, before all pictures."""
        size = len(head) + len(body)
        if self._repair_octets + size > RESEND_QUEUE:
            self.dropped += 1
            return
        self._repairs.append((head, body))
        self._repair_octets += size
        self._state.waiting += size

    def take(self, now: float, room: float) -> list[Packet]:
        """What may go out now, `room` being the bytes that the way still takes."""
        if not self.waiting:
            return []
        self._refill(now)
        found: list[Packet] = []
        while self._state.tokens > 0 and room > 0 and (self._repairs or self._pictures):
            packet = self._next()
            size = len(packet[0]) + len(packet[1])
            self._state.tokens -= size
            room -= size
            self._state.waiting -= size
            found.append(packet)
        return found

    def _next(self) -> Packet:
        if not self._repairs:
            return self._pictures.popleft()
        packet = self._repairs.popleft()
        self._repair_octets -= len(packet[0]) + len(packet[1])
        return packet

    def drop_pictures(self) -> None:
        self.dropped += len(self._pictures)
        self._pictures.clear()
        self._state.waiting = self._repair_octets

    def withdraw(self, is_of: Callable[[bytes], bool]) -> None:
        """Forget what waits whose head `is_of` tells, without counting it as dropped: somebody was muted."""
        self._pictures = deque(one for one in self._pictures if not is_of(one[0]))
        self._repairs = deque(one for one in self._repairs if not is_of(one[0]))
        self._repair_octets = _octets(self._repairs)
        self._state.waiting = self._repair_octets + _octets(self._pictures)

    def clear(self) -> None:
        """Forget everything that waits, without counting it as dropped."""
        self._pictures.clear()
        self._repairs.clear()
        self._repair_octets = self._state.waiting = 0


def _octets(packets: Iterable[Packet]) -> int:
    return sum(len(head) + len(body) for head, body in packets)
