"""How much loss a sender should heed (draft-ietf-rmcat-gcc-02, 6), beside loss that a link has at any rate."""

from collections import deque

WINDOW_S = 0.5
LEAST_PACKETS = 20
WINDOWS = 20
HIGH, LOW = 0.10, 0.02
GROWTH = 1.05
CALM_QUEUE_S = 0.08
LESS = 0.75


class LossControl:
    """The loss-based rate: shrinks above HIGH loss, grows below LOW, holds between.

    Radio links lose packets at any rate: sending less saves none of them. What is lost in calm windows (no queue stood)
    at less than LESS of the greatest rate lately counts as the link's own, and only loss beyond it is heeded. While the
    rate has not been varied nothing is known, and all loss is heeded: so the rate falls until it shows what loss it is.
    `latest` is the loss of the last window.
    """

    def __init__(self, rate: float, ceiling: float) -> None:
        self.rate = rate
        self.fraction = 0.0
        self.latest = 0.0
        self._ceiling = ceiling
        self._came = 0
        self._lost = 0
        self._octets = 0
        self._began = float("-inf")
        self._windows: deque[tuple[float, float]] = deque(maxlen=WINDOWS)

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
        fraction, rate = self._lost / total, self._octets / elapsed
        self._came = self._lost = self._octets = 0
        self._began = now
        self.latest = fraction
        self._take(fraction, rate, queue_s)

    def _take(self, fraction: float, rate: float, queue_s: float) -> None:
        self.fraction += (fraction - self.fraction) / 2
        if queue_s < CALM_QUEUE_S:
            self._windows.append((rate, fraction))
        own = self._own()
        heeded = max(0.0, self.fraction - own) / max(0.05, 1 - own)
        if heeded > HIGH:
            self.rate *= 1 - heeded / 2
        elif heeded < LOW or (own and heeded < HIGH / 2):
            self.rate = min(self._ceiling, self.rate * GROWTH)

    def _own(self) -> float:
        """The mean loss of the calm windows at a low rate; 0 while there are none."""
        most = max((rate for rate, _ in self._windows), default=0.0)
        low = [fraction for rate, fraction in self._windows if 0 < rate < LESS * most]
        return sum(low) / len(low) if low else 0.0

    def lift(self, rate: float) -> None:
        """A probe has shown that `rate` gets through."""
        self.rate = max(self.rate, rate)
