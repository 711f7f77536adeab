"""Importing hazard points and their households: the standing lists of the evacuation ledger."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import HazardPoint, Post, Unit
from command.evacuation.actions.lists import HouseholdValues, PointValues, keep_household, keep_point
from command.kernel.actor import Actor
from command.kernel.rights import Right
from command.resources.model import Resource
from web.imports.cells import Outcome, find_unit
from web.imports.table import Row


def import_hazard_point(session: Session, actor: Actor, row: Row) -> Outcome:
    """A hazard point of a unit; its post is one of the unit's, its shelter a resource of that kind."""
    unit = find_unit(session, actor, row, right=Right.HOUSEHOLD_KEEP)
    lon, lat = row.number("lon"), row.number("lat")
    if (lon is None) != (lat is None):
        raise row.fault("lat" if lat is None else "lon", "import.empty", "")
    values = PointValues(
        hazard=row.text("hazard") or "",
        position=(lon, lat) if lon is not None and lat is not None else None,
        post_id=_post(session, row, unit),
        shelter_id=_shelter(session, row),
    )
    point, created = keep_point(session, actor, unit.id, row.text("name") or "", values)
    return Outcome(point.id, created)


def import_household(session: Session, actor: Actor, row: Row) -> Outcome:
    """A household at a hazard point of the unit, known by its number there."""
    unit = find_unit(session, actor, row, right=Right.HOUSEHOLD_KEEP)
    name = row.text("hazard_point") or ""
    named = (HazardPoint.unit_id == unit.id, HazardPoint.name == name, HazardPoint.active)
    point = session.scalars(select(HazardPoint).where(*named)).first()
    if point is None:
        raise row.fault("hazard_point", "import.hazard_point_unknown", name)
    values = HouseholdValues(
        people=row.count("people") or 0,
        head=row.text("head") or "",
        phone=row.text("phone"),
        needs=row.text("needs"),
    )
    household, created = keep_household(session, actor, point, _number(row), values)
    return Outcome(household.id, created)


def _number(row: Row) -> int:
    number = row.count("number")
    if not number:
        raise row.fault("number", "import.number", row.text("number") or "")
    return number


def _post(session: Session, row: Row, unit: Unit) -> str | None:
    title = row.text("post")
    if title is None:
        return None
    query = select(Post.id).where(Post.unit_id == unit.id, Post.title == title, Post.active)
    found = session.scalars(query).first()
    if found is None:
        raise row.fault("post", "import.post_unknown", title)
    return found


def _shelter(session: Session, row: Row) -> str | None:
    name = row.text("shelter")
    if name is None:
        return None
    query = select(Resource.id).where(Resource.kind == "shelter", Resource.name == name, Resource.active)
    found = session.scalars(query).first()
    if found is None:
        raise row.fault("shelter", "import.shelter_unknown", name)
    return found
