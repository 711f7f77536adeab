"""The share of packets that are lost on a way, as it is lately."""

WINDOW_S = 1.0
LEAST_PACKETS = 30
RISE, FALL = 0.6, 0.3


class LossShare:
    """`share` follows what is fed, sooner up than down; the first window counts in full."""

    def __init__(self, rise: float = RISE, fall: float = FALL) -> None:
        self._rise, self._fall = rise, fall
        self.share = 0.0
        self._came = 0.0
        self._lost = 0.0
        self._began: float | None = None
        self._settled = False

    def feed(self, now: float, came: float, lost: float) -> bool:
        """Take what became of some packets (or any other measure of both); whether `share` is anew."""
        if self._began is None:
            self._began = now
        self._came += came
        self._lost += lost
        total = self._came + self._lost
        if now - self._began < WINDOW_S or total < LEAST_PACKETS:
            return False
        fresh = self._lost / total
        pace = (self._rise if fresh > self.share else self._fall) if self._settled else 1.0
        self.share += (fresh - self.share) * pace
        self._came = self._lost = 0.0
        self._began, self._settled = now, True
        return True
