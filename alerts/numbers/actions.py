"""What is done with numbers: checked by a person or by the calendar, said to be right, and when they are checked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.chunks import drop_unsent, plan_paced
from alerts.contacts import tree_of
from alerts.data import table
from alerts.model import INTERNAL, ISSUED, NUMBER_CHECK, Alert
from alerts.numbers.model import NumberCheck, NumberMark, NumberPlan
from alerts.numbers.queries import followed, last_check, pace_in_force, plan_of, plan_state
from alerts.numbers.signs import follow
from alerts.numbers.standing import EMAIL, is_due, read_pace, slots, written_pace
from alerts.recipients import PUBLIC, Contact
from command.directory.model import Unit
from command.directory.queries import county_of, person_of, unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound, StaleVersion
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import State

AFTERWARDS = timedelta(days=1)
"""How long after the last message receipts are waited for, and no other check may begin."""


def begin(session: Session, clock: Clock, actor: Actor, people: int) -> NumberCheck:
    """Write to everybody who is followed, by day and at the county's pace. `people` is the number that was shown.

    Raises Refused, Conflict `alert.people_differ` with the true number or `numbers.check_runs`, Invalid
    `numbers.nobody`.
    """
    unit = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.ALERT_CALL, unit.path)
    return _begin(session, clock, actor, unit, people)


def begin_by_calendar(session: Session, clock: Clock) -> int:
    """Begin the month's checks that are due; returns how many. Nothing is due where no plan is switched on."""
    begun = 0
    for unit in session.scalars(select(Unit).where(Unit.kind == "county", Unit.active).order_by(Unit.id)):
        last = last_check(session, unit.id)
        if is_due(pace_in_force(session, unit), last.begun_at if last else None, clock.now()):
            session.get_one(Unit, unit.id, with_for_update=True)
            follow(session)
            session.flush()
            if (found := contacts_to_check(session, unit)) and not _runs(last_check(session, unit.id), clock.now()):
                _begin(session, clock, system_actor(unit.id), unit, _count(found))
                begun += 1
    return begun


def stop(session: Session, clock: Clock, actor: Actor, check_id: str) -> NumberCheck:
    """What was not sent yet is not sent any more. NotFound `numbers.check_unknown`, Refused."""
    check = session.get(NumberCheck, check_id, with_for_update=True)
    unit = county_of(session, unit_of(session, actor.unit_id))
    if check is None or check.unit_id != unit.id:
        raise NotFound("numbers.check_unknown")
    actor.need(Right.ALERT_CALL, unit.path)
    if check.stopped_at is None:
        drop_unsent(session, check.alert_id)
        check.stopped_at, check.version = clock.now(), check.version + 1
        record(session, actor, "number_check.stopped", unit=check.unit_id, body={"number_check": check.state()})
    return check


def correct(session: Session, clock: Clock, actor: Actor, person_id: str, kind: str) -> NumberMark:
    """Somebody has asked: the number stands right as it is. Raises NotFound `numbers.unknown`, Refused."""
    person = person_of(session, person_id)
    path = unit_of(session, person.unit_id).path
    mark = session.get(NumberMark, (person.id, kind))
    if mark is None or not actor.may(Right.DIRECTORY_READ, path):
        raise NotFound("numbers.unknown")
    if not actor.may(Right.DIRECTORY_CHANGE, path):
        actor.need(Right.ALERT_CALL, path)
    mark.corrected_at, mark.corrected_by = clock.now(), actor.by()
    # The number itself is personal: the entry says whose, and which of theirs.
    body: State = {"number": {"id": f"{person.id} {kind}", "person": person.id, "name": person.name, "kind": kind}}
    record(session, actor, "number.corrected", unit=person.unit_id, body=body)
    return mark


def change_plan(session: Session, clock: Clock, actor: Actor, version: int, raw: Mapping[str, Any]) -> State:
    """Another plan of the calendar. Raises Refused, StaleVersion `version.stale`, Invalid `numbers.plan_wrong`."""
    unit = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.SETTINGS_CHANGE, unit.path)
    before = plan_of(session, unit.id)
    if version != (before.version if before else 0):
        raise StaleVersion("version.stale", version=before.version if before else 0)
    try:
        pace = read_pace(raw)
    except (ValueError, KeyError) as problem:
        raise Invalid("numbers.plan_wrong", fields=(FieldError("pace", "numbers.plan_wrong"),)) from problem
    plan = NumberPlan(
        id=new_id(), unit_id=unit.id, version=version + 1, pace=written_pace(pace), at=clock.now(), by=actor.by()
    )
    session.add(plan)
    session.flush()
    state = plan_state(session, unit)
    record(session, actor, "number_plan.changed", unit=unit.id, body={"number_plan": {"id": plan.id, **state}})
    return state


def contacts_to_check(session: Session, unit: Unit) -> list[Contact]:
    """Each address of everybody in the county who is followed, once."""
    tree = tree_of(session, unit)
    return [
        Contact(
            recipient=f"person:{person.id}",
            channel="email" if mark.kind == EMAIL else "sms",
            address=mark.address,
            name=person.name,
            unit_id=person.unit_id,
            township_id=tree.township(person.unit_id),
            division_code="",
            lane=PUBLIC,
        )
        for mark, person in followed(session, tree.units)
    ]


def _begin(session: Session, clock: Clock, actor: Actor, unit: Unit, people: int) -> NumberCheck:
    follow(session)
    session.flush()
    contacts, now = contacts_to_check(session, unit), clock.now()
    if not contacts:
        raise Invalid("numbers.nobody")
    if people != _count(contacts):
        raise Conflict("alert.people_differ", people=_count(contacts))
    if _runs(last_check(session, unit.id), now):
        raise Conflict("numbers.check_runs")
    plan = slots(pace_in_force(session, unit), now, len(contacts))
    ends = plan[-1][0] + AFTERWARDS
    message = _message(unit, actor, contacts, now, ends)
    session.add(message)
    session.flush()
    plan_paced(session, message, contacts, plan)
    check = NumberCheck(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        alert_id=message.id,
        people=people,
        begun_at=now,
        begun_by=actor.by(),
        ends_at=ends,
    )
    session.add(check)
    session.flush()
    record(session, actor, "number_check.begun", unit=unit.id, body={"number_check": check.state()})
    return check


def _runs(check: NumberCheck | None, now: datetime) -> bool:
    return check is not None and check.stopped_at is None and check.ends_at > now


def _count(contacts: Sequence[Contact]) -> int:
    return len({one.recipient for one in contacts})


def _message(unit: Unit, actor: Actor, contacts: Sequence[Contact], now: datetime, ends: datetime) -> Alert:
    """The test as the fan-out carries it: never on a board, in no list and in no feed."""
    alert_id = new_id()
    words = table("numbers")
    return Alert(
        id=alert_id,
        version=1,
        unit_id=unit.id,
        shared=[],
        identifier=f"{NUMBER_CHECK}-{alert_id}",
        origin=INTERNAL,
        source=unit.name,
        kind=NUMBER_CHECK,
        scope_status="Actual",
        event="号码核对",
        severity="Unknown",
        urgency="Unknown",
        certainty="Unknown",
        headline=f"{words['zh']} {words['en']}",
        description="",
        instruction="",
        language="zh-CN",
        area_description=unit.name,
        divisions=[],
        channels=sorted({one.channel for one in contacts}),
        status=ISSUED,
        dropped=False,
        on_board=False,
        effective_at=now,
        expires_at=ends,
        issued_at=now,
        end_text="",
        drafted_by=actor.by(),
        issued_by=actor.by(),
        drill=False,
        people=_count(contacts),
        references=[],
        warnings=[],
        summary_due=False,
    )
