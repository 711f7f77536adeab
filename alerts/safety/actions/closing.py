"""The end of a check: by a person, or when its time is over. Nobody is written to or called any more."""

from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from alerts.chunks import drop_unsent
from alerts.safety.actions.replying import stop_calls
from alerts.safety.actions.telling import tell
from alerts.safety.model import CLOSED, OPEN, SafetyCheck, asks_of
from alerts.safety.queries import to_change
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock


def close(session: Session, clock: Clock, actor: Actor, check_id: str) -> SafetyCheck:
    """End it; who has not replied stays named. NotFound, Refused, Conflict `safety.closed`."""
    check, _ = to_change(session, actor, check_id)
    _end(session, actor, check, clock.now())
    return check


def any_over(session: Session, now: datetime) -> bool:
    """Whether `close_over` would find something. Asked first: writing takes SQLite's write lock."""
    return session.scalars(_over(now).limit(1)).first() is not None


def close_over(session: Session, clock: Clock) -> int:
    """End the checks whose time is over; returns how many."""
    now = clock.now()
    ids = list(session.scalars(_over(now)))
    query = select(SafetyCheck).where(SafetyCheck.id.in_(ids), SafetyCheck.status == OPEN)
    rows = list(session.scalars(query.with_for_update(skip_locked=True)))
    for check in rows:
        _end(session, system_actor(check.unit_id), check, now)
    return len(rows)


def _over(now: datetime) -> Select[str]:
    return select(SafetyCheck.id).where(SafetyCheck.status == OPEN, SafetyCheck.closes_at <= now)


def _end(session: Session, actor: Actor, check: SafetyCheck, now: datetime) -> None:
    for ask in asks_of(check):
        if ask.get("alert"):
            drop_unsent(session, str(ask["alert"]))
    stop_calls(session, check, now)
    check.status, check.closed_at, check.closed_by = CLOSED, now, actor.by()
    check.version += 1
    tell(session, actor, check, "safety_check.closed")
