"""The ledger of an alert that does not hold, or does again, as a worker's count found it."""

from alerts.ledger import Account
from alerts.ledger_faults.actions import settle
from alerts.ledger_faults.queries import standing_faults
from command.kernel.db import Database

LOST_ONE = Account("issue", "sms", 100, 0, 0, 99, 0, 0)


def ledger_fault(db: Database, alert_id: str) -> str:
    """One short message of a hundred has no result; the fault's id."""
    with db.writing() as session:
        settle(session, db.clock.now(), [alert_id], {(alert_id, LOST_ONE.act, LOST_ONE.channel): LOST_ONE})
        session.flush()
        return next(one.id for one in session.scalars(standing_faults()) if one.alert_id == alert_id)


def mended(db: Database, alert_id: str) -> None:
    with db.writing() as session:
        settle(session, db.clock.now(), [alert_id], {})
