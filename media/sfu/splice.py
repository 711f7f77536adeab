"""How one outgoing stream goes on unbroken when what feeds it changes."""

from media.sfu.clock import SenderClock, StreamClock, signed
from media.sfu.numbering import Numbering
from media.sfu.state import NEVER, SlotState

MIN_STEP_S = 0.01
MAX_DISAGREEMENT_S = 1.0
MAX_EARLY_S = 0.1
MAX_LATE_S = 0.5
"""A stream counts as captured between so much after and so much before it came, whatever its sender reports: what is
played in time with it waits for it, and speech must not wait longer."""


class Splice:
    """Maps the index and timestamp of the current input to an outgoing sequence number and timestamp, in `state`.

    The first ones are the caller's choice.
    """

    def __init__(self, state: SlotState, sequence: int, timestamp: int, rate_hz: int) -> None:
        self.numbers = Numbering(state, sequence)
        self._state = state
        state.timestamp = timestamp
        self._rate_hz = rate_hz
        self._clock: StreamClock | None = None
        self._line: tuple[SenderClock, int] | None = None
        self._told: tuple[float, int] | None = None

    def begin(self, now: float, index: int, timestamp: int, clock: StreamClock, before: int = 0) -> None:
        """Let the packet `index` follow what was sent last; `clock` is that of its stream.

        `timestamp` is that of a packet that came now, at least `before` ticks later than the first that is sent.

        Where both senders' reports are known, what was captured at one time has one timestamp before and after, so
        that a receiver's idea of the clock stays true. Where they are not, or that leads nowhere near, it is advanced
        by the time gone since.
        """
        state = self._state
        sent = state.sent_at != NEVER
        elapsed = max(MIN_STEP_S, now - state.sent_at) if sent else 0.0
        start = state.timestamp + int(elapsed * self._rate_hz)
        offset = self._offset_on_line(clock)
        self._clock = clock
        taken = False
        if offset is not None and sent:
            ahead = signed(timestamp + offset - state.timestamp)
            taken = abs(ahead - elapsed * self._rate_hz) < MAX_DISAGREEMENT_S * self._rate_hz
            if taken:
                start = state.timestamp + max(1, ahead)
        state.timestamp_offset = max(start, state.timestamp + before) - timestamp
        self.numbers.begin(index)
        if not taken:
            self._line = None

    def _offset_on_line(self, clock: StreamClock) -> int | None:
        """What is to be added to the timestamps of `clock`; the line is kept, so that small corrections do not add up.

        A line is an outgoing timestamp less the time of a sender's clock, in ticks.
        """
        former, lag = self._clock, clock.lag
        if self._line is None and former is not None and former.lag is not None:
            self._line = former.sender, self._state.timestamp_offset + former.lag
        if lag is None or self._line is None:
            return None
        sender, line = self._line
        if sender is not clock.sender:
            line += round((clock.sender.offset - sender.offset) * self._rate_hz)
            self._line = clock.sender, line
        return line - lag

    def reported(self, now: float) -> int:
        """The timestamp of `now` for a sender report; the next one is later.

        Without reports of the sender what was sent last counts as captured as it was sent.
        """
        state, rate = self._state, self._rate_hz
        found = state.timestamp + int((now - state.sent_at) * rate)
        captured = self._clock.timestamp_at(now) if self._clock is not None else None
        if captured is not None:
            ahead = signed(captured + state.timestamp_offset - found)
            found += max(int(-MAX_EARLY_S * rate), min(int(MAX_LATE_S * rate), ahead))
        if self._told is not None:
            at, before = self._told
            since = int((now - at) * rate)
            found = before + max(1, since + signed(found - before - since))
        self._told = now, found & 0xFFFFFFFF
        return found & 0xFFFFFFFF

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
