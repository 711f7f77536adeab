"""Reading obligations: for the board, for the desk with who can be called, and what was tried."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import Session

from alerts.calls.model import CLAIMED, PENDING, CallAttempt, CallPart, Obligation
from alerts.calls.people import Addressees, addressees
from alerts.calls.policy import DEPUTY, HOLDER, SUPERIOR, VOICE
from alerts.calls.progress import ACTED, CONFIRMED, MARKS
from alerts.calls.writing import written_about
from alerts.model import GRAVE, ISSUED, RECEIVED, Alert
from alerts.texts import NUMBER, RECEIPT
from command.directory.model import Person, Post
from command.directory.queries import Sight, sight_of, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import optional_text, to_text
from command.kernel.errors import NotFound
from command.kernel.ids import is_id
from command.kernel.rights import Right
from command.kernel.values import Json, State

_TRIES_SHOWN = 30

# Asked before every test call, put together once: that takes longer than to ask it.
_REAL_CALL = (
    select(CallAttempt.id)
    .where(CallAttempt.state.in_((PENDING, CLAIMED)), CallAttempt.channel == VOICE)
    .where(CallAttempt.asks != NUMBER, ~CallAttempt.drill)
    .limit(1)
)
_GRAVELY_OBLIGED = (
    select(Obligation.id)
    .where(Obligation.level.in_(GRAVE), Obligation.due_at.is_not(None), Obligation.ended_at.is_(None))
    .where(~Obligation.drill, Obligation.mark.not_in((CONFIRMED, ACTED)))
    .limit(1)
)
_GRAVE_RUNNING = (
    select(Alert)
    .where(or_(Alert.colour.in_(GRAVE), Alert.kind.in_(GRAVE)), Alert.on_board)
    .where(Alert.status.in_((ISSUED, RECEIVED)), ~Alert.drill, Alert.scope_status == "Actual")
)


def board_obligations(session: Session, sight: Sight) -> list[State]:
    """Obligations on the board of this reader: of their own places, and of alerts of their own units."""
    rows = session.scalars(select(Obligation).where(Obligation.on_board))
    return [row.state() for row in rows if sight.covers(row.unit_id, [row.alert_unit_id])]


def obligation_for(session: Session, actor: Actor, obligation_id: str, *, lock: bool = False) -> Obligation:
    """The obligation if the actor may read it; NotFound `obligation.unknown` otherwise."""
    row = session.get(Obligation, obligation_id, with_for_update=lock or None) if is_id(obligation_id) else None
    if row is None or not _may_read(session, actor, row):
        raise NotFound("obligation.unknown", id=obligation_id[:40])
    return row


def obligations_of(session: Session, actor: Actor, alert_id: str) -> list[State]:
    """Every obligation of an alert that the actor may read, silent ones first."""
    sight = sight_of(session, actor)
    query = select(Obligation).where(Obligation.alert_id == alert_id).order_by(Obligation.name, Obligation.id)
    rows = [row for row in session.scalars(query) if sight.covers(row.unit_id, [row.alert_unit_id])]
    return [row.state() for row in sorted(rows, key=lambda row: MARKS.index(row.mark))]


def obligation_details(session: Session, actor: Actor, row: Obligation) -> State:
    """The public state, who holds it and how to ring them (for those who may see that), and what was tried."""
    path = unit_of(session, row.unit_id).path
    named = actor.may(Right.READ_PERSONAL, path)
    found = addressees(session, [row.post_id])
    whom = (HOLDER, DEPUTY, SUPERIOR)
    people: list[Json] = [shown for one in whom if (shown := _person(found, row.post_id, one, named)) is not None]
    may_call = actor.may(Right.ALERT_CALL, path)
    written: list[Json] = [*written_about(session, row.alert_id, row.id, named=named)]
    tries: list[Json] = [*_tries(session, row.id, named)]
    return {**row.state(), "people": people, "tries": tries, "written": written, "may_call": may_call}


def is_obliged(session: Session, actor: Actor, alert_id: str) -> bool:
    """Whether the actor's person holds, or is deputy of, a post obliged by the alert."""
    people = select(Person.id).where(Person.user_id == actor.id, Person.active)
    query = select(Obligation.id).join(Post, Post.id == Obligation.post_id).where(Obligation.alert_id == alert_id)
    mine = query.where(Post.holder_id.in_(people) | Post.deputy_id.in_(people))
    return actor.kind == "user" and session.scalars(mine.limit(1)).first() is not None


def live_call(session: Session, address: str, drill: bool) -> bool:
    """Whether this telephone is being called, or waits for a line."""
    query = select(CallAttempt.id).where(CallAttempt.channel == VOICE, CallAttempt.address == address)
    live = query.where(CallAttempt.drill == drill, in_the_way())
    return session.scalars(live.limit(1)).first() is not None


def in_the_way() -> ColumnElement[bool]:
    """Attempts that go on or will: a safety check's call that still waits gives way, a test call at any time."""
    waits = and_(CallAttempt.state == PENDING, CallAttempt.asks == RECEIPT)
    return or_(and_(CallAttempt.state == CLAIMED, CallAttempt.asks != NUMBER), waits)


def acted_on(alert: Alert, now: datetime) -> bool:
    """Whether an alert obliges: ours, or a received one that runs, is not only kept and is meant for everybody."""
    if alert.origin != RECEIVED:
        return True
    running = alert.on_board and (alert.expires_at is None or alert.expires_at > now)
    return running and not alert.reasons and not alert.restricted


def in_earnest(session: Session, now: datetime) -> bool:
    """Whether lines are for real calls alone: a red or orange alert or an evacuation order runs, somebody is still
    called for one that has run out, or any real call waits or goes on. No drill counts."""
    return (
        session.scalars(_REAL_CALL).first() is not None
        or session.scalars(_GRAVELY_OBLIGED).first() is not None
        or any(acted_on(alert, now) for alert in session.scalars(_GRAVE_RUNNING))
    )


def _may_read(session: Session, actor: Actor, row: Obligation) -> bool:
    return actor.kind == "system" or sight_of(session, actor).covers(row.unit_id, [row.alert_unit_id])


def _person(found: Addressees, post_id: str, whom: str, named: bool) -> State | None:
    one = found.of(post_id, whom)
    if one is None:
        return None
    return {"whom": whom, "id": one.id, "name": one.name, "phone": one.addresses.get(VOICE) if named else None}


def _tries(session: Session, obligation_id: str, named: bool) -> Iterable[State]:
    query = select(CallAttempt, CallPart.whom).join(CallPart, CallPart.attempt_id == CallAttempt.id)
    query = query.where(CallPart.obligation_id == obligation_id).order_by(CallAttempt.id.desc()).limit(_TRIES_SHOWN)
    rows = list(session.execute(query))
    together: dict[str, int] = defaultdict(int)
    for attempt_id in session.scalars(
        select(CallPart.attempt_id).where(CallPart.attempt_id.in_([a.id for a, _ in rows]))
    ):
        together[attempt_id] += 1
    for attempt, whom in rows:
        yield {
            "id": attempt.id,
            "whom": whom,
            "name": attempt.name if named else None,
            "channel": attempt.channel,
            "state": attempt.state,
            "heard": attempt.heard,
            "outcome": attempt.outcome,
            "together": together[attempt.id],
            "asked_by": attempt.asked_by,
            "at": to_text(attempt.started_at or attempt.created_at),
            "ended_at": optional_text(attempt.ended_at),
        }
