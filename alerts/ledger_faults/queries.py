"""Reading which ledgers do not hold."""

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from alerts.ledger_faults.model import LedgerFault
from command.directory.queries import Sight
from command.kernel.values import State


def standing_faults() -> Select[LedgerFault]:
    """Those that have not been found to hold again."""
    return select(LedgerFault).where(LedgerFault.ended_at.is_(None)).order_by(LedgerFault.id)


def board_faults(session: Session, sight: Sight) -> list[State]:
    """Those of which nobody has taken note, for whoever may read the alert's unit."""
    rows = session.scalars(standing_faults())
    return [row.state() for row in rows if row.acknowledged is None and sight.covers(row.unit_id)]


def count_faults(session: Session) -> int:
    """How many accounts do not hold, noted or not."""
    found = session.scalar(select(func.count()).select_from(LedgerFault).where(LedgerFault.ended_at.is_(None)))
    return found or 0
