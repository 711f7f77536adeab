"""What is done with numbers: checked by a person or by the calendar, said to be right, and when they are checked."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.chunks import drop_unsent, plan_paced
from alerts.contacts import tree_of
from alerts.data import table
from alerts.model import INTERNAL, ISSUED, NUMBER_CHECK, Alert
from alerts.numbers.model import NumberCheck, NumberMark, NumberPlan
from alerts.numbers.queries import check_is_due, followed, last_check, pace_in_force, plan_state
from alerts.numbers.signs import follow
from alerts.numbers.standing import EMAIL, PHONE, read_pace, slots, written_pace
from alerts.recipients import PUBLIC, Contact, is_landline
from alerts.versions import county_set_by, put_in_force, to_follow
from command.directory.model import Unit
from command.directory.queries import county_of, person_of, unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.timeline import record
from command.kernel.values import State

AFTERWARDS = timedelta(days=1)
"""How long after the last message receipts are waited for, and no other check may begin."""


class CheckReach(NamedTuple):
    """`people` are written to, `calls` telephones take no message and are rung, `later` are rung where none arrives."""

    people: int
    calls: int
    later: int


def begin(session: Session, clock: Clock, actor: Actor, people: int, calls: int) -> NumberCheck:
    """Write to everybody who is followed and ring fixed telephones, by day and at the county's paces; whose message
    proved nothing within a day is rung too. `people` and `calls` are the numbers that were shown.

    Raises Refused, Conflict `alert.people_differ` or `numbers.calls_differ` with the true number or
    `numbers.check_runs`, Invalid `numbers.nobody`.
    """
    unit = county_of(session, unit_of(session, actor.unit_id))
    actor.need(Right.ALERT_CALL, unit.path)
    return _begin(session, clock, actor, unit, (people, calls))


def begin_by_calendar(session: Session, clock: Clock) -> int:
    """Begin the month's checks that are due; returns how many. Nothing is due where the plan is switched off."""
    begun = 0
    for unit in session.scalars(select(Unit).where(Unit.kind == "county", Unit.active).order_by(Unit.id)):
        if check_is_due(session, unit, clock.now()):
            session.get_one(Unit, unit.id, with_for_update=True)
            follow(session, clock.now())
            session.flush()
            reach, last = reach_of(session, unit), last_check(session, unit.id)
            if any(reach) and not (last and last.runs(clock.now())):
                _begin(session, clock, system_actor(unit.id), unit, (reach.people, reach.calls))
                begun += 1
    return begun


def stop(session: Session, clock: Clock, actor: Actor, check_id: str) -> NumberCheck:
    """What was not sent yet is not sent any more, and nobody is rung: the caller hangs up.

    Raises NotFound `numbers.check_unknown`, Refused.
    """
    check = session.get(NumberCheck, check_id, with_for_update=True)
    unit = county_of(session, unit_of(session, actor.unit_id))
    if check is None or check.unit_id != unit.id:
        raise NotFound("numbers.check_unknown")
    actor.need(Right.ALERT_CALL, unit.path)
    if check.stopped_at is None:
        drop_unsent(session, check.alert_id)
        check.stopped_at, check.call_at, check.version = clock.now(), None, check.version + 1
        record(session, actor, "number_check.stopped", unit=check.unit_id, body={"number_check": check.state()})
    return check


def finish(session: Session, check: NumberCheck, results: State) -> None:
    """No telephone is to be rung any more; `results` is what came of them."""
    check.call_at, check.version = None, check.version + 1
    body: State = {"number_check": {**check.state(), "results": results}}
    record(session, system_actor(check.unit_id), "number_check.finished", unit=check.unit_id, body=body)


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
    county = county_set_by(session, actor)
    before = to_follow(session, NumberPlan, county, version)
    try:
        pace = read_pace(raw)
    except (ValueError, KeyError) as problem:
        raise Invalid("numbers.plan_wrong", fields=(FieldError("pace", "numbers.plan_wrong"),)) from problem
    plan = NumberPlan(pace=written_pace(pace))
    put_in_force(session, clock, actor, county, before, plan)
    state = plan_state(session, county)
    record(session, actor, "number_plan.changed", unit=county.id, body={"number_plan": {"id": plan.id, **state}})
    return state


def contacts_to_check(session: Session, unit: Unit) -> list[Contact]:
    """Each address of everybody in the county who is followed, once; not telephones that take no message."""
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
        if mark.kind == EMAIL or not is_landline(mark.address)
    ]


def reach_of(session: Session, unit: Unit) -> CheckReach:
    """How many a check of the county's numbers writes to and rings."""
    marks = followed(session, tree_of(session, unit).units)
    fixed = {mark.address for mark, _ in marks if mark.kind == PHONE and is_landline(mark.address)}
    phones = {mark.address for mark, _ in marks if mark.kind == PHONE}
    people = {person.id for mark, person in marks if mark.address not in fixed}
    return CheckReach(len(people), len(fixed), len(phones - fixed))


def _begin(session: Session, clock: Clock, actor: Actor, unit: Unit, shown: tuple[int, int]) -> NumberCheck:
    follow(session, clock.now())
    session.flush()
    contacts, reach, now = contacts_to_check(session, unit), reach_of(session, unit), clock.now()
    _check(reach, shown)
    last, pace = last_check(session, unit.id), pace_in_force(session, unit)
    if last is not None and last.runs(now):
        raise Conflict("numbers.check_runs")
    plan = slots(pace, now, len(contacts))
    ends = plan[-1][0] + AFTERWARDS if plan else now
    message = _message(unit, actor, contacts, now, ends)
    session.add(message)
    session.flush()
    plan_paced(session, message, contacts, plan)
    check = NumberCheck(
        id=new_id(),
        version=1,
        unit_id=unit.id,
        alert_id=message.id,
        people=reach.people,
        calls=reach.calls,
        begun_at=now,
        begun_by=actor.by(),
        ends_at=ends,
        call_at=now if reach.calls else ends if reach.later else None,
    )
    session.add(check)
    session.flush()
    record(session, actor, "number_check.begun", unit=unit.id, body={"number_check": check.state()})
    return check


def _check(reach: CheckReach, shown: tuple[int, int]) -> None:
    if not any(reach):
        raise Invalid("numbers.nobody")
    if shown[0] != reach.people:
        raise Conflict("alert.people_differ", people=reach.people)
    if shown[1] != reach.calls:
        raise Conflict("numbers.calls_differ", calls=reach.calls)


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
