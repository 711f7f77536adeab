"""Opening an evacuation: by an order as it is issued, or by hand for an area."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import HazardPoint, Post, Unit
from command.evacuation.actions.telling import tell, tell_point
from command.evacuation.area import Wanted, points_in, township_of
from command.evacuation.model import OPEN, Evacuation, EvacuationPoint, Household
from command.evacuation.standing import TO_MOVE
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json, State
from command.resources.model import Resource
from command.sight import audience, unit_ids


@dataclass(frozen=True, kw_only=True)
class Opening:
    """An evacuation to open. `owner` is the unit it belongs to; without one, the actor's."""

    title: str
    wanted: Wanted = field(default_factory=Wanted)
    owner: str | None = None
    alert: str | None = None
    incident: str | None = None
    drill: bool = False


def find(session: Session, actor: Actor, wanted: Wanted, *, drill: bool = False) -> list[HazardPoint]:
    """The hazard points that an opening would list now: not those that an open evacuation lists already.

    Raises Refused and as `points_in`.
    """
    if not actor.may_somewhere(Right.EVACUATION_OPEN):
        raise Refused("access.refused", right=Right.EVACUATION_OPEN)
    taken = select(EvacuationPoint.hazard_point_id).where(EvacuationPoint.on_board, EvacuationPoint.drill == drill)
    held = frozenset(session.scalars(taken))
    return [row for row in points_in(session, actor, wanted) if row.id not in held]


def open_evacuation(session: Session, clock: Clock, actor: Actor, values: Opening) -> Evacuation:
    """Open one for every household at the hazard points meant.

    Raises Conflict `evacuation.nobody` where no household is left to list, and as `find`.
    """
    places = _inhabited(session, find(session, actor, values.wanted, drill=values.drill))
    if not places:
        raise Conflict("evacuation.nobody")
    row = Evacuation(
        id=new_id(),
        version=1,
        unit_id=values.owner or actor.unit_id,
        shared=[],
        title=values.title,
        alert_id=values.alert,
        incident_id=values.incident,
        status=OPEN,
        drill=values.drill,
        opened_at=clock.now(),
        opened_by=actor.by(),
    )
    session.add(row)
    session.flush()
    _list(session, actor, row, places, "evacuation.opened")
    return row


def open_by_order(session: Session, clock: Clock, actor: Actor, values: Opening, supersedes: str | None) -> None:
    """An evacuation order was issued: open one, or widen the one of the order that it changes.

    An order for an area without a listed household opens none: there is nobody to keep a ledger of.
    """
    before = select(Evacuation).where(Evacuation.alert_id == supersedes, Evacuation.status == OPEN).with_for_update()
    row = session.scalars(before).first() if supersedes else None
    places = _inhabited(session, find(session, actor, values.wanted, drill=values.drill))
    if row is not None:
        row.alert_id, row.title = values.alert, values.title
        row.version += 1
        _list(session, actor, row, places, "evacuation.extended")
    elif places:
        open_evacuation(session, clock, actor, values)


Inhabited = Sequence[tuple[HazardPoint, Sequence[Household]]]


def _inhabited(session: Session, places: Iterable[HazardPoint]) -> Inhabited:
    rows = list(places)
    query = select(Household).where(Household.active, Household.hazard_point_id.in_([row.id for row in rows]))
    held: dict[str, list[Household]] = {row.id: [] for row in rows}
    for household in session.scalars(query.order_by(Household.number)):
        held[household.hazard_point_id].append(household)
    return [(row, held[row.id]) for row in rows if held[row.id]]


def _list(session: Session, actor: Actor, row: Evacuation, places: Inhabited, kind: str) -> None:
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    made = [_place(session, row, one, households, units) for one, households in places]
    session.add_all(made)
    row.shared = audience(row.unit_id, unit_ids(row.shared), [place.township_id for place in made])
    session.flush()
    tell(session, actor, row, kind)
    for place in made:
        tell_point(session, actor, row, place, "evacuation.listed")


def _place(
    session: Session, row: Evacuation, one: HazardPoint, households: Iterable[Household], units: dict[str, Unit]
) -> EvacuationPoint:
    township = township_of(one.unit_id, units)
    post = session.get(Post, one.post_id) if one.post_id else None
    return EvacuationPoint(
        id=new_id(),
        version=1,
        evacuation_id=row.id,
        hazard_point_id=one.id,
        unit_id=one.unit_id,
        owner_id=row.unit_id,
        township_id=township.id,
        township_name=township.name,
        name=one.name,
        hazard=one.hazard,
        lon=one.lon,
        lat=one.lat,
        post={"id": post.id, "name": post.title} if post is not None and post.active else None,
        shelter=shelter_of(session, one.shelter_id),
        drill=row.drill,
        on_board=True,
        households=[_listed(household, to_text(row.opened_at)) for household in households],
    )


def shelter_of(session: Session, resource_id: str | None) -> State | None:
    """How a shelter stands in a ledger; None where there is none in use."""
    shelter = session.get(Resource, resource_id) if resource_id else None
    if shelter is None or not shelter.active or shelter.kind != "shelter":
        return None
    return {"id": shelter.id, "name": shelter.name}


def _listed(household: Household, at: str) -> Json:
    return {
        "household": household.id,
        "number": household.number,
        "people": household.people,
        "assist": bool(household.needs),
        "status": TO_MOVE,
        "at": at,
        "pressed_at": None,
        "by": None,
        "reason": None,
        "how": None,
        "shelter": None,
        "step": None,
    }
