"""Taking the samples of the demo out of use, so that an own county takes their place."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from command.directory.accounts import rename_user
from command.directory.model import DIVISION_KINDS, AuthSession, Person, Post, RoleGrant, Terminal, Unit, User
from command.directory.queries import unit_paths
from command.directory.terminals import change_terminal
from command.directory.units import change_person, change_post, change_unit
from command.kernel.actor import Actor
from command.kernel.rights import Right, Role

Row = Unit | Person | Post | Terminal | User
_ROWS: dict[str, type[Row]] = {"units": Unit, "people": Person, "posts": Post, "terminals": Terminal, "users": User}


@dataclass(frozen=True)
class Kept:
    """A sample that stays in use: `reason` is asking, last_security_administrator or in_use."""

    kind: str
    name: str
    reason: str


def remove_samples(
    session: Session, actor: Actor, used_units: Collection[str] = ()
) -> tuple[dict[str, int], tuple[Kept, ...]]:
    """Take every sample in the actor's units out of use; how many by kind, and what stays. A repetition does nothing.

    The asking account stays, and the security administrator until an own one is there: nobody else gives roles. A
    sample unit stays while something of the county's own hangs on it or a unit in `used_units` is below it. A real
    division stays and loses its made-up position (`positions`).
    """
    paths = {unit: path for unit, path in unit_paths(session).items() if actor.may(Right.DIRECTORY_CHANGE, path)}
    removed = {
        "people": _people(session, actor, paths),
        "posts": _posts(session, actor, paths),
        "terminals": _terminals(session, actor, paths),
    }
    users, staying = _users(session, actor, paths)
    units, inhabited = _units(session, actor, paths, used_units)
    positions = _positions(session, actor, paths)
    return {**removed, "users": users, "units": units, "positions": positions}, (*staying, *inhabited)


def sample_counts(session: Session, actor: Actor) -> dict[str, int]:
    """How many samples are in use, by kind as in `remove_samples`; accounts that would stay are not among them."""
    counts = {name: _count(session, row, row.active, row.sample) for name, row in _ROWS.items()}
    positions = _count(session, Unit, Unit.active, Unit.sample, Unit.kind.in_(DIVISION_KINDS))
    staying = [user_id for user_id, _ in _staying(session, actor)]
    users = _count(session, User, User.active, User.sample, User.id.not_in(staying))
    return {**counts, "users": users, "units": counts["units"] - positions, "positions": positions}


def own_counts(session: Session) -> dict[str, int]:
    """How many rows of the county's own are in use, by kind."""
    return {name: _count(session, row, row.active, ~row.sample) for name, row in _ROWS.items()}


def own_administrators(session: Session) -> dict[str, int]:
    """How many own, unlocked accounts hold each of the three administrators' roles."""
    roles = (Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDITOR)
    return {role.value: _count(session, User, *_own_with(role)) for role in roles}


def _count(session: Session, row: type[Row], *conditions: ColumnElement[bool] | InstrumentedAttribute[bool]) -> int:
    return session.scalar(select(func.count()).select_from(row).where(*conditions)) or 0


def _own_with(role: Role) -> tuple[ColumnElement[bool] | InstrumentedAttribute[bool], ...]:
    grants = select(RoleGrant.user_id).where(RoleGrant.role == role.value)
    return User.active, ~User.locked, ~User.sample, User.id.in_(grants)


def _people(session: Session, actor: Actor, paths: Collection[str]) -> int:
    query = select(Person).where(Person.active, Person.sample)
    found = [one for one in session.scalars(query) if one.unit_id in paths]
    for one in found:
        change_person(session, actor, one.id, one.version, {"active": False})
    return len(found)


def _posts(session: Session, actor: Actor, paths: Collection[str]) -> int:
    found = [one for one in session.scalars(select(Post).where(Post.active, Post.sample)) if one.unit_id in paths]
    for one in found:
        change_post(session, actor, one.id, one.version, {"active": False})
    return len(found)


def _terminals(session: Session, actor: Actor, paths: Collection[str]) -> int:
    query = select(Terminal).where(Terminal.active, Terminal.sample)
    found = [one for one in session.scalars(query) if one.unit_id in paths]
    for one in found:
        _end_terminal(session, actor, one)
    return len(found)


def _end_terminal(session: Session, actor: Actor, terminal: Terminal) -> None:
    # Its token stands in the demo's file of accounts: it must never open anything again.
    terminal.token_hash = None
    session.execute(delete(AuthSession).where(AuthSession.terminal_id == terminal.id))
    change_terminal(session, actor, terminal.id, terminal.version, {"active": False})


def _users(session: Session, actor: Actor, paths: Collection[str]) -> tuple[int, tuple[Kept, ...]]:
    staying = dict(_staying(session, actor))
    found = [one for one in session.scalars(select(User).where(User.active, User.sample)) if one.unit_id in paths]
    for user in found:
        if user.id not in staying:
            rename_user(session, actor, user.id, user.name, active=False)
    kept = tuple(Kept("user", user.name, staying[user.id]) for user in found if user.id in staying)
    return len(found) - len(kept), kept


def _staying(session: Session, actor: Actor) -> Iterator[tuple[str, str]]:
    if _count(session, User, *_own_with(Role.SECURITY_ADMINISTRATOR)) == 0:
        query = select(RoleGrant.user_id).where(RoleGrant.role == Role.SECURITY_ADMINISTRATOR.value)
        for user_id in session.scalars(query):
            yield user_id, "last_security_administrator"
    yield actor.id, "asking"


def _units(
    session: Session, actor: Actor, paths: dict[str, str], used_units: Collection[str]
) -> tuple[int, tuple[Kept, ...]]:
    used = {*used_units, *_inhabited(session)}
    inhabited = [path for unit, path in paths.items() if unit in used]
    query = select(Unit).where(Unit.active, Unit.sample, Unit.kind.not_in(DIVISION_KINDS)).order_by(Unit.path)
    found = [unit for unit in session.scalars(query) if unit.id in paths]
    kept = [unit for unit in found if any(path.startswith(unit.path) for path in inhabited)]
    for unit in reversed(found):  # what is below goes first
        if unit not in kept:
            change_unit(session, actor, unit.id, unit.version, {"active": False})
    return len(found) - len(kept), tuple(Kept("unit", unit.name, "in_use") for unit in kept)


def _inhabited(session: Session) -> Iterator[str]:
    """Units that hold something in use, now that the samples are out of it, and own units themselves."""
    yield from session.scalars(select(Unit.id).where(Unit.active, ~Unit.sample))
    for row in (Person, Post, Terminal, User):
        yield from session.scalars(select(row.unit_id).where(row.active).distinct())


def _positions(session: Session, actor: Actor, paths: Collection[str]) -> int:
    query = select(Unit).where(Unit.active, Unit.sample, Unit.kind.in_(DIVISION_KINDS))
    found = [unit for unit in session.scalars(query) if unit.id in paths]
    for unit in found:
        unknown = {"lon": None, "lat": None, "approximate": False, "sample": False}
        change_unit(session, actor, unit.id, unit.version, unknown)
    return len(found)
