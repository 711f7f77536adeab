"""Whether one actor may read one object: its unit's people, and those it was shared with."""

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import Unit
from command.kernel.actor import Actor
from command.kernel.rights import Right
from command.kernel.values import Json


def readable(session: Session, actor: Actor, unit_id: str, shared: Iterable[str] = ()) -> bool:
    """Whether `actor` may read something of this unit that is shared with the people of `shared`."""
    paths = session.scalars(select(Unit.path).where(Unit.id.in_({unit_id, *shared})))
    return any(actor.may(Right.READ, path) for path in paths)


def unit_ids(stored: Json) -> tuple[str, ...]:
    """The unit ids in a stored list."""
    return tuple(str(one) for one in stored) if isinstance(stored, list) else ()


def audience(unit_id: str, *others: Iterable[str]) -> list[Json]:
    """The sorted further units of an object of this unit, as stored and as an entry takes them."""
    return list[Json](sorted({one for group in others for one in group} - {unit_id}))
