"""Correcting what is listed of one household: how many they are, what they need, who answers for them.

What was wrong stays in an entry and a step of its own, beside what is right; a wrong one is corrected by another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from command.checks import invalid
from command.directory.queries import unit_of
from command.evacuation.actions.lists import MOST_PEOPLE, tell_household
from command.evacuation.actions.reporting import LONGEST_NOTE, place_of
from command.evacuation.actions.telling import tell_point
from command.evacuation.model import OPEN, Evacuation, EvacuationPoint, EvacuationStep, Household, listed
from command.evacuation.personal import may_name
from command.evacuation.queries import evacuation_for
from command.evacuation.standing import AMENDED
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, Refused
from command.kernel.rights import Right
from command.kernel.salted import salted
from command.kernel.values import Json, State

PERSONAL = ("needs", "responsible")
_NOTHING = "–"


@dataclass(frozen=True, kw_only=True)
class Amendment:
    """What is right, of what was wrong. `id` is the device's own; `personal` holds `needs` and `responsible`."""

    id: str
    household: str
    people: int | None = None
    personal: Mapping[str, str]
    how: str = "on_scene"


def amend(session: Session, clock: Clock, actor: Actor, evacuation_id: str, values: Amendment) -> EvacuationPoint:
    """Write a correction down and let it count; the same again (by its id) changes nothing.

    Raises NotFound `evacuation.unknown` or `household.unknown`, Refused, Conflict `evacuation.closed`,
    `evacuation.id_taken` or `evacuation.nothing_amended`, Invalid `household.people` or `evacuation.note_too_long`.
    """
    row = evacuation_for(session, actor, evacuation_id)
    place = place_of(session, actor, row, values.household)
    path = unit_of(session, place.unit_id).path
    actor.need(Right.EVACUATION_REPORT, path)
    if values.personal and not may_name(session, actor, path):
        raise Refused("access.refused", right=Right.HOUSEHOLD_READ)
    known = session.get(EvacuationStep, values.id)
    if known is not None:
        if (known.point_id, known.household_id, known.to) != (place.id, values.household, AMENDED):
            raise Conflict("evacuation.id_taken")
        return place
    if row.status != OPEN:
        raise Conflict("evacuation.closed")
    household = session.get_one(Household, values.household, with_for_update=True)
    _amend(session, clock, actor, row, place, household, values)
    return place


def _amend(
    session: Session,
    clock: Clock,
    actor: Actor,
    row: Evacuation,
    place: EvacuationPoint,
    household: Household,
    values: Amendment,
) -> None:
    _check(values)
    people = _people(place, household, values)
    told = {name: (getattr(household, name), text) for name, text in _new(household, values.personal).items()}
    if people is None and not told:
        raise Conflict("evacuation.nothing_amended")
    step = _step(clock, actor, place, values, people, told)
    session.add(step)
    _change(household, values, told)
    place.households = [_public(one, household) if one["household"] == household.id else one for one in listed(place)]
    place.version += 1
    session.flush()
    tell_household(session, actor, household, "household.changed")
    tell_point(session, actor, row, place, "evacuation.amended", {"evacuation_step": step.state()})


def _check(values: Amendment) -> None:
    if values.people is not None and not 1 <= values.people <= MOST_PEOPLE:
        raise invalid("household.people", "people")
    if any(len(text) > LONGEST_NOTE for text in values.personal.values()):
        raise invalid("evacuation.note_too_long", "needs")


def _people(place: EvacuationPoint, household: Household, values: Amendment) -> list[Json] | None:
    """How many were listed here, and how many they are; None where that was right."""
    before = next(one["people"] for one in listed(place) if one["household"] == household.id)
    return None if values.people in (None, before) else [before, values.people]


def _new(household: Household, personal: Mapping[str, str]) -> dict[str, str | None]:
    given = {name: text.strip() or None for name, text in personal.items() if name in PERSONAL}
    return {name: text for name, text in given.items() if text != getattr(household, name)}


def _step(
    clock: Clock,
    actor: Actor,
    place: EvacuationPoint,
    values: Amendment,
    people: list[Json] | None,
    told: Mapping[str, tuple[str | None, str | None]],
) -> EvacuationStep:
    """The words of what people need may tell of them: in the chain they are a digest, as a report's note is."""
    note = "; ".join(f"{before or _NOTHING} → {after or _NOTHING}" for before, after in told.values()) or None
    salt, digest = salted(note)
    amends: State = {"people": people, "personal": list[Json](told)}
    return EvacuationStep(
        id=values.id,
        point_id=place.id,
        household_id=values.household,
        to=AMENDED,
        reason=None,
        note=note,
        salt=salt,
        digest=digest,
        shelter=None,
        how=values.how,
        corrects=None,
        amends=amends,
        by=actor.by(),
        at=clock.now(),
        pressed_at=None,
    )


def _change(household: Household, values: Amendment, told: Mapping[str, tuple[str | None, str | None]]) -> None:
    household.people = values.people or household.people
    for name, (_, after) in told.items():
        setattr(household, name, after)
    if told:
        household.salt, household.digest = salted(
            household.head, household.phone, household.needs, household.responsible
        )
    household.version += 1


def _public(one: State, household: Household) -> State:
    return {**one, "people": household.people, "assist": bool(household.needs)}
