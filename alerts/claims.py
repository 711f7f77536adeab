"""Chunks in the hands of workers: claimed for a time, fenced, checkpointed, given back or done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from alerts.audience import Contact
from alerts.issuing import members_of
from alerts.model import CLAIMED, DONE, PENDING, Alert, Chunk, Delivery, delivery_id

LEASE = timedelta(seconds=60)
"""Longer than the slowest batch; a worker on the same host that finds the holder dead does not wait for it."""


@dataclass(frozen=True)
class Claim:
    """A chunk held by `owner` under a fence, and those of its contacts that have no result yet."""

    chunk: str
    alert: str
    act: str
    channel: str
    drill: bool
    owner: str
    fence: int
    attempts: int
    rest: tuple[Contact, ...]

    def delivery(self, contact: Contact) -> str:
        return delivery_id(self.alert, contact.recipient, contact.channel, self.act)


@dataclass(frozen=True)
class Outcome:
    """A result to be recorded: `state` is sent, failed or unknown."""

    contact: Contact
    state: str
    detail: str


def is_waiting(session: Session, channel: str, now: datetime) -> bool:
    """Whether a chunk of the channel could be claimed. Asked first, because claiming takes SQLite's write lock."""
    return session.scalars(select(Chunk.id).where(Chunk.channel == channel, _free(now)).limit(1)).first() is not None


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Chunk.state == PENDING, Chunk.not_before <= now),
        and_(Chunk.state == CLAIMED, Chunk.lease_until < now),
    )


def claim(session: Session, owner: str, channel: str, now: datetime) -> Claim | None:
    """The next chunk of a channel that waits or whose holder's lease ran out: officials first, then in order."""
    query = select(Chunk).where(Chunk.channel == channel, _free(now)).order_by(Chunk.lane, Chunk.id).limit(1)
    chunk = session.scalars(query.with_for_update(skip_locked=True)).first()
    if chunk is None:
        return None
    chunk.state, chunk.owner, chunk.lease_until = CLAIMED, owner, now + LEASE
    chunk.fence += 1
    chunk.attempts += 1
    done = set(session.scalars(select(Delivery.recipient).where(Delivery.chunk_id == chunk.id)))
    return Claim(
        chunk=chunk.id,
        alert=chunk.alert_id,
        act=chunk.act,
        channel=chunk.channel,
        drill=chunk.drill,
        owner=owner,
        fence=chunk.fence,
        attempts=chunk.attempts,
        rest=tuple(contact for contact in members_of(chunk) if contact.recipient not in done),
    )


def checkpoint(session: Session, held: Claim, results: Sequence[Outcome], now: datetime) -> bool:
    """Append results and lengthen the lease; whether the chunk is still ours.

    Results are recorded even where it is not: what was sent was sent.
    """
    _append(session, held, results, now)
    session.execute(sql_update(Alert).where(Alert.id == held.alert).values(summary_due=True))
    return _move(session, held, {"lease_until": now + LEASE})


def finish(session: Session, held: Claim) -> None:
    """Every contact has its result."""
    _move(session, held, {"state": DONE, "lease_until": None})


def give_back(session: Session, held: Claim, not_before: datetime) -> None:
    """Some contacts have to be tried again, not earlier than `not_before`."""
    _move(session, held, {"state": PENDING, "owner": None, "lease_until": None, "not_before": not_before})


def release_dead(session: Session, is_dead: Callable[[str], bool]) -> int:
    """End the leases of owners known to be dead; returns how many chunks wait again."""
    held = session.scalars(select(Chunk).where(Chunk.state == CLAIMED).with_for_update(skip_locked=True))
    dead = [chunk for chunk in held if chunk.owner is not None and is_dead(chunk.owner)]
    for chunk in dead:
        chunk.state, chunk.owner, chunk.lease_until = PENDING, None, None
        chunk.fence += 1
    return len(dead)


def _move(session: Session, held: Claim, values: dict[str, object]) -> bool:
    mine = (Chunk.id == held.chunk, Chunk.fence == held.fence, Chunk.state == CLAIMED)
    return bool(session.scalars(sql_update(Chunk).where(*mine).values(values).returning(Chunk.id)).first())


def _append(session: Session, held: Claim, results: Sequence[Outcome], now: datetime) -> None:
    if not results:
        return
    insert = postgres_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    rows = [
        {
            "id": held.delivery(result.contact),
            "alert_id": held.alert,
            "act": held.act,
            "recipient": result.contact.recipient,
            "channel": held.channel,
            "chunk_id": held.chunk,
            "unit_id": result.contact.unit_id,
            "township_id": result.contact.township_id,
            "responsible": result.contact.responsible,
            "state": result.state,
            "at": now,
            "detail": result.detail,
        }
        for result in results
    ]
    session.connection().execute(insert(Delivery).on_conflict_do_nothing(), rows)
