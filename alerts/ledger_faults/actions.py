"""What follows when an account was counted: that it broke is told once, and once that it holds again."""

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.ledger import Account
from alerts.ledger_faults.model import LedgerFault
from alerts.ledger_faults.queries import standing_faults
from alerts.model import Alert
from command.directory.queries import sight_of, unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import State

Broken = Mapping[tuple[str, str, str], Account]
"""Alert, act, channel → the account that does not hold."""


def settle(session: Session, now: datetime, looked: Collection[str], broken: Broken) -> None:
    """Keep and tell what the ledgers of the alerts `looked` through came to.

    The alerts' rows are held in one order, so that of two workers which look at once one tells.
    """
    held = select(Alert).where(Alert.id.in_(looked)).order_by(Alert.id).with_for_update()
    alerts = {one.id: one for one in session.scalars(held)}
    standing = {row.key: row for row in session.scalars(standing_faults().where(LedgerFault.alert_id.in_(looked)))}
    for key, row in standing.items():
        row.looked_at = now
        if key not in broken:
            row.ended_at = now
            _tell(session, system_actor(row.unit_id), row, "ledger_fault.ended")
    for key, account in broken.items():
        if key not in standing and key[0] in alerts:
            _raise(session, alerts[key[0]], account, now)


def acknowledge(session: Session, clock: Clock, actor: Actor, fault_id: str) -> LedgerFault:
    """Somebody has taken note, and it leaves the desk. Again changes nothing.

    Raises NotFound `ledger_fault.unknown`, Refused.
    """
    row = session.get(LedgerFault, fault_id, with_for_update=True) if is_id(fault_id) else None
    if row is None or not sight_of(session, actor).covers(row.unit_id):
        raise NotFound("ledger_fault.unknown", id=fault_id[:40])
    actor.need(Right.INCIDENT_ACKNOWLEDGE, unit_of(session, row.unit_id).path)
    if row.acknowledged is None and row.ended_at is None:
        row.acknowledged = {"by": actor.by(), "at": to_text(clock.now())}
        _tell(session, actor, row, "ledger_fault.acknowledged")
    return row


def _raise(session: Session, alert: Alert, account: Account, now: datetime) -> None:
    row = LedgerFault(
        id=new_id(),
        version=0,
        unit_id=alert.unit_id,
        alert_id=alert.id,
        headline=alert.headline,
        drill=alert.drill,
        act=account.act,
        channel=account.channel,
        counts=_counts(account),
        since=now,
        looked_at=now,
        acknowledged=None,
        ended_at=None,
    )
    session.add(row)
    _tell(session, system_actor(row.unit_id), row, "ledger_fault.raised")


def _counts(account: Account) -> State:
    return {name: getattr(account, name) for name in ("planned", "pending", "sent", "failed", "unknown")}


def _tell(session: Session, actor: Actor, row: LedgerFault, kind: str) -> None:
    row.version += 1
    record(session, actor, kind, unit=row.unit_id, body={"ledger_fault": row.state()})
