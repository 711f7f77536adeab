"""Telling the townships how far an alert has come."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.claims import in_hand
from alerts.coverage import recount
from alerts.lookup import tell_coverages
from alerts.model import Alert, Chunk, Coverage
from command.kernel.actor import system_actor


def summarise_due(session: Session, now: datetime) -> int:
    """Tell the townships whose numbers have changed since they were last told; returns how many.

    A summary stays due while chunks are sent, and is not asked for by each: that would have all workers wait for each
    other at the alert's row. A chunk and its results change at once, so that what is counted after nothing was in
    hand any more is all.
    """
    due = select(Alert).where(Alert.summary_due).with_for_update(skip_locked=True)
    return sum(_summarise(session, alert, now) for alert in session.scalars(due).all())


def _summarise(session: Session, alert: Alert, now: datetime) -> int:
    active = select(Chunk.id).where(Chunk.alert_id == alert.id, in_hand(now)).limit(1)
    alert.summary_due = session.scalars(active).first() is not None
    session.flush()
    if not alert.on_board:
        return 0
    query = select(Coverage).where(Coverage.alert_id == alert.id).order_by(Coverage.id).with_for_update()
    changed = recount(session, alert, list(session.scalars(query)))
    tell_coverages(session, system_actor(alert.unit_id), alert, changed, "alert.progress")
    return len(changed)
