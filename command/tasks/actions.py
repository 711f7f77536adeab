"""Giving an order and moving it on; the resource it sends changes in the same entry."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from command.checks import Position, checked_area, checked_position, invalid, not_future
from command.directory.model import Unit, User
from command.directory.queries import unit_of
from command.incidents.actions import share
from command.incidents.model import Incident
from command.incidents.numbers import next_number
from command.incidents.queries import incident_for
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text, to_text
from command.kernel.errors import Conflict, NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import Json, State
from command.resources.actions import follow
from command.resources.model import AVAILABLE, Resource
from command.resources.queries import resource_for
from command.sight import audience, readable, unit_ids
from command.tasks import moves
from command.tasks.model import Task
from command.tasks.queries import task_for
from command.tasks.rights import need_move


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order to give: to a unit, or by a resource (its unit, its keeper). `position` is (lon, lat)."""

    title: str
    detail: str | None = None
    to_unit: str | None = None
    resource: str | None = None
    assignee: str | None = None
    deadline_at: datetime | None = None
    position: Position | None = None
    area: Mapping[str, Any] | None = None


def order(session: Session, clock: Clock, actor: Actor, incident_id: str, values: Order) -> Task:
    """Give an order for an incident, and show that to the addressee; without a place of its own it goes there.

    Raises NotFound, Refused, Conflict `incident.ended`, `resource.busy` or `resource.unavailable`, Invalid
    `task.nobody`, `task.to_unit_differs`, `task.assignee_elsewhere`, `task.deadline_past` and those of places.
    """
    incident = incident_for(session, actor, incident_id, lock=True)
    actor.need(Right.TASK_ORDER, unit_of(session, incident.unit_id).path)
    if not incident.on_board:
        raise Conflict("incident.ended", state=incident.status)
    now = clock.now()
    if values.deadline_at is not None and values.deadline_at <= now:
        raise invalid("task.deadline_past", "deadline_at")
    resource = _free_resource(session, actor, values.resource) if values.resource else None
    to_unit = _addressee(session, actor, values.to_unit, resource)
    assignee = _assignee(session, values.assignee, resource, to_unit)
    task = Task(
        **_identity(session, actor, incident, now),
        title=values.title,
        detail=values.detail,
        to_unit_id=to_unit.id,
        to_unit_name=to_unit.name,
        resource_id=resource.id if resource else None,
        assignee_id=assignee.id if assignee else None,
        assignee_name=assignee.name if assignee else None,
        deadline_at=values.deadline_at,
        area=checked_area(values.area, "area"),
    )
    _set_place(task, incident, values.position)
    task.shared = _audience(task, incident, resource, assignee)
    session.add(task)
    share(session, actor, incident, {task.to_unit_id, *([assignee.unit_id] if assignee else [])})
    _follow(task, resource)
    _tell(session, actor, task, resource)
    return task


def move(
    session: Session,
    clock: Clock,
    actor: Actor,
    task_id: str,
    to: str,
    reason: str | None = None,
    pressed_at: datetime | None = None,
) -> Task:
    """Move an order on; a move made before changes nothing. `pressed_at` is when a device says it was pressed.

    Raises NotFound, Refused, Conflict `move.impossible`, Invalid `move.reason_needed` or `time.future`.
    """
    task = task_for(session, actor, task_id, lock=True)
    need_move(session, actor, task, to)
    if any(isinstance(done, dict) and done["to"] == to for done in _moves(task)):
        return task
    now = clock.now()
    not_future(pressed_at, now, "pressed_at")
    moves.TASK.check(task.status, to, reason)
    task.status, task.status_at = to, now
    task.reason = reason or task.reason
    task.moves = [*_moves(task), _step(actor, to, now, reason, pressed_at)]
    task.version += 1
    resource = _sent_resource(session, task)
    _follow(task, resource)
    _tell(session, actor, task, resource)
    return task


def _free_resource(session: Session, actor: Actor, resource_id: str) -> Resource:
    resource = resource_for(session, actor, resource_id, lock=True)
    if resource.task_id is not None:
        raise Conflict("resource.busy", name=resource.name)
    if resource.status != AVAILABLE or not resource.active:
        raise Conflict("resource.unavailable", name=resource.name)
    return resource


def _addressee(session: Session, actor: Actor, unit_id: str | None, resource: Resource | None) -> Unit:
    if resource is not None and unit_id not in {None, resource.unit_id}:
        raise invalid("task.to_unit_differs", "to_unit")
    wanted = resource.unit_id if resource is not None else unit_id
    if wanted is None:
        raise invalid("task.nobody", "to_unit")
    unit = unit_of(session, wanted)
    if not readable(session, actor, unit.id):
        raise NotFound("unit.unknown", id=wanted[:40])
    actor.need(Right.TASK_ORDER, unit.path)
    return unit


def _assignee(session: Session, user_id: str | None, resource: Resource | None, to_unit: Unit) -> User | None:
    """The person named, who must belong to the addressee, or else the resource's keeper."""
    if user_id is None:
        return session.get(User, resource.keeper_id) if resource is not None and resource.keeper_id else None
    user = session.get(User, user_id) if is_id(user_id) else None
    if user is None or not user.active or not unit_of(session, user.unit_id).path.startswith(to_unit.path):
        raise invalid("task.assignee_elsewhere", "assignee")
    return user


def _identity(session: Session, actor: Actor, incident: Incident, now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(),
        "version": 1,
        "unit_id": actor.unit_id or incident.unit_id,
        "incident_id": incident.id,
        "number": f"{incident.number}-{next_number(session, incident.id):02d}",
        "status": "ordered",
        "status_at": now,
        "ordered_by": actor.by(),
        "ordered_at": now,
        "moves": [],
    }


def _set_place(task: Task, incident: Incident, position: Position | None) -> None:
    task.lon, task.lat = checked_position(position) if position else (incident.lon, incident.lat)


def _audience(task: Task, incident: Incident, resource: Resource | None, assignee: User | None) -> list[Json]:
    """Whoever may read one of an entry's objects may read all of them, or boards would differ from snapshots."""
    others = {task.to_unit_id, incident.unit_id}
    if assignee is not None:
        others.add(assignee.unit_id)
    if resource is not None:
        others |= {resource.unit_id, *unit_ids(resource.shared)}
    return audience(task.unit_id, others)


def _sent_resource(session: Session, task: Task) -> Resource | None:
    """The locked resource while it is this task that it is on."""
    if task.resource_id is None:
        return None
    resource = session.get(Resource, task.resource_id, with_for_update=True)
    return resource if resource is not None and resource.task_id == task.id else None


def _follow(task: Task, resource: Resource | None) -> None:
    if resource is None:
        return
    position = (task.lon, task.lat) if task.lon is not None and task.lat is not None else None
    free = moves.ends(task.status)
    shared = (task.unit_id, *unit_ids(task.shared))
    follow(resource, moves.resource_status(task.status), None if free else task.id, position, shared)


def _tell(session: Session, actor: Actor, task: Task, resource: Resource | None) -> None:
    body: State = {"task": task.state()}
    if resource is not None:
        body["resource"] = resource.state()
    shared = unit_ids(task.shared)
    record(
        session, actor, f"task.{task.status}", unit=task.unit_id, incident=task.incident_id, shared=shared, body=body
    )


def _moves(task: Task) -> list[Json]:
    return list(task.moves) if isinstance(task.moves, list) else []


def _step(actor: Actor, to: str, now: datetime, reason: str | None, pressed_at: datetime | None) -> State:
    return {
        "to": to,
        "at": to_text(now),
        "pressed_at": optional_text(pressed_at),
        "by": actor.by(),
        "reason": reason,
    }
