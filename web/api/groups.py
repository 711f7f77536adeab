"""Groups of those who are told together: who keeps them, and whom they list."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Response
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.groups import add_member, change_group, group_of, register_group, remove_member
from command.directory.listed import candidates, members_shown, sizes
from command.directory.model import Group
from command.directory.queries import sight_of, unit_of
from command.kernel.errors import NotFound, Refused
from command.kernel.rights import Right
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form, Id, Name
from web.edge import Edge, IfMatch, Known

router = APIRouter(prefix="/api/v1/groups", tags=["directory"])
Kind = Literal["post", "person", "unit"]
READERS = (Right.GROUP_KEEP, Right.AUDIT)


class GroupForm(Form):
    """A new group of a county or township."""

    unit: Id
    name: Name


class GroupChange(Form):
    """Another name, or whether it is offered."""

    name: Name | None = None
    active: bool | None = None


@router.get("")
def list_groups(edge: Known) -> State:
    """The groups of the units whose groups the reader keeps or audits, with how many each lists."""
    if not any(edge.actor.may_somewhere(right) for right in READERS):
        raise Refused("access.refused", right=Right.GROUP_KEEP)
    with edge.reading() as session:
        sights = [sight_of(session, edge.actor, right) for right in READERS]
        rows = session.scalars(select(Group).order_by(Group.id)).all()
        found = [row for row in rows if any(sight.covers(row.unit_id) for sight in sights)]
        count = sizes(session, found)
        items = [{**row.state(), "members": count[row.id]} for row in found]
    return {"items": list(items), "next": None}


@router.post("", status_code=201)
def post_group(body: GroupForm, edge: Known, response: Response) -> State:
    """A new group, empty."""
    with edge.writing() as session:
        return tagged(response, _counted(session, register_group(session, edge.actor, body.unit, body.name)))


@router.get("/{group_id}")
def get_group(group_id: str, edge: Known, response: Response) -> State:
    """One group and whom it lists."""
    with edge.reading() as session:
        group = _read(session, edge, group_id)
        return tagged(response, {**group.state(), "members": list(members_shown(session, group))})


@router.patch("/{group_id}")
def patch_group(group_id: str, body: GroupChange, version: IfMatch, edge: Known, response: Response) -> State:
    """Another name, or retired or used again."""
    with edge.writing() as session:
        return tagged(response, _counted(session, change_group(session, edge.actor, group_id, version, body.sent())))


@router.get("/{group_id}/candidates")
def get_candidates(group_id: str, edge: Known, query: Annotated[str, Query(max_length=80)] = "") -> State:
    """Posts, units and people without a post whom the group could list, by parts of their names."""
    with edge.reading() as session:
        group = _read(session, edge, group_id)
        found = candidates(session, group, query) if query.strip() else []
    return {"items": list(found), "next": None}


@router.put("/{group_id}/members/{kind}/{member_id}")
def put_member(group_id: str, kind: Kind, member_id: str, edge: Known, response: Response) -> State:
    """List somebody; of a person who holds a post, the post. Any number may do so at once: no version is asked for."""
    with edge.writing() as session:
        listed, _ = add_member(session, edge.actor, group_id, kind, member_id)
        group = _counted(session, group_of(session, group_id))
        return tagged(response, {**group, "member": listed.state()})


@router.delete("/{group_id}/members/{kind}/{member_id}")
def delete_member(group_id: str, kind: Kind, member_id: str, edge: Known, response: Response) -> State:
    """List it no more; putting it back undoes that."""
    with edge.writing() as session:
        return tagged(response, _counted(session, remove_member(session, edge.actor, group_id, kind, member_id)))


def _read(session: Session, edge: Edge, group_id: str) -> Group:
    group = group_of(session, group_id)
    path = unit_of(session, group.unit_id).path
    if not any(edge.actor.may(right, path) for right in READERS):
        raise NotFound("group.unknown", id=group_id)
    return group


def _counted(session: Session, group: Group) -> State:
    return {**group.state(), "members": sizes(session, [group])[group.id]}
