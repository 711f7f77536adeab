"""Messages that end others: a Cancel or an Update and what it refers to, whichever of the two comes first.

References are matched by identifier, among messages of one sender and status: senders repeat wrong times in them. What
was sent before a message does not end it: nobody refers to what is not written yet, and identifiers come again.
A Cancel counts for more than an Update, so that the order in which they come changes nothing.
"""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.authority.standing import ORIGIN
from alerts.calls.stopping import end_obligations
from alerts.cap.message import Message
from alerts.chunks import plan_chunks
from alerts.lookup import tell
from alerts.model import CHANGED, END, LIFTED, RECEIVED, Alert, CapMessage
from alerts.told import proof_of, told_of
from command.directory.model import Unit
from command.kernel.actor import Actor

_ENDED = {"Cancel": LIFTED, "Update": CHANGED}


def end_referred(session: Session, actor: Actor, county: Unit, message: Message, now: datetime) -> None:
    """End the received alerts that a message whose author counts refers to, where it is a Cancel or an Update."""
    status = _ENDED.get(message.msg_type)
    if status is None:
        return
    ended = (RECEIVED, CHANGED) if status == LIFTED else (RECEIVED,)
    query = (
        select(Alert)
        .where(Alert.origin == RECEIVED, Alert.unit_id == county.id, Alert.status.in_(ended))
        .where(Alert.source == message.sender[:250], Alert.scope_status == message.status)
        .where(Alert.identifier.in_([reference.identifier[:250] for reference in message.references]))
        .where(Alert.identifier != message.identifier[:250], Alert.issued_at <= message.sent)
    )
    for alert in session.scalars(query.with_for_update()):
        _end(session, actor, alert, status, now)


def end_late(session: Session, actor: Actor, alert: Alert, now: datetime) -> None:
    """End an alert that came after the message that ends it."""
    found = set(_kept_enders(session, alert))
    if found:
        _end(session, actor, alert, LIFTED if LIFTED in found else CHANGED, now)


def _kept_enders(session: Session, alert: Alert) -> Iterator[str]:
    query = (
        select(Alert, CapMessage.msg_type)
        .join(CapMessage, CapMessage.alert_id == Alert.id)
        .where(CapMessage.direction == "in", CapMessage.msg_type.in_(_ENDED))
        .where(Alert.origin == RECEIVED, Alert.unit_id == alert.unit_id, Alert.identifier != alert.identifier)
        .where(Alert.source == alert.source, Alert.scope_status == alert.scope_status)
        .where(Alert.issued_at >= alert.issued_at)
    )
    for one, msg_type in session.execute(query):
        named = one.references if isinstance(one.references, list) else []
        if ORIGIN.isdisjoint(one.reasons) and alert.identifier in [str(name)[:250] for name in named]:
            yield _ENDED[str(msg_type)]


def _end(session: Session, actor: Actor, alert: Alert, status: str, now: datetime) -> None:
    stood = alert.status == RECEIVED and alert.duplicate_of is None
    alert.status, alert.on_board, alert.ended_at = status, False, now
    # Nobody but 叫应 told of it. What was changed or a copy before is told with whatever stood for it.
    told = told_of(session, alert) if status == LIFTED and stood else ()
    tell(session, actor, alert, f"alert.{status}", **({"told": proof_of(told)} if told else {}))
    end_obligations(session, actor, alert, status, now)
    if told:
        plan_chunks(session, alert, END, told, now)
