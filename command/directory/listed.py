"""Reading groups: which a unit may choose, whom they list, and who could be listed."""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, null, or_, select
from sqlalchemy.orm import Session, aliased

from command.directory.groups import PERSON, POST, UNIT
from command.directory.model import Group, GroupMember, Person, Post, Unit
from command.directory.queries import county_of, subtree
from command.kernel.values import State

MOST = 8
"""Candidates of each kind that a search gives."""


class Members(NamedTuple):
    """Ids of all that some groups list, by their kinds; and of accounts, which go by their roles."""

    posts: frozenset[str] = frozenset()
    people: frozenset[str] = frozenset()
    units: frozenset[str] = frozenset()
    accounts: frozenset[str] = frozenset()


NOBODY = Members()


@dataclass(frozen=True, slots=True)
class _Kind:
    """How one kind of member is read: rows of (id, name, unit, holder, deputy, active), and where a search looks."""

    rows: Select[*tuple[Any, ...]]
    id: ColumnElement[Any]
    wanted: ColumnElement[bool]
    words: tuple[ColumnElement[Any], ...]


_HOLDER, _DEPUTY = aliased(Person), aliased(Person)
_HOLDING = select(Post.holder_id).where(Post.active, Post.holder_id.is_not(None))
_KINDS = {
    POST: _Kind(
        select(Post.id, Post.title, Post.unit_id, _HOLDER.name, _DEPUTY.name, Post.active)
        .join(Unit, Unit.id == Post.unit_id)
        .outerjoin(_HOLDER, _HOLDER.id == Post.holder_id)
        .outerjoin(_DEPUTY, _DEPUTY.id == Post.deputy_id),
        Post.id.expression,
        Post.active.expression,
        (Post.title.expression, Unit.name.expression, _HOLDER.name.expression),
    ),
    UNIT: _Kind(
        select(Unit.id, Unit.name, Unit.id, null(), null(), Unit.active),
        Unit.id.expression,
        Unit.active.expression,
        (Unit.name.expression,),
    ),
    PERSON: _Kind(
        select(Person.id, Person.name, Person.unit_id, null(), null(), Person.active).join(
            Unit, Unit.id == Person.unit_id
        ),
        Person.id.expression,
        Person.active & Person.id.not_in(_HOLDING),
        (Person.name.expression, Unit.name.expression),
    ),
}


def members_of(session: Session, group_ids: Collection[str]) -> Members:
    """Whom the groups list together, each once."""
    query = select(GroupMember.kind, GroupMember.member_id).where(GroupMember.group_id.in_(group_ids))
    rows = session.execute(query).all()
    posts, people, units = (frozenset(one for of, one in rows if of == kind) for kind in (POST, PERSON, UNIT))
    return Members(posts, people, units)


def groups_for(session: Session, unit: Unit, home: Unit | None) -> list[Group]:
    """The groups that a unit may choose: its county's and, where it belongs to a township `home`, that one's alone."""
    county = county_of(session, unit)
    keepers = [county, home] if home else list(session.scalars(subtree(county.path)))
    query = select(Group).where(Group.unit_id.in_([one.id for one in keepers]))
    return list(session.scalars(query.order_by(Group.name, Group.id)))


def sizes(session: Session, groups: Iterable[Group]) -> Counter[str]:
    """How many members each group has."""
    ids = [group.id for group in groups]
    return Counter(session.scalars(select(GroupMember.group_id).where(GroupMember.group_id.in_(ids))))


def members_shown(session: Session, group: Group) -> list[State]:
    """Whom the group lists, by unit: {kind, id, name, unit, holder, deputy, active}, the holders by name."""
    found: list[State] = []
    for kind, one in _KINDS.items():
        listed = select(GroupMember.member_id).where(GroupMember.group_id == group.id, GroupMember.kind == kind)
        found += _states(session, kind, one.rows.where(one.id.in_(listed)))
    return sorted(found, key=lambda one: (str(one["unit"]), str(one["name"]), str(one["id"])))


def candidates(session: Session, group: Group, text: str) -> list[State]:
    """Who may be listed and is not yet, by parts of title, name or unit: posts, units, then people without a post."""
    path = session.get_one(Unit, group.unit_id).path
    found: list[State] = []
    for kind, one in _KINDS.items():
        listed = select(GroupMember.member_id).where(GroupMember.group_id == group.id, GroupMember.kind == kind)
        query = one.rows.where(one.wanted, Unit.path.startswith(path, autoescape=True), one.id.not_in(listed))
        for word in text.split():
            query = query.where(or_(*(column.icontains(word, autoescape=True) for column in one.words)))
        found += _states(session, kind, query.order_by(Unit.path, one.id).limit(MOST))
    return found


def _states(session: Session, kind: str, query: Select[*tuple[Any, ...]]) -> list[State]:
    names = ("id", "name", "unit", "holder", "deputy", "active")
    return [{"kind": kind, **dict(zip(names, row, strict=True))} for row in session.execute(query)]
