"""What the kinds of import share: what became of a row, and how a row names its unit."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from command.directory.model import Unit
from command.directory.queries import sight_of
from command.kernel.actor import Actor
from command.kernel.rights import Right
from web.imports.table import Row


@dataclass(frozen=True)
class Note:
    """Something to know of a row that was taken: a code, and what its sentence is filled with."""

    code: str
    params: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What became of a row: the object's id, whether it is new, a secret shown this once, and a note."""

    id: str
    created: bool
    secret: str | None = None
    note: Note | None = None


def find_unit(
    session: Session, actor: Actor, row: Row, column: str = "unit", right: Right = Right.DIRECTORY_READ
) -> Unit:
    """The one unit with this name or division code where the actor has the right.

    Raises Invalid `import.unit_unknown` or `import.unit_ambiguous`.
    """
    text = row.text(column) or ""
    sight = sight_of(session, actor, right)
    query = select(Unit).where(or_(Unit.name == text, Unit.division_code == text), Unit.active)
    found = [unit for unit in session.scalars(query) if sight.covers(unit.id)]
    exact = [unit for unit in found if unit.name == text or unit.kind in {"county", "township", "village"}]
    if not exact:
        raise row.fault(column, "import.unit_unknown", text)
    if len(exact) > 1:
        raise row.fault(column, "import.unit_ambiguous", text)
    return exact[0]
