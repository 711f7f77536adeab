"""Reading safety checks: for the board, for those who are asked, for the desk with names for who may know them."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.model import CallAttempt
from alerts.model import Delivery
from alerts.receipts import recipients_of
from alerts.safety.model import CLOSED, OPEN, SafetyCheck, SafetyMember, SafetyReply, asks_of
from alerts.safety.standing import UNCLEAR
from alerts.texts import NEEDS_HELP, SAFE
from command.directory.model import Unit
from command.directory.queries import Sight, sight_of, unit_of, unit_paths
from command.kernel.actor import Actor
from command.kernel.clock import to_text
from command.kernel.errors import Conflict, NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import Json, State

STATUSES = (OPEN, CLOSED)
MOST = 100
_FIRST = {NEEDS_HELP: 0, UNCLEAR: 1, None: 2, SAFE: 3}


def board_safety_checks(session: Session, sight: Sight) -> list[State]:
    """Open checks on the board of this reader."""
    rows = session.scalars(select(SafetyCheck).where(SafetyCheck.status == OPEN))
    return [row.state() for row in rows if sight.covers(row.unit_id, _shared(row))]


def check_for(session: Session, actor: Actor, check_id: str, *, lock: bool = False) -> SafetyCheck:
    """The check if the actor may read it; NotFound `safety.unknown` otherwise."""
    row = session.get(SafetyCheck, check_id, with_for_update=lock or None) if is_id(check_id) else None
    if row is None or not sight_of(session, actor).covers(row.unit_id, _shared(row)):
        raise NotFound("safety.unknown", id=check_id[:40])
    return row


def checks_of(session: Session, actor: Actor, status: Sequence[str] = ()) -> list[State]:
    """Checks the actor may read, the newest first, at most `MOST`."""
    sight = sight_of(session, actor)
    query = select(SafetyCheck).order_by(SafetyCheck.id.desc()).limit(MOST)
    rows = session.scalars(query.where(SafetyCheck.status.in_(status)) if status else query)
    return [details(session, actor, row) for row in rows if sight.covers(row.unit_id, _shared(row))]


def details(session: Session, actor: Actor, check: SafetyCheck) -> State:
    """The public state, and whether this reader may ask again and close it."""
    return {**check.state(), "may_ask": actor.may(Right.ALERT_CALL, unit_of(session, check.unit_id).path)}


def own_checks(session: Session, actor: Actor) -> list[State]:
    """Open checks in which the actor is asked, the newest first, with their own answer that counts now."""
    query = select(SafetyCheck, SafetyMember).join(SafetyMember, SafetyMember.check_id == SafetyCheck.id)
    query = query.where(SafetyCheck.status == OPEN, SafetyMember.recipient.in_(recipients_of(session, actor)))
    return [
        {"check": check.id, "recipient": member.recipient, "answer": member.answer, "people": member.people}
        for check, member in session.execute(query.order_by(SafetyCheck.id.desc()))
    ]


def people_of(session: Session, actor: Actor, check: SafetyCheck) -> list[State]:
    """Everybody the actor may read of, who needs help first, then what is unclear, the silent, the safe; by township.

    Names, telephones and words are None for those who may not read personal data there.
    """
    query = select(SafetyMember).where(SafetyMember.check_id == check.id)
    sight, named = sight_of(session, actor), _namer(session, actor)
    rows = [row for row in session.scalars(query) if sight.covers(row.unit_id)]
    units = dict(session.execute(select(Unit.id, Unit.name)).all())
    replies = _replies(session, [row.reply_id for row in rows if row.reply_id])
    tried = _tried(session, check)
    return [
        _person(row, units, replies.get(row.reply_id or ""), tried, named=named(row.unit_id))
        for row in sorted(rows, key=lambda row: (_FIRST[row.answer], units[row.township_id], row.name, row.recipient))
    ]


def replies_of(session: Session, actor: Actor, check: SafetyCheck, recipient: str) -> list[State]:
    """Every reply of one person, as they arrived. NotFound `safety.person_unknown`."""
    member = session.get(SafetyMember, (check.id, recipient))
    if member is None or not sight_of(session, actor).covers(member.unit_id):
        raise NotFound("safety.person_unknown")
    named = _namer(session, actor)(member.unit_id)
    query = select(SafetyReply).where(SafetyReply.check_id == check.id, SafetyReply.recipient == recipient)
    rows = session.scalars(query.order_by(SafetyReply.at, SafetyReply.id))
    return [{**row.state(), "words": row.words if named else None} for row in rows]


def _person(
    row: SafetyMember,
    units: Mapping[str, str],
    reply: SafetyReply | None,
    tried: Mapping[str, list[Json]],
    *,
    named: bool,
) -> State:
    asked = [*tried.get(row.recipient, ()), *(tried.get(row.number, ()) if row.number else ())]
    return {
        "recipient": row.recipient,
        "name": row.name if named else None,
        "unit": row.unit_id,
        "unit_name": units[row.unit_id],
        "township": row.township_id,
        "township_name": units[row.township_id],
        "phone": row.phone if named else None,
        "can_be_asked": bool(row.page or row.phone),
        "answer": row.answer,
        "people": row.people,
        "replies": row.replies,
        "reply": {**reply.state(), "words": reply.words if named else None} if reply else None,
        "tried": asked,
    }


def _replies(session: Session, ids: Sequence[str]) -> dict[str, SafetyReply]:
    found: dict[str, SafetyReply] = {}
    for start in range(0, len(ids), 500):
        query = select(SafetyReply).where(SafetyReply.id.in_(ids[start : start + 500]))
        found |= {row.id: row for row in session.scalars(query)}
    return found


def _tried(session: Session, check: SafetyCheck) -> dict[str, list[Json]]:
    """Recipient, and for calls number, → what came of asking, the latest of each channel."""
    messages = [str(one["alert"]) for one in asks_of(check) if one.get("alert")]
    found: dict[str, dict[str, Json]] = defaultdict(dict)
    sent = select(Delivery.recipient, Delivery.channel, Delivery.state, Delivery.at)
    for recipient, channel, state, at in session.execute(
        sent.where(Delivery.alert_id.in_(messages)).order_by(Delivery.at)
    ):
        found[recipient][channel] = {"channel": channel, "state": state, "at": to_text(at)}
    calls = select(CallAttempt, SafetyMember.number).join(
        SafetyMember,
        (SafetyMember.check_id == CallAttempt.check_id) & (SafetyMember.recipient == "person:" + CallAttempt.person_id),
    )
    for call, number in session.execute(calls.where(CallAttempt.check_id == check.id).order_by(CallAttempt.id)):
        state = call.outcome or ("calling" if call.started_at else "waiting")
        rung = to_text(call.started_at or call.created_at)
        found[number or ""]["voice"] = {"channel": "voice", "state": state, "at": rung}
    return {key: list(by.values()) for key, by in found.items()}


def _namer(session: Session, actor: Actor) -> Callable[[str], bool]:
    paths = unit_paths(session)
    return lambda unit: actor.may(Right.READ_PERSONAL, paths[unit])


def _shared(row: SafetyCheck) -> list[str]:
    return [str(one) for one in row.shared] if isinstance(row.shared, list) else []


def to_change(session: Session, actor: Actor, check_id: str) -> tuple[SafetyCheck, Unit]:
    """The held, open check and its unit, where the actor may call. NotFound, Refused, Conflict `safety.closed`."""
    check = check_for(session, actor, check_id, lock=True)
    unit = unit_of(session, check.unit_id)
    actor.need(Right.ALERT_CALL, unit.path)
    if check.status != OPEN:
        raise Conflict("safety.closed")
    return check, unit
