"""Reading evacuations: for the board, for the desk with names for those who may know them, as rows of a table."""

from collections.abc import Callable, Iterator, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import HazardPoint, Post, Unit
from command.directory.queries import Sight, points_of_posts, sight_of
from command.evacuation.model import (
    CLOSED,
    OPEN,
    Evacuation,
    EvacuationPoint,
    EvacuationStep,
    Household,
    listed,
)
from command.evacuation.personal import may_name
from command.evacuation.standing import Count, is_late, totals
from command.kernel.actor import Actor
from command.kernel.errors import NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import Json, State
from command.sight import readable, unit_ids

STATUSES = (OPEN, CLOSED)
MOST = 200


def board_evacuations(session: Session, sight: Sight) -> list[State]:
    """Open evacuations on the board of this reader."""
    rows = session.scalars(select(Evacuation).where(Evacuation.status == OPEN))
    return [row.state() for row in rows if sight.covers(row.unit_id, unit_ids(row.shared))]


def board_evacuation_points(session: Session, sight: Sight) -> list[State]:
    """Hazard points of open evacuations on the board of this reader, with their households by number."""
    rows = session.scalars(select(EvacuationPoint).where(EvacuationPoint.on_board))
    return [row.state() for row in rows if sight.covers(row.unit_id, [row.owner_id])]


def evacuation_for(session: Session, actor: Actor, evacuation_id: str, *, lock: bool = False) -> Evacuation:
    """The evacuation if the actor may read it; NotFound `evacuation.unknown` otherwise."""
    row = session.get(Evacuation, evacuation_id, with_for_update=lock or None) if is_id(evacuation_id) else None
    if row is None or not readable(session, actor, row.unit_id, unit_ids(row.shared)):
        raise NotFound("evacuation.unknown", id=evacuation_id[:40])
    return row


def evacuations(session: Session, actor: Actor, status: Sequence[str] = ()) -> list[State]:
    """Evacuations the actor may read with their totals, the newest first, at most `MOST`."""
    query = select(Evacuation).order_by(Evacuation.id.desc()).limit(MOST)
    sight = sight_of(session, actor)
    rows = session.scalars(query.where(Evacuation.status.in_(status)) if status else query)
    return [details(session, actor, row) for row in rows if sight.covers(row.unit_id, unit_ids(row.shared))]


def details(session: Session, actor: Actor, row: Evacuation) -> State:
    """The public state, the counts of all and of each township that this reader sees, and whether they may end it."""
    places = _places(session, actor, row)
    counted = totals((place.township_id, listed(place)) for place in places)
    names = {place.township_id: place.township_name for place in places}
    owner = session.get_one(Unit, row.unit_id)
    townships: list[Json] = [
        {"township": one, "name": names[one], **_counts(count)} for one, count in counted.townships.items()
    ]
    return {
        **row.state(),
        "totals": _counts(counted.all),
        "townships": townships,
        "may_end": actor.may(Right.EVACUATION_END, owner.path),
    }


def ledger(session: Session, actor: Actor, row: Evacuation) -> list[State]:
    """A row per household: where it stands, and for those who act on it who it is. Names are None for others."""
    return list(_rows(session, actor, row))


def steps_of(session: Session, actor: Actor, row: Evacuation, household_id: str) -> list[State]:
    """Everything reported of a household, as it arrived, corrections among it; notes for those who may know names."""
    place = next(
        (one for one in _places(session, actor, row) if any(h["household"] == household_id for h in listed(one))), None
    )
    if place is None:
        raise NotFound("household.unknown", id=household_id[:40])
    named = _namer(session, actor)(place.unit_id)
    query = select(EvacuationStep).where(
        EvacuationStep.point_id == place.id, EvacuationStep.household_id == household_id
    )
    return [
        {**step.state(), "note": step.note if named else None, "late": is_late(row.closed_at, step.at)}
        for step in session.scalars(query.order_by(EvacuationStep.at, EvacuationStep.id))
    ]


def household_for(session: Session, actor: Actor, household_id: str, *, lock: bool = False) -> Household:
    """The household if the actor may read its unit; NotFound `household.unknown` otherwise."""
    row = session.get(Household, household_id, with_for_update=lock or None) if is_id(household_id) else None
    if row is None or not readable(session, actor, row.unit_id):
        raise NotFound("household.unknown", id=household_id[:40])
    return row


def hazard_points(session: Session, actor: Actor) -> list[State]:
    """The hazard points in use that the actor may read, with the posts that answer for them as {id, name}, and how
    many households and people are there."""
    sight = sight_of(session, actor)
    posts = _answering(session, sight)
    held: dict[str, list[int]] = {}
    for household in session.scalars(select(Household).where(Household.active)):
        held.setdefault(household.hazard_point_id, []).append(household.people)
    query = select(HazardPoint).where(HazardPoint.active).order_by(HazardPoint.unit_id, HazardPoint.name)
    return [
        {
            **row.state(),
            "posts": posts.get(row.id, []),
            "households": len(held.get(row.id, ())),
            "people": sum(held.get(row.id, ())),
        }
        for row in session.scalars(query)
        if sight.covers(row.unit_id)
    ]


def _answering(session: Session, sight: Sight) -> dict[str, list[Json]]:
    held = points_of_posts(session, sight.units)
    found: dict[str, list[Json]] = {}
    for post in session.scalars(select(Post).where(Post.id.in_(held)).order_by(Post.title, Post.id)):
        for point in held[post.id]:
            found.setdefault(point.id, []).append({"id": post.id, "name": post.title})
    return found


def _rows(session: Session, actor: Actor, row: Evacuation) -> Iterator[State]:
    places = sorted(_places(session, actor, row), key=lambda one: (one.township_name, one.name, one.id))
    ids = [str(one["household"]) for place in places for one in listed(place)]
    people = {one.id: one for one in session.scalars(select(Household).where(Household.id.in_(ids)))}
    named = _namer(session, actor)
    for place in places:
        for one in listed(place):
            household = people[str(one["household"])] if named(place.unit_id) else None
            yield {
                **one,
                "point": place.id,
                "point_name": place.name,
                "hazard": place.hazard,
                "township": place.township_id,
                "township_name": place.township_name,
                "post": place.post,
                "planned_shelter": place.shelter,
                "head": household.head if household else None,
                "phone": household.phone if household else None,
                "needs": household.needs if household else None,
                "responsible": household.responsible if household else None,
            }


def _namer(session: Session, actor: Actor) -> Callable[[str], bool]:
    paths = {unit.id: unit.path for unit in session.scalars(select(Unit))}
    known: dict[str, bool] = {}

    def named(unit_id: str) -> bool:
        if unit_id not in known:
            known[unit_id] = may_name(session, actor, paths[unit_id])
        return known[unit_id]

    return named


def _places(session: Session, actor: Actor, row: Evacuation) -> list[EvacuationPoint]:
    sight = sight_of(session, actor)
    query = select(EvacuationPoint).where(EvacuationPoint.evacuation_id == row.id).order_by(EvacuationPoint.id)
    return [one for one in session.scalars(query) if sight.covers(one.unit_id, [one.owner_id])]


def _counts(count: Count) -> State:
    return {
        "households": count.households,
        "people": count.people,
        "moved_households": count.moved_households,
        "moved_people": count.moved_people,
    }
