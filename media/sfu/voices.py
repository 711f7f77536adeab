"""How many voices a receiver gets: all, as long as they fit; one always."""

VOICE_BPS = 50_000.0
SHARE = 0.95
HEADROOM = 0.85
HOLD_S = 2.0


class Voices:
    """`count` voices at most are sent.

    It falls at once, and rises by one when there has been room for HOLD_S, then by one more every half of it.
    """

    def __init__(self, most: int) -> None:
        self.count = self._most = max(1, most)
        self._each = VOICE_BPS
        self._tight_at = float("-inf")

    def fit(self, now: float, bitrate: float | None, speech: float, wanted: int) -> bool:
        """Follow the estimate; whether `count` changed. Rates in bit/s; `speech` is what is sent of `wanted` voices."""
        before = self.count
        if bitrate is None:
            self.count = self._most
            return self.count != before
        self._each = max(VOICE_BPS, speech / max(1, min(self.count, wanted)))
        fits = max(1, int(bitrate * SHARE / self._each))
        if fits < min(self.count, wanted):
            self.count = fits
        if (self.count + 1) * self._each > bitrate * SHARE * HEADROOM:
            self._tight_at = now
        elif self.count < self._most and now - self._tight_at >= HOLD_S:
            self.count += 1
            self._tight_at = now - HOLD_S / 2
        return self.count != before

    def missing_bps(self, wanted: int) -> float:
        """What the voices would take that are wanted and not sent."""
        return max(0, wanted - self.count) * self._each
