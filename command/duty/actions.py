"""Going on duty, and handing it over. Each holds the unit's row: of two at once the second sees what the first did."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy.orm import Session

from command.directory.model import Unit, User
from command.duty.brief import changes, urgent_sections
from command.duty.model import ACKNOWLEDGED, HANDED, TAKEN, WITHDRAWN, Handover, Shift
from command.duty.queries import handover_for, is_officer, officers_of, shift_of, taken_by, waiting_handover
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, FieldError, Invalid, Refused
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.salted import salted
from command.kernel.timeline import record
from command.kernel.values import State, canonical


@dataclass(frozen=True, kw_only=True)
class Handing:
    """What is handed over: the brief as the officer saw and annotated it, to whom (None: any officer), own words."""

    brief: State
    to: str | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Taking:
    """What whoever takes the duty on has before them: the brief as it is now, and the sections they say they have
    seen."""

    brief: State
    seen: Collection[str]


def begin(session: Session, clock: Clock, actor: Actor, unit_id: str) -> Shift:
    """Go on duty where nobody is. Again changes nothing. Raises Refused, Conflict `duty.held`."""
    unit = _held(session, actor, unit_id)
    shift = shift_of(session, unit.id)
    if shift is not None and shift.officer_id != actor.id:
        raise Conflict("duty.held", name=_name(shift.officer))
    return shift or _begin(session, clock, actor, unit)


def hand_over(session: Session, clock: Clock, actor: Actor, unit_id: str, values: Handing) -> Handover:
    """Freeze the brief and offer the duty; whoever has it keeps it until somebody acknowledges.

    Raises Refused `access.refused` or `duty.not_yours`, Conflict `handover.waiting`, Invalid `handover.to`.
    """
    unit = _held(session, actor, unit_id)
    shift = shift_of(session, unit.id)
    if shift is None or shift.officer_id != actor.id:
        raise Refused("duty.not_yours")
    if waiting_handover(session, unit.id) is not None:
        raise Conflict("handover.waiting")
    to = next((one for one in officers_of(session, unit.id) if one.id == values.to != actor.id), None)
    if values.to is not None and to is None:
        raise Invalid("handover.to", fields=(FieldError("to", "handover.to"),))
    row = _frozen(session, clock, shift, values, to)
    _tell(session, actor, "handover.handed", row)
    return row


def withdraw(session: Session, clock: Clock, actor: Actor, handover_id: str) -> Handover:
    """Take back what was handed over and not acknowledged yet. Again changes nothing.

    Raises NotFound, Refused, Conflict `handover.over`.
    """
    row = _locked(session, actor, handover_id)
    if session.get_one(Shift, row.shift_id).officer_id != actor.id:
        raise Refused("duty.not_yours")
    if row.status == WITHDRAWN:
        return row
    _need_waiting(row)
    _end(clock, actor, row, WITHDRAWN)
    _tell(session, actor, "handover.withdrawn", row)
    return row


def acknowledge(session: Session, clock: Clock, actor: Actor, handover_id: str, values: Taking) -> Handover:
    """Take the duty on: the former shift ends and the actor's begins. Again, by the same person, changes nothing.

    Raises NotFound, Refused `handover.own` or `handover.for_another`, Conflict `handover.over`, Invalid
    `handover.unseen` while a section that has something urgent, then or now, was not seen.
    """
    row = _locked(session, actor, handover_id)
    if row.status == ACKNOWLEDGED and row.ended_by_id == actor.id:
        return row
    _need_waiting(row)
    if row.to_id not in (None, actor.id):
        raise Refused("handover.for_another", name=_name(row.to))
    _take(session, clock, actor, row, values, ACKNOWLEDGED)
    return row


def take_over(
    session: Session, clock: Clock, actor: Actor, unit_id: str, shift_id: str, values: Taking, reason: str
) -> Handover:
    """Take the duty on from somebody who did not hand it over, or not to the actor, saying why.

    `shift_id` is the shift that the actor saw and means to end: whoever took over meanwhile is not displaced without
    their knowing. Again, by the same person, changes nothing. Raises Refused, Conflict `duty.nobody` or
    `duty.changed`, Invalid `handover.reason_needed` and those of `acknowledge`.
    """
    unit = _held(session, actor, unit_id)
    done = taken_by(session, shift_id, actor.id)
    if done is not None:
        return done
    shift = shift_of(session, unit.id)
    if shift is None:
        raise Conflict("duty.nobody")
    if shift.id != shift_id:
        raise Conflict("duty.changed", name=_name(shift.officer), at=to_text(shift.begun_at))
    if not reason.strip():
        raise Invalid("handover.reason_needed", fields=(FieldError("reason", "handover.reason_needed"),))
    row = waiting_handover(session, unit.id) or _frozen(session, clock, shift, Handing(brief=values.brief), None)
    row.reason = reason.strip()
    _take(session, clock, actor, row, values, TAKEN)
    return row


def _take(session: Session, clock: Clock, actor: Actor, row: Handover, values: Taking, status: str) -> None:
    shift = session.get_one(Shift, row.shift_id)
    if shift.officer_id == actor.id:
        raise Refused("handover.own")
    unseen = [one for one in urgent_sections(row.brief, values.brief) if one not in values.seen]
    if unseen:
        raise Invalid("handover.unseen", fields=(FieldError("seen", "handover.unseen"),), number=len(unseen))
    row.since = changes(row.brief, values.brief)
    _end(clock, actor, row, status)
    shift.ended_at = row.ended_at
    shift.version += 1
    # Before the next one begins: a unit has one open shift.
    session.flush()
    kind = "handover.acknowledged" if status == ACKNOWLEDGED else "handover.taken"
    record(session, actor, kind, unit=row.unit_id, body={"handover": row.state(), "shift": shift.state()})
    _begin(session, clock, actor, session.get_one(Unit, row.unit_id))


def _begin(session: Session, clock: Clock, actor: Actor, unit: Unit) -> Shift:
    shift = Shift(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        officer_id=actor.id,
        officer=actor.by(),
        begun_at=clock.now(),
        ended_at=None,
    )
    session.add(shift)
    session.flush()
    record(session, actor, "shift.begun", unit=unit.id, body={"shift": shift.state()})
    return shift


def _frozen(session: Session, clock: Clock, shift: Shift, values: Handing, to: User | None) -> Handover:
    words = values.words.strip()
    salt, digest = salted(canonical(values.brief), words)
    row = Handover(
        id=new_id(),
        version=1,
        unit_id=shift.unit_id,
        shift_id=shift.id,
        status=HANDED,
        former=shift.officer,
        to_id=to.id if to else None,
        to={"id": to.id, "name": to.name} if to else None,
        seq=int(str(values.brief["seq"])),
        handed_at=clock.now(),
        brief=values.brief,
        words=words,
        salt=salt,
        digest=digest,
        ended_at=None,
        ended_by_id=None,
        ended_by=None,
        since=None,
        reason="",
    )
    session.add(row)
    session.flush()
    return row


def _held(session: Session, actor: Actor, unit_id: str) -> Unit:
    """The unit, its row locked, for one of its officers."""
    if not is_officer(actor, unit_id):
        raise Refused("access.refused", right=Right.DUTY_HOLD)
    return session.get_one(Unit, unit_id, with_for_update=True)


def _locked(session: Session, actor: Actor, handover_id: str) -> Handover:
    row = handover_for(session, actor, handover_id)
    _held(session, actor, row.unit_id)
    session.refresh(row)
    return row


def _need_waiting(row: Handover) -> None:
    if row.status != HANDED:
        raise Conflict("handover.over", name=_name(row.ended_by), at=to_text(row.ended_at) if row.ended_at else "")


def _end(clock: Clock, actor: Actor, row: Handover, status: str) -> None:
    row.status, row.ended_at, row.ended_by_id, row.ended_by = status, clock.now(), actor.id, actor.by()
    row.version += 1


def _name(by: object) -> str:
    return str(by.get("name")) if isinstance(by, dict) else ""


def _tell(session: Session, actor: Actor, kind: str, row: Handover) -> None:
    record(session, actor, kind, unit=row.unit_id, body={"handover": row.state()})
