"""The directory as CSV, with the headings the import takes, so that a file can go round."""

from collections import Counter
from collections.abc import Callable, Iterable

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.groups import PERSON, POST, UNIT
from command.directory.listed import members_shown
from command.directory.model import Group, HazardPoint, Person, Post, Terminal, Unit, User
from command.directory.queries import Sight
from command.evacuation.model import Household
from command.kernel.rights import Right
from command.resources.model import Resource
from command.spreadsheet import to_csv
from web.imports.kinds import KINDS

Cells = tuple[object, ...]
Reader = Callable[[Session, Sight], Iterable[Cells]]


def right_for(what: str) -> Right:
    """Who may have this list: the directory's administrator, or who keeps the lists of households or the groups."""
    if what == "groups":
        return Right.GROUP_KEEP
    return Right.HOUSEHOLD_KEEP if what in {"hazard_points", "households"} else Right.DIRECTORY_CHANGE


def export_csv(session: Session, sight: Sight, what: str) -> bytes:
    """Everything of one kind that lies within the reader's sight. `what` is a key of KINDS."""
    heading = [column.zh for column in KINDS[what].columns]
    return to_csv(heading, _READERS[what](session, sight))


def _units(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    for row in session.scalars(select(Unit).where(Unit.active, Unit.parent_id.is_not(None)).order_by(Unit.path)):
        if sight.covers(row.id):
            yield row.name, row.kind, names[row.parent_id or ""], row.division_code, row.lon, row.lat, row.phone


def _people(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    for row in session.scalars(select(Person).where(Person.active).order_by(Person.unit_id, Person.name)):
        if sight.covers(row.unit_id):
            yield names[row.unit_id], row.name, row.phone, row.email, row.languages, row.lon, row.lat, None


def _posts(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    people = _named(session)
    for row in session.scalars(select(Post).where(Post.active).order_by(Post.unit_id, Post.title)):
        if sight.covers(row.unit_id):
            holder, deputy = people.get(row.holder_id or ""), people.get(row.deputy_id or "")
            yield names[row.unit_id], row.title, _yes_no(row.responsible), holder, deputy, row.hazard_point


def _named(session: Session) -> dict[str, str]:
    """People as posts and groups name them: with the telephone where their unit has several of the name."""
    rows = list(session.execute(select(Person.id, Person.unit_id, Person.name, Person.phone)))
    many = Counter((row.unit_id, row.name) for row in rows)
    return {
        row.id: f"{row.name} {row.phone}" if many[row.unit_id, row.name] > 1 and row.phone else row.name for row in rows
    }


def _terminals(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    for row in session.scalars(select(Terminal).where(Terminal.active).order_by(Terminal.unit_id, Terminal.name)):
        if sight.covers(row.unit_id):
            yield names[row.unit_id], row.name, row.kind, _yes_no(row.auto_answer), row.lon, row.lat


def _resources(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    users = {row.id: row.username for row in session.execute(select(User.id, User.username))}
    for row in session.scalars(select(Resource).order_by(Resource.unit_id, Resource.name)):
        if sight.covers(row.unit_id):
            size = (row.quantity, row.measure, row.people, row.capacity, row.lon, row.lat)
            yield names[row.unit_id], row.name, row.kind, row.class_code, *size, users.get(row.keeper_id or "")


def _hazard_points(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    posts = {row.id: row.title for row in session.execute(select(Post.id, Post.title))}
    shelters = {row.id: row.name for row in session.execute(select(Resource.id, Resource.name))}
    query = select(HazardPoint).where(HazardPoint.active).order_by(HazardPoint.unit_id, HazardPoint.name)
    for row in session.scalars(query):
        if sight.covers(row.unit_id):
            links = posts.get(row.post_id or ""), shelters.get(row.shelter_id or "")
            yield names[row.unit_id], row.name, row.hazard, row.lon, row.lat, *links


def _households(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    query = select(Household, HazardPoint.name).join(HazardPoint, HazardPoint.id == Household.hazard_point_id)
    rows = session.execute(query.where(Household.active).order_by(HazardPoint.name, Household.number))
    for row, point in rows:
        if sight.covers(row.unit_id):
            yield names[row.unit_id], point, row.number, row.head, row.people, row.needs, row.phone


def _groups(session: Session, sight: Sight) -> Iterable[Cells]:
    names, people = _unit_names(session), _named(session)
    for group in session.scalars(select(Group).where(Group.active).order_by(Group.unit_id, Group.name)):
        for one in members_shown(session, group) if sight.covers(group.unit_id) else ():
            person = people.get(str(one["id"]))
            named = {POST: (one["name"], None), PERSON: (None, person), UNIT: (None, None)}[str(one["kind"])]
            if one["active"]:
                yield group.name, names[str(one["unit"])], *named, names[group.unit_id]


def _users(session: Session, sight: Sight) -> Iterable[Cells]:
    names = _unit_names(session)
    for row in session.scalars(select(User).where(User.active).order_by(User.username)):
        if sight.covers(row.unit_id):
            yield row.username, row.name, names[row.unit_id]


def _unit_names(session: Session) -> dict[str, str]:
    return {row.id: row.name for row in session.execute(select(Unit.id, Unit.name))}


def _yes_no(value: bool) -> str:
    return "是" if value else "否"


_READERS: dict[str, Reader] = {
    "units": _units,
    "people": _people,
    "posts": _posts,
    "terminals": _terminals,
    "resources": _resources,
    "hazard_points": _hazard_points,
    "households": _households,
    "groups": _groups,
    "users": _users,
}
