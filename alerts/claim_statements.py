"""What a line asks about chunks with every batch, put together once: that takes longer than to ask it.

To be executed on the session's connection, past the identity map.
"""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Executable, and_, bindparam, exists, or_, select
from sqlalchemy import update as sql_update

from alerts.model import CLAIMED, PENDING, Chunk

Instant = datetime | BindParameter[datetime]

_NOW: BindParameter[datetime] = bindparam("now")
_RANK: BindParameter[int] = bindparam("held_rank")
_SERVED = and_(Chunk.channel == bindparam("served"), Chunk.lane <= bindparam("last_lane"))


def waits(now: Instant) -> ColumnElement[bool]:
    """Chunks that anybody may take."""
    return and_(Chunk.state == PENDING, Chunk.not_before <= now)


def held_by(owner: str) -> ColumnElement[bool]:
    """By any line of the process that an owner or its line names."""
    return Chunk.owner.endswith(owner.rpartition("@")[2], autoescape=True)


def taking_over(owner: str) -> Executable:
    """Claims the first chunk whose lease ran out, but not from the owner's own process.

    `served`, `last_lane`, `now`, `by`, `until` → the chunk, if there is one.
    """
    return _taking(and_(_ran_out(_NOW), ~held_by(owner)), doubted=True)


def _ran_out(now: Instant) -> ColumnElement[bool]:
    return and_(Chunk.state == CLAIMED, Chunk.lease_until < now)


def _taking(free: ColumnElement[bool], **more: object) -> Executable:
    first = select(Chunk.id).where(_SERVED, free)
    first = first.order_by(Chunk.rank, Chunk.lane, Chunk.id).limit(1).with_for_update(skip_locked=True)
    values = {
        "state": CLAIMED,
        "owner": bindparam("by"),
        "lease_until": bindparam("until"),
        "fence": Chunk.fence + 1,
        "attempts": Chunk.attempts + 1,
        **more,
    }
    asked = (Chunk.id, Chunk.alert_id, Chunk.act, Chunk.lane, Chunk.rank, Chunk.drill, Chunk.fence, Chunk.attempts)
    taken = sql_update(Chunk).where(Chunk.id == first.scalar_subquery()).values(values)
    return taken.returning(*asked, Chunk.language, Chunk.members)


WAITING = select(Chunk.id).where(_SERVED, or_(waits(_NOW), _ran_out(_NOW))).limit(1)
"""`served`, `last_lane`, `now` → a chunk that could be claimed, if there is one."""

TAKE_WAITING = _taking(waits(_NOW))
"""Claims the first chunk that waits: as `taking_over`."""

MOVE = sql_update(Chunk).where(Chunk.id == bindparam("held"), Chunk.fence == bindparam("under"), Chunk.state == CLAIMED)
"""Sets the columns that are given beside `held`, a chunk, where it is still held `under` this fence."""

_BETTER = or_(Chunk.rank < _RANK, and_(Chunk.rank == _RANK, Chunk.lane < bindparam("held_lane")))
GOES_FIRST = select(exists().where(Chunk.channel == bindparam("served"), waits(_NOW), _BETTER))
"""`served`, `now`, `held_rank`, `held_lane` → whether a chunk waits that goes before a held one."""
