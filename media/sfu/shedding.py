"""What a node that is late gives up, step by step, and when it takes it back. Pure, times come in."""

from dataclasses import dataclass
from typing import Literal

from media.sfu.tiers import BY_NAME, TOP, Tier

StageName = Literal["open", "full", "360p", "180p", "fewer_frames", "first_pictures", "audio", "one_voice"]
ALL_RANKS, FIRST_RANK = 3, 0


@dataclass(frozen=True, slots=True)
class Stage:
    """`level` counts from 0, where nothing is given up.

    Every receiver stands on `tier` at least; pictures of a rank above `most_rank` (media.sfu.wants) are not sent at
    all. `voices` is the number of voices at most, None for all.
    """

    level: int
    name: StageName
    tier: Tier = TOP
    most_rank: int = ALL_RANKS
    voices: int | None = None


OPEN = Stage(0, "open")
STAGES = (
    OPEN,
    Stage(1, "full"),
    Stage(2, "360p", tier=BY_NAME["360p"]),
    Stage(3, "180p", tier=BY_NAME["180p"]),
    Stage(4, "fewer_frames", tier=BY_NAME["fewer_frames"]),
    Stage(5, "first_pictures", tier=BY_NAME["fewer_frames"], most_rank=FIRST_RANK),
    Stage(6, "audio", tier=BY_NAME["audio"]),
    Stage(7, "one_voice", tier=BY_NAME["audio"], voices=1),
)
STAGE_BY_NAME: dict[str, Stage] = {stage.name: stage for stage in STAGES}

FULL_S = 0.06
SHED_S = 0.1
CALM_S = 0.02
WINDOW_S = 0.25
DRAINING = 0.9
"""A queue that is by so much shorter than a window ago: what was given up is enough, it only takes its time."""
REST_S = 4.0
LONGEST_REST_S = 64.0
REPENTED_S = 10.0


def limit(stage: Stage) -> float:
    """How late the loop may stand on the stage before the next one is taken, seconds."""
    return FULL_S if stage is OPEN else SHED_S


class Load:
    """Follows how late the loop is, in seconds, as it is measured some dozen times a second.

    One stage on when the loop was later than its limit for WINDOW_S without a break (a queue that stands, no burst), or
    when a socket overflowed in that time. One back after REST_S in which it was never later than CALM_S; who had to go
    on again within REPENTED_S of going back rests twice as long the next time.
    """

    def __init__(self, now: float) -> None:
        self.stage = OPEN
        self.lag_s = 0.0
        """The least of the last window; at least `FULL_S` where a socket overflowed in it."""
        self._window_at = now
        self._least = float("inf")
        self._overflowed = False
        self._calm_since: float | None = now
        self._went_back_at = float("-inf")
        self._rest_s = REST_S

    @property
    def lets_in(self) -> bool:
        """Whether newcomers may come: to be in with a small picture beats standing outside until all is well."""
        return self.stage is OPEN or self.lag_s < FULL_S

    def step(self, now: float, lag_s: float, *, overflowed: bool = False) -> bool:
        """Take one measurement; whether the stage changed. `overflowed`: packets were lost since the last one."""
        self._note_calm(now, lag_s, overflowed)
        self._least = min(self._least, lag_s)
        self._overflowed = self._overflowed or overflowed
        if now - self._window_at < WINDOW_S:
            return self._go_back(now)
        drains = self._least < DRAINING * self.lag_s and not self._overflowed
        late = (self._least >= limit(self.stage) and not drains) or self._overflowed
        self.lag_s = max(FULL_S, self._least) if self._overflowed else self._least
        self._least, self._window_at, self._overflowed = float("inf"), now, False
        if late and self.stage is not STAGES[-1]:
            self._go_on(now)
            return True
        return self._go_back(now)

    def _note_calm(self, now: float, lag_s: float, overflowed: bool) -> None:
        if lag_s > CALM_S or overflowed:
            self._calm_since = None
        elif self._calm_since is None:
            self._calm_since = now

    def _go_on(self, now: float) -> None:
        repented = now - self._went_back_at < REPENTED_S
        self._rest_s = min(LONGEST_REST_S, 2 * self._rest_s) if repented else self._rest_s
        self.stage = STAGES[self.stage.level + 1]

    def _go_back(self, now: float) -> bool:
        if self.stage is OPEN:
            if now - self._went_back_at > LONGEST_REST_S:
                self._rest_s = REST_S
            return False
        if self._calm_since is None or now - self._calm_since < self._rest_s:
            return False
        self.stage = STAGES[self.stage.level - 1]
        self._calm_since = self._went_back_at = now
        return True
