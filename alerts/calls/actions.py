"""What people do about an obligation: answer it, have it called, report a call by hand, a visit, what was done."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.model import DONE, CallPart, Obligation
from alerts.calls.people import Somebody, addressees
from alerts.calls.planning import doing, new_attempt
from alerts.calls.policy import DEPUTY, HOLDER, SUPERIOR, VOICE
from alerts.calls.progress import ACTED, CONFIRMED, LONGEST_CALL, Action, marked
from alerts.calls.queries import live_call, obligation_for
from alerts.calls.signs import mark_all
from alerts.calls.telling import tell
from command.directory.model import Person, Post
from command.directory.queries import unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock, to_text
from command.kernel.errors import Conflict, FieldError, Invalid
from command.kernel.rights import Right
from command.kernel.values import State

BY_HAND = "hand"
LONGEST_NOTE = 400


@dataclass(frozen=True, slots=True)
class ByHand:
    """A call somebody made on another telephone: whom they rang, and whether that person confirmed."""

    whom: str
    confirmed: bool
    note: str = ""


def mark_own(session: Session, clock: Clock, actor: Actor, alert_id: str, mark: str) -> tuple[int, int]:
    """What a page says of the places its person holds or is deputy of: the log-in is the identity.

    `reached` once it shows the alert, `confirmed` by 收到, which settles them. Returns how many obligations of the
    alert are theirs, and how many of these rose to the mark now.
    """
    people = list(session.scalars(select(Person.id).where(Person.user_id == actor.id, Person.active)))
    if actor.kind != "user" or not people:
        return 0, 0
    rows, rose = _held_by(session, alert_id, people), 0
    for whom in (HOLDER, DEPUTY):
        mine = [row for row, one in rows if one == whom]
        answer: State = {"by": actor.by(), "whom": whom, "channel": "websocket"}
        rose += len(mark_all(session, clock.now(), actor, mine, mark, answer))
    return len(rows), rose


def call(session: Session, clock: Clock, actor: Actor, obligation_id: str, whom: str) -> Obligation:
    """Have holder, deputy or superior called now, before the policy would.

    Raises NotFound, Refused, Conflict `obligation.settled`, `obligation.ended`, `obligation.nobody` (no such person
    or telephone) or `obligation.engaged` (being called already), Invalid `obligation.whom`.
    """
    row = _to_change(session, actor, obligation_id)
    if whom not in (HOLDER, DEPUTY, SUPERIOR):
        raise Invalid("obligation.whom", fields=(FieldError("whom", "obligation.whom"),))
    _check_live(row)
    somebody = addressees(session, [row.post_id], lock=True).of(row.post_id, whom)
    if somebody is None or VOICE not in somebody.addresses:
        raise Conflict("obligation.nobody")
    if live_call(session, somebody.addresses[VOICE], row.drill):
        raise Conflict("obligation.engaged", name=somebody.name)
    now = clock.now()
    attempt = new_attempt(somebody.id, somebody.name, somebody.addresses[VOICE], VOICE, row.drill, now)
    attempt.asked_by = actor.by()
    session.add(attempt)
    session.flush()
    session.add(CallPart(attempt_id=attempt.id, obligation_id=row.id, whom=whom))
    row.calls += 1
    row.due_at = now + LONGEST_CALL
    row.doing = doing(Action(whom, call=True), somebody, now)
    tell(session, actor, [row], "calling.called")
    return row


def report_call(session: Session, clock: Clock, actor: Actor, obligation_id: str, report: ByHand) -> Obligation:
    """A call made by hand, on the record with who was spoken to. A confirmation of holder or deputy settles it.

    Raises as `call`, and Invalid `obligation.note_too_long`.
    """
    row = _to_change(session, actor, obligation_id)
    _check_note(report.note)
    if report.whom not in (HOLDER, DEPUTY, SUPERIOR):
        raise Invalid("obligation.whom", fields=(FieldError("whom", "obligation.whom"),))
    if row.progress().settled:
        raise Conflict("obligation.settled")
    somebody = addressees(session, [row.post_id]).of(row.post_id, report.whom)
    if somebody is None:
        raise Conflict("obligation.nobody")
    now = clock.now()
    _keep_by_hand(session, actor, row, somebody, report, clock)
    last = {**doing(Action(report.whom, call=True), somebody, now), "state": "over", "channels": [BY_HAND]}
    row.doing = {**last, "outcome": "confirmed" if report.confirmed else "no_answer", "note": report.note.strip()}
    row.calls += 1
    if report.confirmed and report.whom != SUPERIOR:
        by: State = {"id": somebody.id, "name": somebody.name}
        answer: State = {"by": by, "whom": report.whom, "channel": BY_HAND, "taken_by": actor.by()}
        mark_all(session, now, actor, [row], CONFIRMED, answer)
    else:
        told = "obligation.informed" if report.confirmed else "calling.unanswered"
        tell(session, actor, [row], told)
    return row


def report_visit(
    session: Session, clock: Clock, actor: Actor, obligation_id: str, *, found: bool, note: str = ""
) -> Obligation:
    """Somebody went there: `found` means that they spoke to whom it is about, which confirms it.

    Raises NotFound, Refused, Conflict `obligation.no_visit` where none stands, Invalid `obligation.note_too_long`.
    """
    row = _to_change(session, actor, obligation_id, right=Right.ALERT_VISIT)
    _check_note(note)
    if not row.visit_open or not isinstance(row.visit, dict):
        raise Conflict("obligation.no_visit")
    now = clock.now()
    row.visit = {**row.visit, "done_at": to_text(now), "by": actor.by(), "found": found, "note": note.strip()}
    row.on_board = row.ended_at is None
    tell(session, actor, [row], "obligation.visited")
    if found:
        answer: State = {"by": actor.by(), "whom": "visit", "channel": "visit"}
        mark_all(session, now, actor, [row], CONFIRMED, answer)
    return row


def report_acted(session: Session, clock: Clock, actor: Actor, obligation_id: str, note: str = "") -> Obligation:
    """What was to be done there is done. Settles it, if nobody had confirmed before. Again changes nothing.

    Raises NotFound, Refused, Invalid `obligation.note_too_long`.
    """
    row = _to_change(session, actor, obligation_id, own=True)
    _check_note(note)
    now = clock.now()
    if row.mark == ACTED:
        return row
    if not row.progress().settled:
        answer: State = {"by": actor.by(), "whom": "report", "channel": "report"}
        mark_all(session, now, actor, [row], CONFIRMED, answer)
    row.take(marked(row.progress(), ACTED), now)
    row.acted = {"by": actor.by(), "at": to_text(now), "note": note.strip()}
    tell(session, actor, [row], "obligation.acted")
    return row


def _to_change(
    session: Session, actor: Actor, obligation_id: str, *, own: bool = False, right: Right = Right.ALERT_CALL
) -> Obligation:
    row = obligation_for(session, actor, obligation_id, lock=True)
    if not (own and _is_theirs(session, actor, row)):
        actor.need(right, unit_of(session, row.unit_id).path)
    return row


def _is_theirs(session: Session, actor: Actor, row: Obligation) -> bool:
    post = session.get_one(Post, row.post_id)
    holders = {post.holder_id, post.deputy_id} - {None}
    query = select(Person.id).where(Person.user_id == actor.id, Person.id.in_(holders))
    return actor.kind == "user" and session.scalars(query).first() is not None


def _held_by(session: Session, alert_id: str, people: list[str]) -> list[tuple[Obligation, str]]:
    query = select(Obligation, Post.holder_id).join(Post, Post.id == Obligation.post_id)
    query = query.where(Obligation.alert_id == alert_id, Post.holder_id.in_(people) | Post.deputy_id.in_(people))
    rows = session.execute(query.order_by(Obligation.id).with_for_update(of=Obligation))
    return [(row, HOLDER if holder in people else DEPUTY) for row, holder in rows]


def _check_live(row: Obligation) -> None:
    if row.progress().settled:
        raise Conflict("obligation.settled")
    if row.ended_at is not None:
        raise Conflict("obligation.ended")


def _check_note(note: str) -> None:
    if len(note) > LONGEST_NOTE:
        raise Invalid("obligation.note_too_long", fields=(FieldError("note", "obligation.note_too_long"),))


def _keep_by_hand(
    session: Session, actor: Actor, row: Obligation, somebody: Somebody, report: ByHand, clock: Clock
) -> None:
    """The call on the record, beside those the workers made."""
    now = clock.now()
    attempt = new_attempt(somebody.id, somebody.name, somebody.addresses.get(VOICE, ""), BY_HAND, row.drill, now)
    attempt.state, attempt.asked_by, attempt.started_at, attempt.ended_at = DONE, actor.by(), now, now
    attempt.heard = CONFIRMED if report.confirmed else "open"
    attempt.outcome, attempt.detail = ("confirmed" if report.confirmed else "no_answer"), report.note.strip()
    session.add(attempt)
    session.flush()
    session.add(CallPart(attempt_id=attempt.id, obligation_id=row.id, whom=report.whom))
