"""Attempts in the hands of workers: claimed for a time, fenced, renewed, over."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Integer, Select, bindparam, select
from sqlalchemy import update as sql_update
from sqlalchemy.orm import Session

from alerts.calls.model import CLAIMED, DONE, PENDING, CallAttempt, CallPart, Obligation
from alerts.calls.plans import policy_by
from alerts.calls.policy import SUPERIOR, VOICE
from alerts.calls.progress import ANSWERED, CONFIRMED, OPEN, REACHED, over
from alerts.calls.queries import in_earnest
from alerts.calls.telling import tell
from alerts.channels.port import Outcome, Result
from alerts.numbers.signs import note_call
from alerts.texts import NUMBER, RECEIPT, SAFETY
from command.kernel.actor import system_actor
from command.kernel.clock import Clock, optional_text
from command.kernel.values import State

LEASE = timedelta(seconds=45)
"""A worker that lives renews it every few seconds while its call goes on."""

HOPELESS = frozenset({"no_such_number"})
_CODES = frozenset({"busy", "no_answer", "off", "declined", "not_connected", "no_such_number", "not_configured"})


def _waiting(*which: ColumnElement[bool], first: Sequence[ColumnElement[bool]] = ()) -> Select[CallAttempt]:
    query = select(CallAttempt).where(CallAttempt.state == PENDING, *which).order_by(*first, CallAttempt.id)
    return query.limit(bindparam("most", type_=Integer)).with_for_update(skip_locked=True)


def _spoken(asks: str) -> tuple[ColumnElement[bool], ...]:
    return (CallAttempt.channel == VOICE, CallAttempt.asks == asks)


_RINGING = select(CallAttempt.address).where(CallAttempt.state == CLAIMED, CallAttempt.channel == VOICE)
# What a worker may take, put together once: it asks at every turn, and that takes longer than to ask.
_MESSAGES = _waiting(CallAttempt.channel != VOICE)
_CALLS = _waiting(*_spoken(RECEIPT), first=[CallAttempt.asked_by.is_(None)])
_GIVING_WAY = {asks: _waiting(*_spoken(asks), CallAttempt.address.not_in(_RINGING)) for asks in (SAFETY, NUMBER)}


@dataclass(frozen=True, slots=True)
class Held:
    """An attempt held by this worker under a fence."""

    id: str
    channel: str
    address: str
    name: str
    drill: bool
    fence: int


def is_waiting(session: Session) -> bool:
    """Whether an attempt could be claimed."""
    return session.scalars(select(CallAttempt.id).where(CallAttempt.state == PENDING).limit(1)).first() is not None


def claim_messages(session: Session, clock: Clock, owner: str) -> list[Held]:
    """The oldest hundred."""
    return _held(_take(session, _MESSAGES, owner, clock.now(), 100))


def claim_calls(session: Session, clock: Clock, owner: str, lines: int, spare: int = 0) -> list[Held]:
    """As many as there are free `lines`, those asked for by hand and the oldest first.

    Calls of safety checks come after these, test calls last, and only while nothing is in earnest; both leave `spare`
    lines free, and telephones that ring alone.
    """
    now = clock.now()
    rows = _take(session, _CALLS, owner, now, max(lines, 0))
    free = lines - len(rows) - spare
    for asks, query in _GIVING_WAY.items():
        session.flush()
        if free > 0 and (asks != NUMBER or not in_earnest(session, now)):
            rows += (taken := _take(session, query, owner, now, free))
            free -= len(taken)
    return _held(rows)


def _held(rows: Iterable[CallAttempt]) -> list[Held]:
    return [Held(row.id, row.channel, row.address, row.name, row.drill, row.fence) for row in rows]


def _take(session: Session, which: Select[CallAttempt], owner: str, now: datetime, most: int) -> list[CallAttempt]:
    rows = list(session.scalars(which, {"most": most}))
    for row in rows:
        row.state, row.owner, row.lease_until, row.started_at = CLAIMED, owner, now + LEASE, now
        row.fence += 1
    return rows


def renew(session: Session, clock: Clock, owner: str, running: Collection[str]) -> None:
    """Lengthen the leases of what this worker still does."""
    mine = (CallAttempt.id.in_(running), CallAttempt.owner == owner, CallAttempt.state == CLAIMED)
    session.execute(sql_update(CallAttempt).where(*mine).values(lease_until=clock.now() + LEASE))


def still_wanted(session: Session, owner: str, running: Iterable[str]) -> frozenset[str]:
    """Those of the running attempts that nobody has dropped or taken over."""
    query = select(CallAttempt.id).where(CallAttempt.id.in_(set(running)), CallAttempt.owner == owner)
    return frozenset(session.scalars(query.where(CallAttempt.state == CLAIMED)))


def finish(session: Session, clock: Clock, held: Held, result: Result) -> bool:
    """The attempt is over; its obligations go on as their policies say. False where it was not ours any more."""
    rows = _parts(session, held.id)
    mine = (CallAttempt.id == held.id, CallAttempt.fence == held.fence, CallAttempt.state == CLAIMED)
    attempt = session.scalars(select(CallAttempt).where(*mine).with_for_update()).first()
    if attempt is None:
        return False
    _close(session, attempt, rows, outcome_of(result, held.channel, attempt.heard), result.detail, clock.now())
    return True


def release(session: Session, clock: Clock, is_dead: Callable[[str], bool]) -> int:
    """End attempts whose worker is gone: nobody can tell what became of them, and the policy goes on."""
    now = clock.now()
    rows = [
        row
        for row in session.scalars(select(CallAttempt).where(CallAttempt.state == CLAIMED))
        if _lost(row, is_dead, now)
    ]
    for attempt in rows:
        parts = _parts(session, attempt.id)
        session.refresh(attempt, with_for_update=True)
        if attempt.state == CLAIMED and _lost(attempt, is_dead, now):
            attempt.fence += 1
            _close(session, attempt, parts, "unknown", "", now)
    return len(rows)


def any_lost(session: Session, is_dead: Callable[[str], bool], now: datetime) -> bool:
    """Whether `release` would find something."""
    return any(
        _lost(row, is_dead, now) for row in session.scalars(select(CallAttempt).where(CallAttempt.state == CLAIMED))
    )


def outcome_of(result: Result, channel: str, heard: str) -> str:
    """What an attempt came to, by what the channel says and what was heard on the line."""
    if channel != VOICE:
        return {Outcome.SENT: "sent", Outcome.UNKNOWN: "unknown"}.get(result.outcome, "failed")
    if heard == CONFIRMED:
        return "confirmed"
    if result.detail in {"other", *_CODES}:
        return result.detail
    if heard == ANSWERED:
        return "unidentified"
    if result.outcome is Outcome.SENT or heard == REACHED:
        return "no_key"
    return {Outcome.UNKNOWN: "unknown"}.get(result.outcome, "failed")


def _lost(row: CallAttempt, is_dead: Callable[[str], bool], now: datetime) -> bool:
    return (row.lease_until is not None and row.lease_until < now) or (row.owner is not None and is_dead(row.owner))


def _parts(session: Session, attempt_id: str) -> list[tuple[Obligation, str]]:
    """The obligations of an attempt, held in a fixed order, and what its person is to each."""
    query = select(Obligation, CallPart.whom).join(CallPart, CallPart.obligation_id == Obligation.id)
    query = query.where(CallPart.attempt_id == attempt_id).order_by(Obligation.id)
    return [(row, whom) for row, whom in session.execute(query.with_for_update(of=Obligation))]


def _close(
    session: Session,
    attempt: CallAttempt,
    parts: Iterable[tuple[Obligation, str]],
    outcome: str,
    detail: str,
    now: datetime,
) -> None:
    attempt.state, attempt.outcome, attempt.ended_at = DONE, outcome, now
    attempt.lease_until, attempt.detail = None, detail[:500]
    if attempt.channel != VOICE:
        return
    if not attempt.drill:
        reached = attempt.heard != OPEN
        note_call(session, attempt.address, outcome, now, reached=reached)
    for row, whom in parts:
        _go_on(session, row, whom, outcome, now)


def _go_on(session: Session, row: Obligation, whom: str, outcome: str, now: datetime) -> None:
    policy = policy_by(session, row.plan_id, row.level)
    if policy is None or not row.progress().live:
        return
    progress = row.progress()
    # Somebody may have had another one called than whose turn it is: that one's wrong number ends no turn.
    hopeless = outcome in HOPELESS and policy.steps[progress.step].whom == whom
    row.take(over(progress, policy, now, hopeless=hopeless), now)
    informed = whom == SUPERIOR and outcome == "confirmed"
    row.doing = _over(row.doing, "informed" if informed else outcome, row.due_at)
    tell(session, system_actor(row.alert_unit_id), [row], "obligation.informed" if informed else "calling.unanswered")


def _over(doing: object, outcome: str, next_at: datetime | None) -> State:
    last = doing if isinstance(doing, dict) else {}
    return {**last, "state": "over", "outcome": outcome, "next_at": optional_text(next_at)}
