"""Whether a queue grows on the way to a receiver, from the spacing of packets there (draft-ietf-rmcat-gcc-02, 5)."""

from collections import deque
from collections.abc import Iterable
from operator import mul
from typing import Literal

from media.sfu.sent import Arrival

Usage = Literal["normal", "overuse", "underuse"]

BURST_S = 0.005
NEVER = float("-inf")
WINDOW = 20
SMOOTHING = 0.9
GAIN = 4.0
MAX_WEIGHT = 60
FIRST_THRESHOLD_MS = 12.5
THRESHOLD_MS = (6.0, 600.0)
GAIN_UP, GAIN_DOWN = 0.0087, 0.039
MAX_STEP_MS = 15.0
MAX_ADAPT_MS = 100.0
OVERUSE_MS = 10.0
BASE_WINDOW_S = 10.0
LATELY_S = 1.0
STANDING_S = 0.25
SLIGHTEST_S = 0.008


class Least:
    """The least of what came in the last `window_s` to twice that."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._found: deque[tuple[float, float]] = deque(maxlen=2)

    def feed(self, at: float, value: float) -> float:
        """Take a value; the least."""
        found = self._found
        if not found or at - found[-1][0] > self._window_s:
            found.append((at, value))
        elif value < found[-1][1]:
            found[-1] = (found[-1][0], value)
        return min(entry[1] for entry in found)


class DelayDetector:
    """Groups packets that were sent together, and fits a line through the delay that the groups pile up.

    Grouping: section 5.2. Instead of the Kalman filter of 5.3 the slope of a least squares line over the last WINDOW
    groups, which needs no noise model; the threshold adapts itself as in 5.4, but with the gains that browsers use: the
    draft's 0.01 and 0.00018 would keep it high for minutes. `queue_s` is how much longer the newest group was on its
    way than the fastest of the last BASE_WINDOW_S to twice that: a queue that stands but does not grow has no gradient,
    and is overuse too when it is longer than STANDING_S. Below SLIGHTEST_S it is the receiver's own unevenness,
    whatever its slope. `newest_s` is how much longer the newest packet was on its way than the fastest of LATELY_S:
    a queue that fills within one feedback is seen before a group is complete, and a way that became longer is none.
    """

    def __init__(self) -> None:
        self.usage: Usage = "normal"
        self.queue_s = 0.0
        self.newest_s = 0.0
        self._group = (NEVER, NEVER, NEVER)
        self._former: tuple[float, float] | None = None
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW)
        self._piled_ms = 0.0
        self._smooth_ms = 0.0
        self._groups = 0
        self._threshold_ms = FIRST_THRESHOLD_MS
        self._judged_ms = 0.0
        self._over_ms = 0.0
        self._slope = 0.0
        self._base: deque[tuple[float, float]] = deque(maxlen=2)
        self._lately = Least(LATELY_S)
        self._way = 0.0

    def feed(self, came: Iterable[Arrival]) -> None:
        """Take what one feedback tells of, in order of sending; `usage` and `queue_s` are anew after it.

        One group: sent within BURST_S, or arriving in a burst that made up for a delay before it.
        """
        before = self._groups
        first, last, latest = self._group
        for _number, sent, arrived, _size in came:
            if sent - first > BURST_S and (not 0 <= arrived - latest <= BURST_S or arrived - latest >= sent - last):
                self._close(last, latest)
                first = last = sent
                latest = arrived
            elif sent >= first:
                if sent > last:
                    last = sent
                if arrived > latest:
                    latest = arrived
        self._group = (first, last, latest)
        if self._base:
            self.queue_s = self._way - min(self._base)[0]
            self.newest_s = latest - last - self._lately.feed(latest, latest - last)
        if self._groups > before:
            self._judge()

    def _close(self, sent: float, arrived: float) -> None:
        """A group is complete: what its spacing adds to the pile."""
        if sent == NEVER:
            return
        former, self._former = self._former, (sent, arrived)
        self._note_base(arrived, arrived - sent)
        if former is None or arrived < former[1]:
            return
        self._groups += 1
        self._piled_ms += ((arrived - former[1]) - (sent - former[0])) * 1000
        self._smooth_ms = SMOOTHING * self._smooth_ms + (1 - SMOOTHING) * self._piled_ms
        self._points.append((arrived * 1000, self._smooth_ms))

    def _note_base(self, arrived: float, way: float) -> None:
        """The clocks differ by a constant that nobody knows; the least difference lately stands for an empty queue."""
        base, self._way = self._base, way
        if not base or arrived - base[-1][1] > BASE_WINDOW_S:
            base.append((way, arrived))
        elif way < base[-1][0]:
            base[-1] = (way, base[-1][1])

    def _judge(self) -> None:
        at = self._points[-1][0]
        span, self._judged_ms = at - self._judged_ms, at
        if len(self._points) < 3:
            return
        slope = _slope(self._points)
        trend = slope * min(self._groups, MAX_WEIGHT) * GAIN
        if trend > self._threshold_ms and self.queue_s > SLIGHTEST_S:
            self._over_ms += span
            growing = slope >= self._slope or self.queue_s > STANDING_S
            self.usage = "overuse" if self._over_ms > OVERUSE_MS and growing else self.usage
        else:
            self._over_ms = 0.0
            self.usage = "underuse" if trend < -self._threshold_ms else "normal"
            if self.usage == "normal" and self.queue_s > STANDING_S:
                self.usage = "overuse"
        self._slope = slope
        self._adapt(abs(trend), span)

    def _adapt(self, trend_ms: float, span_ms: float) -> None:
        if trend_ms > self._threshold_ms + MAX_STEP_MS:
            return
        gain = GAIN_DOWN if trend_ms < self._threshold_ms else GAIN_UP
        self._threshold_ms += gain * (trend_ms - self._threshold_ms) * min(span_ms, MAX_ADAPT_MS)
        self._threshold_ms = min(THRESHOLD_MS[1], max(THRESHOLD_MS[0], self._threshold_ms))


def _slope(points: deque[tuple[float, float]]) -> float:
    """The slope of the least squares line through `points`; 0 when they all stand above each other."""
    count = len(points)
    xs, ys = zip(*points, strict=True)
    middle_x, middle_y = sum(xs) / count, sum(ys) / count
    right = [x - middle_x for x in xs]
    across = sum(map(mul, right, right))
    return sum(map(mul, right, [y - middle_y for y in ys])) / across if across else 0.0
