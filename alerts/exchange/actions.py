"""What is done with the national platform: ours and receipts go out in its form, others' receipts are taken."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, count
from typing import cast

from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from alerts.cap.cn_dialect import dialect_identifier, write_dialect
from alerts.cap.languages import said_once
from alerts.cap.message import STATUSES, CapProblem, Departure, Message
from alerts.cap.read import read
from alerts.exchange.model import CapReceipt, DialectExport
from alerts.exchange.queries import RECEIPTS, answered, county_of_reader, gone_out, takes_receipt
from alerts.lookup import alert_for, tell
from alerts.model import Alert, CapMessage
from alerts.outgoing import last_issued
from command.directory.model import Unit
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.db import insert_missing
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import State

LONGEST_NOTE = 1000
_COLUMNS = ("id", "message_id", "sender_code", "identifier", "msg_type", "at", "by", "content", "missing")
_INSERT = insert_missing(cast("Table", DialectExport.__table__), _COLUMNS, returning="id")


@dataclass(frozen=True)
class Naming:
    """How an identifier is made: whose code, and whether it ends with a number though none is needed."""

    sender_code: str
    numbered: bool = False


@dataclass(frozen=True)
class Answered:
    """A receipt that came in: the alerts of ours it answers, none where it answers nothing or does not count.

    `new` is False where the same receipt had come before.
    """

    alerts: tuple[Alert, ...]
    accepted: bool
    sender: str
    warnings: tuple[Departure, ...]
    new: bool = True


def export_alert(session: Session, clock: Clock, actor: Actor, alert_id: str, naming: Naming) -> DialectExport:
    """What was last issued of an alert, in the platform's form. Again gives the same identifier.

    Its references name what it refers to as that went out; what never did is left out and listed. Raises NotFound
    `alert.unknown`, Refused, Invalid `cn_dialect.sender_code`, `.no_colour`.
    """
    alert = alert_for(session, actor, alert_id, lock=True)
    actor.need(Right.ALERT_DRAFT, unit_of(session, alert.unit_id).path)
    kept = last_issued(session, alert.id)
    message = read(kept.content).message
    named = [reference.identifier for reference in message.references]
    gone = gone_out(session, named, naming.sender_code)
    export = _exported(session, clock, actor, kept, message, naming, [gone[one] for one in named if one in gone])
    export.missing = [one for one in named if one not in gone]
    tell(session, actor, alert, "alert.exported", dialect_export=export.state())
    return export


def export_receipt(session: Session, clock: Clock, actor: Actor, message_id: str, naming: Naming) -> DialectExport:
    """Our receipt for a message of the platform: Ack where it was accepted, Error with its faults where not.

    Raises NotFound `cap_message.unknown`, Refused, Conflict `cn_dialect.no_receipt`, Invalid `cn_dialect.sender_code`.
    """
    county = county_of_reader(session, actor)
    actor.need(Right.ALERT_DRAFT, unit_of(session, actor.unit_id).path)
    mine = (CapMessage.id == (message_id if is_id(message_id) else ""), CapMessage.unit_id == county.id)
    query = select(CapMessage).where(*mine, CapMessage.direction == "in").with_for_update()
    kept = session.scalars(query).first()
    if kept is None:
        raise NotFound("cap_message.unknown", id=message_id[:40])
    if not takes_receipt(kept):
        raise Conflict("cn_dialect.no_receipt")
    export = _exported(session, clock, actor, kept, _receipt(kept, county), naming, [kept.identifier])
    body: State = {"dialect_export": {**export.state(), "answers": kept.identifier}}
    record(session, actor, "cap_message.receipted", unit=county.id, body=body)
    return export


def take_receipt(
    session: Session, actor: Actor, county: Unit, kept: CapMessage, message: Message, reasons: Sequence[str]
) -> Answered:
    """An Ack or Error that came in: told at each alert of ours that it refers to, unless its author does not count.

    It makes no alert, and a test's receipt says nothing of what was meant in earnest.
    """
    accepted, sender = message.msg_type == "Ack", message.sender[:250]
    found = answered(session, county, [reference.identifier for reference in message.references])
    alerts = {row: session.get_one(Alert, row, with_for_update=True) for row in found}
    told = [one for one in alerts.values() if message.status in ("Actual", one.scope_status)]
    why = [*reasons, *(["received.not_actual"] if len(told) < len(alerts) else [])]
    again = _came_before(session, kept, why)
    kept.not_acted_on = list(why)
    if why or again:
        return Answered((), accepted, sender, (), new=not again)
    for alert in told:
        receipt = CapReceipt(
            **{"id": new_id(), "message_id": kept.id, "alert_id": alert.id, "identifier": found[alert.id]},
            **{"sender": sender, "accepted": accepted, "note": message.note or "", "at": kept.at},
        )
        session.add(receipt)
        tell(session, actor, alert, "alert.accepted" if accepted else "alert.refused", cap_receipt=receipt.state())
    return Answered(tuple(told), accepted, sender, ())


def _came_before(session: Session, kept: CapMessage, why: Sequence[str]) -> bool:
    """Whether the same receipt came before and counted as much."""
    same = (CapMessage.unit_id == kept.unit_id, CapMessage.direction == "in", CapMessage.id != kept.id)
    named = (CapMessage.sender == kept.sender, CapMessage.identifier == kept.identifier, CapMessage.refused.is_(None))
    query = select(CapMessage.not_acted_on).where(*same, *named, CapMessage.msg_type.in_(RECEIPTS))
    return any(former == list(why) for former in session.scalars(query))


def _exported(
    session: Session,
    clock: Clock,
    actor: Actor,
    kept: CapMessage,
    message: Message,
    naming: Naming,
    references: Sequence[str],
) -> DialectExport:
    """The message's row of this code, written anew. Its alert or message is held: nobody else makes one meanwhile."""
    try:
        export = _named(session, clock.now(), actor, kept, message, naming)
        # The platform's form is known in Chinese alone.
        said = replace(message, infos=said_once(message.infos))
        export.content = write_dialect(said, export.identifier, references)
    except CapProblem as problem:
        field = FieldError("sender_code", problem.code)
        raise Invalid(problem.code, fields=(field,), detail=problem.errors[0].detail) from problem
    export.at, export.by = clock.now(), actor.by()
    return export


def _named(
    session: Session, now: datetime, actor: Actor, kept: CapMessage, message: Message, naming: Naming
) -> DialectExport:
    mine = (DialectExport.message_id == kept.id, DialectExport.sender_code == naming.sender_code)
    export = session.scalars(select(DialectExport).where(*mine)).one_or_none()
    if export is not None:
        return export
    fixed = {"id": new_id(), "message_id": kept.id, "sender_code": naming.sender_code, "msg_type": message.msg_type}
    values = {**fixed, "at": now, "by": actor.by(), "content": b"", "missing": []}
    for identifier in _identifiers(naming, message.sent):
        # Another message may take the same one at this moment: the table decides, and the next number is tried.
        if session.execute(_INSERT, {**values, "identifier": identifier}).first() is not None:
            break
    return session.scalars(select(DialectExport).where(*mine)).one()


def _identifiers(naming: Naming, sent: datetime) -> Iterator[str]:
    """Without number first, unless one is wished for: messages of one second get different ones."""
    for number in chain([] if naming.numbered else [None], count()):
        yield dialect_identifier(naming.sender_code, sent, number)


def _receipt(kept: CapMessage, county: Unit) -> Message:
    """For whoever sent it alone. Of one that could not be read the status is what it claims, if there is such a one."""
    return Message(
        identifier="",
        sender=county.name,
        sent=kept.at,
        status=kept.status if kept.status in STATUSES else "System",
        msg_type="Error" if kept.refused else "Ack",
        scope="Private",
        addresses=(kept.identifier.split("_")[0],),
        note=_faults(kept) if kept.refused else None,
    )


def _faults(kept: CapMessage) -> str:
    """Codes and places, which say the same in every language."""
    faults = [one for one in kept.faults if isinstance(one, dict)] if isinstance(kept.faults, list) else []
    listed = [f"{one['code']} {one['field']}".strip() for one in faults]
    return "; ".join(listed or [kept.refused or ""])[:LONGEST_NOTE]
