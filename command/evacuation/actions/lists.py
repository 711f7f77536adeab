"""The standing lists: hazard points and households, kept by who keeps resources."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.area import area_of
from command.checks import Position, checked_position, invalid
from command.directory.model import HazardPoint, Post, Unit
from command.directory.queries import county_of, unit_of
from command.evacuation.model import EvacuationStep, Household
from command.evacuation.queries import household_for
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, NotFound, StaleVersion
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.salted import salted
from command.kernel.timeline import record
from command.resources.model import Resource
from command.sight import readable
from gis.divisions import shipped_divisions

MOST_PEOPLE = 99


@dataclass(frozen=True, kw_only=True)
class PointValues:
    """A hazard point as kept. `position` is (lon, lat); `post_id` answers for it, `shelter_id` takes its people."""

    hazard: str
    position: Position | None = None
    post_id: str | None = None
    shelter_id: str | None = None
    active: bool = True
    sample: bool = False


@dataclass(frozen=True, kw_only=True)
class HouseholdValues:
    """A household as kept: the head's name and what its people need are for those who act on it."""

    people: int
    head: str
    phone: str | None = None
    needs: str | None = None
    active: bool = True
    sample: bool = False


def keep_point(
    session: Session, actor: Actor, unit_id: str, name: str, values: PointValues
) -> tuple[HazardPoint, bool]:
    """The hazard point of this name in the unit, as it is from now on; and whether it is new.

    Raises NotFound, Refused, Invalid `location.outside_world`, `hazard_point.outside_area` (outside the county),
    `post.unknown` or `evacuation.shelter_unknown`.
    """
    unit = unit_of(session, unit_id)
    actor.need(Right.HOUSEHOLD_KEEP, unit.path)
    row = _point_named(session, unit, name)
    new = row is None
    if row is None:
        row = HazardPoint(id=new_id(), version=0, unit_id=unit.id, name=name)
    _set_point(session, actor, row, unit, values)
    return row, new


def register_point(session: Session, actor: Actor, unit_id: str, name: str, values: PointValues) -> HazardPoint:
    """A new hazard point. Raises as `keep_point`, and Conflict `hazard_point.name_taken`."""
    unit = unit_of(session, unit_id)
    actor.need(Right.HOUSEHOLD_KEEP, unit.path)
    if _point_named(session, unit, name) is not None:
        raise Conflict("hazard_point.name_taken", name=name, unit=unit.name)
    return keep_point(session, actor, unit_id, name, values)[0]


def change_point(
    session: Session, actor: Actor, point_id: str, version: int, changes: Mapping[str, Any]
) -> HazardPoint:
    """Change fields of `PointValues`, or the `name`.

    Raises as `register_point`, NotFound `hazard_point.unknown`, StaleVersion for another version.
    """
    row = session.get(HazardPoint, point_id, with_for_update=True) if is_id(point_id) else None
    if row is None or not readable(session, actor, row.unit_id):
        raise NotFound("hazard_point.unknown", id=point_id[:40])
    unit = unit_of(session, row.unit_id)
    actor.need(Right.HOUSEHOLD_KEEP, unit.path)
    if row.version != version:
        raise StaleVersion("version.stale", version=row.version)
    name = str(changes.get("name", row.name))
    if name != row.name and _point_named(session, unit, name) is not None:
        raise Conflict("hazard_point.name_taken", name=name, unit=unit.name)
    row.name = name
    own = {key: value for key, value in changes.items() if key != "name"}
    _set_point(session, actor, row, unit, replace(_values_of(row), **own))
    return row


def keep_household(
    session: Session, actor: Actor, place: HazardPoint, number: int, values: HouseholdValues
) -> tuple[Household, bool]:
    """The household with this number at the hazard point, as it is from now on; and whether it is new.

    Raises Refused, Invalid `household.people` (1 to 99).
    """
    actor.need(Right.HOUSEHOLD_KEEP, unit_of(session, place.unit_id).path)
    if not 1 <= values.people <= MOST_PEOPLE:
        raise invalid("household.people", "people")
    at = (Household.hazard_point_id == place.id, Household.number == number)
    row = session.scalars(select(Household).where(*at).with_for_update()).first()
    new = row is None
    if row is None:
        row = Household(id=new_id(), version=0, hazard_point_id=place.id, unit_id=place.unit_id, number=number)
        session.add(row)
    row.people, row.active, row.sample = values.people, values.active, values.sample
    if new or (row.head, row.phone, row.needs) != (values.head, values.phone, values.needs):
        row.head, row.phone, row.needs = values.head, values.phone, values.needs
        row.salt, row.digest = salted(values.head, values.phone, values.needs, row.responsible)
    row.version += 1
    session.flush()
    tell_household(session, actor, row, "household.registered" if new else "household.changed")
    return row, new


def end_samples(session: Session, actor: Actor) -> tuple[int, int]:
    """Take the demo's hazard points and households out of use; how many of each. A repetition does nothing."""
    paths = {unit.id: unit.path for unit in session.scalars(select(Unit))}
    points = session.scalars(select(HazardPoint).where(HazardPoint.active, HazardPoint.sample))
    households = session.scalars(select(Household).where(Household.active, Household.sample))
    gone = [row for row in points if actor.may(Right.HOUSEHOLD_KEEP, paths[row.unit_id])]
    left = [row for row in households if actor.may(Right.HOUSEHOLD_KEEP, paths[row.unit_id])]
    for point in gone:
        point.active = False
        point.version += 1
        _tell_point(session, actor, point, new=False)
    for household in left:
        household.active = False
        household.version += 1
        tell_household(session, actor, household, "household.changed")
    return len(gone), len(left)


def erase_personal(session: Session, actor: Actor, household_id: str) -> Household:
    """Forget who lives there and what was noted of them, for good. The digests stay, so that the chain holds.

    Raises NotFound, Refused.
    """
    row = household_for(session, actor, household_id, lock=True)
    actor.need(Right.HOUSEHOLD_KEEP, unit_of(session, row.unit_id).path)
    if row.salt is not None:
        row.head = row.phone = row.needs = row.responsible = row.salt = None
        row.version += 1
        tell_household(session, actor, row, "household.erased")
    for step in session.scalars(select(EvacuationStep).where(EvacuationStep.household_id == row.id)):
        step.note = step.salt = None
    return row


def _point_named(session: Session, unit: Unit, name: str) -> HazardPoint | None:
    named = (HazardPoint.unit_id == unit.id, HazardPoint.name == name)
    return session.scalars(select(HazardPoint).where(*named).with_for_update()).first()


def _values_of(row: HazardPoint) -> PointValues:
    position = None if row.lon is None or row.lat is None else (row.lon, row.lat)
    held = {one.name: getattr(row, one.name) for one in fields(PointValues) if one.name != "position"}
    return PointValues(position=position, **held)


def _set_point(session: Session, actor: Actor, row: HazardPoint, unit: Unit, values: PointValues) -> None:
    """Everything but where it belongs and what it is called, in one entry."""
    new = row.version == 0
    before = None if new else _values_of(row)
    if values.position is not None and (before is None or before.position != values.position):
        _check_position(session, unit, values.position)
    if before is None or (before.post_id, before.shelter_id) != (values.post_id, values.shelter_id):
        _check_links(session, unit, values)
    row.hazard, row.post_id, row.shelter_id = values.hazard, values.post_id, values.shelter_id
    row.lon, row.lat = values.position or (None, None)
    row.active, row.sample = values.active, values.sample
    row.version += 1
    session.add(row)
    session.flush()
    _tell_point(session, actor, row, new=new)


def _check_position(session: Session, unit: Unit, position: Position) -> None:
    """A place on earth, in the county: one whose degrees were exchanged or written in another datum lies elsewhere."""
    if not area_of(session, unit, shipped_divisions()).covers(checked_position(position)):
        raise invalid("hazard_point.outside_area", "location")


def _check_links(session: Session, unit: Unit, values: PointValues) -> None:
    post = session.get(Post, values.post_id) if values.post_id else None
    county = county_of(session, unit)
    ours = post is not None and post.active and unit_of(session, post.unit_id).path.startswith(county.path)
    if values.post_id is not None and not ours:
        raise invalid("post.unknown", "post")
    shelter = session.get(Resource, values.shelter_id) if values.shelter_id else None
    if values.shelter_id is not None and (shelter is None or shelter.kind != "shelter"):
        raise invalid("evacuation.shelter_unknown", "shelter")


def _tell_point(session: Session, actor: Actor, row: HazardPoint, *, new: bool) -> None:
    kind = "hazard_point.registered" if new else "hazard_point.changed"
    record(session, actor, kind, unit=row.unit_id, body={"hazard_point": row.state()})


def tell_household(session: Session, actor: Actor, row: Household, kind: str) -> None:
    """A change of a household: how many they are, and the digest of the rest."""
    record(session, actor, kind, unit=row.unit_id, body={"household": row.state()})
