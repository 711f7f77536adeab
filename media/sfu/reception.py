"""What is known of one incoming stream: order, doubles, loss, jitter (RFC 3550 A.3, A.8) and what to ask again."""

from dataclasses import dataclass

from media.rtp.rtcp import ReportBlock
from media.rtp.sequence import unwrap
from media.sfu.incoming import WINDOW, PlainStreamState, StreamState

MAX_GAP = 200
NACK_DELAY_S = 0.015
NACK_INTERVAL_S = 0.06
NACK_ATTEMPTS = 8
"""After so many the sender may not have it any more; who answers other requests meanwhile is asked on."""
AGAIN_S, LEAST_AGAIN = 1.0, 50
"""In this time no more is asked for a second time and oftener than comes, or than this."""
DEAF_AFTER = 100
"""So many requests without a single answer: the sender does not resend this stream, or its line takes nothing just now.
It is asked once in AGAIN_S from then on, until it answers."""


@dataclass(slots=True)
class _Hole:
    """A packet that is missing: since when, when to ask for it next, how often it was asked for."""

    since: float
    due: float
    asked: int = 0


class Reception:
    """Counts one SSRC. Sequence numbers are unwrapped to integers that only grow, called index.

    A packet that is still missing `useful_s` after its gap was seen is given up; `beyond_repair` then. `given_up`
    counts these, and only grows: one that comes all the same stays counted. `restarted` is set when the numbers jumped
    so far that what comes now has nothing to do with what came before. A gap after
    the index at which the line broke, `broken_at`, is one like that, however far they jumped.
    """

    def __init__(self, ssrc: int, rate_hz: int, useful_s: float, state: StreamState | None = None) -> None:
        self.state = state = state or PlainStreamState()
        self.ssrc = state.ssrc = ssrc
        self.rate_hz = rate_hz
        self.useful_s = useful_s
        state.highest = -1
        state.received = 0
        state.jitter = state.transit = 0.0
        self.first = 0
        self.mended = 0
        self.beyond_repair = False
        self.given_up = 0
        self.restarted = False
        self.broken_at = -1
        self._seen = state.seen
        self._seen[0:WINDOW] = [-1] * WINDOW
        self._missing: dict[int, _Hole] = {}
        self._in_vain = 0
        self._again = 0
        self._counted = (float("-inf"), 0)
        self._after_jump = -1
        self._reported = (0, 0)
        self._last_sr = (0, 0.0)

    @property
    def highest(self) -> int:
        """The newest index; -1 before the first."""
        return self.state.highest

    @property
    def received(self) -> int:
        """How many came, doubles not counted."""
        return self.state.received

    @property
    def jitter(self) -> float:
        """In timestamp units."""
        return self.state.jitter

    def accept(self, now: float, sequence: int, timestamp: int) -> int | None:
        """The packet's index, or None for a double or one too old to matter."""
        state = self.state
        highest = state.highest
        if highest < 0:
            self.first = state.highest = highest = index = sequence + 0x10000
        else:
            index = unwrap(highest, sequence)
            if index <= highest - WINDOW:
                if not self._jumps(sequence):
                    return None
                index += 0x10000
        cell = index & (WINDOW - 1)
        if self._seen[cell] == index:
            return None
        self._seen[cell] = index
        state.received += 1
        if index > highest:
            if index > highest + 1:
                self._note_gap(now, index)
            state.highest = index
            self._note_transit(now, timestamp)
        elif self._missing:
            self._fill(index)
        return index

    def unseen(self, first: int) -> set[int]:
        """Which of the packets since `first`, of the last WINDOW, have not come."""
        seen = self._seen
        first = max(first, self.highest - WINDOW + 1)
        return {index for index in range(first, self.highest) if seen[index & (WINDOW - 1)] != index}

    @property
    def has_holes(self) -> bool:
        """Whether something is missing that is still of use."""
        return bool(self._missing)

    @property
    def needs_care(self) -> bool:
        """Whether `missing` and `beyond_repair` have to be looked at."""
        return bool(self._missing) or self.beyond_repair

    def awaits(self, index: int) -> bool:
        """Whether this packet is missing and may still come."""
        return index in self._missing

    def mend(self, index: int) -> bool:
        """Whether `index` was missing and was known from elsewhere now: it did not come, but need not come any more."""
        cell = index & (WINDOW - 1)
        if not self.highest - WINDOW < index < self.highest or index < self.first or self._seen[cell] == index:
            return False
        self._seen[cell] = index
        self._missing.pop(index, None)
        self.mended += 1
        return True

    def _jumps(self, sequence: int) -> bool:
        """Whether this is the second packet in a row that is far from all others (RFC 3550 A.1): numbers begin anew."""
        expected, self._after_jump = self._after_jump, (sequence + 1) & 0xFFFF
        return sequence == expected

    def _fill(self, index: int) -> None:
        hole = self._missing.pop(index, None)
        if hole is not None and hole.asked:
            self._in_vain = 0

    def _note_gap(self, now: float, index: int) -> None:
        if index - self.highest > MAX_GAP or self.highest == self.broken_at:
            self.given_up += len(self._missing)
            self._missing.clear()
            self.first += index - self.highest - 1
            self.beyond_repair = self.restarted = True
            return
        for lost in range(self.highest + 1, index):
            self._missing[lost] = _Hole(now, now + NACK_DELAY_S)

    def _note_transit(self, now: float, timestamp: int) -> None:
        transit = (now * self.rate_hz - timestamp) % 0x100000000
        state = self.state
        change = abs(transit - state.transit)
        if state.received > 1 and change < 10 * self.rate_hz:
            state.jitter += (change - state.jitter) / 16
        state.transit = transit

    def missing(self, now: float, round_trip_s: float = 0.0) -> list[int]:
        """The 16-bit sequence numbers to ask for now: each again when an answer should have come, until it is useless.

        Sets `beyond_repair` when one was given up. A sender that never answers is hardly asked any more.
        """
        if not self._missing:
            return []
        self._budget(now)
        due = []
        for index, hole in list(self._missing.items()):
            if hole.due > now:
                continue
            unanswered = hole.asked >= NACK_ATTEMPTS and self._in_vain >= hole.asked
            if now - hole.since > self.useful_s or unanswered:
                del self._missing[index]
                self.given_up += 1
                self.beyond_repair = True
            elif self._in_vain < DEAF_AFTER and (not hole.asked or self._again > 0):
                self._again -= bool(hole.asked)
                hole.asked += 1
                hole.due = now + max(NACK_INTERVAL_S, round_trip_s + NACK_DELAY_S)
                self._in_vain += 1
                due.append(index & 0xFFFF)
        return due

    def _budget(self, now: float) -> None:
        """How much may be asked for again in the next AGAIN_S: behind a cliff repairs would only lengthen the queue."""
        since, received = self._counted
        if now - since >= AGAIN_S:
            self._counted = now, self.received
            self._again = max(LEAST_AGAIN, self.received - received)
            self._in_vain = min(self._in_vain, DEAF_AFTER - 1)

    def forget_missing(self, before: int) -> None:
        """Nothing before this index is needed any more."""
        if self._missing:
            kept = {index: hole for index, hole in self._missing.items() if index >= before}
            self.given_up += len(self._missing) - len(kept)
            self._missing = kept

    def on_sender_report(self, now: float, ntp: int) -> None:
        self._last_sr = (ntp >> 16 & 0xFFFFFFFF, now)

    @property
    def expected(self) -> int:
        return self.highest - self.first + 1 if self.received else 0

    def report(self, now: float) -> ReportBlock:
        """A reception report; the lost fraction is that since the report before."""
        expected, received = self.expected, self.received
        new_expected, new_received = expected - self._reported[0], received - self._reported[1]
        self._reported = (expected, received)
        lost = max(0, new_expected - new_received)
        middle, at = self._last_sr
        return ReportBlock(
            self.ssrc,
            min(255, lost * 256 // new_expected) if new_expected else 0,
            expected - received,
            self.highest & 0xFFFFFFFF,
            int(self.jitter),
            middle,
            int((now - at) * 65536) if middle else 0,
        )
