"""How much loss a sender should heed (draft-ietf-rmcat-gcc-02, 6), beside loss that a link has at any rate."""

from collections import deque
from collections.abc import Sequence
from math import hypot, sqrt
from typing import NamedTuple

WINDOW_S = 0.5
LEAST_PACKETS = 20
WINDOWS = 20
HIGH, LOW = 0.10, 0.02
GROWTH = 1.05
CALM_QUEUE_S = 0.08
LESS = 0.75
LEAST_BYTES_PER_S = 7_500
"""Hardly more than one voice: nobody sends less, so that what is lost then is the link's own."""
SURELY_LOST, SURELY_NOT = 50, 200
"""Packets at a low rate that show a link to lose more of its own than was thought, and less."""
FORGOTTEN = 0.003
CHANCE = 2.0
"""What a count strays from its mean by chance counts for nothing within so many standard deviations."""


class Window(NamedTuple):
    """What became of the packets of a while, sent at `rate` bytes a second."""

    rate: float
    packets: int
    lost: int

    @property
    def share(self) -> float:
        return self.lost / self.packets if self.packets else 0.0


class LossControl:
    """The loss-based rate: shrinks above HIGH loss, grows below LOW, holds between.

    Radio links lose packets at any rate: sending less saves none of them. `own` is what calm windows (no queue stood)
    at less than LESS of the greatest rate lately lose, as far as those at higher rates do not lose more: only loss
    beyond it is heeded. While the rate has not been varied nothing is known, and all loss is heeded: so the rate falls
    until it shows what loss it is. That is known as long as nothing speaks against it. `latest` is the loss of the last
    window.
    """

    def __init__(self, rate: float, ceiling: float) -> None:
        self.rate = rate
        self.fraction = 0.0
        self.latest = 0.0
        self.own = 0.0
        self._ceiling = ceiling
        self._came = 0
        self._lost = 0
        self._octets = 0
        self._began = float("-inf")
        self._windows: deque[Window] = deque(maxlen=WINDOWS)

    def feed(self, now: float, came: int, lost: int, octets: int, queue_s: float) -> None:
        """Take the counts of one feedback or report; `queue_s` is the delay that a queue adds on the way.

        `octets` were sent, whether they came or not; 0 where that is not known.
        """
        self._came += came
        self._lost += lost
        self._octets += octets
        total, elapsed = self._came + self._lost, now - self._began
        if elapsed < WINDOW_S or total < LEAST_PACKETS:
            return
        window = Window(self._octets / elapsed, total, self._lost)
        self._came = self._lost = self._octets = 0
        self._began = now
        self._take(window, queue_s)

    def beyond(self, fraction: float) -> float:
        """How much is lost of what the link by itself would have carried, where `fraction` is lost in all."""
        return max(0.0, fraction - self.own) / max(0.05, 1 - self.own)

    def lift(self, rate: float) -> None:
        """A probe has shown that `rate` gets through."""
        self.rate = max(self.rate, rate)

    def _take(self, window: Window, queue_s: float) -> None:
        self.latest = window.share
        self.fraction += (self.latest - self.fraction) / 2
        if queue_s < CALM_QUEUE_S:
            self._windows.append(window)
            self._learn()
        # `fraction` is the mean of about three windows.
        heeded = self.beyond(self.fraction - CHANCE * _chance(self.own, 3 * window.packets))
        if heeded > HIGH:
            self.rate *= 1 - heeded / 2
        elif heeded < LOW or (self.own and heeded < HIGH / 2):
            self.rate = min(self._ceiling, self.rate * GROWTH)

    def _learn(self) -> None:
        """`own` anew, or a little less of it while the rate does not vary."""
        bound = max(LEAST_BYTES_PER_S, LESS * max(window.rate for window in self._windows))
        low = _all([window for window in self._windows if 0 < window.rate < bound])
        if not low.packets:
            self.own *= 1 - FORGOTTEN
            return
        own = _at_rest(low, _all([window for window in self._windows if window.rate >= bound]))
        enough = SURELY_LOST if own > self.own else SURELY_NOT
        self.own += (own - self.own) * min(1.0, low.packets / enough)


def _at_rest(low: Window, high: Window) -> float:
    """The share that would be lost if hardly anything were sent: along the line through what two rates lose."""
    both = _all((low, high)).share
    chance = CHANCE * hypot(_chance(both, low.packets), _chance(both, high.packets))
    steeper = max(0.0, high.share - low.share - chance)
    return max(0.0, low.share - steeper * low.rate / max(1.0, high.rate - low.rate))


def _all(windows: Sequence[Window]) -> Window:
    """One window of all of them, at their mean rate."""
    rate = sum(window.rate for window in windows) / max(1, len(windows))
    return Window(rate, sum(window.packets for window in windows), sum(window.lost for window in windows))


def _chance(share: float, packets: int) -> float:
    """How far the loss of so many packets strays from `share` by chance: one standard deviation."""
    return sqrt(share * (1 - share) / packets) if packets else 0.0
