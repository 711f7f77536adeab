"""What administrators do with units, people and posts."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from command.directory.model import DIVISION_KINDS, UNIT_KINDS, Person, Post, Terminal, Unit, User
from command.directory.queries import person_of, unit_of
from command.kernel.actor import Actor
from command.kernel.db import Kept
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound, StaleVersion
from command.kernel.ids import is_id, new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import Json


@dataclass(frozen=True)
class UnitValues:
    """A unit's own fields; positions in degrees, WGS-84."""

    name: str
    kind: str
    division_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    approximate: bool = False
    sample: bool = False
    phone: str | None = None


@dataclass(frozen=True)
class PersonValues:
    """A person's own fields."""

    name: str
    phone: str | None = None
    email: str | None = None
    languages: str = "zh"
    lon: float | None = None
    lat: float | None = None
    user_id: str | None = None
    sample: bool = False


@dataclass(frozen=True)
class PostValues:
    """A post's own fields; holder and deputy are ids of people."""

    title: str
    responsible: bool = False
    holder_id: str | None = None
    deputy_id: str | None = None
    hazard_point: str | None = None
    sample: bool = False


def register_unit(session: Session, actor: Actor, values: UnitValues, parent_id: str | None) -> Unit:
    """A new unit under `parent_id`; only the system makes a root.

    Raises Invalid `unit.kind`, `location.outside_world`; Refused; NotFound `unit.unknown`.
    """
    parent = None if parent_id is None else unit_of(session, parent_id)
    actor.need(Right.DIRECTORY_CHANGE, parent.path if parent else "")
    check_unit(values)
    unit_id = new_id()
    path = f"{parent.path if parent else ''}{unit_id}/"
    unit = Unit(id=unit_id, parent_id=parent_id, path=path, **_columns(values), active=True, version=1)
    session.add(unit)
    session.flush()
    record(session, actor, "unit.registered", unit=unit.id, body={"unit": unit.state()})
    return unit


def change_unit(session: Session, actor: Actor, unit_id: str, version: int, changes: Mapping[str, Json]) -> Unit:
    """Change fields of `UnitValues` or `active`; a real division's own position is no sample any more.

    Raises StaleVersion for another version, Conflict `unit.in_use` for one that still holds something.
    """
    unit = unit_of(session, unit_id)
    actor.need(Right.DIRECTORY_CHANGE, unit.path)
    if unit.active and changes.get("active") is False:
        _check_empty(session, unit)
    if unit.kind in DIVISION_KINDS and "lon" in changes:
        changes = {"sample": False, **changes}
    apply_changes(unit, version, changes, {*_names(UnitValues), "active"})
    check_unit(UnitValues(**{name: getattr(unit, name) for name in _names(UnitValues)}))
    record(session, actor, "unit.changed", unit=unit.id, body={"unit": unit.state()})
    return unit


def register_person(session: Session, actor: Actor, values: PersonValues, unit_id: str) -> Person:
    """Somebody who can be told. Raises Invalid `person.no_channel` without phone and e-mail."""
    unit = unit_of(session, unit_id)
    actor.need(Right.DIRECTORY_CHANGE, unit.path)
    check_person(values)
    person = Person(id=new_id(), unit_id=unit.id, version=1, active=True, **_columns(values))
    session.add(person)
    session.flush()
    record(session, actor, "person.registered", unit=unit.id, body={"person": person.state()})
    return person


def change_person(session: Session, actor: Actor, person_id: str, version: int, changes: Mapping[str, Json]) -> Person:
    """Change fields of `PersonValues`, `active`, or `unit_id`: people are moved to other posts, their duties stay.

    Raises as `register_person`, StaleVersion for another version.
    """
    person = person_of(session, person_id)
    for unit_id in (person.unit_id, str(changes.get("unit_id", person.unit_id))):
        actor.need(Right.DIRECTORY_CHANGE, unit_of(session, unit_id).path)
    apply_changes(person, version, changes, {*_names(PersonValues), "active", "unit_id"})
    check_person(PersonValues(**{name: getattr(person, name) for name in _names(PersonValues)}))
    record(session, actor, "person.changed", unit=person.unit_id, body={"person": person.state()})
    return person


def register_post(session: Session, actor: Actor, values: PostValues, unit_id: str) -> Post:
    """A duty in a unit, with who holds it now."""
    unit = unit_of(session, unit_id)
    actor.need(Right.DIRECTORY_CHANGE, unit.path)
    _check_holders(session, values.holder_id, values.deputy_id)
    post = Post(id=new_id(), unit_id=unit.id, version=1, active=True, **_columns(values))
    session.add(post)
    session.flush()
    record(session, actor, "post.registered", unit=unit.id, body={"post": post.state()})
    return post


def change_post(session: Session, actor: Actor, post_id: str, version: int, changes: Mapping[str, Json]) -> Post:
    """Change fields of `PostValues` or `active`: another holder, most of the time."""
    post = post_of(session, post_id)
    actor.need(Right.DIRECTORY_CHANGE, unit_of(session, post.unit_id).path)
    apply_changes(post, version, changes, {*_names(PostValues), "active"})
    _check_holders(session, post.holder_id, post.deputy_id)
    record(session, actor, "post.changed", unit=post.unit_id, body={"post": post.state()})
    return post


def post_of(session: Session, post_id: str) -> Post:
    """The post; NotFound `post.unknown`."""
    post = session.get(Post, post_id) if is_id(post_id) else None
    if post is None:
        raise NotFound("post.unknown", id=post_id)
    return post


def apply_changes(row: Kept, version: int, changes: Mapping[str, Json], allowed: set[str]) -> None:
    """Set the named columns and count the version up; StaleVersion `version.stale` for another `version`."""
    if row.version != version:
        raise StaleVersion("version.stale")
    unknown = changes.keys() - allowed
    if unknown:
        raise Invalid("request.unknown_field", fields=tuple(FieldError(n, "request.unknown_field") for n in unknown))
    for name, value in changes.items():
        setattr(row, name, value)
    row.version += 1


def check_unit(values: UnitValues) -> None:
    """Invalid unless kind, position and telephone are possible."""
    if values.kind not in UNIT_KINDS:
        raise Invalid("unit.kind", fields=(FieldError("kind", "unit.kind"),), kind=values.kind)
    check_position(values.lon, values.lat)
    check_phone(values.phone)
    check_name(values.name)


def _check_empty(session: Session, unit: Unit) -> None:
    inside = [exists().where(row.unit_id == unit.id, row.active) for row in (Person, Post, Terminal, User)]
    if session.scalar(select(or_(exists().where(Unit.parent_id == unit.id, Unit.active), *inside))):
        raise Conflict("unit.in_use", name=unit.name)


def check_person(values: PersonValues) -> None:
    """Invalid `person.no_channel`, `person.email`, `phone.form`, `location.outside_world`."""
    check_name(values.name)
    check_position(values.lon, values.lat)
    check_phone(values.phone)
    if not values.phone and not values.email:
        raise Invalid("person.no_channel", fields=(FieldError("phone", "person.no_channel"),))
    if values.email and (values.email.count("@") != 1 or any(c.isspace() or c in "<>,;" for c in values.email)):
        raise Invalid("person.email", fields=(FieldError("email", "person.email"),))


def check_phone(phone: str | None) -> None:
    """Invalid `phone.form` unless there is none or one of 3 to 15 digits, whatever is written between them: from an
    exchange's own extension to the longest number that there is (ITU-T E.164 §6)."""
    if phone and not 3 <= sum(one.isascii() and one.isdigit() for one in phone) <= 15:
        raise Invalid("phone.form", fields=(FieldError("phone", "phone.form"),))


def check_name(name: str) -> None:
    """Invalid `name.empty` or `name.too_long` (80)."""
    if not name.strip():
        raise Invalid("name.empty", fields=(FieldError("name", "name.empty"),))
    if len(name) > 80:
        raise Invalid("name.too_long", fields=(FieldError("name", "name.too_long"),))


def check_position(lon: float | None, lat: float | None) -> None:
    """Invalid `location.outside_world` unless both are None or a place on Earth in degrees."""
    if lon is None and lat is None:
        return
    if lon is None or lat is None or not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise Invalid("location.outside_world", fields=(FieldError("location", "location.outside_world"),))


def _check_holders(session: Session, *people: str | None) -> None:
    for person in people:
        if person is not None:
            person_of(session, person)


def _names(values: type[UnitValues] | type[PersonValues] | type[PostValues]) -> set[str]:
    return {one.name for one in fields(values)}


def _columns(values: UnitValues | PersonValues | PostValues) -> dict[str, object]:
    return {one.name: getattr(values, one.name) for one in fields(values)}
