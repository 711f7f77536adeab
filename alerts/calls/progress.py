"""How far an obligation has come, and what is to be done next. Values and a clock in, values out.

The marks: *open* → *reached* (a device has the message, or the telephone was picked up) → *answered* (somebody
pressed a key) → *confirmed* (and said to be the one who is called) → *acted*. Only *confirmed* settles it:
voicemail never presses a key, and whoever else picks up says so or says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.calls.policy import DEPUTY, HOLDER, MESSAGES, VISIT, VOICE, Policy, Step

OPEN, REACHED, ANSWERED, CONFIRMED, ACTED = "open", "reached", "answered", "confirmed", "acted"
MARKS = (OPEN, REACHED, ANSWERED, CONFIRMED, ACTED)

GENTLE = -1
"""The lap before the first, where nobody is called yet."""

GENTLE_WAIT = timedelta(seconds=180)
"""So long who knows the former text has to read and confirm the changed one before the telephone rings."""

LONGEST_CALL = timedelta(seconds=300)
"""By then a call is over or its worker is gone: the obligation goes on without its result."""

Reach = Mapping[str, frozenset[str]]
"""Whom (holder, deputy, superior) → the channels by which that person can be reached now; nobody: absent."""


@dataclass(frozen=True, slots=True)
class Progress:
    """`step` and `tried` say where in the policy it is, `lap` how often the policy was gone through, from GENTLE or 0.

    `due_at` is when the next thing is to be done, None where nothing is any more.
    """

    mark: str = OPEN
    step: int = 0
    tried: int = 0
    lap: int = 0
    due_at: datetime | None = None
    ended: bool = False

    @property
    def settled(self) -> bool:
        """Whether the right person has answered."""
        return MARKS.index(self.mark) >= MARKS.index(CONFIRMED)

    @property
    def live(self) -> bool:
        """Whether somebody is still to be called for it."""
        return not self.settled and not self.ended


@dataclass(frozen=True, slots=True)
class Action:
    """Messages and, where `call`, a telephone call to `whom`; or a visit to be ordered (`whom` is `visit`)."""

    whom: str
    tell: tuple[str, ...] = ()
    call: bool = False


def begin(now: datetime, *, known: bool = False) -> Progress:
    """A fresh obligation: due at once. `known`: its holder has just confirmed what this one changes."""
    return Progress(lap=GENTLE if known else 0, due_at=now)


def proceed(progress: Progress, policy: Policy, reach: Reach, now: datetime) -> tuple[Progress, Action | None]:
    """What is due now, and how it goes on. None where nothing is due or nobody is left to be called this lap.

    A person who cannot be reached by any channel of a step is passed over.
    """
    if not progress.live or progress.due_at is None or progress.due_at > now:
        return progress, None
    if progress.lap == GENTLE:
        return _gently(progress, policy, reach, now)
    at, tried = progress.step, progress.tried
    while at < len(policy.steps):
        step = policy.steps[at]
        action = _action(step, tried, progress.lap, reach) if tried < step.tries else None
        if action is not None:
            later = replace(progress, step=at, tried=tried + 1)
            return replace(later, due_at=now + _until_next(step, later, action)), action
        at, tried = at + 1, 0
    rest = now + timedelta(seconds=policy.again_s)
    return replace(progress, step=0, tried=0, lap=progress.lap + 1, due_at=rest), None


def _gently(progress: Progress, policy: Policy, reach: Reach, now: datetime) -> tuple[Progress, Action | None]:
    """All messages of the policy to the holder and no call; who does not confirm by them is called as usual."""
    told = {channel for step in policy.steps if step.whom == HOLDER for channel in step.tell}
    ways = tuple(channel for channel in MESSAGES if channel in told & reach.get(HOLDER, frozenset()))
    usual = replace(progress, lap=0)
    if not ways:
        return proceed(usual, policy, reach, now)
    return replace(usual, due_at=now + GENTLE_WAIT), Action(HOLDER, ways)


def over(progress: Progress, policy: Policy, now: datetime, *, hopeless: bool = False) -> Progress:
    """A call came to its end without settling it: wait as the policy says.

    `hopeless` (no such number) leaves out the step's other tries.
    """
    if not progress.live:
        return progress
    step = policy.steps[progress.step]
    tried = max(progress.tried, 1)
    later = now + timedelta(seconds=step.wait_after(tried))
    return replace(progress, tried=step.tries if hopeless else progress.tried, due_at=later)


def marked(progress: Progress, mark: str) -> Progress:
    """A sign from the other end. Marks never go back; from *confirmed* on nobody is called any more."""
    best = max(progress.mark, mark, key=MARKS.index)
    later = replace(progress, mark=best)
    return replace(later, due_at=None) if later.settled else later


def hurried(progress: Progress, now: datetime) -> Progress:
    """The next thing is to be done now: the person is being called anyway."""
    return replace(progress, due_at=now) if progress.live else progress


def ended(progress: Progress, kind: str, status: str) -> Progress:
    """What the end of its alert does: the calls end.

    An evacuation order that merely ran out goes on being called for: the danger does not read the clock.
    """
    if kind == "evacuation" and status == "expired":
        return progress
    return replace(progress, ended=True, due_at=None)


def _action(step: Step, tried: int, lap: int, reach: Reach) -> Action | None:
    if step.whom == VISIT:
        return Action(VISIT) if lap == 0 else None
    if lap and step.whom not in (HOLDER, DEPUTY):
        return None
    ways = reach.get(step.whom, frozenset())
    tell = tuple(channel for channel in step.tell if channel in ways) if tried == lap == 0 else ()
    call = step.call and VOICE in ways
    return Action(step.whom, tell, call) if tell or call else None


def _until_next(step: Step, progress: Progress, action: Action) -> timedelta:
    # While a call runs its own end sets the time; this one counts where that never comes.
    return LONGEST_CALL if action.call else timedelta(seconds=step.wait_after(progress.tried))
