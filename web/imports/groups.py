"""Importing groups: each row lists one post, person or unit in a group.

Rows of one name and keeper are one group, also when it stood before the file: a mended file mends what the first one
made. What that means for a group the reader did not think of is said on the line.
"""

from collections.abc import Collection
from unicodedata import normalize

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.bounds import township_of
from command.directory.groups import PERSON, POST, UNIT, add_member, change_group, register_group
from command.directory.model import Group, Post, Unit
from command.directory.queries import county_of, sight_of, unit_of
from command.kernel.actor import Actor
from command.kernel.rights import Right
from web.imports.cells import Note, Outcome, find_unit
from web.imports.people import find_person
from web.imports.table import Row

_MADE = "groups of this file"
"""Ids of groups that lines of the file have made, kept with the session."""


def import_member(session: Session, actor: Actor, row: Row) -> Outcome:
    """A unit's post or person in a group, or where neither is named the unit itself; the group is made if need be.

    Without a keeper the group is that of the actor's township, else county. A retired group is used again.
    """
    named = row.text("kept_by") is not None
    keeper = find_unit(session, actor, row, "kept_by", Right.GROUP_KEEP) if named else _home(session, actor)
    kind, member_id = _member(session, row, find_unit(session, actor, row))
    name = row.text("group") or ""
    old = session.scalars(select(Group).where(Group.unit_id == keeper.id, Group.name == name)).first()
    retired = old is not None and not old.active
    group = _group(session, actor, keeper, name, old)
    _, new = add_member(session, actor, group.id, kind, member_id)
    made: set[str] = session.info.setdefault(_MADE, set())
    if old is None:
        made.add(group.id)
    said = "group.used_again" if retired else "group.joined" if new and group.id not in made else None
    return Outcome(group.id, new, note=Note(said, {"name": name, "unit": keeper.name}) if said else None)


def note_twins(session: Session, actor: Actor, ids: Collection[str]) -> dict[str, Note]:
    """Of these groups those that are called like another in use, but for blanks, width and case: group → what to know.

    Only of groups whose keeper the actor may know of.
    """
    groups = session.scalars(select(Group).where(Group.active).order_by(Group.id)).all()
    sight = sight_of(session, actor, Right.DIRECTORY_READ)
    found = {}
    for group in groups:
        alike = (one for one in groups if one.id != group.id and _plain(one.name) == _plain(group.name))
        twin = next((one for one in alike if sight.covers(one.unit_id)), None)
        if twin is not None and group.id in ids:
            unit, keeper = (unit_of(session, one.unit_id).name for one in (group, twin))
            about = {"name": group.name, "unit": unit, "other": twin.name, "keeper": keeper}
            found[group.id] = Note("group.called_alike", about)
    return found


def _group(session: Session, actor: Actor, keeper: Unit, name: str, old: Group | None) -> Group:
    if old is None:
        return register_group(session, actor, keeper.id, name)
    return old if old.active else change_group(session, actor, old.id, old.version, {"active": True})


def _plain(name: str) -> str:
    return "".join(normalize("NFKC", name).casefold().split())


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
