"""How one outgoing stream goes on unbroken when what feeds it changes."""

from media.sfu.numbering import Numbering

MIN_STEP_S = 0.01
MAX_DISAGREEMENT_S = 1.0


class Splice:
    """Maps the index and timestamp of the current input to an outgoing sequence number and timestamp.

    `timestamp` (32 bits) is the newest sent; the first ones are the caller's choice.
    """

    def __init__(self, sequence: int, timestamp: int, rate_hz: int) -> None:
        self.numbers = Numbering(sequence)
        self.timestamp = timestamp
        self.timestamp_offset = 0
        self.sent_at: float | None = None
        self._rate_hz = rate_hz

    def begin(self, now: float, index: int, timestamp: int, offset: int | None = None) -> bool:
        """Let the packet `index` follow what was sent last.

        With `offset` (what is to be added to the input's timestamps, modulo 2^32) its timestamp is exact, without one
        or when it leads nowhere near, it is advanced by the time gone since. Whether `offset` was taken.
        """
        elapsed = 0.0 if self.sent_at is None else max(MIN_STEP_S, now - self.sent_at)
        start = self.timestamp + int(elapsed * self._rate_hz)
        taken = False
        if offset is not None and self.sent_at is not None:
            ahead = _signed(timestamp + offset - self.timestamp)
            taken = abs(ahead - elapsed * self._rate_hz) < MAX_DISAGREEMENT_S * self._rate_hz
            if taken:
                start = self.timestamp + max(1, ahead)
        self.timestamp_offset = start - timestamp
        self.numbers.begin(index)
        return taken

    def skip(self, index: int) -> None:
        """Packet `index` is not forwarded: those after it close the gap. Too late for one that was overtaken."""
        if index > self.numbers.highest:
            self.numbers.skip(index, index)

    def advance(self, now: float, index: int, timestamp: int) -> tuple[int, int] | None:
        """(sequence, timestamp) for packet `index`; None when it has no place in what was sent."""
        out = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
        numbers = self.numbers
        if index > numbers.highest:
            numbers.highest = index
            numbers.newest = sequence = index + numbers.shift
            self.timestamp = out
            self.sent_at = now
            return sequence, out
        late = numbers.place(index)
        return None if late is None else (late, out)


def _signed(difference: int) -> int:
    """A difference of 32-bit timestamps as the nearer of its two readings."""
    return ((difference + 0x80000000) & 0xFFFFFFFF) - 0x80000000
