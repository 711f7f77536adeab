"""Whether a queue grows on the way to a receiver, from the spacing of packets there (draft-ietf-rmcat-gcc-02, 5)."""

from collections.abc import Iterable, Sequence
from operator import mul
from typing import Literal

from media.sfu.sent import Burst
from media.sfu.spacing import POINTS, UNKNOWN, PlainSpacingState, SpacingState, feed_least
from media.sfu.state import NEVER

Usage = Literal["normal", "overuse", "underuse"]

BURST_S = 0.005
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


class DelayDetector:
    """Groups packets that were sent together, and fits a line through the delay that the groups pile up.

    Grouping: section 5.2. Instead of the Kalman filter of 5.3 the slope of a least squares line over the last POINTS
    groups, which needs no noise model; the threshold adapts itself as in 5.4, but with the gains that browsers use: the
    draft's 0.01 and 0.00018 would keep it high for minutes. `queue_s` is how much longer the newest group was on its
    way than the fastest of the last BASE_WINDOW_S to twice that: a queue that stands but does not grow has no gradient,
    and is overuse too when it is longer than STANDING_S. Below SLIGHTEST_S it is the receiver's own unevenness,
    whatever its slope. `newest_s` is how much longer the newest packet was on its way than the fastest of LATELY_S:
    a queue that fills within one feedback is seen before a group is complete, and a way that became longer is none.
    """

    def __init__(self, state: SpacingState | None = None) -> None:
        self.state = state or PlainSpacingState()
        self.usage: Usage = "normal"
        self._threshold_ms = FIRST_THRESHOLD_MS
        self._judged_ms = 0.0
        self._over_ms = 0.0
        self._slope = 0.0

    @property
    def queue_s(self) -> float:
        """How much longer the newest group was on its way than the fastest of late."""
        return self.state.queue_s

    @property
    def newest_s(self) -> float:
        """The same of the newest packet."""
        return self.state.newest_s

    def feed(self, bursts: Iterable[Burst]) -> None:
        """Take what one feedback tells of, in order of sending; `usage` and `queue_s` are anew after it.

        One group: sent within BURST_S, or arriving in a burst that made up for a delay before it.
        """
        state = self.state
        before = state.groups
        closed: list[tuple[float, float]] = []
        first, last, latest = state.first, state.last, state.latest
        for sent, arrived, newest in bursts:
            if sent - first > BURST_S and (not 0 <= arrived - latest <= BURST_S or arrived - latest >= sent - last):
                closed.append((last, latest))
                first = last = sent
                latest = newest
            elif sent >= first:
                if sent > last:
                    last = sent
                if newest > latest:
                    latest = newest
        state.first, state.last, state.latest = first, last, latest
        self._pile(closed)
        if state.base.newer != UNKNOWN:
            state.queue_s = state.way - min(state.base.older, state.base.newer)
            state.newest_s = latest - last - feed_least(state.lately, LATELY_S, latest, latest - last)
        self.judge(before)

    def _pile(self, closed: Sequence[tuple[float, float]]) -> None:
        """These groups are complete, left and came at these times: what their spacing adds to the pile.

        The clocks differ by a constant that nobody knows; the least difference lately stands for an empty queue.
        """
        state, base = self.state, self.state.base
        former_sent, former_arrived = state.former_sent, state.former_arrived
        piled, smooth, groups = state.piled_ms, state.smooth_ms, state.groups
        for sent, arrived in closed:
            if sent == NEVER:
                continue
            feed_least(base, BASE_WINDOW_S, arrived, arrived - sent)
            if former_sent != NEVER and arrived >= former_arrived:
                piled += ((arrived - former_arrived) - (sent - former_sent)) * 1000
                smooth = SMOOTHING * smooth + (1 - SMOOTHING) * piled
                place = groups % POINTS
                state.at_ms[place], state.value_ms[place] = arrived * 1000, smooth
                groups += 1
            former_sent, former_arrived = sent, arrived
        if former_sent != NEVER:
            state.way = former_arrived - former_sent
        state.former_sent, state.former_arrived = former_sent, former_arrived
        state.piled_ms, state.smooth_ms, state.groups = piled, smooth, groups

    def judge(self, before: int) -> None:
        """Set `usage` by what came since there were `before` groups."""
        groups = self.state.groups
        if groups == before:
            return
        xs, ys = self._points()
        at = xs[-1]
        span, self._judged_ms = at - self._judged_ms, at
        if len(xs) < 3:
            return
        slope = _slope(xs, ys)
        trend = slope * min(groups, MAX_WEIGHT) * GAIN
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

    def _points(self) -> tuple[list[float], list[float]]:
        """The last points, the oldest first: times of arrival, and what was piled up."""
        state = self.state
        xs, ys, oldest = list(state.at_ms), list(state.value_ms), state.groups % POINTS
        if state.groups < POINTS:
            return xs[:oldest], ys[:oldest]
        return xs[oldest:] + xs[:oldest], ys[oldest:] + ys[:oldest]

    def _adapt(self, trend_ms: float, span_ms: float) -> None:
        if trend_ms > self._threshold_ms + MAX_STEP_MS:
            return
        gain = GAIN_DOWN if trend_ms < self._threshold_ms else GAIN_UP
        self._threshold_ms += gain * (trend_ms - self._threshold_ms) * min(span_ms, MAX_ADAPT_MS)
        self._threshold_ms = min(THRESHOLD_MS[1], max(THRESHOLD_MS[0], self._threshold_ms))


def _slope(xs: list[float], ys: list[float]) -> float:
    """The slope of the least squares line through points; 0 when they all stand above each other."""
    count = len(xs)
    middle_x, middle_y = sum(xs) / count, sum(ys) / count
    right = [x - middle_x for x in xs]
    across = sum(map(mul, right, right))
    return sum(map(mul, right, [y - middle_y for y in ys])) / across if across else 0.0
