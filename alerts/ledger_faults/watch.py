"""Counting ledgers, and keeping of which that they do not hold."""

import logging
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.ledger import Account, broken
from alerts.ledger_faults.actions import Broken, settle
from alerts.ledger_faults.model import LedgerFault
from alerts.ledger_faults.queries import standing_faults
from alerts.model import Alert
from command.kernel.clock import Clock
from command.kernel.db import Database

AGAIN_AFTER = timedelta(minutes=1)
"""A broken ledger is counted again so often, whether or not anything of its alert goes on: somebody may mend it."""

log = logging.getLogger(__name__)


def alerts_to_count_again(session: Session, now: datetime) -> set[str]:
    """The alerts whose ledgers did not hold a while ago."""
    due = select(LedgerFault.alert_id).where(LedgerFault.ended_at.is_(None), LedgerFault.looked_at <= now - AGAIN_AFTER)
    return set(session.scalars(due))


def check_ledgers(db: Database, clock: Clock, alerts: Collection[str]) -> None:
    """Look whether anybody is missing in alerts, ends and checks among them. An idle look takes no write lock."""
    with db.reading() as session:
        # Chunks and results are counted in several statements, which have to see one state.
        found = _broken(session, alerts)
        rows = session.scalars(standing_faults().where(LedgerFault.alert_id.in_(alerts))).all()
        now = clock.now()
        news = {row.key for row in rows} != found.keys() or any(row.looked_at <= now - AGAIN_AFTER for row in rows)
    if news:
        with db.writing() as session:
            settle(session, now, alerts, found)


def _broken(session: Session, alerts: Collection[str]) -> Broken:
    found: dict[tuple[str, str, str], Account] = {}
    for alert in session.scalars(select(Alert).where(Alert.id.in_(alerts))):
        for account in broken(session, alert):
            log.critical("the ledger of alert %s does not hold: %s", alert.id, account)
            found[alert.id, account.act, account.channel] = account
    return found
