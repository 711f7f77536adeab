"""Signs from the other end: a device played it, a page showed it, a person pressed 收到."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Table, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.calls.actions import mark_own
from alerts.calls.progress import CONFIRMED, REACHED
from alerts.calls.signs import sign_delivery
from alerts.chunks import members_of
from alerts.coverage import recount
from alerts.lookup import alert_for, tell_coverages
from alerts.model import (
    ANSWERED,
    DELIVERED,
    DONE,
    FAILED,
    ISSUE,
    Alert,
    Chunk,
    Coverage,
    Delivery,
    Receipt,
    delivery_id,
)
from alerts.numbers.signs import note_receipt
from command.directory.model import Person
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.db import insert_missing
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State

STATES = (DELIVERED, ANSWERED, FAILED)


def acknowledge(session: Session, clock: Clock, actor: Actor, alert_id: str) -> Alert:
    """A person, or whoever sits before a terminal's page, presses 收到. Again changes nothing.

    Whoever is obliged for a place has answered with that, also where the alert was received and sent to nobody.
    Raises NotFound, Refused, Conflict `alert.not_addressed` where the alert is none of the actor's.
    """
    alert = alert_for(session, actor, alert_id)
    actor.need(Right.ALERT_ACKNOWLEDGE, unit_of(session, actor.unit_id).path)
    obliged, _ = mark_own(session, clock, actor, alert.id, CONFIRMED)
    if obliged and not _is_addressed(session, alert, actor):
        return alert
    recipient, township = _addressed(session, alert, actor)
    now = clock.now()
    wanted = delivery_id(alert.id, recipient, "websocket")
    new = [_insert(session, wanted, alert.id, state, now, actor.by()) for state in (DELIVERED, ANSWERED)]
    if any(new):
        _tell_township(session, actor, alert, township)
    return alert


def record_receipt(
    session: Session,
    clock: Clock,
    channel: str,
    state: str,
    *,
    delivery: str | None = None,
    recipient: str | None = None,
    alert_id: str | None = None,
    actor: Actor | None = None,
    at: datetime | None = None,
    by: State | None = None,
    detail: str = "",
) -> bool:
    """Record a provider's or page's receipt; whether it was new. It may come before the send is recorded.

    Either `delivery` (with `alert_id` where the caller knows it, and the `recipient` it must belong to where that is
    who speaks), or `alert_id` and the page's own `actor`; of a page that was sent nothing, but whose person is obliged
    by the alert, their places are reached. An answer on a page is a person's: it comes by `acknowledge` alone.
    Raises Invalid `receipt.state`, NotFound `receipt.unknown`, Conflict `alert.not_addressed`.
    """
    if state not in STATES or (state == ANSWERED and channel == "websocket"):
        raise Invalid("receipt.state", fields=(FieldError("state", "receipt.state"),), state=state[:20])
    if delivery is None:
        if alert_id is None or actor is None:
            raise NotFound("receipt.unknown")
        alert = alert_for(session, actor, alert_id)
        if state == DELIVERED and not _is_addressed(session, alert, actor):
            obliged, rose = mark_own(session, clock, actor, alert.id, REACHED)
            if obliged:
                return rose > 0
        delivery = delivery_id(alert.id, _addressed(session, alert, actor)[0], channel)
        by = by or actor.by()
    sent = _sent(session, delivery, channel, alert_id, recipient)
    new = _insert(session, delivery, sent.alert, state, at or clock.now(), by or {}, detail)
    if new:
        sign_delivery(session, clock, sent.alert, channel, delivery, state)
        note_receipt(session, channel, sent.recipient, sent.chunk, state, at or clock.now(), detail)
        session.execute(sql_update(Alert).where(Alert.id == sent.alert).values(summary_due=True))
    return new


def recipients_of(session: Session, actor: Actor) -> list[str]:
    """The names under which an actor's page may have been addressed."""
    if actor.kind == "terminal":
        return [f"terminal:{actor.id}"]
    people = session.scalars(select(Person.id).where(Person.user_id == actor.id))
    return [*(f"person:{person}" for person in people), f"user:{actor.id}"]


def _is_addressed(session: Session, alert: Alert, actor: Actor) -> bool:
    names = recipients_of(session, actor)
    return any(row[0] in names for row in _page_members(session, alert))


def _page_members(session: Session, alert: Alert) -> Iterator[list[Json]]:
    query = select(Chunk.members).where(Chunk.alert_id == alert.id, Chunk.act == ISSUE, Chunk.channel == "websocket")
    for members in session.scalars(query):
        yield from (row for row in members if isinstance(row, list)) if isinstance(members, list) else ()


def _addressed(session: Session, alert: Alert, actor: Actor) -> tuple[str, str]:
    """The recipient the actor is in the alert's audience, and the township that counts it."""
    names = recipients_of(session, actor)
    for row in _page_members(session, alert):
        if row[0] in names:
            return str(row[0]), str(row[4])
    raise Conflict("alert.not_addressed")


class _Sent(NamedTuple):
    """What was sent, to whom, of which chunk."""

    alert: str
    recipient: str
    chunk: str


def _sent(session: Session, delivery: str, channel: str, alert_id: str | None, recipient: str | None) -> _Sent:
    """Whose delivery it is: by its row, or while that is not written, by the audience."""
    if not is_id(delivery):
        raise NotFound("receipt.unknown")
    row = session.get(Delivery, delivery)
    if row is not None and row.channel == channel and recipient in (None, row.recipient):
        return _Sent(row.alert_id, row.recipient, row.chunk_id)
    for chunk in _running_chunks(session, channel, alert_id) if row is None else ():
        names = [one.recipient for one in members_of(chunk) if recipient in (None, one.recipient)]
        for name in names:
            if delivery_id(chunk.alert_id, name, channel, chunk.act) == delivery:
                return _Sent(chunk.alert_id, name, chunk.id)
    raise NotFound("receipt.unknown")


def _running_chunks(session: Session, channel: str, alert_id: str | None) -> Iterable[Chunk]:
    query = select(Chunk).where(Chunk.channel == channel, Chunk.state != DONE)
    return session.scalars(query.where(Chunk.alert_id == alert_id) if alert_id else query)


def _insert(
    session: Session, delivery: str, alert_id: str, state: str, at: datetime, by: State, detail: str = ""
) -> bool:
    values: dict[str, object] = {
        "id": new_id(),
        "delivery_id": delivery,
        "alert_id": alert_id,
        "state": state,
        "at": at,
        "by": by,
    }
    values["detail"] = detail[:500]
    table = cast("Table", Receipt.__table__)
    return session.execute(insert_missing(table, tuple(values), "id"), values).first() is not None


def _tell_township(session: Session, actor: Actor, alert: Alert, township: str) -> None:
    query = select(Coverage).where(Coverage.alert_id == alert.id, Coverage.unit_id == township)
    coverages = list(session.scalars(query.with_for_update()))
    tell_coverages(session, actor, alert, recount(session, alert, coverages), "alert.acknowledged")
