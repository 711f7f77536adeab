"""What whoever is there reports of a household: moved, not moved and why, nobody at home; or a mistake undone."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.checks import invalid, not_future
from command.directory.queries import unit_of
from command.evacuation.actions.opening import shelter_of
from command.evacuation.actions.telling import tell_point
from command.evacuation.model import Evacuation, EvacuationPoint, EvacuationStep, listed
from command.evacuation.queries import evacuation_for
from command.evacuation.standing import (
    AMENDED,
    MOVED,
    NOT_MOVED,
    TO_MOVE,
    UNDONE,
    Told,
    counting,
    is_late,
    takes,
    when_of,
)
from command.kernel.actor import Actor
from command.kernel.clock import Clock, optional_text, to_text
from command.kernel.errors import Conflict, NotFound
from command.kernel.rights import Right
from command.kernel.salted import salted
from command.kernel.values import Json, State
from command.sight import readable

LONGEST_NOTE = 200


@dataclass(frozen=True, kw_only=True)
class Report:
    """One report. `id` is the device's own; `corrects` names the report that `undone` strikes out.

    `shelter` is a shelter's id (without one, the hazard point's own); `pressed_at` when the device says it was pressed.
    """

    id: str
    household: str
    to: str
    reason: str | None = None
    note: str = ""
    shelter: str | None = None
    how: str = "on_scene"
    corrects: str | None = None
    pressed_at: datetime | None = None


def report(session: Session, clock: Clock, actor: Actor, evacuation_id: str, values: Report) -> EvacuationPoint:
    """Write a report down; the same again (by its id) changes nothing.

    What was pressed before the evacuation's end is still taken for a day, and marked as late.
    Raises NotFound `evacuation.unknown`, `household.unknown` or `evacuation.step_unknown`, Refused, Conflict
    `evacuation.closed` or `evacuation.id_taken`, Invalid `evacuation.reason_needed`, `evacuation.note_too_long`,
    `evacuation.shelter_unknown` or `time.future`.
    """
    row = evacuation_for(session, actor, evacuation_id)
    place = place_of(session, actor, row, values.household)
    actor.need(Right.EVACUATION_REPORT, unit_of(session, place.unit_id).path)
    known = session.get(EvacuationStep, values.id)
    if known is not None:
        if (known.point_id, known.household_id, known.to) != (place.id, values.household, values.to):
            raise Conflict("evacuation.id_taken")
        return place
    now = clock.now()
    if not takes(row.closed_at, values.pressed_at, now):
        raise Conflict("evacuation.closed")
    _check(session, place, values, now)
    step = _step(session, actor, place, values, now)
    session.add(step)
    session.flush()
    settle(session, row, place, values.household)
    kind = "evacuation.corrected" if values.to == UNDONE else f"evacuation.{values.to}"
    tell_point(
        session, actor, row, place, kind, {"evacuation_step": {**step.state(), "late": is_late(row.closed_at, now)}}
    )
    return place


def settle(session: Session, row: Evacuation, place: EvacuationPoint, household_id: str) -> None:
    """Let the household stand where its reports say, as the point's next version."""
    query = select(EvacuationStep).where(
        EvacuationStep.point_id == place.id, EvacuationStep.household_id == household_id
    )
    steps = {step.id: step for step in session.scalars(query)}
    told = [Told(s.id, s.to, when_of(s.pressed_at, s.at, row.opened_at), s.at, s.corrects) for s in steps.values()]
    last = counting(told)
    now = _public(steps[last.id], row) if last is not None else _unreported(row)
    place.households = [{**one, **now} if one["household"] == household_id else one for one in listed(place)]
    place.version += 1


def place_of(session: Session, actor: Actor, row: Evacuation, household_id: str) -> EvacuationPoint:
    """The held point that lists the household, where the actor may read it. NotFound `household.unknown`."""
    query = select(EvacuationPoint).where(EvacuationPoint.evacuation_id == row.id).order_by(EvacuationPoint.id)
    for place in session.scalars(query):
        listed_here = any(one["household"] == household_id for one in listed(place))
        if listed_here and readable(session, actor, place.unit_id, [place.owner_id]):
            session.refresh(place, with_for_update=True)
            return place
    raise NotFound("household.unknown", id=household_id[:40])


def _check(session: Session, place: EvacuationPoint, values: Report, now: datetime) -> None:
    not_future(values.pressed_at, now, "pressed_at")
    if len(values.note) > LONGEST_NOTE:
        raise invalid("evacuation.note_too_long", "note")
    if values.to == NOT_MOVED and values.reason is None:
        raise invalid("evacuation.reason_needed", "reason")
    if (values.to == UNDONE) != (values.corrects is not None):
        raise invalid("evacuation.corrects_needed", "corrects")
    if values.corrects is not None:
        wrong = session.get(EvacuationStep, values.corrects)
        here = wrong is not None and (wrong.point_id, wrong.household_id) == (place.id, values.household)
        if wrong is None or not here or wrong.to == AMENDED:
            raise NotFound("evacuation.step_unknown", id=values.corrects[:40])


def _step(session: Session, actor: Actor, place: EvacuationPoint, values: Report, now: datetime) -> EvacuationStep:
    note = values.note.strip() or None
    salt, digest = salted(note)
    return EvacuationStep(
        id=values.id,
        point_id=place.id,
        household_id=values.household,
        to=values.to,
        reason=values.reason if values.to == NOT_MOVED else None,
        note=note,
        salt=salt,
        digest=digest,
        shelter=_shelter(session, place, values),
        how=values.how,
        corrects=values.corrects,
        by=actor.by(),
        at=now,
        pressed_at=values.pressed_at,
    )


def _shelter(session: Session, place: EvacuationPoint, values: Report) -> Json:
    if values.to != MOVED:
        return None
    if values.shelter is None:
        return place.shelter
    found = shelter_of(session, values.shelter)
    if found is None:
        raise invalid("evacuation.shelter_unknown", "shelter")
    return found


def _public(step: EvacuationStep, row: Evacuation) -> State:
    return {
        "status": step.to,
        "at": to_text(step.at),
        "pressed_at": optional_text(step.pressed_at),
        "by": step.by,
        "reason": step.reason,
        "how": step.how,
        "shelter": step.shelter,
        "step": step.id,
        "late": is_late(row.closed_at, step.at),
    }


def _unreported(row: Evacuation) -> State:
    nothing = dict.fromkeys(("pressed_at", "by", "reason", "how", "shelter", "step"))
    return {"status": TO_MOVE, "at": to_text(row.opened_at), **nothing, "late": False}
