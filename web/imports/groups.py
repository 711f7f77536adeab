"""Importing groups: each row lists one post, person or unit in a group."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.bounds import township_of
from command.directory.groups import PERSON, POST, UNIT, add_member, change_group, register_group
from command.directory.model import Group, Post, Unit
from command.directory.queries import county_of, unit_of
from command.kernel.actor import Actor
from command.kernel.rights import Right
from web.imports.cells import Outcome, find_unit
from web.imports.people import find_person
from web.imports.table import Row


def import_member(session: Session, actor: Actor, row: Row) -> Outcome:
    """A unit's post or person in a group, or where neither is named the unit itself; the group is made if need be.

    Without a keeper the group is that of the actor's township, else county. A retired group is used again.
    """
    named = row.text("kept_by") is not None
    keeper = find_unit(session, actor, row, "kept_by", Right.GROUP_KEEP) if named else _home(session, actor)
    kind, member_id = _member(session, row, find_unit(session, actor, row))
    group = _group(session, actor, keeper, row.text("group") or "")
    _, new = add_member(session, actor, group.id, kind, member_id)
    return Outcome(group.id, created=new)


def _group(session: Session, actor: Actor, keeper: Unit, name: str) -> Group:
    group = session.scalars(select(Group).where(Group.unit_id == keeper.id, Group.name == name)).first()
    if group is None:
        return register_group(session, actor, keeper.id, name)
    return group if group.active else change_group(session, actor, group.id, group.version, {"active": True})


def _member(session: Session, row: Row, unit: Unit) -> tuple[str, str]:
    title = row.text("post")
    if title is not None:
        posts = select(Post.id).where(Post.unit_id == unit.id, Post.title == title, Post.active)
        post = session.scalars(posts).first()
        if post is None:
            raise row.fault("post", "import.post_unknown", title)
        return POST, post
    person = find_person(session, row, unit.id, "person")
    if person is None:
        return UNIT, unit.id
    if not person.active:
        raise row.fault("person", "import.person_unknown", person.name)
    return PERSON, person.id


def _home(session: Session, actor: Actor) -> Unit:
    unit = unit_of(session, actor.unit_id)
    return township_of(session, unit) or county_of(session, unit)
