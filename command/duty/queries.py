"""Reading who is on duty, who may be, and what was handed over."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from command.directory.model import RoleGrant, Unit, User
from command.directory.queries import Sight, unit_of
from command.duty.model import HANDED, TAKEN, Handover, Shift
from command.kernel.actor import Actor, Grant
from command.kernel.errors import NotFound, Refused
from command.kernel.ids import is_id
from command.kernel.rights import Right, Role, rights_of
from command.kernel.values import State

OFFICERS = tuple(role for role in Role if Right.DUTY_HOLD in rights_of(role))


def board_shifts(session: Session, sight: Sight) -> list[State]:
    """Who is on duty, on the board of this reader."""
    return [row.state() for row in session.scalars(_open_shifts()) if sight.covers(row.unit_id)]


def board_handovers(session: Session, sight: Sight) -> list[State]:
    """Handovers that wait to be acknowledged, on the board of this reader."""
    rows = session.scalars(select(Handover).where(Handover.status == HANDED))
    return [row.state() for row in rows if sight.covers(row.unit_id)]


def duty_unit(session: Session, actor: Actor) -> Unit:
    """The unit whose duty this reader holds, else the topmost one whose handovers they may read; Refused for others."""
    holds = [one for one in actor.grants if Right.DUTY_HOLD in rights_of(one.role)]
    reads = [one for one in actor.grants if {Right.READ_PERSONAL, Right.AUDIT} & rights_of(one.role)]
    found = sorted(holds or reads, key=lambda one: (len(one.unit_path), one.unit_path))
    if actor.kind != "user" or not found:
        raise Refused("access.refused", right=Right.DUTY_HOLD)
    return unit_of(session, found[0].unit_id)


def is_officer(actor: Actor, unit_id: str) -> bool:
    """Whether this person may be on duty for the unit: a role that was given there, not above."""
    given = (one for one in actor.grants if one.unit_id == unit_id)
    return actor.kind == "user" and any(one.role in OFFICERS for one in given)


def as_officer(actor: Actor, unit: Unit) -> Actor:
    """The actor with no more rights than any officer of the unit has: what goes into a brief, its next reader may read.

    Whoever holds a unit's duty reads all of its subtree (a test holds the roles to that).
    """
    return replace(actor, grants=(Grant(Role.DUTY_OFFICER, unit.id, unit.path),))


def officers_of(session: Session, unit_id: str) -> list[User]:
    """The accounts in use that may be on duty for the unit, by name."""
    given = select(RoleGrant.user_id).where(RoleGrant.unit_id == unit_id, RoleGrant.role.in_(OFFICERS))
    query = select(User).where(User.id.in_(given), User.active, ~User.locked)
    return list(session.scalars(query.order_by(User.name, User.id)))


def shift_of(session: Session, unit_id: str) -> Shift | None:
    """The shift that goes on in this unit."""
    return session.scalars(_open_shifts().where(Shift.unit_id == unit_id)).first()


def waiting_handover(session: Session, unit_id: str) -> Handover | None:
    """The handover that waits to be acknowledged."""
    return session.scalars(select(Handover).where(Handover.unit_id == unit_id, Handover.status == HANDED)).first()


def taken_by(session: Session, shift_id: str, user_id: str) -> Handover | None:
    """How this person took the duty over from this shift, if they did."""
    found = (Handover.shift_id == shift_id, Handover.status == TAKEN, Handover.ended_by_id == user_id)
    return session.scalars(select(Handover).where(*found)).first()


def handover_for(session: Session, actor: Actor, handover_id: str) -> Handover:
    """The handover if the actor may read it; NotFound `handover.unknown` otherwise."""
    row = session.get(Handover, handover_id) if is_id(handover_id) else None
    path = unit_of(session, row.unit_id).path if row is not None else ""
    if row is None or not (actor.may(Right.READ_PERSONAL, path) or actor.may(Right.AUDIT, path)):
        raise NotFound("handover.unknown", id=handover_id[:40])
    return row


def handovers_of(session: Session, unit_id: str, after: str | None, limit: int) -> Sequence[Handover]:
    """The unit's handovers, the newest first; `after` is the last id of the page before."""
    query = select(Handover).where(Handover.unit_id == unit_id).order_by(Handover.id.desc()).limit(limit)
    return session.scalars(query.where(Handover.id < after) if after else query).all()


def _open_shifts() -> Select[Shift]:
    return select(Shift).where(Shift.ended_at.is_(None))
