"""Reading the directory: where units hang in the tree, and what a reader may see of it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.orm import Session

from command.directory.model import HazardPoint, Person, Post, RoleGrant, Terminal, Unit, User
from command.kernel.actor import Actor
from command.kernel.among import among
from command.kernel.errors import NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import Json, State


@dataclass(frozen=True)
class Sight:
    """What one actor may read: the unit ids of the subtrees where reading was granted, and its own unit."""

    units: frozenset[str]

    def covers(self, unit: str, shared: Iterable[str] = ()) -> bool:
        """Whether something of `unit`, shared with `shared`, is for this reader."""
        return unit in self.units or not self.units.isdisjoint(shared)


def unit_paths(session: Session) -> dict[str, str]:
    """Unit id → path for every unit (hundreds for a county)."""
    return {row.id: row.path for row in session.execute(select(Unit.id, Unit.path))}


def sight_of(session: Session, actor: Actor, right: Right = Right.READ) -> Sight:
    """The units `actor` may read now."""
    return Sight(frozenset(unit for unit, path in unit_paths(session).items() if actor.may(right, path)))


def unit_of(session: Session, unit_id: str) -> Unit:
    """The unit; NotFound `unit.unknown`."""
    unit = session.get(Unit, unit_id) if is_id(unit_id) else None
    if unit is None:
        raise NotFound("unit.unknown", id=unit_id)
    return unit


def unit_by_division(session: Session, code: str) -> Unit | None:
    """The administrative unit (not a department in it) with this division code, if any."""
    levels = ("province", "prefecture", "county", "township", "village")
    query = select(Unit).where(Unit.division_code == code, Unit.kind.in_(levels), Unit.active)
    return session.scalars(query).first()


def county_of(session: Session, unit: Unit) -> Unit:
    """The county above `unit` (or `unit` itself); the root where there is none."""
    ids = unit.path.strip("/").split("/")
    chain = {row.id: row for row in session.scalars(select(Unit).where(Unit.id.in_(ids)))}
    return next((chain[i] for i in ids if chain[i].kind == "county"), chain[ids[0]])


def subtree(path: str) -> Select[Unit]:
    """Units at or under `path`."""
    return select(Unit).where(Unit.path.startswith(path, autoescape=True), Unit.active)


def points_of_posts(session: Session, units: Collection[str]) -> dict[str, list[HazardPoint]]:
    """The hazard points in use of the units by the posts in use that answer for them: the point's own, and those of its
    unit that name it."""
    named = and_(Post.unit_id == HazardPoint.unit_id, Post.hazard_point == HazardPoint.name)
    query = select(Post.id, HazardPoint).join(HazardPoint, or_(Post.id == HazardPoint.post_id, named))
    within = (Post.active, HazardPoint.active, among(HazardPoint.unit_id, units))
    found: dict[str, list[HazardPoint]] = {}
    for post, point in session.execute(query.where(*within).order_by(HazardPoint.id)):
        found.setdefault(post, []).append(point)
    return found


def terminal_of(session: Session, terminal_id: str) -> Terminal:
    """The terminal; NotFound `terminal.unknown`."""
    terminal = session.get(Terminal, terminal_id) if is_id(terminal_id) else None
    if terminal is None:
        raise NotFound("terminal.unknown", id=terminal_id)
    return terminal


def user_of(session: Session, user_id: str) -> User:
    """The account; NotFound `user.unknown`."""
    user = session.get(User, user_id) if is_id(user_id) else None
    if user is None:
        raise NotFound("user.unknown", id=user_id)
    return user


def person_of(session: Session, person_id: str) -> Person:
    """The person; NotFound `person.unknown`."""
    person = session.get(Person, person_id) if is_id(person_id) else None
    if person is None:
        raise NotFound("person.unknown", id=person_id)
    return person


def roles_of(session: Session, user_id: str) -> list[Json]:
    """The roles of an account as {"role", "unit"}, sorted."""
    query = select(RoleGrant.role, RoleGrant.unit_id).where(RoleGrant.user_id == user_id).order_by(RoleGrant.role)
    return [{"role": role, "unit": unit} for role, unit in session.execute(query)]


def active_usernames(session: Session) -> frozenset[str]:
    """User names of the accounts in use."""
    return frozenset(session.scalars(select(User.username).where(User.active)))


def user_state(session: Session, user: User) -> State:
    """The account's public state with its roles."""
    return user.state(roles_of(session, user.id))


def board_units(session: Session, sight: Sight) -> list[State]:
    """Units on the board of this reader."""
    rows = session.scalars(select(Unit).where(Unit.active))
    return [row.state() for row in rows if sight.covers(row.id)]


def board_terminals(session: Session, sight: Sight) -> list[State]:
    """Terminals on the board of this reader."""
    rows = session.scalars(select(Terminal).where(Terminal.active))
    return [row.state() for row in rows if sight.covers(row.unit_id)]


def root_unit(session: Session) -> str | None:
    """The id of the topmost unit, to which what concerns the whole system belongs; None in an empty database."""
    return session.scalars(select(Unit.id).where(Unit.parent_id.is_(None)).order_by(Unit.id).limit(1)).first()
