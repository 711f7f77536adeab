"""How one outgoing stream goes on unbroken when what feeds it changes."""

from media.sfu.numbering import Numbering
from media.sfu.state import NEVER, SlotState

MIN_STEP_S = 0.01
MAX_DISAGREEMENT_S = 1.0


class Splice:
    """Maps the index and timestamp of the current input to an outgoing sequence number and timestamp, in `state`.

    The first ones are the caller's choice.
    """

    def __init__(self, state: SlotState, sequence: int, timestamp: int, rate_hz: int) -> None:
        self.numbers = Numbering(state, sequence)
        self._state = state
        state.timestamp = timestamp
        self._rate_hz = rate_hz

    def begin(self, now: float, index: int, timestamp: int, offset: int | None = None) -> bool:
        """Let the packet `index` follow what was sent last.

        With `offset` (what is to be added to the input's timestamps, modulo 2^32) its timestamp is exact, without one
        or when it leads nowhere near, it is advanced by the time gone since. Whether `offset` was taken.
        """
        state = self._state
        sent = state.sent_at != NEVER
        elapsed = max(MIN_STEP_S, now - state.sent_at) if sent else 0.0
        start = state.timestamp + int(elapsed * self._rate_hz)
        taken = False
        if offset is not None and sent:
            ahead = _signed(timestamp + offset - state.timestamp)
            taken = abs(ahead - elapsed * self._rate_hz) < MAX_DISAGREEMENT_S * self._rate_hz
            if taken:
                start = state.timestamp + max(1, ahead)
        state.timestamp_offset = start - timestamp
        self.numbers.begin(index)
        return taken

    def skip(self, index: int) -> None:
        """Packet `index` is not forwarded: those after it close the gap. Too late for one that was overtaken."""
        if index > self._state.highest:
            self.numbers.skip(index, index)

    def advance(self, now: float, index: int, timestamp: int) -> tuple[int, int] | None:
        """(sequence, timestamp) for packet `index`; None when it has no place in what was sent."""
        state = self._state
        out = (timestamp + state.timestamp_offset) & 0xFFFFFFFF
        if index > state.highest:
            state.highest = index
            state.timestamp = out
            state.sent_at = now
            return index + state.shift, out
        late = self.numbers.place(index)
        return None if late is None else (late, out)


def _signed(difference: int) -> int:
    """A difference of 32-bit timestamps as the nearer of its two readings."""
    return ((difference + 0x80000000) & 0xFFFFFFFF) - 0x80000000
