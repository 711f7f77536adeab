"""What is told of a receiver's line, when it is worth telling anew, and what is remembered of it for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from media.sfu.allocate import Decision, Want
from media.sfu.ladder import Why
from media.sfu.shedding import Stage
from media.sfu.tiers import Tier

RETOLD_S, RETOLD_CHANGE = 1.0, 0.1
REMEMBERED_S = 120.0


@dataclass(frozen=True, slots=True)
class TierChanged:
    """Where a participant stands on the ladder as a receiver. `carries` is what its line carries, bit/s, if known."""

    participant: str
    tier: Tier
    why: Why
    carries: float | None


RestsFor = Literal["line", "node"]
"""What a picture rests for: the receiver's line carries no more, or the node is late and gives it up."""


@dataclass(frozen=True, slots=True)
class RestsChanged:
    """The sites whose pictures a participant looks for and is not sent, and what each rests for."""

    participant: str
    sites: Mapping[str, RestsFor]


def resting(wants: Sequence[Want], decisions: Mapping[int, Decision], stage: Stage) -> dict[str, RestsFor]:
    """Which pictures that are seen, and are sent here, get nothing at all while the node stands on `stage`."""
    return {
        want.source: "line" if stage.tier.moves and want.rank <= stage.most_rank else "node"
        for want in wants
        if want.source is not None and want.top is not None and want.steps and decisions[want.slot].step is None
    }


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


@dataclass(frozen=True, slots=True)
class Former:
    """Where a participant stood when its last connection ended, `at` that time and by that `line` (0: not known).

    `down` is the estimate of what its line carries, `up` what it was allowed to send, bit/s; None where nothing was
    told, and where it finds out for itself.
    """

    at: float
    line: int
    down: float | None
    up: int | None
    tier: Tier
    why: Why

    def is_of(self, now: float, line: int) -> bool:
        """Whether a connection by `line` may go on from there: the same line, not long ago."""
        return line == self.line and now - self.at <= REMEMBERED_S
