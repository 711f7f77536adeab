"""What is known of one incoming stream: order, doubles, loss, jitter (RFC 3550 A.3, A.8) and what to ask again."""

from media.rtp.rtcp import ReportBlock
from media.rtp.sequence import unwrap

WINDOW = 1024
MAX_GAP = 200
NACK_DELAY_S = 0.015
NACK_INTERVAL_S = 0.06
NACK_ATTEMPTS = 8


class Reception:
    """Counts one SSRC. Sequence numbers are unwrapped to integers that only grow, called index."""

    def __init__(self, ssrc: int, rate_hz: int, repairable: bool) -> None:
        self.ssrc = ssrc
        self.rate_hz = rate_hz
        self.repairable = repairable
        self.highest = -1
        self.first = 0
        self.received = 0
        self.jitter = 0.0
        self.beyond_repair = False
        self._seen = [-1] * WINDOW
        self._transit = 0.0
        self._missing: dict[int, tuple[int, float]] = {}
        self._reported = (0, 0)
        self._last_sr = (0, 0.0)

    def accept(self, now: float, sequence: int, timestamp: int) -> int | None:
        """The packet's index, or None for a double or one too old to matter."""
        if self.highest < 0:
            self.first = self.highest = index = sequence + 0x10000
        else:
            index = unwrap(self.highest, sequence)
        cell = index & (WINDOW - 1)
        if self._seen[cell] == index or index <= self.highest - WINDOW:
            return None
        self._seen[cell] = index
        self.received += 1
        if index > self.highest:
            if index > self.highest + 1:
                self._note_gap(now, index)
            self.highest = index
            self._note_transit(now, timestamp)
        else:
            self._missing.pop(index, None)
        return index

    def _note_gap(self, now: float, index: int) -> None:
        if not self.repairable:
            return
        if index - self.highest > MAX_GAP:
            self._missing.clear()
            self.beyond_repair = True
            return
        for lost in range(self.highest + 1, index):
            self._missing[lost] = (0, now + NACK_DELAY_S)

    def _note_transit(self, now: float, timestamp: int) -> None:
        transit = (now * self.rate_hz - timestamp) % 0x100000000
        change = abs(transit - self._transit)
        if self.received > 1 and change < 10 * self.rate_hz:
            self.jitter += (change - self.jitter) / 16
        self._transit = transit

    def missing(self, now: float) -> list[int]:
        """The 16-bit sequence numbers to ask for now; sets `beyond_repair` when one was asked for too often."""
        due = []
        for index, (attempts, at) in list(self._missing.items()):
            if at > now:
                continue
            if attempts >= NACK_ATTEMPTS:
                del self._missing[index]
                self.beyond_repair = True
                continue
            self._missing[index] = (attempts + 1, now + NACK_INTERVAL_S)
            due.append(index & 0xFFFF)
        return due

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
