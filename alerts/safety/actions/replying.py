"""Replies: by a page, a short message, a key of the telephone, or taken down by somebody. All are kept."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.calls.model import CLAIMED, DROPPED, PENDING, CallAttempt
from alerts.calls.progress import CONFIRMED
from alerts.receipts import recipients_of
from alerts.safety.actions.telling import tell
from alerts.safety.counting import recount
from alerts.safety.model import OPEN, PAGE, SMS, VOICE, SafetyCheck, SafetyMember, SafetyReply
from alerts.safety.queries import check_for
from alerts.safety.standing import LONGEST_WORDS, Said, Told, counting, understood, when_of
from alerts.texts import NEEDS_HELP, SAFE
from command.directory.queries import unit_of
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict, FieldError, Invalid, NotFound
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.salted import salted
from command.kernel.values import State

BY_HAND = "hand"
LATE = timedelta(hours=24)
"""How long after its end a check still takes replies: whoever asks for help then is heard."""

MOST_REPLIES = 200
"""Of one person in one check: nobody can fill the database by one telephone."""

_KINDS = {NEEDS_HELP: "safety_check.needs_help", SAFE: "calling.safe"}


@dataclass(frozen=True, kw_only=True)
class Reply:
    """A reply on a page; `id` is the device's own, `pressed_at` when it says it was pressed."""

    id: str
    said: Said
    pressed_at: datetime | None = None


def reply_own(session: Session, clock: Clock, actor: Actor, check_id: str, values: Reply) -> SafetyCheck:
    """The actor answers for themselves. The same again (by its id) changes nothing.

    Raises NotFound, Refused, Conflict `safety.not_asked`, `safety.closed`, `safety.too_many_replies` or
    `safety.id_taken`, Invalid `safety.words_too_long`.
    """
    check = check_for(session, actor, check_id, lock=True)
    actor.need(Right.ALERT_ACKNOWLEDGE, unit_of(session, actor.unit_id).path)
    query = select(SafetyMember).where(SafetyMember.check_id == check.id)
    members = list(session.scalars(query.where(SafetyMember.recipient.in_(recipients_of(session, actor)))))
    if not members:
        raise Conflict("safety.not_asked")
    return _reply(session, clock, actor, check, members[0], values, PAGE)


def reply_for(
    session: Session, clock: Clock, actor: Actor, check_id: str, recipient: str, values: Reply
) -> SafetyCheck:
    """What somebody told the actor is taken down for them. Raises as `reply_own`, NotFound `safety.person_unknown`."""
    check = check_for(session, actor, check_id, lock=True)
    member = session.get(SafetyMember, (check.id, recipient))
    if member is None:
        raise NotFound("safety.person_unknown")
    actor.need(Right.ALERT_CALL, unit_of(session, member.unit_id).path)
    return _reply(session, clock, actor, check, member, values, BY_HAND)


def hear_number(session: Session, clock: Clock, number: str, text: str) -> bool:
    """A short message of a telephone, its number as the network writes it: it answers the newest check that asked it.

    Of whoever shares the telephone all have answered. False where no check waits for this number.
    """
    now = clock.now()
    query = select(SafetyCheck.id).join(SafetyMember, SafetyMember.check_id == SafetyCheck.id)
    asked = query.where(SafetyMember.number == number, ~SafetyCheck.drill, _takes_replies(now))
    newest = asked.order_by(SafetyCheck.status != OPEN, SafetyCheck.opened_at.desc(), SafetyCheck.id.desc()).limit(1)
    check_id = session.scalars(newest).first() if number else None
    if check_id is None:
        return False
    few = (SafetyMember.number == number) & (SafetyMember.replies < MOST_REPLIES)
    return _hear(session, now, check_id, few, understood(text), SMS)


def hear_key(session: Session, clock: Clock, attempt_id: str, answer: str) -> bool:
    """A key was pressed in a check's call: `safe` or `needs_help`. False where it is unknown or had its answer.

    The caller is thanked, so that it is kept whatever was replied before: a call takes one key, and we place the calls.
    """
    attempt = session.get(CallAttempt, attempt_id, with_for_update=True)
    if attempt is None or attempt.check_id is None or attempt.heard == CONFIRMED:
        return False
    member = session.get(SafetyMember, (attempt.check_id, f"person:{attempt.person_id}"))
    if member is None:
        return False
    attempt.heard = CONFIRMED
    # Whose telephone was taken out of the directory meanwhile has answered for themselves.
    who = SafetyMember.number == member.number if member.number else SafetyMember.recipient == member.recipient
    return _hear(session, clock.now(), attempt.check_id, who, Said(answer), VOICE, keep=attempt.id)


def _takes_replies(now: datetime) -> ColumnElement[bool]:
    return or_(SafetyCheck.status == OPEN, SafetyCheck.closed_at > now - LATE)


def _hear(
    session: Session,
    now: datetime,
    check_id: str,
    who: ColumnElement[bool],
    said: Said,
    channel: str,
    keep: str | None = None,
) -> bool:
    check = session.get_one(SafetyCheck, check_id, with_for_update=True)
    query = select(SafetyMember).where(SafetyMember.check_id == check.id, who).order_by(SafetyMember.recipient)
    members = session.scalars(query).all()
    for member in members:
        reply = _row(check, member, Reply(id=new_id(), said=said), channel, None, now)
        _take(session, system_actor(check.unit_id), check, member, reply, keep)
    return bool(members)


def _reply(
    session: Session, clock: Clock, actor: Actor, check: SafetyCheck, member: SafetyMember, values: Reply, channel: str
) -> SafetyCheck:
    known = session.get(SafetyReply, values.id)
    if known is not None:
        if (known.check_id, known.recipient, known.answer) != (check.id, member.recipient, values.said.answer):
            raise Conflict("safety.id_taken")
        return check
    now = clock.now()
    if check.status != OPEN and (check.closed_at is None or check.closed_at <= now - LATE):
        raise Conflict("safety.closed")
    if member.replies >= MOST_REPLIES:
        raise Conflict("safety.too_many_replies", number=MOST_REPLIES)
    _check(values)
    _take(session, actor, check, member, _row(check, member, values, channel, actor.by(), now))
    return check


def _check(values: Reply) -> None:
    if len(values.said.words) > LONGEST_WORDS:
        raise Invalid("safety.words_too_long", fields=(FieldError("words", "safety.words_too_long"),))


def _row(
    check: SafetyCheck, member: SafetyMember, values: Reply, channel: str, by: State | None, now: datetime
) -> SafetyReply:
    words = values.said.words.strip() or None
    salt, digest = salted(words)
    return SafetyReply(
        id=values.id,
        check_id=check.id,
        recipient=member.recipient,
        answer=values.said.answer,
        people=values.said.people if values.said.answer == NEEDS_HELP else None,
        words=words,
        salt=salt,
        digest=digest,
        channel=channel,
        by=by,
        at=now,
        pressed_at=values.pressed_at,
    )


def _take(
    session: Session,
    actor: Actor,
    check: SafetyCheck,
    member: SafetyMember,
    reply: SafetyReply,
    keep: str | None = None,
) -> None:
    """Keep a reply, let its member stand where their replies say, and stop calling them."""
    session.add(reply)
    session.flush()
    settle(session, check, member)
    if member.number:
        _stop_ringing(session, check, member.number, reply.at, keep)
    recount(session, check)
    check.version += 1
    # Where somebody is, not who: the hall's wall shows it.
    more: State = {"safety_reply": {**reply.state(), "place": unit_of(session, member.unit_id).name}}
    tell(session, actor, check, _KINDS.get(reply.answer, "safety_check.unclear"), more)


def settle(session: Session, check: SafetyCheck, member: SafetyMember) -> None:
    """The latest pressed counts, whatever arrived last."""
    query = select(SafetyReply).where(SafetyReply.check_id == check.id, SafetyReply.recipient == member.recipient)
    rows = {row.id: row for row in session.scalars(query)}
    told = [Told(r.id, r.answer, when_of(r.pressed_at, r.at, check.opened_at), r.at) for r in rows.values()]
    last = counting(told)
    row = rows[last.id] if last is not None else None
    member.replies, member.reply_id = len(rows), row.id if row else None
    member.answer, member.people = (row.answer, row.people) if row else (None, None)
    session.flush()


def _stop_ringing(session: Session, check: SafetyCheck, number: str, now: datetime, keep: str | None) -> None:
    """A telephone need not ring any more when nobody is silent who is to be reached there."""
    there = select(SafetyMember.phone, SafetyMember.answer)
    sharing = list(session.execute(there.where(SafetyMember.check_id == check.id, SafetyMember.number == number)))
    if all(answer is not None for _, answer in sharing):
        stop_calls(session, check, now, [str(phone) for phone, _ in sharing], keep)


def stop_calls(
    session: Session,
    check: SafetyCheck,
    now: datetime,
    phones: Collection[str] | None = None,
    keep: str | None = None,
) -> None:
    """Drop the calls of a check, all or those to `phones`; whoever speaks is hung up on, but not in the call `keep`."""
    live = [CallAttempt.check_id == check.id, CallAttempt.state.in_((PENDING, CLAIMED))]
    if phones is not None:
        live.append(CallAttempt.address.in_(phones))
    dropped = sql_update(CallAttempt).where(*live, CallAttempt.id != (keep or ""))
    values = {"state": DROPPED, "outcome": "stopped", "fence": CallAttempt.fence + 1, "ended_at": now}
    session.execute(dropped.values(values).execution_options(synchronize_session=False))
