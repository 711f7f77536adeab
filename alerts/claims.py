"""Chunks in the hands of workers: claimed for a time, fenced, checkpointed, given back or done."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Executable, and_, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.channels.port import Outcome, Result
from alerts.chunks import CHUNK_SIZE, rows_of
from alerts.claim_statements import (
    FIRST_WAITING,
    GOES_FIRST,
    MOVE,
    TAKE_AGAIN,
    TAKE_NEW,
    WAITING,
    first_left,
    held_by,
    waits,
)
from alerts.model import CLAIMED, DONE, PENDING, Alert, Chunk, Delivery
from alerts.numbers.signs import note_failures
from alerts.recipients import PUBLIC, Member
from alerts.results import Part, append

LEASE = timedelta(seconds=60)
"""Longer than the slowest batch; a worker on the same host that finds the holder dead does not wait for it."""


@dataclass(frozen=True)
class Claim:
    """A chunk held by `owner` under a fence, and those of its members that have no result yet."""

    chunk: str
    alert: str
    act: str
    channel: str
    language: str
    lane: int
    rank: int
    drill: bool
    owner: str
    fence: int
    attempts: int
    lease: timedelta
    until: datetime
    batch: int
    """How many of the rest are begun at once; no more may be: the next ones are written down before they are sent."""
    rest: tuple[Member, ...]
    places: Sequence[int]
    """Where each of the rest stands among all members of the chunk."""
    left: tuple[int, int]
    """From which place to which earlier holders left some begun and unknown; to the first one's own if none."""

    @property
    def said(self) -> tuple[str, str, str]:
        """What its members are told: an alert's act, in a language."""
        return self.alert, self.act, self.language

    def begun(self, done: int) -> dict[str, int]:
        """Who may be told until the next checkpoint where `done` of the rest are behind: the next batch, in one span
        with what earlier holders left."""
        places = self.places[done : done + self.batch]
        mine = (places[0], places[-1] + 1) if places else (0, 0)
        both = [one for one in (self.left, mine) if one[0] < one[1]] or [(0, 0)]
        return {"begun_from": min(start for start, _ in both), "begun_to": max(end for _, end in both)}


class Standing(Enum):
    """How a worker stands with its chunk after a checkpoint."""

    HELD = "held"
    OVERTAKEN = "overtaken"
    """Still ours, but something that goes first waits: give the rest back."""
    LOST = "lost"
    """Another has it, or the alert has ended: stop."""


def is_waiting(session: Session, channel: str, now: datetime, lane: int = PUBLIC) -> bool:
    """Whether a chunk of the channel could be claimed. Asked first, because claiming takes SQLite's write lock."""
    about = {"served": channel, "last_lane": lane, "now": now}
    return session.connection().execute(WAITING, about).first() is not None


@dataclass(frozen=True)
class Claimant:
    """Who claims, for which channel and up to which lane, for how long at a time, and how many they begin at once."""

    owner: str
    channel: str
    lane: int = PUBLIC
    lease: timedelta = LEASE
    batch: int = CHUNK_SIZE


def claim(session: Session, who: Claimant, now: datetime) -> Claim | None:
    """The chunk to be served next, of those that wait or whose holder's lease ran out.

    Not what another line of the claimant's process holds: that line lives, and may have results in hand.
    """
    about = {"served": who.channel, "last_lane": who.lane, "now": now}
    hold = {"by": who.owner, "until": now + who.lease}
    new = session.connection().execute(TAKE_NEW, {**about, **hold, "first": who.batch}).one_or_none()
    if new is not None:
        members = rows_of(new.members)
        return _claim(new, who, now, new.fence, members, range(len(members)))
    # One question each: together they could not be answered from the index in its order.
    return _take(session, who, now, FIRST_WAITING) or _take(session, who, now, first_left(who.owner))


def _take(session: Session, who: Claimant, now: datetime, first: Executable) -> Claim | None:
    """Claim a chunk that may have been held before: who has no result is looked up before the first batch is known."""
    about = {"served": who.channel, "last_lane": who.lane, "now": now}
    row = session.connection().execute(first, about).one_or_none()
    if row is None:
        return None
    if row.attempts:
        _due_unless_held(session, row.alert_id)
    done = set(session.scalars(select(Delivery.recipient).where(Delivery.chunk_id == row.id)))
    members = rows_of(row.members)
    places = [place for place, member in enumerate(members) if member.recipient not in done]
    held = _claim(row, who, now, row.fence + 1, members, places)
    hold = {"held": held.chunk, "by": held.owner, "until": held.until}
    session.connection().execute(TAKE_AGAIN, {**hold, **held.begun(0)})
    return held


def _claim(
    row: Any, who: Claimant, now: datetime, fence: int, members: Sequence[Member], places: Sequence[int]
) -> Claim:
    return Claim(
        chunk=row.id,
        alert=row.alert_id,
        act=row.act,
        channel=who.channel,
        language=row.language,
        lane=row.lane,
        rank=row.rank,
        drill=row.drill,
        owner=who.owner,
        fence=fence,
        attempts=row.attempts + (fence > row.fence),
        lease=who.lease,
        until=now + who.lease,
        batch=who.batch,
        rest=tuple(members[place] for place in places),
        places=places,
        left=(row.begun_from, row.begun_to) if fence > 1 else (0, 0),
    )


def checkpoint(
    session: Session,
    held: Claim,
    results: Sequence[tuple[Member, Result]],
    now: datetime,
    *,
    done: int,
    last: bool = False,
    repeated: bool = False,
) -> Standing:
    """Append results and lengthen the lease, or with the `last` ones end the work on the chunk.

    `done` is how many of the rest are behind now, told or not: what comes next is written down as begun.
    `repeated` says that the same was tried before and nobody knows whether it was committed.

    Results are recorded even where the chunk is not ours any more: what was sent was sent. Whoever holds it then
    loses it at their next checkpoint, because the results looked up at their claim are no longer all.
    """
    state: dict[str, object] = {"state": DONE, "lease_until": None} if last else {"lease_until": now + held.lease}
    mine = _move(session, held, state | held.begun(done))
    append(session, Part(held.alert, held.act, held.channel, held.chunk, now), results, fresh=mine and not repeated)
    failed = [
        (one.recipient, one.address, result.detail) for one, result in results if result.outcome is Outcome.FAILED
    ]
    if failed and not held.drill:
        note_failures(session, held.channel, failed, now)
    if not mine:
        # The alert's row before its chunks', as whoever ends an alert takes them: each would wait for the other.
        _due(session, held.alert)
        _unsettle(session, held, late=bool(results))
        return Standing.LOST
    return Standing.OVERTAKEN if not last and _is_overtaken(session, held, now) else Standing.HELD


def give_back(session: Session, held: Claim, not_before: datetime, *, tried: bool = True) -> None:
    """Some members have to be told later, not earlier than `not_before`; `tried` counts it as an attempt."""
    attempts = held.attempts if tried else held.attempts - 1
    _move(session, held, {**_FREE, "not_before": not_before, "attempts": attempts, **held.begun(len(held.rest))})


def release(session: Session, owner: str) -> int:
    """Free whatever an owner holds that does not know of it; returns how many chunks wait again."""
    return _release(session, Chunk.owner == owner)


def release_expired(session: Session, now: datetime, but: str) -> int:
    """Free what is held under a lease that ran out, by other processes than the owner `but`'s; returns how many."""
    return _release(session, and_(Chunk.lease_until < now, ~held_by(but)))


def release_dead(session: Session, is_dead: Callable[[str], bool]) -> int:
    """End the leases of owners known to be dead; returns how many chunks wait again."""
    owners = set(session.scalars(select(Chunk.owner).where(Chunk.state == CLAIMED)))
    return _release(session, Chunk.owner.in_([one for one in owners if one is not None and is_dead(one)]))


_FREE = {"state": PENDING, "owner": None, "lease_until": None}


def _release(session: Session, which: ColumnElement[bool]) -> int:
    found = select(Chunk.id).where(Chunk.state == CLAIMED, which).with_for_update(skip_locked=True)
    held = list(session.scalars(found))
    freed = {**_FREE, "fence": Chunk.fence + 1}
    session.execute(sql_update(Chunk).where(Chunk.id.in_(held)).values(freed))
    return len(held)


def _move(session: Session, held: Claim, values: Mapping[str, object]) -> bool:
    moved = session.connection().execute(MOVE, {"held": held.chunk, "under": held.fence, **values})
    return moved.rowcount == 1


def _unsettle(session: Session, held: Claim, *, late: bool) -> None:
    """A chunk whose fence was moved under us: free it where it is still ours; tell its new holder of late results.

    The new holder keeps it until then: freed at once, the batch they have under way would be sent by a third.
    """
    chunk = (Chunk.id == held.chunk, Chunk.state == CLAIMED)
    moved = {"fence": Chunk.fence + 1}
    if late:
        session.execute(sql_update(Chunk).where(*chunk, Chunk.owner != held.owner).values(moved))
    session.execute(sql_update(Chunk).where(*chunk, Chunk.owner == held.owner).values({**_FREE, **moved}))


def _due(session: Session, alert: str) -> None:
    """The townships' numbers change, and no chunk that was never tried says so (`alerts.summary`)."""
    session.execute(sql_update(Alert).where(Alert.id == alert).values(summary_due=True))


def _due_unless_held(session: Session, alert: str) -> None:
    """For whoever has a chunk's row already and may not wait for the alert's: who holds that tells the numbers, and a
    summary stays due while chunks are in hand."""
    free = select(Alert.id).where(Alert.id == alert).with_for_update(skip_locked=True)
    if session.scalars(free).first() is not None:
        _due(session, alert)


def _is_overtaken(session: Session, held: Claim, now: datetime) -> bool:
    about = {"served": held.channel, "now": now, "held_rank": held.rank, "held_lane": held.lane}
    return bool(session.connection().execute(GOES_FIRST, about).scalar())


def in_hand(now: datetime) -> ColumnElement[bool]:
    """Chunks that are being sent or may be at any moment."""
    return or_(Chunk.state == CLAIMED, waits(now))
