"""On which tier a site stands, and why: from what its line carries and loses, with patience. Pure, times come in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from media.sfu.tiers import TIERS, TOP, Tier

Why = Literal["all", "thin", "lossy"]
"""Why a site stands where it does: its line sets no limit, carries too little, loses too much."""

KEPT = 0.7
HEADROOM = 0.85
DOWN_S = 1.5
DWELL_S = 3.0
UP_S = 4.0
LONGEST_UP_S = 64.0
TRIAL_S = 15.0
REPENTED_S = 15.0
DIP_S = 5.0
PROVED_S = 10.0
GROWN = 1.1
CALM_LOSS = 0.85


@dataclass(frozen=True, slots=True)
class Need:
    """What a tier takes of the line, bit/s: its voices, and its least worthwhile pictures."""

    speech: float
    picture: float = 0.0


@dataclass(frozen=True, slots=True)
class Measured:
    """`carries` is what the line carries, bit/s; None where nothing is known to limit it. `loss` is a share.

    `needs` has one for each tier, the last of which is given in any case. `proven` False: nothing tries whether the
    line carries more than is sent, so that only an attempt can tell. `waits`: what was sent stands in a queue, or
    nobody knows whether it does.
    """

    carries: float | None
    needs: Sequence[Need]
    loss: float = 0.0
    proven: bool = True
    waits: bool = True


class Ladder:
    """Goes down when a tier has not fitted for DOWN_S, at once as far as needed; up by one when it fits with HEADROOM.

    Up needs UP_S in which it always did, TRIAL_S where only an attempt can tell: that goes on while nothing waits and
    `carries` has GROWN again after DIP_S, with moving pictures for PROVED_S at most. Who had to go down again within
    REPENTED_S waits twice as long the next time. Between any two changes lie at least DWELL_S.
    """

    def __init__(self, now: float) -> None:
        self.tier = TOP
        self.why: Why = "all"
        self.since = now
        self._changed_at = float("-inf")
        self._rose_at = float("-inf")
        self._short_since: float | None = None
        self._fits_since: float | None = None
        self._patience = 1.0
        self._tries = False
        self._least = float("inf")
        self._grew = False

    def step(self, now: float, measured: Measured) -> bool:
        """Take a measurement; whether the tier changed. To be called a few times a second."""
        deserved = lowest(measured, self.tier.level)
        if deserved > self.tier.level:
            self._fits_since = None
            self._short_since = now if self._short_since is None else self._short_since
            if self._goes_on(now, measured):
                return False
            return self._waited(now, self._short_since, DOWN_S) and self._fall(now, deserved, measured)
        self._short_since = None
        if self.tier is TOP or not _allows(measured, self.tier.level - 1):
            self._fits_since = None
            return False
        self._fits_since = now if self._fits_since is None else self._fits_since
        wait = min(LONGEST_UP_S, (UP_S if measured.proven else TRIAL_S) * self._patience)
        return self._waited(now, self._fits_since, wait) and self._rise(now, measured.proven)

    def go_on_from(self, now: float, tier: Tier, why: Why) -> None:
        """Stand where another one's measurements have brought the site, and go on from there."""
        if tier is not self.tier:
            self.why = why
            self._stand(now, tier)

    def _waited(self, now: float, since: float, seconds: float) -> bool:
        return now - since >= seconds and now - self._changed_at >= DWELL_S

    def _fall(self, now: float, level: int, measured: Measured) -> bool:
        repented = now - self._rose_at < REPENTED_S
        self._patience = min(LONGEST_UP_S, self._patience * 2) if repented else 1.0
        self.why = "lossy" if measured.loss > self.tier.most_loss else "thin"
        return self._stand(now, TIERS[level])

    def _rise(self, now: float, proven: bool) -> bool:
        tier = TIERS[self.tier.level - 1]
        if tier is TOP:
            self.why = "all"
        self._stand(now, tier)
        self._rose_at, self._tries, self._least, self._grew = now, not proven, float("inf"), False
        return True

    def _goes_on(self, now: float, measured: Measured) -> bool:
        """Whether an attempt does. A browser's estimate falls whenever what is sent changes, then grows in seconds, but
        where little is sent no further than half as much again; what arrives all the same is carried."""
        age, carries = now - self._rose_at, measured.carries or 0.0
        self._least = min(self._least, carries)
        self._grew = self._grew or carries >= GROWN * self._least
        if not self._tries or measured.waits or measured.loss > self.tier.most_loss:
            return False
        return age < DIP_S or (self._grew and (age < PROVED_S or not measured.proven))

    def _stand(self, now: float, tier: Tier) -> bool:
        self.tier, self.since, self._changed_at = tier, now, now
        self._short_since = self._fits_since = None
        self._tries = False
        return True


def lowest(measured: Measured, level: int) -> int:
    """The first level from `level` downwards that still holds: the greater the budget, the higher."""
    last = len(TIERS) - 1
    return next((number for number in range(level, last) if _holds(measured, number)), last)


def _holds(measured: Measured, level: int) -> bool:
    """A picture that runs goes on a little longer than a new one would begin."""
    need, carries = measured.needs[level], measured.carries
    if measured.loss > TIERS[level].most_loss:
        return False
    return carries is None or carries >= need.speech + KEPT * need.picture


def _allows(measured: Measured, level: int) -> bool:
    need, carries = measured.needs[level], measured.carries
    if measured.loss > CALM_LOSS * TIERS[level].most_loss:
        return False
    if not measured.proven:
        return True
    return carries is None or carries * HEADROOM >= need.speech + need.picture
