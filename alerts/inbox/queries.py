"""Reading the messages that came in: lists, one with its faults and attachments, its bytes; refusals on the desk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, Select, Text, func, or_, select, type_coerce
from sqlalchemy.orm import Session, aliased, defer

from alerts.cap.archive import Attachment, is_archive
from alerts.cap.signature import Verdict
from alerts.exchange.model import CapReceipt
from alerts.exchange.queries import RECEIPTS, county_of_reader, exports_of_message, takes_receipt
from alerts.inbox.attachments import attachment, attachments
from alerts.inbox.model import CapRefusal
from alerts.model import Alert, CapMessage
from command.directory.model import Unit
from command.directory.queries import Sight, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import to_text
from command.kernel.errors import NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import Json, State

Outcome = Literal["shown", "taken", "copy", "kept", "refused"]
_SAY_NOTHING = ("Cancel", *RECEIPTS)
_WORST = (Verdict.INVALID, Verdict.UNKNOWN_SIGNER, Verdict.VALID)
_Same, _Answered = aliased(Alert), aliased(Alert)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """`sender` is a part of it; `since` ≤ time < `until`; `after` the last id of the page before."""

    outcome: Literal["kept", "refused"] | None = None
    sender: str = ""
    since: datetime | None = None
    until: datetime | None = None
    after: str | None = None
    limit: int = 50


def messages_of(session: Session, actor: Actor, wanted: Wanted) -> tuple[list[State], str | None]:
    """Messages to the actor's county, newest first, and the `next` to go on with. Raises Refused `access.refused`."""
    query = _messages(county_of_reader(session, actor)).where(*_filters(wanted)).order_by(CapMessage.id.desc())
    rows = session.execute(query.limit(wanted.limit + 1)).all()
    items = [_item(row) for row in rows[: wanted.limit]]
    return items, str(items[-1]["id"]) if len(rows) > wanted.limit else None


def message_details(session: Session, actor: Actor, message_id: str) -> State:
    """One with every fault (path in the document, code, detail), what came in its archive, and our receipts for it.

    Raises NotFound `cap_message.unknown`, Refused.
    """
    row = _found(session, actor, message_id)
    message: CapMessage = row.CapMessage
    came: State = {"archive": is_archive(message.content), "attachments": list(attachments(message.content))}
    writes = takes_receipt(message) and actor.may(Right.ALERT_DRAFT, unit_of(session, actor.unit_id).path)
    receipts: State = {"may_receipt": writes, "exports": list(exports_of_message(session, message.id))}
    return {**_item(row), "faults": list(_faults(message)), **came, **receipts}


def message_content(session: Session, actor: Actor, message_id: str) -> bytes:
    """Its bytes as they came. Raises as `message_details`."""
    message: CapMessage = _found(session, actor, message_id).CapMessage
    return message.content


def message_attachment(session: Session, actor: Actor, message_id: str, number: int) -> Attachment:
    """A file that came with it. Raises as `message_details`, and NotFound `cap_message.no_attachment`."""
    found = attachment(message_content(session, actor, message_id), number)
    if found is None:
        raise NotFound("cap_message.no_attachment", number=number)
    return found


def standing_refusals() -> Select[CapRefusal]:
    """Those that nobody has taken note of."""
    return select(CapRefusal).where(CapRefusal.stands).order_by(CapRefusal.id)


def board_refusals(session: Session, sight: Sight) -> list[State]:
    """Those on the board of whoever may read their county."""
    return [row.state() for row in session.scalars(standing_refusals()) if sight.covers(row.unit_id)]


def _found(session: Session, actor: Actor, message_id: str) -> Row[Any]:
    query = _messages(county_of_reader(session, actor))
    row = session.execute(query.where(CapMessage.id == (message_id if is_id(message_id) else ""))).first()
    if row is None:
        raise NotFound("cap_message.unknown", id=message_id[:40])
    return row


def _messages(county: Unit) -> Select[Any]:
    """Each with its size, whether it had come before, and what became of its alert; never the bytes themselves."""
    first = aliased(CapMessage)
    before = select(first.id).where(first.direction == "in", first.id < CapMessage.id)
    alert = (
        func.coalesce(_Same.id, Alert.id, _Answered.id).label("alert"),
        func.coalesce(_Same.headline, Alert.headline, _Answered.headline).label("headline"),
        Alert.duplicate_of.is_not(None).label("said_same"),
        func.coalesce(Alert.not_acted_on, CapMessage.not_acted_on).label("reasons"),
    )
    same_alert = before.where(first.alert_id == CapMessage.alert_id).exists()
    again = or_(same_alert, before.where(*_same_receipt(first)).exists()).label("again")
    query = select(CapMessage, func.length(CapMessage.content).label("size"), again, *alert)
    query = query.outerjoin(Alert, Alert.id == CapMessage.alert_id).outerjoin(_Same, _Same.id == Alert.duplicate_of)
    answered = select(func.min(CapReceipt.alert_id)).where(CapReceipt.message_id == CapMessage.id).scalar_subquery()
    query = query.outerjoin(_Answered, _Answered.id == answered).options(defer(CapMessage.content))
    return query.where(CapMessage.direction == "in", CapMessage.unit_id == county.id)


def _same_receipt(first: Any) -> Iterator[ColumnElement[bool]]:
    """Whether an Ack or Error came before and counted as much: they make no alert by which that could be told."""
    for name in ("unit_id", "sender", "identifier"):
        yield getattr(first, name) == getattr(CapMessage, name)
    yield type_coerce(first.not_acted_on, Text) == type_coerce(CapMessage.not_acted_on, Text)


def _filters(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    if wanted.sender:
        yield CapMessage.sender.icontains(wanted.sender, autoescape=True)
    if wanted.since is not None:
        yield CapMessage.at >= wanted.since
    if wanted.until is not None:
        yield CapMessage.at < wanted.until
    if wanted.after:
        yield CapMessage.id < wanted.after
    if wanted.outcome == "refused":
        yield CapMessage.refused.is_not(None)
    if wanted.outcome == "kept":
        yield type_coerce(func.coalesce(Alert.not_acted_on, CapMessage.not_acted_on), Text) != "[]"


def _item(row: Row[Any]) -> State:
    message: CapMessage = row.CapMessage
    found = outcome_of(message, again=row.again, said_same=row.said_same, reasons=row.reasons)
    return {
        "id": message.id,
        "at": to_text(message.at),
        "by": message.by,
        "sender": message.sender,
        "identifier": message.identifier,
        "msg_type": message.msg_type or None,
        "status": message.status or None,
        "size": row.size,
        "sha256": message.sha256,
        "signature": _signature(message),
        "signatures": message.signatures,
        "outcome": found,
        "reasons": row.reasons or [],
        "codes": list(dict.fromkeys(str(one["code"]) for one in _faults(message))),
        "alert": {"id": row.alert, "headline": row.headline} if row.alert else None,
    }


def outcome_of(message: CapMessage, *, again: bool, said_same: bool, reasons: Json) -> Outcome:
    """What became of it: a copy is one that had come before, or that a person has said to be another's."""
    if message.refused is not None:
        return "refused"
    if again or said_same:
        return "copy"
    if reasons:
        return "kept"
    return "taken" if message.msg_type in _SAY_NOTHING else "shown"


def _faults(message: CapMessage) -> list[State]:
    """Messages refused before faults were kept have the code of the first one alone."""
    kept = message.faults
    if isinstance(kept, list):
        return [one for one in kept if isinstance(one, dict)]
    return [{"field": "", "code": message.refused, "detail": ""}] if message.refused else []


def _signature(message: CapMessage) -> str | None:
    """The worst verdict on its signatures, `none` without any, None where it was not read."""
    if message.refused is not None:
        return None
    reports = message.signatures if isinstance(message.signatures, list) else []
    verdicts = {one.get("verdict") for one in reports if isinstance(one, dict)}
    return next((str(verdict) for verdict in _WORST if verdict in verdicts), "none")
