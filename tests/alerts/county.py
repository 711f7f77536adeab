"""A small county for tests of alerts: two townships with people, posts, pages and loudspeakers, and a station."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

import command.resources.model  # noqa: F401 (hazard points name its table)
from alerts.drafting import AreaInput, Draft
from command.directory.model import Person, Post, RoleGrant, Terminal, Unit, User
from command.directory.sessions import terminal_actor, user_actor
from command.kernel.actor import Actor
from command.kernel.clock import ManualClock
from command.kernel.db import Base, Database, make_engine
from command.kernel.ids import new_id
from command.kernel.rights import Role
from command.kernel.timeline import TimelineHead
from command.kernel.wake import FolderWake
from gis.divisions import shipped_divisions
from tests.originals import Original, Where

START = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
NORTH, SOUTH = "532301103", "532301112"

UNITS = (
    ("county", None, "楚雄市", "county", "532301", 101.546, 25.033),
    ("station", "county", "市气象台（示例）", "department", None, None, None),
    ("north", "county", "吕合镇", "township", NORTH, 101.36, 25.13),
    ("south", "county", "西舍路镇", "township", SOUTH, 100.98, 24.62),
    ("village", "south", "西舍路村", "village", f"{SOUTH}201", 100.99, 24.60),
    ("elsewhere", None, "邻县", "county", "532322", 101.63, 24.69),
)
USERS = (
    ("duty", Role.DUTY_OFFICER, "county"),
    ("issuer", Role.ALERT_ISSUER, "county"),
    ("weather", Role.ALERT_ISSUER, "station"),
    ("reviewer", Role.ALERT_REVIEWER, "county"),
    ("north_operator", Role.TOWNSHIP_OPERATOR, "north"),
    ("south_operator", Role.TOWNSHIP_OPERATOR, "south"),
    ("stranger", Role.DUTY_OFFICER, "elsewhere"),
)
PEOPLE = (
    ("chief", "county", "chief@example.org"),
    ("north_head", "north", "north@example.org"),
    ("south_head", "south", "south@example.org"),
    ("villager", "village", "villager@example.org"),
    ("silent", "south", None),
    ("neighbour", "elsewhere", "neighbour@example.org"),
)
POSTS = (
    ("吕合镇包保", "north", "chief", "north_head", True),
    ("西舍路镇镇长", "south", "south_head", None, True),
)
TERMINALS = (
    ("north_box", "browser", "north"),
    ("south_box", "browser", "south"),
    ("wall", "wall", "county"),
    ("north_horn", "loudspeaker", "north"),
    ("village_horn", "loudspeaker", "village"),
)


T = TypeVar("T")


@dataclass
class County:
    """The database with the county in it; ids by short name."""

    db: Database
    clock: ManualClock
    units: dict[str, str] = field(default_factory=dict)
    users: dict[str, str] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    terminals: dict[str, str] = field(default_factory=dict)
    wake: FolderWake | None = None

    def actor(self, session: Session, name: str) -> Actor:
        if name in self.users:
            return user_actor(session, session.get_one(User, self.users[name]))
        return terminal_actor(session, session.get_one(Terminal, self.terminals[name]))

    def do(self, name: str, act: Callable[[Session, Actor], T]) -> T:
        """What `act` returns, done by the named account in one transaction."""
        with self.db.writing() as session:
            session.expire_on_commit = False
            return act(session, self.actor(session, name))

    def see(self, name: str, look: Callable[[Session, Actor], T]) -> T:
        with self.db.reading() as session:
            return look(session, self.actor(session, name))


def build_county(url: str) -> County:
    """A fresh county in an empty database; nothing stays connected to it."""
    clock = ManualClock(START)
    engine = make_engine(url)
    Base.metadata.create_all(engine)
    county = County(Database(engine, clock), clock)
    with county.db.writing() as session:
        session.add(TimelineHead(id=1))
        _fill(session, county)
    engine.dispose()
    return county


_COUNTY = Original(build_county)


@contextmanager
def county_in(where: Where) -> Iterator[County]:
    """The county and nothing else, in a database of its own."""
    with _COUNTY.copied(where) as (url, original):
        clock = ManualClock(START)
        county = replace(original, db=Database(make_engine(url), clock), clock=clock)
        yield county
        county.db.engine.dispose()


def _fill(session: Session, county: County) -> None:
    paths: dict[str | None, str] = {None: ""}
    for name, parent, title, kind, code, lon, lat in UNITS:
        county.units[name] = new_id()
        paths[name] = f"{paths[parent]}{county.units[name]}/"
        above = county.units[parent] if parent else None
        session.add(
            Unit(
                id=county.units[name],
                parent_id=above,
                path=paths[name],
                name=title,
                kind=kind,
                division_code=code,
                lon=lon,
                lat=lat,
            )
        )
        session.flush()
    for name, _, unit in USERS:
        county.users[name] = new_id()
        session.add(
            User(id=county.users[name], unit_id=county.units[unit], username=name, name=name, password_hash="-")
        )
    session.flush()
    for name, role, unit in USERS:
        session.add(RoleGrant(user_id=county.users[name], role=role, unit_id=county.units[unit]))
    for name, unit, email in PEOPLE:
        county.people[name] = new_id()
        session.add(Person(id=county.people[name], unit_id=county.units[unit], name=name, email=email))
    county.people["operator"] = new_id()
    operator = Person(
        id=county.people["operator"],
        unit_id=county.units["south"],
        name="operator",
        user_id=county.users["south_operator"],
    )
    session.add(operator)
    session.flush()
    for title, unit, holder, deputy, responsible in POSTS:
        session.add(
            Post(
                unit_id=county.units[unit],
                title=title,
                responsible=responsible,
                holder_id=county.people[holder],
                deputy_id=county.people[deputy] if deputy else None,
            )
        )
    for name, kind, unit in TERMINALS:
        county.terminals[name] = new_id()
        session.add(Terminal(id=county.terminals[name], unit_id=county.units[unit], name=name, kind=kind))


def fields(**changes: object) -> Draft:
    """A notice for the southern township, valid for six hours; `changes` replace its fields."""
    values: dict[str, object] = {
        "event": "山洪",
        "headline": "西舍路镇防范山洪",
        "description": "上游水位上涨。",
        "instruction": "沿河群众离开河道。",
        "area": AreaInput(divisions=(SOUTH,)),
        "expires_at": START + timedelta(hours=6),
    }
    return Draft(**{**values, **changes})  # type: ignore[arg-type]  # the caller's names and values are those of Draft


DIVISIONS = shipped_divisions()
