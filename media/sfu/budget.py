"""A bitrate for publishers that understand only REMB: from the loss on their way and, where they tell it, its queue."""

from media.rtp.sequence import unwrap
from media.sfu.delay import DelayDetector
from media.sfu.estimate import Estimator
from media.sfu.sent import OVERHEAD, Arrival, Row, Told

START_BPS = 1_200_000
FLOOR_BPS = 40_000
CEILING_BPS = 2_500_000
TICKS_PER_S = 1 << 18
TICK_BITS = 24
WORTH_TELLING = 0.95
SLIGHT_S = 0.1
EMPTIED_S = 2.0
"""A queue longer than SLIGHT_S is to be gone after so long."""
PAUSE_S = 5.0
"""Who sent nothing for so long may have another clock: its 24 bits wrap every 64 s."""


class Budget:
    """`bitrate` is what a publisher may send, bit/s: the less of what loss and delay allow. It begins with `start`."""

    def __init__(self, start: int = START_BPS) -> None:
        self._loss = LossBudget(start)
        self._delay = DelayBudget(start)
        self._announced = CEILING_BPS

    @property
    def bitrate(self) -> int:
        return int(min(CEILING_BPS, max(FLOOR_BPS, min(self._loss.bitrate, self._delay.bitrate))))

    def announce(self) -> int:
        """The bitrate, which the publisher is told now."""
        self._announced = self.bitrate
        return self._announced

    def note(self, now: float, sent: int, size: int) -> None:
        """A packet of `size` bytes came that tells when it was sent, in 6.18 fixed point (abs-send-time)."""
        self._delay.note(now, sent, size)

    def judge(self, now: float, round_trip_s: float) -> bool:
        """Take what was noted since the last call; whether it is so much less that the publisher is told at once."""
        self._delay.judge(now, round_trip_s)
        return self.bitrate < WORTH_TELLING * self._announced

    def update(self, fraction_lost: int) -> None:
        """Take the loss of the last second in 1/256."""
        self._loss.update(fraction_lost)


class LossBudget:
    """Grows by 8 % a second below 2 % loss, shrinks by half the loss above 10 % (draft-ietf-rmcat-gcc-02, 6)."""

    def __init__(self, start: int) -> None:
        self.bitrate = float(start)

    def update(self, fraction_lost: int) -> None:
        loss = fraction_lost / 256
        if loss < 0.02:
            self.bitrate *= 1.08
        elif loss > 0.10:
            self.bitrate *= 1 - loss / 2
        self.bitrate = min(CEILING_BPS, max(FLOOR_BPS, self.bitrate))


class DelayBudget:
    """The estimate that we make of receivers' ways (section 5), made here at the end of a publisher's way.

    The sender's clock and ours differ by a constant, which the spacing of packets does not know.
    """

    def __init__(self, start: int) -> None:
        self._estimator = Estimator(float("-inf"), start)
        self._came: list[Arrival] = []
        self._sent = 0
        self._last = float("-inf")

    @property
    def bitrate(self) -> float:
        """CEILING_BPS until something was told; less than what arrives while a queue stands, so that it empties."""
        if not self._estimator.heard:
            return CEILING_BPS
        standing = max(0.0, self._estimator.delay.queue_s - SLIGHT_S)
        return self._estimator.bitrate * max(0.5, 1 - standing / EMPTIED_S)

    def note(self, now: float, sent: int, size: int) -> None:
        """Take one packet; see `Budget.note`."""
        if now - self._last > PAUSE_S:
            self._came.clear()
            self._estimator.delay = DelayDetector()
            self._sent = sent
        self._last = now
        self._sent = unwrap(self._sent, sent, TICK_BITS)
        self._came.append((0, self._sent / TICKS_PER_S, now, size + OVERHEAD))

    def judge(self, now: float, round_trip_s: float) -> None:
        """Take what was noted; a queue of which nothing was heard for PAUSE_S has emptied."""
        if now - self._last > PAUSE_S and self._estimator.delay.queue_s:
            self._estimator.delay = DelayDetector()
        came, self._came = sorted(self._came, key=_sent_at), []
        if came:
            row = Row.of(came)
            octets, newest = sum(row.sizes), row.arrived[-1]
            self._estimator.on_feedback(now, Told((row,), len(came), now - round_trip_s, 0, octets, octets, newest, 0))


def _sent_at(one: Arrival) -> float:
    return one[1]
