"""What comes back: a telephone is picked up, a key is pressed, a page says 收到, somebody reports."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.calls.policy import DEPUTY, HOLDER, SUPERIOR
from alerts.calls.progress import ANSWERED, CONFIRMED, MARKS, REACHED, marked
from alerts.calls.stopping import drop_idle_attempts
from alerts.calls.telling import tell
from alerts.chunks import rows_of
from alerts.model import ANSWERED as RECEIPT_ANSWERED
from alerts.model import DELIVERED, Chunk, Delivery, delivery_id
from alerts.recipients import Behind
from command.directory.model import Person, Post
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock, to_text
from command.kernel.values import State

_KINDS = {REACHED: "calling.reached", ANSWERED: "obligation.answered", CONFIRMED: "obligation.confirmed"}


def record_sign(session: Session, clock: Clock, attempt_id: str, mark: str) -> bool:
    """Somebody was heard on an attempt: `reached`, `answered` or `confirmed`. Whether it was new.

    What the superior says changes no mark: they were told of it, and the village is still silent. A confirmation
    stops every other attempt for what it settles.
    """
    query = select(Obligation, CallPart.whom).join(CallPart, CallPart.obligation_id == Obligation.id)
    query = query.where(CallPart.attempt_id == attempt_id).order_by(Obligation.id)
    parts = list(session.execute(query.with_for_update(of=Obligation)))
    attempt = session.get(CallAttempt, attempt_id, with_for_update=True)
    if attempt is None or MARKS.index(mark) <= MARKS.index(attempt.heard):
        return False
    attempt.heard = mark
    by = {"id": attempt.person_id, "name": attempt.name}
    for whom in dict.fromkeys(whom for _, whom in parts if whom != SUPERIOR):
        rows = [row for row, one in parts if one == whom]
        mark_all(
            session, clock.now(), None, rows, mark, {"by": by, "whom": whom, "channel": attempt.channel}, attempt_id
        )
    return True


def mark_all(
    session: Session,
    now: datetime,
    actor: Actor | None,
    rows: Sequence[Obligation],
    mark: str,
    answer: State,
    attempt_id: str | None = None,
) -> list[Obligation]:
    """Raise the mark of held obligations, tell of those that rose, and stop what that makes needless.

    `answer` is {by, whom, channel}; it is kept where this settles an obligation. Returns those that rose.
    """
    rose = []
    for row in rows:
        was_settled = row.progress().settled
        if row.take(marked(row.progress(), mark), now):
            rose.append(row)
        if row.progress().settled and not was_settled:
            row.answered = {**answer, "at": to_text(now)}
    session.flush()
    drop_idle_attempts(session, [row.id for row in rose if row.progress().settled], now, keep=attempt_id)
    for row in rose:
        tell(session, actor or system_actor(row.alert_unit_id), [row], _KINDS[mark])
    return rose


def sign_delivery(session: Session, clock: Clock, alert_id: str, channel: str, delivery: str, state: str) -> None:
    """A receipt of the alert's own message to somebody who is obliged: it reached them, or they answered by it.

    A number's or address's own answer is its owner's; a short message arrives for all who stand behind its number.
    What a page shows is no answer: that comes by `mark_own`.
    """
    mark = {DELIVERED: REACHED, RECEIPT_ANSWERED: CONFIRMED}.get(state)
    if mark is None or (mark == CONFIRMED and channel == "websocket"):
        return
    query = select(Obligation, Post).join(Post, Post.id == Obligation.post_id).where(Obligation.alert_id == alert_id)
    rows = list(session.execute(query.order_by(Obligation.id).with_for_update(of=Obligation)))
    behind = _behind(session, delivery) if rows and channel == "sms" and mark == REACHED else frozenset()
    for row, post in rows:
        for whom, person in ((HOLDER, post.holder_id), (DEPUTY, post.deputy_id)):
            name = f"person:{person}"
            if person and (name in behind or delivery_id(alert_id, name, channel) == delivery):
                by = {"id": person, "name": session.get_one(Person, person).name}
                mark_all(session, clock.now(), None, [row], mark, {"by": by, "whom": whom, "channel": channel})


def _behind(session: Session, delivery: str) -> frozenset[str]:
    """Who else stands behind the number of a short message, as its audience was frozen."""
    row = session.get(Delivery, delivery)
    chunk = session.get(Chunk, row.chunk_id) if row is not None else None
    if row is None or chunk is None:
        return frozenset()
    members = (one for one in rows_of(chunk.members) if one.recipient == row.recipient)
    return frozenset(Behind(*each).recipient for one in members for each in one.also)
