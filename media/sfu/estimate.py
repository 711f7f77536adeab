"""How much one receiver's way carries, from its feedback. Pure: times come in, a bitrate goes out."""

from collections import deque
from itertools import chain

from media.sfu.delay import DelayDetector
from media.sfu.loss import LossControl
from media.sfu.sent import Told
from media.sfu.spacing import SpacingState

START_BPS = 1_000_000.0
FLOOR_BPS = 30_000.0
CEILING_BPS = 200_000_000.0
BACKOFF = 0.85
GROWTH_PER_S = 1.08
OVER_ACKNOWLEDGED = 1.5
OVER_ACKNOWLEDGED_BPS = 10_000.0
HALF_PACKET_BITS = 4_800.0
ACKNOWLEDGED_S = 0.5
PEAK_S = 0.18
FIRST_ROUND_TRIP_S = 0.1
RESPONSE_S = 0.1
WINDOW_SLACK_S = 0.35
SURGE_S = 0.03
SURGE_OCTETS = 1_500
BRAKE = 10.0
LEAST_WINDOW = 4_000
SILENCE_S = 1.5
NEAR = (0.8, 1.15)
SLIGHT_S = 0.05
DISPROVED = 1.3
"""So many times an estimate cannot have arrived without a queue if it were true."""


def resumed(bitrate: float) -> float:
    """Where an estimate begins for a way that is known from before, by the one that it had then, bit/s.

    A thin way is as thin as it was; of a fat one no more than half is taken for granted, as in
    draft-ietf-tsvwg-careful-resume, since it may have been broken for having become thin.
    """
    return min(bitrate, max(START_BPS, bitrate / 2))


class Acknowledged:
    """The rate that arrives, on the receiver's clock, bit/s; 0 until two feedbacks have come.

    `bitrate` over the last ACKNOWLEDGED_S. `peak` is the greater of it and the rate over the last PEAK_S: after a pause
    in sending the long window shows what was sent, the short one what the way carries.
    """

    def __init__(self) -> None:
        self.bitrate = 0.0
        self.peak = 0.0
        self._spans: deque[tuple[float, int]] = deque()
        self._octets = 0

    def feed(self, told: Told) -> None:
        spans, newest = self._spans, told.newest
        self._octets += told.arrived
        if spans and newest <= spans[-1][0]:
            spans[-1] = (spans[-1][0], self._octets)
            return
        spans.append((newest, self._octets))
        while len(spans) > 2 and newest - spans[1][0] >= ACKNOWLEDGED_S:
            spans.popleft()
        self.bitrate = self._since(spans[0])
        short = next((span for span in reversed(spans) if newest - span[0] >= PEAK_S), spans[0])
        self.peak = max(self.bitrate, self._since(short))

    def _since(self, span: tuple[float, int]) -> float:
        at, octets = self._spans[-1]
        return 8 * (octets - span[1]) / (at - span[0]) if at > span[0] else 0.0


class Estimator:
    """Delay-based rate control (draft-ietf-rmcat-gcc-02, 5.5) and loss-based (6): the less of both, `bitrate` in bit/s.

    Where the draft's sender offers what it is allowed to, a bridge often has less to send: the rate then neither falls
    nor grows beyond OVER_ACKNOWLEDGED times what arrives, and probes (media.sfu.probe) find out whether there is more.
    `beside` is what arrives on the same way by other connections that we send on, bit/s: it has part of the room.
    """

    def __init__(self, now: float, start: float = START_BPS, spacing: SpacingState | None = None) -> None:
        self.delay = DelayDetector(spacing)
        self.loss = LossControl(start, CEILING_BPS)
        self.acknowledged = Acknowledged()
        self.round_trip_s: float | None = None
        self.heard = False
        self.beside = 0.0
        self._rate = start
        self._controlled_at = now
        self._decreased_at = float("-inf")
        self._heard_at = now
        self._capacity = 0.0
        self._holding = False
        self._before_silence: float | None = None

    @property
    def told(self) -> float:
        """What it was when something was told last: silence says nothing of how much a way carries."""
        return self.bitrate if self._before_silence is None else self._before_silence

    @property
    def bitrate(self) -> float:
        return min(self._rate, self.loss.rate)

    @property
    def window(self) -> float:
        """Bytes that may be on their way before video is held back: what fills the way, and some slack.

        The slack goes as a queue grows beyond SURGE_S and a packet: a cliff is braked at before its rate is known.
        """
        rate = self.bitrate / 8
        surge = max(0.0, self.delay.newest_s - SURGE_S - SURGE_OCTETS / rate)
        way = (self.round_trip_s or FIRST_ROUND_TRIP_S) + max(0.0, WINDOW_SLACK_S - BRAKE * surge)
        return max(LEAST_WINDOW, rate * way)

    def on_feedback(self, now: float, told: Told) -> None:
        """Take what feedback tells."""
        if not told.count:
            return
        self.heard = True
        self._heard_at = now
        self._before_silence = None
        self._note_round_trip(now - told.sent_at)
        self.acknowledged.feed(told)
        if told.groups < 0:
            self.delay.feed(chain.from_iterable(row.bursts for row in told.came))
        else:
            self.delay.judge(told.groups)
        self.loss.feed(now, told.count, told.lost, told.octets, self.delay.queue_s)
        self._control(now)

    def lift(self, bitrate: float) -> None:
        """A probe came through at `bitrate`: it fits."""
        if bitrate > self._rate:
            self._rate = min(bitrate, CEILING_BPS)
            self._capacity = 0.0
        self.loss.lift(min(bitrate, CEILING_BPS))

    def on_tick(self, now: float, in_flight: int) -> bool:
        """Halve the rate for every SILENCE_S without feedback on what was sent; whether it was halved now."""
        if not self.heard or not in_flight or now - self._heard_at < SILENCE_S:
            return False
        self._heard_at = now
        self._before_silence = self.told
        self._rate = max(FLOOR_BPS, self.bitrate / 2)
        return True

    def go_on(self, now: float) -> None:
        """Nobody tells anything for a while; then it goes on from where it was told last, as after a new beginning."""
        self._rate = resumed(self.told)
        self._before_silence = None
        self._heard_at = now
        self.acknowledged = Acknowledged()

    def _note_round_trip(self, seconds: float) -> None:
        """The least of late: the receiver's wait before it tells and the queue are in each sample."""
        former = self.round_trip_s
        self.round_trip_s = seconds if former is None else min(seconds, former + (seconds - former) * 0.02)

    def _control(self, now: float) -> None:
        elapsed, self._controlled_at = min(1.0, now - self._controlled_at), now
        usage = self.delay.usage
        if usage == "overuse":
            self._decrease(now)
        elif usage == "underuse":
            self._holding = True
        elif self._holding:
            self._holding = False
        else:
            self._increase(elapsed)
        if usage == "normal" and self.delay.queue_s < SLIGHT_S:
            self._believe(self.acknowledged.bitrate)
        self._rate = min(CEILING_BPS, max(FLOOR_BPS, self._rate))
        self.loss.rate = min(max(FLOOR_BPS, self.loss.rate), self._rate * OVER_ACKNOWLEDGED)

    def _believe(self, arrives: float) -> None:
        """More arrives than was thought possible, and nothing waits: a way that is not paced carries it."""
        if arrives > DISPROVED * self.bitrate:
            self.lift(arrives)

    def _decrease(self, now: float) -> None:
        self._holding = True
        arrives = self.acknowledged.peak
        if not arrives or now - self._decreased_at < RESPONSE_S + (self.round_trip_s or FIRST_ROUND_TRIP_S):
            return
        self._decreased_at = now
        lower = BACKOFF * (arrives + self.beside)
        if self.delay.queue_s < SLIGHT_S:
            # Little is sent and hardly a queue stands: what arrives says nothing of what the way carries.
            lower = max(lower, BACKOFF * self._rate)
        if lower < self._rate:
            self._rate = lower
            self._capacity = lower / BACKOFF

    def _increase(self, elapsed: float) -> None:
        """By 8 % a second far from the last known capacity, by half a packet in a response time near it."""
        limit = OVER_ACKNOWLEDGED * (self.acknowledged.bitrate + self.beside) + OVER_ACKNOWLEDGED_BPS
        if self._rate >= limit:
            return
        low, high = NEAR
        if self._capacity and low * self._capacity < self._rate < high * self._capacity:
            response = RESPONSE_S + (self.round_trip_s or FIRST_ROUND_TRIP_S)
            grown = self._rate + HALF_PACKET_BITS / response * elapsed
        else:
            grown = self._rate * GROWTH_PER_S**elapsed
        self._rate = min(grown, limit)
