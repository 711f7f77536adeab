"""Reading orders: one, a list, those that are mine, for the board."""

from dataclasses import dataclass
from itertools import islice

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from command.directory.queries import Sight, sight_of
from command.kernel.actor import Actor
from command.kernel.errors import NotFound, Refused
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import State
from command.resources.model import Resource
from command.sight import readable, unit_ids
from command.tasks.model import Task
from command.tasks.moves import CLOSED
from command.tasks.rights import allowed_moves, is_theirs, keeps_only


@dataclass(frozen=True, kw_only=True)
class Search:
    """What to look for; None asks nothing. Without `status` only orders that are not closed. `after` is an id."""

    mine: bool = False
    status: tuple[str, ...] = ()
    incident: str | None = None
    after: str | None = None
    limit: int = 50


def task_for(session: Session, actor: Actor, task_id: str, *, lock: bool = False) -> Task:
    """The order if the actor may read it; NotFound `task.unknown` otherwise. A keeper reads only what is theirs."""
    row = session.get(Task, task_id, with_for_update=lock or None) if is_id(task_id) else None
    if row is None or not _may_read(session, actor, row):
        raise NotFound("task.unknown", id=task_id[:40])
    return row


def tasks(session: Session, actor: Actor, wanted: Search) -> list[Task]:
    """Orders the actor may read, newest first, at most `limit`. Raises Refused."""
    if not actor.may_somewhere(Right.READ):
        raise Refused("access.refused", right=Right.READ)
    query = select(Task).order_by(Task.id.desc())
    query = query.where(Task.status.in_(wanted.status) if wanted.status else Task.status != CLOSED)
    if wanted.incident is not None:
        query = query.where(Task.incident_id == wanted.incident)
    if wanted.after is not None:
        query = query.where(Task.id < wanted.after)
    if wanted.mine or keeps_only(actor):
        kept = select(Resource.id).where(Resource.keeper_id == actor.id)
        theirs = [Task.assignee_id == actor.id, Task.resource_id.in_(kept)]
        query = query.where(or_(*theirs, *([] if keeps_only(actor) else [Task.to_unit_id == actor.unit_id])))
    sight = sight_of(session, actor)
    seen = (row for row in session.scalars(query) if sight.covers(row.unit_id, unit_ids(row.shared)))
    return list(islice(seen, wanted.limit))


def board_tasks(session: Session, sight: Sight) -> list[State]:
    """Orders on the board of this reader."""
    rows = session.scalars(select(Task).where(Task.status != CLOSED))
    return [row.state() for row in rows if sight.covers(row.unit_id, unit_ids(row.shared))]


def task_details(session: Session, actor: Actor, task: Task) -> State:
    """The public state and the moves open to this reader."""
    return {**task.state(), "allowed": list(allowed_moves(session, actor, task))}


def _may_read(session: Session, actor: Actor, task: Task) -> bool:
    if not readable(session, actor, task.unit_id, unit_ids(task.shared)):
        return False
    return not keeps_only(actor) or is_theirs(session, actor, task)
