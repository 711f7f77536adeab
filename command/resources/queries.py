"""Reading resources: one, a list, the nearest, for the board, as rows of a table."""

import math
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from command.checks import Position, checked_position
from command.directory.model import Unit, User
from command.directory.queries import Sight, sight_of
from command.kernel.actor import Actor
from command.kernel.errors import NotFound, Refused
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import State
from command.resources.model import Resource
from command.sight import readable, unit_ids
from gis.travel import mode_of, nearest

CSV_COLUMNS = (
    "name",
    "kind",
    "class_code",
    "unit",
    "quantity",
    "measure",
    "people",
    "capacity",
    "lon",
    "lat",
    "approximate",
    "status",
    "keeper",
)


@dataclass(frozen=True, kw_only=True)
class Search:
    """What to look for; empty asks nothing. `after` is an id."""

    kind: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    after: str | None = None
    limit: int = 50


def resource_for(session: Session, actor: Actor, resource_id: str, *, lock: bool = False) -> Resource:
    """The resource if the actor may read it; NotFound `resource.unknown` otherwise."""
    row = session.get(Resource, resource_id, with_for_update=lock or None) if is_id(resource_id) else None
    if row is None or not readable(session, actor, row.unit_id, unit_ids(row.shared)):
        raise NotFound("resource.unknown", id=resource_id[:40])
    return row


def resources(session: Session, actor: Actor, wanted: Search) -> list[Resource]:
    """Resources the actor may read in the order they were registered, at most `limit`. Raises Refused."""
    query = _filtered(wanted).order_by(Resource.id)
    if wanted.after is not None:
        query = query.where(Resource.id > wanted.after)
    return _seen(session, actor, query)[: wanted.limit]


def nearest_resources(session: Session, actor: Actor, origin: Position, wanted: Search) -> list[State]:
    """States with `distance_m, road_m, travel_s, estimated`, soonest there first; those without position are left out.

    Raises Refused and Invalid `location.outside_world`.
    """
    spot = checked_position(origin, "near")
    rows = _seen(session, actor, _filtered(wanted).order_by(Resource.id))
    lons, lats = [_degrees(row.lon) for row in rows], [_degrees(row.lat) for row in rows]
    found = nearest(spot, lons, lats, wanted.limit, [mode_of(row.kind) for row in rows])
    figures = zip(found.indexes.tolist(), found.distance_m, found.road_m, found.travel_s, strict=True)
    return [
        {
            **rows[index].state(),
            "distance_m": round(float(straight)),
            "road_m": round(float(road)),
            "travel_s": round(float(seconds)),
            "estimated": found.estimated,
        }
        for index, straight, road, seconds in figures
    ]


def board_resources(session: Session, sight: Sight) -> list[State]:
    """Resources on the board of this reader."""
    rows = session.scalars(select(Resource).where(Resource.active))
    return [row.state() for row in rows if sight.covers(row.unit_id, unit_ids(row.shared))]


def csv_rows(session: Session, actor: Actor) -> list[tuple[object, ...]]:
    """One row of `CSV_COLUMNS` per resource the actor may read: the unit by name, the keeper by user name."""
    units = {row.id: row.name for row in session.execute(select(Unit.id, Unit.name))}
    users = {row.id: row.username for row in session.execute(select(User.id, User.username))}
    rows = _seen(session, actor, _filtered(Search()).order_by(Resource.id))
    return [_csv_row(row, units, users) for row in rows]


def _degrees(value: float | None) -> float:
    """NaN for unknown, which is never near."""
    return math.nan if value is None else value


def _csv_row(row: Resource, units: dict[str, str], users: dict[str, str]) -> tuple[object, ...]:
    what = (row.name, row.kind, row.class_code, units[row.unit_id], row.quantity, row.measure, row.people, row.capacity)
    keeper = users.get(row.keeper_id) if row.keeper_id else None
    return (*what, row.lon, row.lat, int(row.approximate), row.status, keeper)


def _filtered(wanted: Search) -> Select[Resource]:
    query = select(Resource).where(Resource.active)
    if wanted.kind:
        query = query.where(Resource.kind.in_(wanted.kind))
    if wanted.status:
        query = query.where(Resource.status.in_(wanted.status))
    return query


def _seen(session: Session, actor: Actor, query: Select[Resource]) -> list[Resource]:
    if not actor.may_somewhere(Right.READ):
        raise Refused("access.refused", right=Right.READ)
    sight = sight_of(session, actor)
    return [row for row in session.scalars(query) if sight.covers(row.unit_id, unit_ids(row.shared))]
