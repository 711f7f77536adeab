"""What a county sets for its warnings: never changed, only followed by another version. Each is kept, for what ran by
it.
"""

from datetime import datetime
from typing import TypeVar

from sqlalchemy import ForeignKey, String, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, declared_attr, mapped_column

from command.directory.model import Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text
from command.kernel.db import JsonText, UtcDateTime
from command.kernel.errors import StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State


class Version:
    """One version of a county's, by its number from 1 on. What it sets stands in columns of the table's own."""

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    version: Mapped[int] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[Json] = mapped_column(JsonText)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[UniqueConstraint]:
        return (UniqueConstraint("unit_id", "version"),)


V = TypeVar("V", bound=Version)


def in_force(session: Session, kind: type[V], county: Unit) -> V | None:
    """The county's last version, None where it never set one."""
    query = select(kind).where(kind.unit_id == county.id).order_by(kind.version.desc())
    return session.scalars(query.limit(1)).first()


def county_set_by(session: Session, actor: Actor) -> Unit:
    """The actor's county, for who may read and change what it sets. Raises Refused."""
    county = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, county.path)
    return county


def to_follow(session: Session, kind: type[V], county: Unit, version: int) -> V | None:
    """The version in force, for who follows it: until then no other can. `version` is the one they saw, 0 for none.

    Raises StaleVersion `version.stale`.
    """
    session.get_one(Unit, county.id, with_for_update=True)
    before = in_force(session, kind, county)
    standing = before.version if before else 0
    if version != standing:
        raise StaleVersion("version.stale", version=standing)
    return before


def put_in_force(session: Session, clock: Clock, actor: Actor, county: Unit, before: V | None, row: V) -> None:
    """Put `row` in force after `before`; what it sets stands in it already."""
    row.id, row.unit_id, row.at, row.by = new_id(), county.id, clock.now(), actor.by()
    row.version = before.version + 1 if before else 1
    session.add(row)
    session.flush()


def shown(row: Version | None, **content: Json) -> State:
    """A version's public form around what it sets: `version` is 0 where there is none."""
    return {
        "version": row.version if row else 0,
        **content,
        "at": optional_text(row.at if row else None),
        "by": row.by if row else None,
    }
