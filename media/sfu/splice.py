"""How one outgoing stream goes on unbroken when what feeds it changes."""

MAX_SKIPS = 64
MIN_STEP_S = 0.01


class Splice:
    """Maps the index and timestamp of the current input to an outgoing sequence number and timestamp.

    `sequence` (unwrapped) and `timestamp` (32 bits) are the newest sent; the first ones are the caller's choice.
    """

    def __init__(self, sequence: int, timestamp: int, rate_hz: int) -> None:
        self.sequence = sequence
        self.timestamp = timestamp
        self.sent_at: float | None = None
        self._rate_hz = rate_hz
        self._first = 0
        self._highest = 0
        self._sequence_offset = 0
        self.timestamp_offset = 0
        self._skips: list[int] = []

    def begin(self, now: float, index: int, timestamp: int) -> None:
        """Let the packet `index` follow what was sent last, its timestamp advanced by the time gone since."""
        elapsed = 0.0 if self.sent_at is None else max(MIN_STEP_S, now - self.sent_at)
        start = self.timestamp + int(elapsed * self._rate_hz)
        self.timestamp_offset = start - timestamp
        self._sequence_offset = self.sequence + 1 - index
        self._first = index
        self._highest = index - 1
        self._skips.clear()

    def skip(self, index: int) -> None:
        """Packet `index` is not forwarded: those after it close the gap. Too late for one that was overtaken."""
        if index > self._highest:
            self._skips.append(index)
            self._sequence_offset -= 1
            self._highest = index
            if len(self._skips) > MAX_SKIPS:
                self._first = self._skips.pop(0) + 1

    def advance(self, now: float, index: int, timestamp: int) -> tuple[int, int] | None:
        """(sequence, timestamp) for packet `index`; None when it is older than the beginning of this input."""
        if index < self._first:
            return None
        sequence = index + self._sequence_offset
        out = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
        if index > self._highest:
            self._highest = index
            self.sequence = sequence
            self.timestamp = out
            self.sent_at = now
        elif self._skips:
            sequence += sum(1 for skipped in self._skips if skipped > index)
        return sequence, out
