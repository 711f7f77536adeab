"""What is told of a receiver's line, and when it is worth telling anew."""

from dataclasses import dataclass

from media.sfu.ladder import Why
from media.sfu.tiers import Tier

RETOLD_S, RETOLD_CHANGE = 1.0, 0.1


@dataclass(frozen=True, slots=True)
class TierChanged:
    """Where a participant stands on the ladder as a receiver. `carries` is what its line carries, bit/s, if known."""

    participant: str
    tier: Tier
    why: Why
    carries: float | None


@dataclass(slots=True)
class Carries:
    """What a line carried when that was told, bit/s."""

    bitrate: float | None = None
    at: float = float("-inf")

    def is_old(self, now: float, bitrate: float | None) -> bool:
        """Whether it is worth telling anew."""
        if bitrate is None or self.bitrate is None:
            return bitrate is not self.bitrate
        return now - self.at >= RETOLD_S and abs(bitrate - self.bitrate) > RETOLD_CHANGE * self.bitrate
