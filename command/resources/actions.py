"""What can be done with resources. A task's moves change a resource through `follow`, in the task's own entry."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, TypedDict

from sqlalchemy.orm import Session

from command.checks import Position, checked_position, invalid
from command.directory.model import User
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, Refused, StaleVersion
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.resources.model import AVAILABLE, FIXED_KINDS, ON_SCENE, Resource
from command.resources.queries import resource_for
from command.sight import audience, unit_ids


@dataclass(frozen=True, kw_only=True)
class NewResource:
    """A resource to register. `position` is (lon, lat), WGS-84."""

    unit_id: str
    kind: str
    name: str
    class_code: str | None = None
    quantity: float | None = None
    measure: str | None = None
    people: int | None = None
    capacity: int | None = None
    position: Position | None = None
    approximate: bool = False
    keeper_id: str | None = None
    sample: bool = False


class Changes(TypedDict, total=False):
    """What may be changed; an absent key leaves the value alone. `status` is available or unavailable."""

    kind: str
    name: str
    class_code: str | None
    quantity: float | None
    measure: str | None
    people: int | None
    capacity: int | None
    position: Position | None
    approximate: bool
    status: str
    keeper_id: str | None
    active: bool
    sample: bool


_PLAIN = frozenset({"kind", "name", "class_code", "quantity", "measure", "people", "capacity", "approximate", "sample"})
_BY_KEEPER = frozenset({"quantity", "people", "capacity", "position", "approximate", "status"})
_WHERE = frozenset({"position", "approximate"})


def register(session: Session, actor: Actor, values: NewResource) -> Resource:
    """A new resource of a unit. Raises NotFound `unit.unknown`, Refused, Invalid `location.outside_world`."""
    unit = unit_of(session, values.unit_id)
    actor.need(Right.RESOURCE_CHANGE, unit.path)
    lon, lat = checked_position(values.position) if values.position else (None, None)
    row = Resource(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        kind=values.kind,
        class_code=values.class_code,
        name=values.name,
        quantity=values.quantity,
        measure=values.measure,
        people=values.people,
        capacity=values.capacity,
        lon=lon,
        lat=lat,
        approximate=values.approximate,
        status=AVAILABLE,
        active=True,
        sample=values.sample,
        shared=[],
    )
    _set_keeper(session, row, values.keeper_id)
    session.add(row)
    _tell(session, actor, "resource.registered", row)
    return row


def change(session: Session, actor: Actor, resource_id: str, expected: int, changes: Changes) -> Resource:
    """Change a resource that still has the version `expected`; its keeper may set what they see on the spot.

    Raises NotFound, Refused, StaleVersion `version.stale`, Conflict `resource.on_task`, Invalid `keeper.unknown` or
    `location.outside_world`.
    """
    row = resource_for(session, actor, resource_id, lock=True)
    _check_right(session, actor, row, changes)
    if row.version != expected:
        raise StaleVersion("version.stale", version=row.version)
    if row.task_id is not None and changes.keys() & {"status", "active"}:
        raise Conflict("resource.on_task", name=row.name)
    if changes:
        _apply(session, row, changes)
        row.version += 1
        _tell(session, actor, "resource.moved" if changes.keys() <= _WHERE else "resource.changed", row)
    return row


def follow(row: Resource, status: str, task_id: str | None, position: Position | None, shared: Iterable[str]) -> None:
    """Let a locked resource follow its task; the caller tells it in the task's entry.

    On the scene the marker stands where the task is, as good as that is known, except of what cannot move.
    """
    row.status, row.task_id = status, task_id
    row.shared = audience(row.unit_id, unit_ids(row.shared), shared)
    if status == ON_SCENE and position is not None and row.kind not in FIXED_KINDS:
        row.lon, row.lat = position
        row.approximate = True
    row.version += 1


def _check_right(session: Session, actor: Actor, row: Resource, changes: Changes) -> None:
    keeps = row.keeper_id == actor.id and changes.keys() <= _BY_KEEPER
    if not keeps and not actor.may(Right.RESOURCE_CHANGE, unit_of(session, row.unit_id).path):
        raise Refused("access.refused", right=Right.RESOURCE_CHANGE)


def _apply(session: Session, row: Resource, changes: Changes) -> None:
    values: dict[str, Any] = dict(changes)
    for name in _PLAIN & values.keys():
        setattr(row, name, values[name])
    if "position" in changes:
        position = changes["position"]
        row.lon, row.lat = checked_position(position) if position else (None, None)
    if "keeper_id" in changes:
        _set_keeper(session, row, changes["keeper_id"])
    row.status = changes.get("status", row.status)
    row.active = changes.get("active", row.active)


def _set_keeper(session: Session, row: Resource, keeper_id: str | None) -> None:
    user = session.get(User, keeper_id) if keeper_id and is_id(keeper_id) else None
    if keeper_id is not None and (user is None or not user.active):
        raise invalid("keeper.unknown", "keeper")
    row.keeper_id, row.keeper_name = (user.id, user.name) if user else (None, None)


def _tell(session: Session, actor: Actor, kind: str, row: Resource) -> None:
    shared = unit_ids(row.shared)
    record(session, actor, kind, unit=row.unit_id, shared=shared, body={"resource": row.state()})
