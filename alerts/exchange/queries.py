"""Reading what went out to the platform and what was answered."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.cap.cn_dialect import is_dialect_identifier
from alerts.exchange.model import CapReceipt, DialectExport
from alerts.lookup import alert_for
from alerts.model import CapMessage
from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.errors import NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import State

RECEIPTS = ("Ack", "Error")
"""Types of messages that only answer others (CAP 1.2 §3.2.1)."""


def takes_receipt(kept: CapMessage) -> bool:
    """Whether a message that came in is one of the platform's, and none that is a receipt itself."""
    return is_dialect_identifier(kept.identifier) and kept.msg_type not in RECEIPTS


def exports_of_alert(session: Session, alert_id: str) -> list[State]:
    """What went out of an alert, in order."""
    query = select(DialectExport).join(CapMessage, CapMessage.id == DialectExport.message_id)
    query = query.where(CapMessage.alert_id == alert_id, CapMessage.direction == "out")
    return [row.state() for row in session.scalars(query.order_by(DialectExport.id))]


def receipts_of_alert(session: Session, alert_id: str) -> list[State]:
    """What others answered to an alert's messages, in order."""
    query = select(CapReceipt).where(CapReceipt.alert_id == alert_id).order_by(CapReceipt.id)
    return [row.state() for row in session.scalars(query)]


def exports_of_message(session: Session, message_id: str) -> list[State]:
    """Our receipts for a message that came in, in order."""
    query = select(DialectExport).where(DialectExport.message_id == message_id).order_by(DialectExport.id)
    return [row.state() for row in session.scalars(query)]


def export_for(session: Session, actor: Actor, export_id: str) -> DialectExport:
    """One export for whoever may read its alert, or the message it answers.

    Raises NotFound `cn_dialect.unknown`, `alert.unknown`, Refused.
    """
    row = session.get(DialectExport, export_id) if is_id(export_id) else None
    if row is None:
        raise NotFound("cn_dialect.unknown", id=export_id[:40])
    kept = session.get_one(CapMessage, row.message_id)
    if kept.direction == "out":
        alert_for(session, actor, kept.alert_id or "")
    elif county_of_reader(session, actor).id != kept.unit_id:
        raise NotFound("cn_dialect.unknown", id=export_id[:40])
    return row


def county_of_reader(session: Session, actor: Actor) -> Unit:
    """The county whose messages the actor may read. Raises Refused `access.refused`."""
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.CAP_MESSAGE_READ, unit.path)
    return county_of(session, unit)


def gone_out(session: Session, identifiers: Iterable[str], sender_code: str) -> dict[str, str]:
    """Of our messages of these identifiers, those that went out to the platform, and under which identifier.

    One that went out under several codes is named by this one where it can be.
    """
    query = select(CapMessage.identifier, DialectExport)
    query = query.join(DialectExport, DialectExport.message_id == CapMessage.id)
    query = query.where(CapMessage.direction == "out", CapMessage.identifier.in_(list(identifiers)))
    rows = [(identifier, export) for identifier, export in session.execute(query)]
    rows.sort(key=lambda row: (row[1].sender_code == sender_code, row[1].id))
    return {identifier: export.identifier for identifier, export in rows}


def answered(session: Session, county: Unit, identifiers: Iterable[str]) -> dict[str, str]:
    """Of these identifiers those of the county's own messages, in either form: the alert's id → the identifier."""
    named = list(identifiers)
    ours = select(CapMessage.alert_id, CapMessage.identifier).where(CapMessage.identifier.in_(named))
    theirs = select(CapMessage.alert_id, DialectExport.identifier)
    theirs = theirs.join(DialectExport, DialectExport.message_id == CapMessage.id)
    theirs = theirs.where(DialectExport.identifier.in_(named))
    found: dict[str, str] = {}
    for query in (ours, theirs):
        query = query.join(Unit, Unit.id == CapMessage.unit_id).where(Unit.path.startswith(county.path))
        for alert_id, identifier in session.execute(query.where(CapMessage.direction == "out")):
            found[str(alert_id)] = str(identifier)
    return dict(sorted(found.items()))
