"""How a site of a meeting moves: the one table of states and steps, pure."""

from enum import StrEnum
from typing import Literal

Way = Literal["down", "up"]
"""What a site receives, what it sends."""


class SiteState(StrEnum):
    """Where a site stands; `lost` is a connection that broke and may come back, `left` went by itself."""

    RINGING = "ringing"
    ANSWERED = "answered"
    REFUSED = "refused"
    TIMED_OUT = "timed_out"
    JOINED = "joined"
    LOST = "lost"
    LEFT = "left"
    REMOVED = "removed"


class Step(StrEnum):
    """What can happen to a site."""

    RING = "ring"
    ANSWER = "answer"
    REFUSE = "refuse"
    TIME_OUT = "time_out"
    ENTER = "enter"
    CONNECT = "connect"
    LOSE = "lose"
    LEAVE = "leave"
    REMOVE = "remove"


PRESENT = frozenset({SiteState.ANSWERED, SiteState.JOINED, SiteState.LOST})
"""The states in which the bridge lets a site in."""

# A late answer counts as long as the meeting runs; whoever was removed comes back only by being rung again.
_TABLE: dict[Step, tuple[frozenset[SiteState], SiteState]] = {
    Step.RING: (frozenset(SiteState) - {SiteState.ANSWERED, SiteState.JOINED}, SiteState.RINGING),
    Step.ANSWER: (
        frozenset({SiteState.RINGING, SiteState.REFUSED, SiteState.TIMED_OUT, SiteState.LEFT}),
        SiteState.ANSWERED,
    ),
    Step.REFUSE: (frozenset({SiteState.RINGING, SiteState.TIMED_OUT}), SiteState.REFUSED),
    Step.TIME_OUT: (frozenset({SiteState.RINGING}), SiteState.TIMED_OUT),
    Step.ENTER: (frozenset({SiteState.LEFT}), SiteState.ANSWERED),
    Step.CONNECT: (frozenset({SiteState.ANSWERED, SiteState.LOST}), SiteState.JOINED),
    Step.LOSE: (frozenset({SiteState.JOINED}), SiteState.LOST),
    Step.LEAVE: (PRESENT, SiteState.LEFT),
    Step.REMOVE: (frozenset(SiteState) - {SiteState.REMOVED}, SiteState.REMOVED),
}

# Steps that a repeated message may ask for again: nothing changes, nothing is wrong.
_SETTLED: dict[Step, frozenset[SiteState]] = {
    Step.ANSWER: PRESENT,
    Step.ENTER: PRESENT,
    Step.REFUSE: frozenset({SiteState.REFUSED}),
    Step.LEAVE: frozenset({SiteState.LEFT}),
    Step.REMOVE: frozenset({SiteState.REMOVED}),
}


def moved(state: SiteState, step: Step) -> SiteState | None:
    """The state after `step`: the same one where the step is settled already, None where it is impossible."""
    sources, target = _TABLE[step]
    if state in sources:
        return target
    return state if state in _SETTLED.get(step, frozenset()) else None
