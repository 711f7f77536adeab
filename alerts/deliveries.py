"""Who was to be told of an alert and what became of it, page by page: no more is read than chunks of that page."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, cast, or_, select, type_coerce
from sqlalchemy.orm import Session

from alerts.channels.drill import NOTHING_LEFT
from alerts.chunks import members_of
from alerts.lookup import alert_for
from alerts.model import DONE, ISSUE, PENDING, Alert, Chunk, Delivery, Receipt
from alerts.model import delivery_id as id_of
from alerts.recipients import SHORTEST, Contact, national
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import optional_text, to_text
from command.kernel.rights import Right
from command.kernel.values import State

MOST_CHUNKS = 40
"""Looked through for one page, 20,000 members: where few fit the filter, the page ends and says where to go on."""

MOST_MEMBERS = 10**6
"""More than a chunk has."""


@dataclass(frozen=True, kw_only=True)
class DeliveryFilter:
    """`state` is pending, sent, delivered, answered, failed or unknown; `person` a part of a name, or of a number.

    `after` is the `next` of the page before.
    """

    state: str | None = None
    unit: str | None = None
    person: str | None = None
    after: str | None = None
    limit: int = 100


def deliveries_of(
    session: Session, actor: Actor, alert_id: str, wanted: DeliveryFilter
) -> tuple[list[State], str | None]:
    """Who was to be told and what became of it, officials first, and the `next` to go on with.

    Whoever may not read personal data sees no names, and may not search for them. Raises NotFound, Refused.
    """
    alert = alert_for(session, actor, alert_id)
    path = unit_of(session, alert.unit_id).path
    if wanted.person:
        actor.need(Right.READ_PERSONAL, path)
    rows = _rows(session, alert, wanted, actor.may(Right.READ_PERSONAL, path))
    page: list[State] = []
    place = None
    for at, row in rows:
        place = at
        if row is None:
            return page, place
        page.append(row)
        if len(page) == wanted.limit:
            break
    return page, (place if next(rows, None) is not None else None)


def every_delivery(session: Session, alert: Alert, *, named: bool) -> Iterator[State]:
    """All of them, chunk by chunk, for a file."""
    query = select(Chunk).where(Chunk.alert_id == alert.id, Chunk.act == ISSUE).order_by(Chunk.number)
    for chunk in session.scalars(query).all():
        yield from _states(session, alert, chunk, members_of(chunk), named)


def _rows(session: Session, alert: Alert, wanted: DeliveryFilter, named: bool) -> Iterator[tuple[str, State | None]]:
    """Each place (`chunk number.member`) with its row; without one where the page has looked long enough."""
    number, place = _place(wanted.after)
    query = select(Chunk.id).where(Chunk.alert_id == alert.id, Chunk.act == ISSUE, Chunk.number >= number)
    query = query.where(*_narrowed(alert, wanted)).order_by(Chunk.number).limit(MOST_CHUNKS + 1)
    for seen, chunk_id in enumerate(session.scalars(query).all()):
        chunk = session.get_one(Chunk, chunk_id)
        if seen == MOST_CHUNKS:
            yield f"{chunk.number - 1}.{MOST_MEMBERS}", None
            return
        members = members_of(chunk)
        after = place if chunk.number == number else -1
        for at, state in enumerate(_states(session, alert, chunk, members, named)):
            if at > after and _is_asked_for(members[at], wanted) and wanted.state in (None, state["state"]):
                yield f"{chunk.number}.{at}", state


def _place(after: str | None) -> tuple[int, int]:
    number, _, place = (after or "").partition(".")
    return (int(number), int(place)) if number.isdigit() and place.isdigit() else (0, -1)


def _narrowed(alert: Alert, wanted: DeliveryFilter) -> list[ColumnElement[bool]]:
    """Chunks in which nobody can fit are not read."""
    found: list[ColumnElement[bool]] = []
    open_ones = Chunk.state != DONE
    if wanted.state == PENDING:
        found.append(open_ones)
    elif wanted.state is not None:
        # A receipt may have come of what is not recorded yet: such a chunk is not done.
        results = select(Delivery.chunk_id).where(Delivery.alert_id == alert.id, Delivery.state == wanted.state)
        received = select(Delivery.chunk_id).join(Receipt, Receipt.delivery_id == Delivery.id)
        received = received.where(Receipt.alert_id == alert.id, Receipt.state == wanted.state)
        found.append(or_(open_ones, Chunk.id.in_(results), Chunk.id.in_(received)))
    text = cast(type_coerce(Chunk.members, Text), Text)
    if wanted.person and not _digits(wanted.person):
        found.append(text.contains(wanted.person, autoescape=True))
    if wanted.unit:
        found.append(text.contains(wanted.unit, autoescape=True))
    return found


def _digits(person: str) -> str:
    """The number that is looked for, empty where it is a name."""
    number = national(person)
    return number if len(number) >= SHORTEST and not any(one.isalpha() for one in person) else ""


def _is_asked_for(contact: Contact, wanted: DeliveryFilter) -> bool:
    if wanted.unit is not None and wanted.unit not in (contact.unit_id, contact.township_id):
        return False
    if not wanted.person:
        return True
    number = _digits(wanted.person)
    if number:
        return number in national(contact.address)
    return any(wanted.person in name for name in (contact.name, *(one.name for one in contact.also)))


def _states(session: Session, alert: Alert, chunk: Chunk, members: Sequence[Contact], named: bool) -> Iterator[State]:
    ids = [id_of(alert.id, one.recipient, chunk.channel) for one in members]
    results = {row.id: row for row in session.scalars(select(Delivery).where(Delivery.chunk_id == chunk.id))}
    receipts = _receipts(session, ids)
    for key, contact in zip(ids, members, strict=True):
        yield _delivery(key, contact, results.get(key), receipts.get(key, {}), named)


def _receipts(session: Session, ids: Collection[str]) -> dict[str, dict[str, Receipt]]:
    found: dict[str, dict[str, Receipt]] = defaultdict(dict)
    for receipt in session.scalars(select(Receipt).where(Receipt.delivery_id.in_(ids))):
        found[receipt.delivery_id][receipt.state] = receipt
    return found


def _delivery(key: str, contact: Contact, result: Delivery | None, receipts: dict[str, Receipt], named: bool) -> State:
    last = next((receipts[name] for name in ("answered", "delivered", "failed") if name in receipts), None)
    return {
        "id": key,
        "recipient": contact.recipient,
        "name": contact.name if named or not contact.is_person else None,
        "also": [{**one._asdict(), "name": one.name if named else None} for one in contact.also],
        "unit": contact.unit_id,
        "township": contact.township_id,
        "channel": contact.channel,
        "responsible": contact.responsible,
        "state": last.state if last else result.state if result else "pending",
        "sent_at": to_text(result.at) if result else None,
        "receipt_at": optional_text(last.at if last else None),
        "detail": _coded((last.detail if last else "") or (result.detail if result else "")),
    }


def _coded(detail: str) -> str:
    """Exercises once kept their words in the place of the code."""
    return NOTHING_LEFT if detail == "演练，未送出" else detail
