"""Groups: named lists of posts, people and units that are told together, and who may keep them."""

from collections.abc import Mapping
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import Group, GroupMember, Person, Post, Unit
from command.directory.queries import unit_of
from command.directory.units import apply_changes, check_name
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import Json, State

POST, PERSON, UNIT = "post", "person", "unit"
KEEPERS = frozenset({"county", "township"})


class Listed(NamedTuple):
    """One that a group lists: `kind` post, person or unit, its id and name, and the unit it is in."""

    kind: str
    id: str
    name: str
    unit: Unit

    def state(self) -> State:
        """As an entry names it."""
        return {"kind": self.kind, "id": self.id, "name": self.name, "unit": self.unit.id}


def register_group(session: Session, actor: Actor, unit_id: str, name: str) -> Group:
    """A new, empty group of a county or township.

    Raises Invalid `group.keeper`, `name.empty`, `name.too_long`; Conflict `group.name_taken`; Refused, NotFound.
    """
    unit = unit_of(session, unit_id)
    actor.need(Right.GROUP_KEEP, unit.path)
    if unit.kind not in KEEPERS:
        raise Invalid("group.keeper", fields=(FieldError("unit", "group.keeper"),), unit=unit.name)
    group = Group(id=new_id(), version=1, unit_id=unit.id, name=_name(session, unit, name), active=True)
    session.add(group)
    session.flush()
    _tell(session, actor, "group.registered", group)
    return group


def change_group(session: Session, actor: Actor, group_id: str, version: int, changes: Mapping[str, Json]) -> Group:
    """Change `name` or `active`. A retired group is offered no more; what was drafted with it reaches its members.

    Raises as `register_group`, StaleVersion for another version.
    """
    group, unit = _kept(session, actor, group_id)
    if "name" in changes and str(changes["name"]).strip() != group.name:
        changes = {**changes, "name": _name(session, unit, str(changes["name"]))}
    apply_changes(group, version, changes, {"name", "active"})
    # Whoever holds the row next in this transaction reads it anew, and would lose what is not written.
    session.flush()
    _tell(session, actor, "group.changed", group)
    return group


def add_member(session: Session, actor: Actor, group_id: str, kind: str, member_id: str) -> tuple[Listed, bool]:
    """List a post, person or unit, and whether it was not listed before.

    Posts are addressed, not people: somebody who holds one is listed as this post. Raises Invalid
    `group.member_unknown`, `group.outside`, `group.which_post`; Refused, NotFound.
    """
    group, keeper = _kept(session, actor, group_id)
    listed = _held(session, _listed(session, kind, member_id))
    if not listed.unit.path.startswith(keeper.path):
        raise _wrong("group.outside", name=listed.name, unit=keeper.name)
    if session.get(GroupMember, (group.id, listed.kind, listed.id)) is not None:
        return listed, False
    session.add(GroupMember(group_id=group.id, kind=listed.kind, member_id=listed.id))
    group.version += 1
    session.flush()
    _tell(session, actor, "group.member_added", group, member=listed.state())
    return listed, True


def remove_member(session: Session, actor: Actor, group_id: str, kind: str, member_id: str) -> Group:
    """List it no more. A repetition does nothing."""
    group, _ = _kept(session, actor, group_id)
    row = session.get(GroupMember, (group.id, kind, member_id))
    if row is not None:
        listed = _listed(session, kind, member_id)
        session.delete(row)
        group.version += 1
        session.flush()
        _tell(session, actor, "group.member_removed", group, member=listed.state())
    return group


def group_of(session: Session, group_id: str) -> Group:
    """The group; NotFound `group.unknown`."""
    group = session.get(Group, group_id) if is_id(group_id) else None
    if group is None:
        raise NotFound("group.unknown", id=group_id)
    return group


def _kept(session: Session, actor: Actor, group_id: str) -> tuple[Group, Unit]:
    """The group, locked, and its unit, for who may keep it."""
    group = group_of(session, group_id)
    unit = unit_of(session, group.unit_id)
    actor.need(Right.GROUP_KEEP, unit.path)
    session.refresh(group, with_for_update=True)
    return group, unit


def _name(session: Session, unit: Unit, name: str) -> str:
    check_name(name)
    taken = select(Group.id).where(Group.unit_id == unit.id, Group.name == name.strip())
    if session.scalars(taken).first() is not None:
        raise Conflict("group.name_taken", name=name.strip(), unit=unit.name)
    return name.strip()


def _listed(session: Session, kind: str, member_id: str) -> Listed:
    known = is_id(member_id)
    if kind == POST and known and (post := session.get(Post, member_id)) is not None:
        return Listed(kind, post.id, post.title, unit_of(session, post.unit_id))
    if kind == PERSON and known and (person := session.get(Person, member_id)) is not None:
        return Listed(kind, person.id, person.name, unit_of(session, person.unit_id))
    if kind == UNIT and known and (unit := session.get(Unit, member_id)) is not None:
        return Listed(kind, unit.id, unit.name, unit)
    raise _wrong("group.member_unknown")


def _held(session: Session, listed: Listed) -> Listed:
    """A person's one post in the person's place; without any the person."""
    if listed.kind != PERSON:
        return listed
    posts = session.scalars(select(Post).where(Post.holder_id == listed.id, Post.active).order_by(Post.id)).all()
    if len(posts) > 1:
        raise _wrong("group.which_post", name=listed.name, posts="、".join(post.title for post in posts))
    return _listed(session, POST, posts[0].id) if posts else listed


def _wrong(code: str, **params: str) -> Invalid:
    return Invalid(code, fields=(FieldError("member", code, tuple(params.items())),), **params)


def _tell(session: Session, actor: Actor, kind: str, group: Group, **more: State) -> None:
    record(session, actor, kind, unit=group.unit_id, body={"group": group.state(), **more})
