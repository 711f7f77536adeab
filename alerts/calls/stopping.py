"""Calls that nobody needs any more: they end with their alert, are dropped, and whoever is speaking is hung up on."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.calls.model import CLAIMED, DROPPED, PENDING, CallAttempt, CallPart, Obligation
from alerts.calls.progress import ACTED, CONFIRMED, ended
from alerts.calls.telling import tell
from alerts.model import Alert
from command.kernel.actor import Actor


def drop_idle_attempts(session: Session, obligations: Collection[str], now: datetime, keep: str | None = None) -> int:
    """Drop the attempts all of whose obligations are settled or ended; returns how many.

    Only attempts for one of `obligations` are looked at; `keep` stays: in it the answer was given. A worker that holds
    a dropped one finds its fence gone and hangs up.
    """
    mine = exists().where(CallPart.attempt_id == CallAttempt.id, CallPart.obligation_id.in_(obligations))
    wanted = (
        select(CallPart.attempt_id)
        .join(Obligation, Obligation.id == CallPart.obligation_id)
        .where(CallPart.attempt_id == CallAttempt.id)
        .where(Obligation.mark.not_in((CONFIRMED, ACTED)), Obligation.ended_at.is_(None))
    ).exists()
    idle = [CallAttempt.state.in_((PENDING, CLAIMED)), mine, ~wanted, *([CallAttempt.id != keep] if keep else [])]
    dropped = (
        sql_update(CallAttempt)
        .where(*idle)
        .values(state=DROPPED, outcome="stopped", fence=CallAttempt.fence + 1, ended_at=now)
    )
    return len(list(session.scalars(dropped.returning(CallAttempt.id))))


def end_obligations(session: Session, actor: Actor, alert: Alert, status: str, now: datetime) -> None:
    """The alert has ended: so do its calls. A visit that was ordered stands until somebody reports of it."""
    query = select(Obligation).where(Obligation.alert_id == alert.id, Obligation.ended_at.is_(None))
    rows = list(session.scalars(query.order_by(Obligation.id).with_for_update()))
    stopped = [row for row in rows if ended(row.progress(), alert.kind, status).ended]
    for row in stopped:
        row.take(ended(row.progress(), alert.kind, status), now)
        row.on_board = row.visit_open
    session.flush()
    drop_idle_attempts(session, [row.id for row in stopped], now)
    tell(session, actor, stopped, "calling.ended")
