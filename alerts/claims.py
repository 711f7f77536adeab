"""Chunks in the hands of workers: claimed for a time, fenced, checkpointed, given back or done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from sqlalchemy import ColumnElement, and_, exists, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.chunks import members_of
from alerts.model import CLAIMED, DONE, PENDING, Alert, Chunk, Delivery
from alerts.recipients import PUBLIC, Contact
from alerts.results import Part, Recorded, append

LEASE = timedelta(seconds=60)
"""Longer than the slowest batch; a worker on the same host that finds the holder dead does not wait for it."""


@dataclass(frozen=True)
class Claim:
    """A chunk held by `owner` under a fence, and those of its contacts that have no result yet."""

    chunk: str
    alert: str
    act: str
    channel: str
    lane: int
    rank: int
    drill: bool
    owner: str
    fence: int
    attempts: int
    rest: tuple[Contact, ...]


class Standing(Enum):
    """How a worker stands with its chunk after a checkpoint."""

    HELD = "held"
    OVERTAKEN = "overtaken"
    """Still ours, but something that goes first waits: give the rest back."""
    LOST = "lost"
    """Another has it, or the alert has ended: stop."""


def is_waiting(session: Session, channel: str, now: datetime, lane: int = PUBLIC) -> bool:
    """Whether a chunk of the channel could be claimed. Asked first, because claiming takes SQLite's write lock."""
    wanted = (Chunk.channel == channel, Chunk.lane <= lane, _free(now))
    return session.scalars(select(Chunk.id).where(*wanted).limit(1)).first() is not None


def _free(now: datetime) -> ColumnElement[bool]:
    return or_(
        and_(Chunk.state == PENDING, Chunk.not_before <= now),
        and_(Chunk.state == CLAIMED, Chunk.lease_until < now),
    )


def claim(session: Session, owner: str, channel: str, now: datetime, lane: int = PUBLIC) -> Claim | None:
    """The chunk of a channel to be served next, of those up to a lane that wait or whose holder's lease ran out."""
    query = select(Chunk).where(Chunk.channel == channel, Chunk.lane <= lane, _free(now))
    query = query.order_by(Chunk.rank, Chunk.lane, Chunk.id).limit(1)
    chunk = session.scalars(query.with_for_update(skip_locked=True)).first()
    if chunk is None:
        return None
    chunk.state, chunk.owner, chunk.lease_until = CLAIMED, owner, now + LEASE
    chunk.fence += 1
    chunk.attempts += 1
    return Claim(
        chunk=chunk.id,
        alert=chunk.alert_id,
        act=chunk.act,
        channel=channel,
        lane=chunk.lane,
        rank=chunk.rank,
        drill=chunk.drill,
        owner=owner,
        fence=chunk.fence,
        attempts=chunk.attempts,
        rest=_without_result(session, chunk),
    )


def _without_result(session: Session, chunk: Chunk) -> tuple[Contact, ...]:
    """Who of a chunk is still to be told. Nobody has held it before its first claim, so that nothing can be there."""
    if chunk.fence == 1:
        return tuple(members_of(chunk))
    done = set(session.scalars(select(Delivery.recipient).where(Delivery.chunk_id == chunk.id)))
    return tuple(contact for contact in members_of(chunk) if contact.recipient not in done)


def checkpoint(
    session: Session,
    held: Claim,
    results: Sequence[Recorded],
    now: datetime,
    *,
    last: bool = False,
    repeated: bool = False,
) -> Standing:
    """Append results and lengthen the lease, or with the `last` ones end the work on the chunk.

    `repeated` says that the same was tried before and nobody knows whether it was committed.

    Results are recorded even where the chunk is not ours any more: what was sent was sent. Whoever holds it then
    loses it, because the results looked up at their claim are no longer all.
    """
    values: dict[str, object] = {"state": DONE, "lease_until": None} if last else {"lease_until": now + LEASE}
    mine = _move(session, held, values)
    append(session, Part(held.alert, held.act, held.channel, held.chunk, now), results, fresh=mine and not repeated)
    if not mine and results:
        _unsettle(session, held.chunk)
    _due(session, held.alert, certainly=last or not mine)
    if not mine:
        return Standing.LOST
    return Standing.OVERTAKEN if not last and _is_overtaken(session, held, now) else Standing.HELD


def give_back(session: Session, held: Claim, not_before: datetime, *, tried: bool = True) -> None:
    """Some contacts have to be told later, not earlier than `not_before`; `tried` counts it as an attempt."""
    attempts = held.attempts if tried else held.attempts - 1
    values = {"state": PENDING, "owner": None, "lease_until": None, "not_before": not_before, "attempts": attempts}
    _move(session, held, values)
    _due(session, held.alert, certainly=True)


def release_dead(session: Session, is_dead: Callable[[str], bool]) -> int:
    """End the leases of owners known to be dead; returns how many chunks wait again."""
    held = session.scalars(select(Chunk).where(Chunk.state == CLAIMED).with_for_update(skip_locked=True))
    dead = [chunk for chunk in held if chunk.owner is not None and is_dead(chunk.owner)]
    for chunk in dead:
        chunk.state, chunk.owner, chunk.lease_until = PENDING, None, None
        chunk.fence += 1
    return len(dead)


def _move(session: Session, held: Claim, values: Mapping[str, object]) -> bool:
    mine = (Chunk.id == held.chunk, Chunk.fence == held.fence, Chunk.state == CLAIMED)
    return bool(session.scalars(sql_update(Chunk).where(*mine).values(values).returning(Chunk.id)).first())


def _unsettle(session: Session, chunk: str) -> None:
    waits = {"state": PENDING, "owner": None, "lease_until": None, "fence": Chunk.fence + 1}
    session.execute(sql_update(Chunk).where(Chunk.id == chunk, Chunk.state == CLAIMED).values(waits))


def _due(session: Session, alert: str, *, certainly: bool) -> None:
    """The townships' numbers have changed. Only the end of a chunk insists on it: all workers share the alert's row."""
    wanted = (Alert.id == alert,) if certainly else (Alert.id == alert, ~Alert.summary_due)
    session.execute(sql_update(Alert).where(*wanted).values(summary_due=True))


def _is_overtaken(session: Session, held: Claim, now: datetime) -> bool:
    first = or_(Chunk.rank < held.rank, and_(Chunk.rank == held.rank, Chunk.lane < held.lane))
    waits = (Chunk.channel == held.channel, Chunk.state == PENDING, Chunk.not_before <= now, first)
    return bool(session.scalar(select(exists().where(*waits))))
