"""Test calls of a check of numbers: behind every other call, and none while anything is in earnest.

A call that gives its line up was none: its telephone is rung again when it is quiet.
"""

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from alerts.calls.model import CLAIMED, DONE, DROPPED, PENDING, CallAttempt
from alerts.calls.planning import new_attempt
from alerts.calls.policy import VOICE
from alerts.calls.progress import CONFIRMED, OPEN
from alerts.calls.queries import in_earnest
from alerts.contacts import tree_of
from alerts.data import table
from alerts.model import DELIVERED, SENT, Chunk, Delivery, Receipt
from alerts.numbers.actions import finish
from alerts.numbers.model import NumberCheck, NumberMark
from alerts.numbers.queries import followed, pace_in_force
from alerts.numbers.ringing import Ring, Telephone, next_ring
from alerts.numbers.signs import note_call
from alerts.numbers.standing import NO_SUCH_NUMBER, PHONE, within_hours
from alerts.recipients import is_landline
from alerts.texts import NUMBER
from command.directory.model import Person, Unit
from command.kernel.clock import Clock, optional_text, to_text
from command.kernel.values import State

NO_LINE = "not_configured"
People = dict[str, list[tuple[NumberMark, Person]]]
"""Who is followed, by telephone."""

_LIVE = and_(CallAttempt.asks == NUMBER, CallAttempt.channel == VOICE, CallAttempt.state.in_((PENDING, CLAIMED)))


def is_due(session: Session, now: datetime) -> bool:
    """Whether test calls are to begin or to end. Asked first, because planning takes SQLite's write lock."""
    checks = session.scalars(select(CallAttempt.check_id).where(_LIVE).distinct()).all()
    due = session.scalars(select(NumberCheck.id).where(NumberCheck.call_at <= now).limit(1)).first() is not None
    if not checks and not due:
        return False
    earnest = in_earnest(session, now)
    return (due and not earnest) or any(earnest or _is_shut(session, str(one), now) for one in checks)


def plan_tests(session: Session, clock: Clock) -> None:
    """Have test calls that may not go on give their lines up, and the next telephones of running checks rung."""
    now, earnest = clock.now(), in_earnest(session, clock.now())
    live = list(session.scalars(select(CallAttempt).where(_LIVE).order_by(CallAttempt.id).with_for_update()))
    shut = {one for one in {row.check_id for row in live} if earnest or _is_shut(session, str(one), now)}
    for row in live:
        if row.check_id in shut:
            _give_up(session, row, now)
    if not earnest:
        due = select(NumberCheck).where(NumberCheck.call_at <= now).order_by(NumberCheck.id)
        for check in session.scalars(due.with_for_update(skip_locked=True)).all():
            _go_on(session, check, now)


def progress_of(session: Session, check: NumberCheck, now: datetime) -> State:
    """How far a check is. `written`: messages planned, sent, and arrived by their receipts; `rung`: as `results_of`.

    `waits` is for what it does not ring now: `receipts`, `night`, `alert`, `line`, or another day to ring `again`.
    """
    sent = select(func.count()).where(Delivery.alert_id == check.alert_id, Delivery.state == SENT)
    arrived = select(func.count()).where(Receipt.alert_id == check.alert_id, Receipt.state == DELIVERED)
    planned = select(func.coalesce(func.sum(Chunk.size), 0)).where(Chunk.alert_id == check.alert_id)
    counted = {"planned": planned, "sent": sent, "arrived": arrived}
    return {
        "written": {name: session.scalar(query) for name, query in counted.items()},
        "rung": results_of(session, check, now),
        "waits": _waits(session, check, now),
        "next_at": optional_text(check.call_at),
    }


def results_of(session: Session, check: NumberCheck, now: datetime) -> State:
    """Telephones by what came of their calls: `picked_up` (on as many a `key` was pressed), `bounced`, rung `in_vain`.

    `left` are to be rung still; `no_line` says that there is no telephone line to ring by.
    """
    over = _over(session, check).values()
    reached = [rows for rows in over if any(row.heard != OPEN for row in rows)]
    bounced = [rows for rows in over if rows not in reached and rows[-1].outcome == NO_SUCH_NUMBER]
    no_line = [rows for rows in over if rows[-1].outcome == NO_LINE]
    unit = session.get_one(Unit, check.unit_id)
    asked = _telephones(session, check, _people(session, unit)) if check.call_at is not None else []
    return {
        "picked_up": len(reached),
        "key": sum(any(row.heard == CONFIRMED for row in rows) for rows in reached),
        "bounced": len(bounced),
        "in_vain": len(over) - len(reached) - len(bounced) - len(no_line),
        "left": sum(one.open and (one.landline or check.ends_at <= now) for one in asked),
        "no_line": bool(no_line),
    }


def calls_of(session: Session, check: NumberCheck | None) -> dict[str, State]:
    """What came of a check's calls, by telephone: the last outcome, when, and how often it was rung."""
    found: dict[str, State] = {}
    for address, rows in (_over(session, check) if check else {}).items():
        last = rows[-1]
        at = to_text(last.ended_at or last.created_at)
        found[address] = {"outcome": last.outcome, "at": at, "times": len(rows)}
    return found


def _is_shut(session: Session, check_id: str, now: datetime) -> bool:
    """Whether a check has been stopped, or its hours are over."""
    check = session.get(NumberCheck, check_id)
    if check is None or check.stopped_at is not None:
        return True
    return within_hours(pace_in_force(session, session.get_one(Unit, check.unit_id)), now) > now


def _give_up(session: Session, row: CallAttempt, now: datetime) -> None:
    """The worker that holds it finds its fence gone and hangs up. Who had picked up has proven the number."""
    row.state, row.outcome, row.ended_at, row.fence = DROPPED, "stopped", now, row.fence + 1
    if row.heard != OPEN:
        note_call(session, row.address, "", now, reached=True)


def _go_on(session: Session, check: NumberCheck, now: datetime) -> None:
    unit = session.get_one(Unit, check.unit_id)
    people = _people(session, unit)
    ring = _next(session, check, unit, people, now)
    if ring.address is not None:
        person = people[ring.address][0][1]
        row = new_attempt(person.id, person.name, ring.address, VOICE, False, now)
        row.check_id, row.asks, row.said = check.id, NUMBER, f"{unit.name}。{table('numbers')['call']}。"
        session.add(row)
    check.call_at = ring.again_at
    if ring.again_at is None:
        finish(session, check, results_of(session, check, now))


def _next(session: Session, check: NumberCheck, unit: Unit, people: People, now: datetime) -> Ring:
    if any(row.outcome == NO_LINE for rows in _over(session, check).values() for row in rows):
        return Ring(None, None)
    return next_ring(_telephones(session, check, people), pace_in_force(session, unit), check.ends_at, now)


def _telephones(session: Session, check: NumberCheck, people: People) -> list[Telephone]:
    over = _over(session, check)
    live = {row.address: row.state for row in session.scalars(select(CallAttempt).where(_LIVE))}
    return [
        Telephone(
            address,
            is_landline(address),
            heard=any(_heard(mark, check) for mark, _ in rows),
            tried=tuple(row.ended_at for row in over.get(address, ()) if row.ended_at),
            waits=live.get(address) == PENDING,
            rings=live.get(address) == CLAIMED,
        )
        for address, rows in people.items()
    ]


def _waits(session: Session, check: NumberCheck, now: datetime) -> str | None:
    if check.call_at is None:
        return None
    pace = pace_in_force(session, session.get_one(Unit, check.unit_id))
    if within_hours(pace, now) > now:
        return "night"
    if check.call_at > now + timedelta(minutes=1):
        return "receipts" if check.call_at <= within_hours(pace, check.ends_at) else "again"
    if in_earnest(session, now):
        return "alert"
    waiting = select(CallAttempt.id).where(_LIVE, CallAttempt.state == PENDING)
    return "line" if session.scalars(waiting.limit(1)).first() is not None else None


def _people(session: Session, unit: Unit) -> People:
    found: People = defaultdict(list)
    for mark, person in followed(session, tree_of(session, unit).units):
        if mark.kind == PHONE:
            found[mark.address].append((mark, person))
    return found


def _heard(mark: NumberMark, check: NumberCheck) -> bool:
    return any(at is not None and at >= check.begun_at for at in (mark.proven_at, mark.bounced_at))


def _over(session: Session, check: NumberCheck) -> dict[str, list[CallAttempt]]:
    """The calls of a check that came to something, by telephone, in their order."""
    found: dict[str, list[CallAttempt]] = defaultdict(list)
    ended = or_(CallAttempt.state == DONE, and_(CallAttempt.state == DROPPED, CallAttempt.heard != OPEN))
    query = select(CallAttempt).where(CallAttempt.check_id == check.id, ended)
    for row in session.scalars(query.order_by(CallAttempt.id)):
        found[row.address].append(row)
    return found
