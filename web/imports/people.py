"""How a row names a person of a unit: by the name, of several of one name with the telephone behind it."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.recipients import telephone
from command.directory.model import Person
from web.imports.table import Row


def find_person(session: Session, row: Row, unit_id: str, column: str) -> Person | None:
    """Who is named in a cell: `张三`, or `张三 13800000000`; None for an empty one.

    Raises Invalid `import.person_unknown`, or `import.person_ambiguous` where it stays open who is meant.
    """
    cell = row.text(column)
    if cell is None:
        return None
    people = people_named(session, unit_id, cell)
    if not people and " " in cell:
        name, phone = cell.rsplit(maxsplit=1)
        people = [one for one in [by_phone(people_named(session, unit_id, name), phone)] if one]
    if not people:
        raise row.fault(column, "import.person_unknown", cell)
    if len(people) > 1:
        raise row.fault(column, "import.person_ambiguous", cell)
    return people[0]


def people_named(session: Session, unit_id: str, name: str) -> list[Person]:
    """Those of a name in a unit; who is out of use only where nobody else has it."""
    query = select(Person).where(Person.unit_id == unit_id, Person.name == name)
    people = list(session.scalars(query.order_by(Person.id)))
    return [one for one in people if one.active] or people


def by_phone(people: list[Person], phone: str | None) -> Person | None:
    """The one of them with this number."""
    found = [one for one in people if phone and one.phone and telephone(one.phone) == telephone(phone)]
    return found[0] if len(found) == 1 else None
