"""What can be imported: for each kind its columns, and how a row finds its object or makes it.

A row names its unit by name or division code. The same name in the same unit is the same object: a second import
of a mended file changes what the first one made. People of one name in a unit are told apart by their telephones;
where that leaves it open who is meant, the line says so.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory import units
from command.directory.accounts import NewUser, register_user, rename_user
from command.directory.model import Person, Post, Terminal, Unit, User
from command.directory.terminals import TerminalValues, change_terminal, register_terminal
from command.kernel.actor import Actor
from command.kernel.values import State
from command.resources import actions as resources
from command.resources.model import KINDS as RESOURCE_KINDS
from command.resources.model import Resource
from web.imports.cells import Note, Outcome, find_unit
from web.imports.evacuation import import_hazard_point, import_household
from web.imports.groups import import_member, note_twins
from web.imports.people import by_phone, find_person, people_named
from web.imports.table import Column, Row

# How people write kinds; the interface's own words, and those of the API.
_UNIT_WORDS = {
    "省": "province",
    "州市": "prefecture",
    "县市": "county",
    "乡镇": "township",
    "村": "village",
    "部门": "department",
    "救援队": "team",
    "媒体": "media",
}
_TERMINAL_WORDS = {
    "会场电脑": "browser",
    "手机": "phone",
    "现场终端盒": "headless",
    "指挥大屏": "wall",
    "大喇叭": "loudspeaker",
    "群机器人": "webhook",
    "摄像头": "camera",
}
_RESOURCE_WORDS = {
    "队伍": "team",
    "车辆": "vehicle",
    "装备": "equipment",
    "物资": "material",
    "安置点": "shelter",
    "医院": "hospital",
    "专家": "expert",
}
Importer = Callable[[Session, Actor, Row], Outcome]
Notes = Callable[[Session, Actor, Collection[str]], Mapping[str, Note]]
"""After all rows: of the objects with these ids what is to be known, on each of their lines."""
UNIT = Column("unit", "单位", needed=True)
NAME = Column("name", "名称", needed=True)
PLACE = (Column("lon", "经度"), Column("lat", "纬度"))
# What stands in the county's own file is in use and no sample, whatever it was before.
_OWN: State = {"active": True, "sample": False}
_NAMED = "people of this file"
"""Ids of people that a line of the file has named already, kept with the session."""


def import_unit(session: Session, actor: Actor, row: Row) -> Outcome:
    """A unit under its parent."""
    parent = find_unit(session, actor, row, "parent")
    name = row.text("name") or ""
    own: State = {
        "kind": row.word("kind", _UNIT_WORDS),
        "division_code": row.text("division_code"),
        "lon": row.number("lon"),
        "lat": row.number("lat"),
        "phone": row.text("phone"),
        **_OWN,
    }
    old = session.scalars(select(Unit).where(Unit.parent_id == parent.id, Unit.name == name)).first()
    if old is not None:
        return Outcome(units.change_unit(session, actor, old.id, old.version, own).id, created=False)
    values = units.UnitValues(
        name, row.word("kind", _UNIT_WORDS), row.text("division_code"), row.number("lon"), row.number("lat"),
        phone=row.text("phone"),
    )  # fmt: skip
    return Outcome(units.register_unit(session, actor, values, parent.id).id, created=True)


def import_person(session: Session, actor: Actor, row: Row) -> Outcome:
    """A person in a unit."""
    unit = find_unit(session, actor, row)
    name = row.text("name") or ""
    own: State = {
        "phone": row.text("phone"),
        "email": row.text("email"),
        "languages": row.text("languages") or "zh",
        "lon": row.number("lon"),
        "lat": row.number("lat"),
        **_OWN,
    }
    named: set[str] = session.info.setdefault(_NAMED, set())
    old = _meant(row, people_named(session, unit.id, name), named)
    if old is not None:
        changed = units.change_person(session, actor, old.id, old.version, own)
        named.add(changed.id)
        return Outcome(changed.id, created=False)
    values = units.PersonValues(
        name, row.text("phone"), row.text("email"), row.text("languages") or "zh", row.number("lon"), row.number("lat")
    )
    made = units.register_person(session, actor, values, unit.id)
    named.add(made.id)
    return Outcome(made.id, created=True)


def import_post(session: Session, actor: Actor, row: Row) -> Outcome:
    """A post in a unit and who holds it; people are named as in the people's file."""
    unit = find_unit(session, actor, row)
    title = row.text("title") or ""
    found = [find_person(session, row, unit.id, column) for column in ("holder", "deputy")]
    holder, deputy = (one.id if one else None for one in found)
    old = session.scalars(select(Post).where(Post.unit_id == unit.id, Post.title == title)).first()
    if old is not None:
        held: State = {"holder_id": holder, "deputy_id": deputy, "hazard_point": row.text("hazard_point")}
        own: State = {"responsible": row.flag("responsible"), **held, **_OWN}
        return Outcome(units.change_post(session, actor, old.id, old.version, own).id, created=False)
    values = units.PostValues(title, row.flag("responsible"), holder, deputy, row.text("hazard_point"))
    return Outcome(units.register_post(session, actor, values, unit.id).id, created=True)


def import_terminal(session: Session, actor: Actor, row: Row) -> Outcome:
    """A terminal of a unit; a new one's token is in the report, this once."""
    unit = find_unit(session, actor, row)
    name = row.text("name") or ""
    old = session.scalars(select(Terminal).where(Terminal.unit_id == unit.id, Terminal.name == name)).first()
    if old is not None:
        own: State = {
            "auto_answer": row.flag("auto_answer"),
            "lon": row.number("lon"),
            "lat": row.number("lat"),
            **_OWN,
        }
        return Outcome(change_terminal(session, actor, old.id, old.version, own).id, created=False)
    values = TerminalValues(
        name, row.word("kind", _TERMINAL_WORDS), row.flag("auto_answer"), row.number("lon"), row.number("lat")
    )
    terminal, token = register_terminal(session, actor, values, unit.id)
    return Outcome(terminal.id, created=True, secret=token)


def import_resource(session: Session, actor: Actor, row: Row) -> Outcome:
    """A resource of a unit; its keeper by user name."""
    unit = find_unit(session, actor, row)
    name = row.text("name") or ""
    lon, lat = row.number("lon"), row.number("lat")
    values: resources.Changes = {
        "kind": _resource_kind(row),
        "class_code": _class_code(row),
        "quantity": _quantity(row),
        "measure": row.text("measure"),
        "people": row.count("people"),
        "capacity": row.count("capacity"),
        "position": (lon, lat) if lon is not None and lat is not None else None,
        "keeper_id": _keeper(session, row),
    }
    old = session.scalars(select(Resource).where(Resource.unit_id == unit.id, Resource.name == name)).first()
    if old is not None:
        values["sample"] = False
        if not old.active:
            values["active"] = True
        return Outcome(resources.change(session, actor, old.id, old.version, values).id, created=False)
    new = resources.NewResource(
        unit_id=unit.id,
        name=name,
        kind=values["kind"],
        class_code=values["class_code"],
        quantity=values["quantity"],
        measure=values["measure"],
        people=values["people"],
        capacity=values["capacity"],
        position=values["position"],
        keeper_id=values["keeper_id"],
    )
    return Outcome(resources.register(session, actor, new).id, created=True)


def import_user(session: Session, actor: Actor, row: Row) -> Outcome:
    """An account without roles; a new one's one-time password is in the report, this once."""
    unit = find_unit(session, actor, row)
    username, name = row.text("username") or "", row.text("name") or ""
    old = session.scalars(select(User).where(User.username == username)).first()
    if old is not None:
        return Outcome(rename_user(session, actor, old.id, name, old.active).id, created=False)
    user, password = register_user(session, actor, NewUser(username, name, unit.id))
    return Outcome(user.id, created=True, secret=password)


def _meant(row: Row, people: list[Person], named: Collection[str]) -> Person | None:
    """Whom of one name a row means: by the telephone, else the only one; None for one more.

    Invalid `import.person_ambiguous` where there are several, where the only one is another line's (`named`), or where
    one more has no telephone to be known by.
    """
    phone = row.text("phone")
    found = by_phone(people, phone)
    if found is not None or not people or (row.flag("another") and phone):
        return found
    if len(people) > 1 or people[0].id in named or row.flag("another"):
        raise row.fault("name", "import.person_ambiguous", people[0].name)
    return people[0]


def _resource_kind(row: Row) -> str:
    kind = row.word("kind", _RESOURCE_WORDS)
    if kind not in RESOURCE_KINDS:
        raise row.fault("kind", "resource.kind", kind)
    return kind


def _class_code(row: Row) -> str | None:
    code = row.text("class_code")
    if code is not None and not (len(code) == 7 and code.isascii() and code.isdigit()):
        raise row.fault("class_code", "resource.class_code", code)
    return code


def _quantity(row: Row) -> float | None:
    quantity = row.number("quantity")
    if quantity is not None and not 0 <= quantity <= 1e9:
        raise row.fault("quantity", "import.number", str(quantity))
    return quantity


def _keeper(session: Session, row: Row) -> str | None:
    username = row.text("keeper")
    if username is None:
        return None
    user = session.scalars(select(User).where(User.username == username)).first()
    if user is None:
        raise row.fault("keeper", "import.user_unknown", username)
    return user.id


@dataclass(frozen=True)
class Kind:
    """A kind of import."""

    columns: tuple[Column, ...]
    importer: Importer
    notes: Notes = lambda *_: {}


KINDS: Mapping[str, Kind] = {
    "units": Kind(
        (
            NAME,
            Column("kind", "类型", needed=True),
            Column("parent", "上级单位", needed=True),
            Column("division_code", "行政区划代码", most=12),
            *PLACE,
            Column("phone", "值班电话", most=32),
        ),
        import_unit,
    ),
    "people": Kind(
        (UNIT, Column("name", "姓名", needed=True), Column("phone", "电话", most=32), Column("email", "邮箱", most=254),
         Column("languages", "语言", most=40), *PLACE, Column("another", "同名另一人")),
        import_person,
    ),
    "posts": Kind(
        (UNIT, Column("title", "岗位", needed=True), Column("responsible", "包保责任人"), Column("holder", "A角"),
         Column("deputy", "B角"), Column("hazard_point", "隐患点")),
        import_post,
    ),
    "terminals": Kind(
        (UNIT, NAME, Column("kind", "类型", needed=True), Column("auto_answer", "自动应答"), *PLACE),
        import_terminal,
    ),
    "resources": Kind(
        (UNIT, NAME, Column("kind", "类型", needed=True), Column("class_code", "分类代码", most=7),
         Column("quantity", "数量"), Column("measure", "计量单位", most=16),
         Column("people", "人数"), Column("capacity", "容量"), *PLACE,
         Column("keeper", "管理员用户名")),
        import_resource,
    ),
    "hazard_points": Kind(
        (UNIT, NAME, Column("hazard", "灾害类型", needed=True, most=40), *PLACE,
         Column("post", "责任岗位"), Column("shelter", "安置点")),
        import_hazard_point,
    ),
    "households": Kind(
        (UNIT, Column("hazard_point", "隐患点", needed=True), Column("number", "户号", needed=True),
         Column("head", "户主", needed=True), Column("people", "人数", needed=True),
         Column("needs", "特殊需求", most=200), Column("phone", "电话", most=32)),
        import_household,
    ),
    "groups": Kind(
        (Column("group", "群组", needed=True), UNIT, Column("post", "岗位"), Column("person", "姓名"),
         Column("kept_by", "维护单位")),
        import_member,
        note_twins,
    ),
    "users": Kind(
        (Column("username", "用户名", needed=True), Column("name", "姓名", needed=True), UNIT),
        import_user,
    ),
}  # fmt: skip
