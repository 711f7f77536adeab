"""Who may see and move an order: the issuer's people, the addressee's, and a keeper only what is theirs."""

from sqlalchemy.orm import Session

from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.errors import Refused
from command.kernel.rights import Right, Role, rights_of
from command.resources.model import Resource
from command.tasks.model import Task
from command.tasks.moves import CLOSED, TASK


def keeps_only(actor: Actor) -> bool:
    """Whether all this actor reads by is being a resource's keeper."""
    reading = {grant.role for grant in actor.grants if Right.READ in rights_of(grant.role)}
    return reading == {Role.RESOURCE_KEEPER}


def is_theirs(session: Session, actor: Actor, task: Task) -> bool:
    """Whether the order was given to this person or to a resource they keep."""
    if task.assignee_id == actor.id:
        return True
    resource = session.get(Resource, task.resource_id) if task.resource_id else None
    return resource is not None and resource.keeper_id == actor.id


def need_move(session: Session, actor: Actor, task: Task, to: str) -> None:
    """Refused `task.issuer_closes` or `access.refused` unless the actor may make this move."""
    if to == CLOSED:
        if not _issues(session, actor, task):
            raise Refused("task.issuer_closes")
    elif not _carries_out(session, actor, task):
        raise Refused("access.refused", right=Right.TASK_MOVE)


def allowed_moves(session: Session, actor: Actor, task: Task) -> list[str]:
    """The moves open to this actor now."""
    closes, moves = _issues(session, actor, task), _carries_out(session, actor, task)
    return [to for to in TASK.possible(task.status) if (closes if to == CLOSED else moves)]


def _issues(session: Session, actor: Actor, task: Task) -> bool:
    return actor.may(Right.TASK_ORDER, unit_of(session, task.unit_id).path)


def _carries_out(session: Session, actor: Actor, task: Task) -> bool:
    if is_theirs(session, actor, task):
        return actor.may_somewhere(Right.TASK_MOVE)
    return not keeps_only(actor) and actor.may(Right.TASK_MOVE, unit_of(session, task.to_unit_id).path)
