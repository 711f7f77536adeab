"""The standing lists: hazard points and households, kept by who keeps resources."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.checks import Position, checked_position, invalid
from command.directory.model import Post, Unit
from command.directory.queries import unit_of
from command.evacuation.model import EvacuationStep, HazardPoint, Household
from command.evacuation.queries import household_for
from command.kernel.actor import Actor
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.salted import salted
from command.kernel.timeline import record
from command.resources.model import Resource

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

    Raises NotFound, Refused, Invalid `location.outside_world`, `post.unknown` or `evacuation.shelter_unknown`.
    """
    unit = unit_of(session, unit_id)
    actor.need(Right.HOUSEHOLD_KEEP, unit.path)
    position = checked_position(values.position) if values.position else (None, None)
    _check_links(session, values)
    named = (HazardPoint.unit_id == unit.id, HazardPoint.name == name)
    row = session.scalars(select(HazardPoint).where(*named).with_for_update()).first()
    new = row is None
    if row is None:
        row = HazardPoint(id=new_id(), version=0, unit_id=unit.id, name=name)
        session.add(row)
    row.hazard, row.post_id, row.shelter_id = values.hazard, values.post_id, values.shelter_id
    row.lon, row.lat = position
    row.active, row.sample = values.active, values.sample
    row.version += 1
    session.flush()
    _tell_point(session, actor, row, new=new)
    return row, new


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


def _check_links(session: Session, values: PointValues) -> None:
    if values.post_id is not None and session.get(Post, values.post_id) is None:
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
