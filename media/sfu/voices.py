"""How many voices a receiver gets: all, as long as they fit; one always. No picture takes the room that one lacks."""

VOICE_BPS = 50_000.0
SHARE = 0.95
HOLD_S, LONGEST_HOLD_S = 2.0, 32.0
REPENTED_S = 8.0


class Voices:
    """`count` voices at most are sent of those that are `wanted`.

    It falls at once where what they take is too much, and rises by one when one more has fitted beside that, with
    pictures away, for HOLD_S, then by one more every half of it; where that was regretted it waits twice as long. Who
    is quiet takes little: what comes of the voices is measured, and only those that are not sent yet are guessed.
    """

    def __init__(self, most: int) -> None:
        self.count = self._most = max(1, most)
        self.wanted = 0
        self._measured = 0
        self._each = VOICE_BPS
        self._hold_s = HOLD_S
        self._tight_at = self._rose_at = float("-inf")

    @property
    def sent(self) -> int:
        """How many go out."""
        return min(self.count, self.wanted)

    def fit(self, now: float, bitrate: float | None, speech: float) -> bool:
        """Follow the estimate; whether `count` changed. Rates in bit/s; `speech` is what the voices took of late."""
        before = self.count
        if bitrate is None:
            self.count = self._most
        else:
            self._each = max(VOICE_BPS, speech / max(1, self.sent))
            self._follow(now, self._fits(bitrate * SHARE, speech))
        self._measured = self.sent
        return self.count != before

    def _fits(self, carried: float, speech: float) -> int:
        """How many do; those that have just been added are not in `speech` yet."""
        if speech > carried:
            return max(1, int(carried * self.sent / speech))
        if self.sent > self._measured:
            return max(1, self._measured + int((carried - speech) / VOICE_BPS), int(carried / VOICE_BPS))
        return max(1, self.sent + int((carried - speech) / self._each))

    def _follow(self, now: float, fits: int) -> None:
        if fits < self.sent:
            repented = now - self._rose_at < REPENTED_S
            self._hold_s = min(LONGEST_HOLD_S, 2 * self._hold_s) if repented else HOLD_S
            self.count, self._tight_at = fits, now
        elif fits <= self.count:
            self._tight_at = now
        elif self.count < self._most and now - self._tight_at >= self._hold_s:
            self.count += 1
            self._rose_at, self._tight_at = now, now - self._hold_s / 2

    @property
    def missing_bps(self) -> float:
        """What the voices would take that are wanted and not sent."""
        return (self.wanted - self.sent) * self._each

    def reserved(self, bitrate: float, speech: float) -> float:
        """What pictures leave free for them, bit/s; nothing where not even one more would fit without pictures."""
        return self.missing_bps if bitrate * SHARE - speech >= self._each else 0.0
