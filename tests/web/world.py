"""A small county for tests of the edge: two townships, a weather station, one account for every role, devices."""

from dataclasses import dataclass

from argon2 import PasswordHasher
from sqlalchemy.orm import Session

from command.directory.model import RoleGrant, Terminal, Unit, User
from command.directory.secrets import hash_token
from command.directory.sessions import terminal_actor, user_actor
from command.kernel.actor import Actor
from command.kernel.db import Database
from command.kernel.ids import new_id
from command.kernel.rights import Role

PASSWORD = "a long enough password"
# A real hash, made cheaply: its parameters stand in it, and a run logs in hundreds of times.
_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


@dataclass(frozen=True)
class World:
    """Ids by short name: units, users (named as their role, or role_unit), terminals (tokens from `token`)."""

    units: dict[str, str]
    users: dict[str, str]
    terminals: dict[str, str]

    def token(self, terminal: str) -> str:
        """The device token of a terminal."""
        return f"token-of-the-terminal-{terminal}"

    def actor(self, session: Session, name: str) -> Actor:
        """The user or terminal as an actor."""
        if name in self.users:
            user = session.get_one(User, self.users[name])
            return user_actor(session, user)
        return terminal_actor(session, session.get_one(Terminal, self.terminals[name]))


UNITS = (
    ("county", None, "楚雄市", "county", "532301", 101.546, 25.033),
    ("station", "county", "市气象台（示例）", "department", "532301", 101.55, 25.03),
    ("north", "county", "吕合镇", "township", "532301105", 101.36, 25.13),
    ("south", "county", "西舍路镇", "township", "532301109", 100.98, 24.62),
    ("elsewhere", None, "邻县", "county", "532322", 101.63, 24.69),
)
USERS = (
    ("duty", Role.DUTY_OFFICER, "county"),
    ("leader", Role.LEADER, "county"),
    ("commander", Role.COMMANDER, "county"),
    ("north_operator", Role.TOWNSHIP_OPERATOR, "north"),
    ("south_operator", Role.TOWNSHIP_OPERATOR, "south"),
    ("keeper", Role.RESOURCE_KEEPER, "south"),
    ("issuer", Role.ALERT_ISSUER, "county"),
    ("station_issuer", Role.ALERT_ISSUER, "station"),
    ("reviewer", Role.ALERT_REVIEWER, "county"),
    ("admin", Role.SYSTEM_ADMINISTRATOR, "county"),
    ("security", Role.SECURITY_ADMINISTRATOR, "county"),
    ("auditor", Role.AUDITOR, "county"),
    ("stranger_duty", Role.DUTY_OFFICER, "elsewhere"),
)
TERMINALS = (("wall", "wall", "county"), ("north_box", "browser", "north"), ("south_box", "headless", "south"))


def build_world(db: Database) -> World:
    """Write the county into an empty, migrated database."""
    with db.writing() as session:
        units = _units(session)
        session.flush()
        users = _users(session, units)
        terminals: dict[str, str] = {}
        world = World(units, users, terminals)
        for name, kind, unit in TERMINALS:
            terminals[name] = new_id()
            token = hash_token(world.token(name))
            session.add(Terminal(id=terminals[name], unit_id=units[unit], name=name, kind=kind, token_hash=token))
    return world


def _units(session: Session) -> dict[str, str]:
    units: dict[str, str] = {}
    paths: dict[str | None, str] = {None: ""}
    for name, parent, title, kind, code, lon, lat in UNITS:
        units[name] = new_id()
        paths[name] = f"{paths[parent]}{units[name]}/"
        session.add(
            Unit(
                id=units[name],
                parent_id=units[parent] if parent else None,
                path=paths[name],
                name=title,
                kind=kind,
                division_code=code,
                lon=lon,
                lat=lat,
            )
        )
        session.flush()
    return units


def _users(session: Session, units: dict[str, str]) -> dict[str, str]:
    users: dict[str, str] = {}
    for name, _, unit in USERS:
        users[name] = new_id()
        session.add(User(id=users[name], unit_id=units[unit], username=name, name=name, password_hash=_HASH))
    session.flush()
    for name, role, unit in USERS:
        session.add(RoleGrant(user_id=users[name], role=role, unit_id=units[unit]))
    return users
