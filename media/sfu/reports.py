"""What the way to a receiver carries that gives no transport-cc: its REMB, and loss and round trip in its reports."""

from dataclasses import dataclass

from media.sfu.estimate import BACKOFF, CEILING_BPS, FLOOR_BPS, OVER_ACKNOWLEDGED, OVER_ACKNOWLEDGED_BPS, START_BPS
from media.sfu.loss import HIGH, LossControl
from media.sfu.sent import OVERHEAD
from media.sfu.state import SlotState

Report = tuple[float, int, int, int, int, int, int]
"""When a receiver reported on one stream: its SSRC, the share lost in 1/256, the greatest sequence number that came,
the sender report seen last and how long before that was, the jitter in ticks of the stream's clock."""

HEADER = 12 + OVERHEAD
STANDING_S = 0.3
"""A queue that makes the round trip longer by this is a standing one: sending less is the only cure."""
DRAINS_S = 3.0
RISE = 0.02
LATELY_S = 3.0
MOST_OWN = 0.5
SURELY = 1.15
"""What arrives is measured by the sizes of packets that were sent a little later."""


@dataclass(slots=True)
class Reported:
    """What was told last of a slot's stream, and what had been sent of it then; `bitrate` of it arrives, bit/s.

    `mark` is its newest number when the rate was lowered last, None once that was told of. `unsent` are the numbers up
    to `newest` that never went out, since what belongs there was lost on the way from its sender: these are reported as
    lost as well, once each, and say nothing of this way.
    """

    slot: SlotState
    at: float
    highest: int
    packets: int
    octets: int
    mark: int | None
    newest: int = 0
    unsent: int = 0
    size: float = 0.0
    bitrate: float = 0.0

    def note(self, now: float, highest: int, fraction_lost: int) -> tuple[int, int]:
        """How many packets came since, and how many did not; none where the numbers went back.

        They are taken to be as big as those that were sent meanwhile.
        """
        count, slot = _ahead(highest, self.highest), self.slot
        reported = (count * fraction_lost + 128) >> 8
        packets, octets, newest = slot.packets - self.packets, slot.octets - self.octets, _newest(slot)
        self.unsent = max(0, self.unsent + _ahead(newest & 0xFFFF, self.newest & 0xFFFF) - packets)
        lost = max(0, reported - self.unsent)
        self.unsent -= reported - lost
        if packets > 0:
            self.size = octets / packets + HEADER
        self.bitrate = 8 * (count - reported) * self.size / (now - self.at) if now > self.at else 0.0
        self.at, self.highest, self.newest = now, highest, newest
        self.packets, self.octets = slot.packets, slot.octets
        return count - reported, lost

    def is_past_mark(self) -> bool:
        """Whether what is told from now on was sent after the rate was lowered last.

        A mark is forgotten with that: numbers wrap, and half a turn later it would be ahead again.
        """
        if self.mark is not None and not _ahead(self.mark, self.highest):
            self.mark = None
        return self.mark is None


def _ahead(number: int, other: int) -> int:
    """How far a 16-bit number is ahead of another; 0 where it is behind."""
    ahead = (number - other) & 0xFFFF
    return ahead if ahead < 0x8000 else 0


def _newest(slot: SlotState) -> int:
    return slot.highest + slot.shift


class ReportEstimator:
    """`bitrate` in bit/s is the least of what loss, the round trip and the receiver's REMB allow.

    Nothing tries what the way carries, so that in calm the rate grows far beyond what is sent. Where loss says that it
    is too much, it is at most OVER_ACKNOWLEDGED times what arrives: one report after a cliff is enough. Packets that
    were sent before it was lowered tell how much arrives, and no more. `start` is what a way that is known from before
    carried then: as if it had just been told.
    """

    def __init__(self, start: float | None = None) -> None:
        self.loss = LossControl(START_BPS if start is None else min(start, START_BPS), CEILING_BPS)
        self.heard = start is not None
        self._remb = CEILING_BPS
        self._streams: dict[int, Reported] = {}
        self._sent = 0
        self._last_sr = 0
        self._least_s: float | None = None
        self._queue_s = 0.0
        self._standing_since: float | None = None

    @property
    def bitrate(self) -> float:
        return max(FLOOR_BPS, min(self.loss.rate, self._remb))

    def go_on(self) -> None:
        """What is told next is told of what goes out from now on."""
        self._streams.clear()
        self._standing_since = None

    def on_remb(self, bitrate: int) -> None:
        self.heard = True
        self._remb = float(max(FLOOR_BPS, min(CEILING_BPS, bitrate)))
        self.loss.lift(self._remb)

    def on_report(self, report: Report, slot: SlotState, sent: int) -> tuple[int, int]:
        """Take what is told of a slot's stream, or of its repairs, of which only what comes counts.

        Back come the packets of the stream that came since the report before, and those that were lost. Streams count
        by their packets, or a silent one would hide the loss of a picture. `sent` bytes went to the receiver so far.
        """
        self.heard = True
        now, ssrc, fraction_lost, highest = report[:4]
        stream = self._streams.get(ssrc)
        if stream is None:
            newest = _newest(slot)
            self._streams[ssrc] = Reported(slot, now, highest, slot.packets, slot.octets, newest, newest)
            return 0, 0
        since_mark = stream.is_past_mark()
        came, lost = stream.note(now, highest, fraction_lost)
        if ssrc != slot.ssrc:
            return 0, 0
        if since_mark:
            self._heed(now, came, lost, sent)
        elif stream.mark is not None and not _ahead(highest, stream.mark) and self._is_lossy(came, lost):
            self.loss.rate = max(FLOOR_BPS, min(self.loss.rate, SURELY * self._arrives(now)))
        return came, lost

    def on_round_trip(self, now: float, last_sr: int, seconds: float) -> None:
        """Take a measurement, by one sender report: a queue that stands has the rate lowered, once in DRAINS_S."""
        if not 0 < (last_sr - self._last_sr) & 0xFFFFFFFF < 0x80000000:
            return
        self._last_sr = last_sr
        least = self._least_s
        self._least_s = seconds if least is None else min(seconds, least + (seconds - least) * RISE)
        self._queue_s = seconds - self._least_s
        if self._queue_s < STANDING_S:
            self._standing_since = None
        elif self._standing_since is None:
            self._standing_since = now
        elif now - self._standing_since >= DRAINS_S:
            self.loss.rate = max(FLOOR_BPS, BACKOFF * min(self.loss.rate, self._arrives(now) or CEILING_BPS))
            self._mark(now)

    def _arrives(self, now: float) -> float:
        """bit/s of all streams that were told of lately, and what the link by itself takes of them on the way."""
        arrives = sum(stream.bitrate for stream in self._streams.values() if now - stream.at < LATELY_S)
        return arrives / (1 - min(MOST_OWN, self.loss.own))

    def _is_lossy(self, came: int, lost: int) -> bool:
        """Whether more is lost than the link loses by itself."""
        return bool(lost) and self.loss.beyond(lost / (came + lost)) > HIGH

    def _heed(self, now: float, came: int, lost: int, sent: int) -> None:
        """Follow the loss: not below what arrives, and not for what is over already."""
        loss, before = self.loss, self.loss.rate
        loss.feed(now, came, lost, sent - self._sent, self._queue_s)
        self._sent = sent
        if loss.rate >= before:
            return
        if loss.beyond(loss.latest) <= HIGH:
            loss.rate = before
            return
        arrives = self._arrives(now)
        most = OVER_ACKNOWLEDGED * arrives + OVER_ACKNOWLEDGED_BPS
        loss.rate = max(FLOOR_BPS, min(before, arrives), loss.rate * min(1.0, most / before))
        self._mark(now)

    def _mark(self, now: float) -> None:
        """The rate was lowered: what was sent before tells nothing of whether that is enough."""
        self._standing_since = now
        for stream in self._streams.values():
            stream.mark = _newest(stream.slot)
