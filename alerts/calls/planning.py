"""Timers that have run out become calls and messages, in one transaction that reaches nobody by itself."""

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.calls.grouping import Attempt, Wish, grouped
from alerts.calls.model import CALLING, CLAIMED, PENDING, TOLD, CallAttempt, CallPart, Obligation
from alerts.calls.people import Addressees, Somebody, addressees
from alerts.calls.plans import policy_by
from alerts.calls.policy import DEPUTY, HOLDER, VISIT, VOICE, Policy
from alerts.calls.progress import Action, Progress, hurried, proceed
from alerts.calls.queries import in_the_way
from alerts.calls.telling import tell
from alerts.model import RECEIVED, Alert
from alerts.texts import RECEIPT
from command.directory.model import Post
from command.kernel.actor import system_actor
from command.kernel.clock import Clock, to_text
from command.kernel.ids import new_id
from command.kernel.values import State

log = logging.getLogger(__name__)

MOST_AT_ONCE = 200
ENGAGED = timedelta(seconds=10)
"""How long an obligation waits for a person who is being called for another one."""

FAULTY = timedelta(seconds=60)
"""How long it waits where it could not be planned."""

STILL_TALKING = timedelta(seconds=30)
"""How long it waits where its own call still waits for a line or goes on."""


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is due for one obligation: where it goes on, and whom to reach by what."""

    row: Obligation
    after: Progress
    action: Action | None
    somebody: Somebody | None
    wishes: tuple[Wish, ...]

    @property
    def called(self) -> str | None:
        """The id of the person whose telephone is to ring."""
        return self.somebody.id if self.somebody and self.action and self.action.call else None


def is_due(session: Session, now: datetime) -> bool:
    """Whether a timer has run out. Asked first, because planning takes SQLite's write lock."""
    return session.scalars(select(Obligation.id).where(Obligation.due_at <= now).limit(1)).first() is not None


def plan_due(session: Session, clock: Clock) -> int:
    """Take up to 200 obligations whose time has come; returns how many calls and messages wait for a worker.

    Other obligations of a holder who is called now are taken along: one call, and all is said.
    """
    now = clock.now()
    query = select(Obligation).where(Obligation.due_at <= now).order_by(Obligation.due_at, Obligation.id)
    due = list(session.scalars(query.limit(MOST_AT_ONCE).with_for_update(skip_locked=True)))
    talking = _with_live_call(session, [row.id for row in due])
    for row in due:
        if row.id in talking:
            row.take(replace(row.progress(), due_at=now + STILL_TALKING), now)
    due = [row for row in due if row.id not in talking]
    if not due:
        return 0
    found = addressees(session, [row.post_id for row in due], lock=True)
    along = _held_by_the_same(session, due, found, now)
    found = addressees(session, [row.post_id for row in (*due, *along)], lock=True) if along else found
    policies = _policies(session, (*due, *along))
    told = _told_by_fan_out(session, due)
    plans = _planned(due, policies, found, told, now)
    called = {plan.called for plan in plans} - {None}
    taken = _planned(along, policies, found, told, now)
    return _carry_out(session, [*plans, *(plan for plan in taken if plan.called in called)], now)


def _planned(
    rows: Iterable[Obligation],
    policies: Mapping[tuple[str | None, str], Policy],
    found: Addressees,
    told: Collection[str],
    now: datetime,
) -> list[_Plan]:
    """One that cannot be planned, whatever is wrong with it, is left for later: the others must not wait for it."""
    plans: list[_Plan] = []
    for row in rows:
        try:
            plans.append(_plan(row, policies[row.plan_id, row.level], found, told, now))
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("obligation %s cannot be planned", row.id)
            row.due_at = now + FAULTY
    return plans


def _policies(session: Session, rows: Iterable[Obligation]) -> dict[tuple[str | None, str], Policy]:
    kinds = {(row.plan_id, row.level) for row in rows}
    return {kind: policy for kind in kinds if (policy := policy_by(session, *kind)) is not None}


def _plan(row: Obligation, policy: Policy, found: Addressees, told: Collection[str], now: datetime) -> _Plan:
    after, action = proceed(hurried(row.progress(), now), policy, found.reach(row.post_id), now)
    somebody = found.of(row.post_id, action.whom) if action and action.whom != VISIT else None
    if action is None or somebody is None:
        return _Plan(row, after, action, None, ())
    known = told if action.whom in (HOLDER, DEPUTY) else ()
    tell = [channel for channel in action.tell if f"{row.alert_id}:{channel}" not in known]
    wishes = [
        Wish(row.id, action.whom, somebody.id, somebody.addresses[channel], channel, row.drill)
        for channel in (*tell, *([VOICE] if action.call else []))
    ]
    return _Plan(row, after, action, somebody, tuple(wishes))


def _carry_out(session: Session, plans: Sequence[_Plan], now: datetime) -> int:
    wishes = [wish for plan in plans for wish in plan.wishes]
    ringing, waiting = _telephones(session, [wish.address for wish in wishes if wish.channel == VOICE])
    engaged = {wish.obligation for wish in grouped(wishes, ringing)[1]}
    attempts, _ = grouped((wish for wish in wishes if wish.obligation not in engaged), ringing)
    names = {plan.somebody.id: plan.somebody.name for plan in plans if plan.somebody}
    for attempt in attempts:
        _add(session, attempt, names[attempt.person], waiting, now)
    for plan in plans:
        if plan.row.id in engaged:
            before = plan.row.progress()
            plan.row.take(replace(before, due_at=max(now + ENGAGED, before.due_at or now)), now)
        else:
            _take(session, plan, now)
    session.flush()
    return len(attempts)


def _take(session: Session, plan: _Plan, now: datetime) -> None:
    row, action = plan.row, plan.action
    row.take(plan.after, now)
    actor = system_actor(row.alert_unit_id)
    if action is None:
        return
    if action.whom == VISIT:
        row.visit = {"ordered_at": to_text(now), "unit": row.township_id, "done_at": None}
        tell(session, actor, [row], "obligation.visit_ordered")
    elif plan.somebody is not None:
        row.calls += 1 if action.call else 0
        row.doing = doing(action, plan.somebody, now)
        tell(session, actor, [row], "calling.called" if action.call else "calling.told")


def doing(action: Action, somebody: Somebody, now: datetime) -> State:
    """The public form of what is being done."""
    return {
        "state": CALLING if action.call else TOLD,
        "whom": action.whom,
        "name": somebody.name,
        "channels": [*action.tell, *([VOICE] if action.call else [])],
        "outcome": None,
        "at": to_text(now),
        "next_at": None,
    }


def _add(
    session: Session, attempt: Attempt, name: str, waiting: dict[tuple[str, bool], CallAttempt], now: datetime
) -> None:
    """A new attempt, or more parts for a call that waits for a free line."""
    row = waiting.get((attempt.address, attempt.drill)) if attempt.channel == VOICE else None
    if row is None:
        row = new_attempt(attempt.person, name, attempt.address, attempt.channel, attempt.drill, now)
        session.add(row)
        session.flush()
    there = set(session.scalars(select(CallPart.obligation_id).where(CallPart.attempt_id == row.id)))
    session.add_all(
        CallPart(attempt_id=row.id, obligation_id=obligation, whom=whom)
        for obligation, whom in attempt.parts
        if obligation not in there
    )


def new_attempt(person: str, name: str, address: str, channel: str, drill: bool, now: datetime) -> CallAttempt:
    """A call or message that waits for a worker."""
    return CallAttempt(
        id=new_id(),
        person_id=person,
        name=name,
        address=address,
        channel=channel,
        drill=drill,
        state=PENDING,
        fence=0,
        created_at=now,
        heard="open",
        asks=RECEIPT,
        detail="",
    )


def _telephones(
    session: Session, addresses: Iterable[str]
) -> tuple[dict[tuple[str, bool], str], dict[tuple[str, bool], CallAttempt]]:
    """The telephones that ring or are to be rung, with who is wanted there, and the calls that wait for a line."""
    query = select(CallAttempt).where(CallAttempt.channel == VOICE, CallAttempt.address.in_(set(addresses)))
    rows = list(session.scalars(query.where(in_the_way()).with_for_update()))
    ringing = {(row.address, row.drill): row.person_id if row.state == PENDING else "" for row in rows}
    return ringing, {(row.address, row.drill): row for row in rows if row.state == PENDING}


def _held_by_the_same(
    session: Session, due: Sequence[Obligation], found: Addressees, now: datetime
) -> list[Obligation]:
    """Obligations not due yet of posts that somebody holds who may be called now."""
    ids = found.people()
    posts = select(Post.id).where(Post.active, Post.holder_id.in_(ids))
    query = select(Obligation).where(Obligation.post_id.in_(posts), Obligation.due_at > now)
    rows = list(session.scalars(query.order_by(Obligation.id).with_for_update(skip_locked=True)))
    talking = _with_live_call(session, [row.id for row in rows])
    return [row for row in rows if row.id not in talking]


def _with_live_call(session: Session, obligations: Sequence[str]) -> frozenset[str]:
    query = select(CallPart.obligation_id).join(CallAttempt, CallAttempt.id == CallPart.attempt_id)
    live = query.where(CallAttempt.channel == VOICE, CallAttempt.state.in_((PENDING, CLAIMED)))
    return frozenset(session.scalars(live.where(CallPart.obligation_id.in_(obligations))))


def _told_by_fan_out(session: Session, rows: Sequence[Obligation]) -> frozenset[str]:
    """`alert:channel` of messages that the alert's own fan-out sends to everybody in its area."""
    query = select(Alert).where(Alert.id.in_({row.alert_id for row in rows}), Alert.origin != RECEIVED)
    return frozenset(
        f"{alert.id}:{channel}"
        for alert in session.scalars(query)
        for channel in (alert.channels if isinstance(alert.channels, list) else ())
    )
