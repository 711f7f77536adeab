"""What a line asks about chunks with every batch, put together once: that takes longer than to ask it.

To be executed on the session's connection, past the identity map.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Executable, Select, and_, bindparam, exists, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import InstrumentedAttribute

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


def _ran_out(now: Instant) -> ColumnElement[bool]:
    return and_(Chunk.state == CLAIMED, Chunk.lease_until < now)


_ASKED = (
    *(Chunk.id, Chunk.alert_id, Chunk.act, Chunk.lane, Chunk.rank, Chunk.drill, Chunk.fence, Chunk.attempts),
    *(Chunk.begun_from, Chunk.begun_to, Chunk.language, Chunk.members),
)


def _first(*what: InstrumentedAttribute[Any], free: ColumnElement[bool]) -> Select[Any]:
    """The chunk that goes first of those that are free, locked; what another claimant locks is theirs."""
    order = (Chunk.rank, Chunk.lane, Chunk.id)
    return select(*what).where(_SERVED, free).order_by(*order).limit(1).with_for_update(skip_locked=True)


def first_left(owner: str) -> Executable:
    """The first chunk whose lease ran out, but not one of the owner's own process.

    `served`, `last_lane`, `now` → the chunk, if there is one, as its last holder left it.
    """
    return _first(*_ASKED, free=and_(_ran_out(_NOW), ~held_by(owner)))


FIRST_WAITING = _first(*_ASKED, free=waits(_NOW))
"""The first chunk that waits: as `first_left`."""

_HOLDING = {"state": CLAIMED, "owner": bindparam("by"), "lease_until": bindparam("until")}
_COUNTED = {"fence": Chunk.fence + 1, "attempts": Chunk.attempts + 1}

TAKE_NEW = (
    sql_update(Chunk)
    .where(Chunk.id == _first(Chunk.id, free=waits(_NOW)).scalar_subquery(), Chunk.fence == 0)
    .values({**_HOLDING, **_COUNTED, "begun_to": bindparam("first")})
    .returning(*_ASKED)
)
"""Claims the first chunk that waits if nobody has held it: nothing is to be looked up before, and most are such.

`served`, `last_lane`, `now`, `by`, `until`, `first` (how many are begun at once) → the chunk.
"""

TAKE_AGAIN = sql_update(Chunk).where(Chunk.id == bindparam("held")).values({**_HOLDING, **_COUNTED})
"""Claims the chunk `held` that was locked before, `by` whom `until` when; sets the columns given beside these.

One statement: PostgreSQL looks a row's foreign keys up when a transaction changes it twice, and would wait for the
alert's row.
"""

WAITING = select(Chunk.id).where(_SERVED, or_(waits(_NOW), _ran_out(_NOW))).limit(1)
"""`served`, `last_lane`, `now` → a chunk that could be claimed, if there is one."""

MOVE = sql_update(Chunk).where(Chunk.id == bindparam("held"), Chunk.fence == bindparam("under"), Chunk.state == CLAIMED)
"""Sets the columns that are given beside `held`, a chunk, where it is still held `under` this fence."""

_BETTER = or_(Chunk.rank < _RANK, and_(Chunk.rank == _RANK, Chunk.lane < bindparam("held_lane")))
GOES_FIRST = select(exists().where(Chunk.channel == bindparam("served"), waits(_NOW), _BETTER))
"""`served`, `now`, `held_rank`, `held_lane` → whether a chunk waits that goes before a held one."""
