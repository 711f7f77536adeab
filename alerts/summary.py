"""Telling the townships how far an alert has come; each time its ledger is checked."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.coverage import recount
from alerts.ledger import broken
from alerts.lookup import tell_coverages
from alerts.model import Alert, Coverage
from command.kernel.actor import system_actor

log = logging.getLogger(__name__)


def summarise_due(session: Session) -> int:
    """Tell the townships whose numbers have changed since they were last told; returns how many."""
    due = select(Alert).where(Alert.summary_due).with_for_update(skip_locked=True)
    return sum(_summarise(session, alert) for alert in session.scalars(due).all())


def _summarise(session: Session, alert: Alert) -> int:
    alert.summary_due = False
    session.flush()
    if not alert.on_board:
        return 0
    for account in broken(session, alert):
        log.critical("the ledger of alert %s does not hold: %s", alert.id, account)
    query = select(Coverage).where(Coverage.alert_id == alert.id).order_by(Coverage.id).with_for_update()
    changed = recount(session, alert, list(session.scalars(query)))
    tell_coverages(session, system_actor(alert.unit_id), alert, changed, "alert.progress")
    return len(changed)
