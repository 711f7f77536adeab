"""The demo county: real divisions of Chuxiong, everything else made up and marked 示例. Seeded once per data folder."""

import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.accounts import NewUser, grant_roles, register_user
from command.directory.model import Post, Unit
from command.directory.secrets import new_password
from command.directory.terminals import TerminalValues, register_terminal
from command.directory.units import PersonValues, PostValues, UnitValues, register_person, register_post, register_unit
from command.evacuation.actions.lists import HouseholdValues, PointValues, keep_household, keep_point
from command.kernel.actor import Actor, system_actor
from command.kernel.db import Database
from command.kernel.rights import Role
from command.resources.actions import NewResource, register
from command.resources.model import Resource
from gis.demo import DemoCounty, DemoPerson, demo_county, invented_places
from gis.divisions import Level, shipped_divisions
from web.files import write_atomically

ACCOUNTS = "demo-accounts.json"
KEEPER_TOWNSHIP = "西舍路镇"
TOWNSHIP_2 = "中山镇"
# Contract name → (role, place, shown name).
_USERS: tuple[tuple[str, Role, str, str], ...] = (
    ("duty", Role.DUTY_OFFICER, "county", "值班员 甲（示例）"),
    ("leader", Role.LEADER, "county", "带班领导（示例）"),
    ("township", Role.TOWNSHIP_OPERATOR, KEEPER_TOWNSHIP, "西舍路镇值班员（示例）"),
    ("township2", Role.TOWNSHIP_OPERATOR, TOWNSHIP_2, "中山镇值班员（示例）"),
    ("keeper", Role.RESOURCE_KEEPER, KEEPER_TOWNSHIP, "资源管理员（示例）"),
    ("keeper2", Role.RESOURCE_KEEPER, "centre", "物资中心管理员（示例）"),
    ("issuer", Role.ALERT_ISSUER, "county", "预警发布员（示例）"),
    ("station", Role.ALERT_ISSUER, "station", "气象台发布员（示例）"),
    ("reviewer", Role.ALERT_REVIEWER, "county", "预警签发人（示例）"),
    ("admin", Role.SYSTEM_ADMINISTRATOR, "county", "系统管理员（示例）"),
    ("security", Role.SECURITY_ADMINISTRATOR, "county", "安全管理员（示例）"),
    ("auditor", Role.AUDITOR, "county", "审计员（示例）"),
)


@dataclass
class _Seed:
    """What seeding has made so far; ids by division code or name."""

    session: Session
    actor: Actor
    units: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    accounts: dict[str, dict[str, str]] = field(default_factory=dict)
    numbers: int = 0


def seed(db: Database, data: Path) -> None:
    """Fill an empty database with the demo county and write its accounts (mode 0600); does nothing on a used one."""
    county = demo_county()
    with db.writing() as session:
        if session.scalars(select(Unit.id).limit(1)).first() is not None:
            return
        made = _Seed(session, system_actor())
        _units(made, county)
        _users(made)
        _terminals(made, county)
        _people(made, county)
        _resources(made, county)
        _hazard_points(made, county)
        # Written before the commit: accounts without passwords would be of no use, the reverse does no harm.
        write_atomically(data / ACCOUNTS, json.dumps(made.accounts, ensure_ascii=False, indent=1).encode(), 0o600)


def accounts(data: Path) -> Mapping[str, Mapping[str, str]]:
    """The demo's accounts by their contract names; empty where there is no demo."""
    path = data / ACCOUNTS
    found: dict[str, dict[str, str]] = json.loads(path.read_text()) if path.exists() else {}
    return found


def forget_accounts(data: Path, usernames: Collection[str]) -> None:
    """Leave only the accounts of these user names in the demo's file; the others and the device tokens are void."""
    known = accounts(data)
    left = {name: account for name, account in known.items() if account.get("username") in usernames}
    if known:
        write_atomically(data / ACCOUNTS, json.dumps(left, ensure_ascii=False, indent=1).encode(), 0o600)


def _units(made: _Seed, county: DemoCounty) -> None:
    divisions = shipped_divisions()
    # The county is the root: this machine serves it and what lies below.
    parent = register_unit(made.session, made.actor, UnitValues(county.name, "county", county.code), None).id
    made.units[county.code] = parent
    made.units["county"] = made.units[county.code]
    for township in county.townships:
        values = UnitValues(
            township.name, "township", township.code, township.lon, township.lat, township.approximate, township.sample
        )
        made.units[township.code] = register_unit(made.session, made.actor, values, parent).id
        made.units[township.name] = made.units[township.code]
        villages = [one for one in divisions.children(township.code) if one.level is Level.VILLAGE]
        for village, at in zip(villages, invented_places(township, county, len(villages)), strict=True):
            unit = UnitValues(village.name, "village", village.code, *at, approximate=True, sample=True)
            made.units[village.code] = register_unit(made.session, made.actor, unit, made.units[township.code]).id
    for key, name in (("station", "市气象台（示例）"), ("centre", "市应急物资保障中心（示例）")):
        values = UnitValues(name, "department", county.code, 101.55, 25.03, approximate=True, sample=True)
        made.units[key] = register_unit(made.session, made.actor, values, parent).id


def _users(made: _Seed) -> None:
    for name, role, place, shown in _USERS:
        username, password = f"{name}-{secrets.token_hex(2)}", new_password()
        values = NewUser(username, shown, made.units[place], sample=True)
        user, _ = register_user(made.session, made.actor, values, password)
        grant_roles(made.session, made.actor, user.id, [(role, made.units[place])])
        made.users[name] = user.id
        made.accounts[name] = {"username": username, "password": password}


def _terminals(made: _Seed, county: DemoCounty) -> None:
    made.accounts["wall"] = {"token": _terminal(made, "指挥大厅大屏（示例）", "wall", "county", auto=True)}
    for township in county.townships:
        name = f"{township.name}（示例）"
        made.accounts[f"terminal:{township.name}"] = {"token": _terminal(made, name, "browser", township.name)}
    headless = _terminal(made, "大过口乡现场（示例）", "headless", "大过口乡", auto=True)
    made.accounts["terminal"] = {"token": headless}
    for speaker in county.loudspeakers:
        values = TerminalValues(speaker.name, "loudspeaker", lon=speaker.lon, lat=speaker.lat, sample=True)
        register_terminal(made.session, made.actor, values, made.units[speaker.township_code])


def _terminal(made: _Seed, name: str, kind: str, place: str, *, auto: bool = False) -> str:
    values = TerminalValues(name, kind, auto_answer=auto, sample=True)
    return register_terminal(made.session, made.actor, values, made.units[place])[1] or ""


def _people(made: _Seed, county: DemoCounty) -> None:
    """For every village of the sample one who answers for it, a deputy, and above them the township's leader."""
    chief = _person(made, f"{county.name} 包保领导（示例）", made.units["county"])
    _post(made, made.units["county"], "县级包保领导（示例）", chief)
    for township in county.townships:
        unit = made.units[township.code]
        leader = _person(made, f"{township.name} 包保领导（示例）", unit)
        _post(made, unit, "乡镇包保领导（示例）", leader, chief)
    for township in county.townships:
        held = [(one, _responsible(made, one)) for one in county.people if one.township_code == township.code]
        for number, (one, person) in enumerate(held):
            # Neighbours stand in for each other, as villages do.
            deputy = held[(number + 1) % len(held)][1]
            village = made.units.get(one.division_code, made.units[one.township_code])
            _post(made, village, "包保责任人（示例）", person, deputy if deputy != person else None)


def _responsible(made: _Seed, one: DemoPerson) -> str:
    unit = made.units.get(one.division_code, made.units[one.township_code])
    values = PersonValues(one.name, _number(made), one.email, "zh", one.lon, one.lat, sample=True)
    return register_person(made.session, made.actor, values, unit).id


def _person(made: _Seed, name: str, unit: str) -> str:
    values = PersonValues(name, _number(made), sample=True)
    return register_person(made.session, made.actor, values, unit).id


def _number(made: _Seed) -> str:
    """A telephone number that cannot be dialled, another one for everybody."""
    made.numbers += 1
    return f"000-0000-{made.numbers:04d}"


def _post(made: _Seed, unit: str, title: str, holder: str, deputy: str | None = None) -> None:
    values = PostValues(title, responsible=True, holder_id=holder, deputy_id=deputy, sample=True)
    register_post(made.session, made.actor, values, unit)


def _resources(made: _Seed, county: DemoCounty) -> None:
    keepers = {made.units[KEEPER_TOWNSHIP]: made.users["keeper"]}
    for one in county.resources:
        owner = made.units.get(one.owner_code, made.units["county"])
        values = NewResource(
            unit_id=owner,
            kind=one.kind,
            class_code=one.class_code,
            name=one.name,
            quantity=one.quantity,
            measure=one.measure,
            capacity=one.quantity if one.kind == "shelter" else None,
            position=(one.lon, one.lat),
            keeper_id=keepers.get(made.units[one.township_code], made.users["keeper2"]),
            sample=True,
        )
        register(made.session, made.actor, values)


def _hazard_points(made: _Seed, county: DemoCounty) -> None:
    """Each with the post that answers for its village, the shelter, and its households."""
    named = select(Resource.name, Resource.id).where(Resource.kind == "shelter")
    shelters = dict(made.session.execute(named).all())
    answering = select(Post.unit_id, Post.id).where(Post.responsible)
    posts = dict(made.session.execute(answering).all())
    for one in county.hazard_points:
        unit = made.units[one.division_code]
        values = PointValues(
            hazard=one.hazard,
            position=(one.lon, one.lat),
            post_id=posts.get(unit),
            shelter_id=shelters.get(one.shelter),
            sample=True,
        )
        point, _ = keep_point(made.session, made.actor, unit, one.name, values)
        for household in county.households:
            if household.hazard_point == one.key:
                kept = HouseholdValues(
                    people=household.people,
                    head=household.head,
                    phone=household.phone,
                    needs=household.needs,
                    sample=True,
                )
                keep_household(made.session, made.actor, point, household.number, kept)
