"""What people whom we told write back by a short message: kept and shown, and once in a while it is an answer.

A text of one word, *1* or 收到, from a number that is one person's alone settles what that person was told last of, as
a key and an identity do on the telephone (docs/adr/obligations.md says why). Anything else is shown, not interpreted.
"""

import logging
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from alerts.calls.model import CallAttempt, CallPart, Obligation, WrittenAnswer
from alerts.calls.policy import DEPUTY, HOLDER, VOICE
from alerts.calls.progress import CONFIRMED
from alerts.calls.signs import mark_all
from alerts.calls.telling import tell_written
from alerts.model import FAILED, INTERNAL, Alert, Delivery, delivery_id
from alerts.recipients import SHORTEST, national
from command.directory.model import Person, Post
from command.kernel.clock import Clock
from command.kernel.ids import new_id
from command.kernel.salted import salted
from command.kernel.values import State

SMS = "sms"
LATE = timedelta(hours=24)
"""How long after the end of an alert what is written about it is still kept."""
MOST_A_DAY = 50
"""Of one number: nobody can fill the database by one telephone."""

_CONFIRM = frozenset({"1", "收到"})
_BLANKS = " \t\r\n。.!！，,"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Told:
    """What a number was told last: when, of which alert, and for which obligations."""

    at: datetime
    alert: str
    obligations: tuple[str, ...]


def hear_text(session: Session, clock: Clock, number: str, text: str) -> bool:
    """A short message of a telephone, its number as the network writes it. False where we told that number nothing:
    what strangers write is not kept."""
    now = clock.now()
    people = _behind(session, number) if len(number) >= SHORTEST else []
    last = max(_told(session, people, now), key=lambda one: one.at, default=None)
    if last is None:
        return False
    if _written_today(session, number, now) >= MOST_A_DAY:
        log.warning("a number that wrote %d times in a day is not listened to any more", MOST_A_DAY)
        return True
    alert = session.get_one(Alert, last.alert)
    rows = _obligations(session, last)
    confirmed = _confirm(session, now, people, rows) if _means_yes(text) and len(people) == 1 else []
    kept = _keep(number, people, alert, rows, text, now, confirmed=bool(confirmed))
    session.add(kept)
    session.flush()
    tell_written(session, alert, [row for row in rows if row not in confirmed], kept.state(), alone=not rows)
    return True


def written_about(session: Session, alert_id: str, obligation_id: str | None, *, named: bool) -> list[State]:
    """What was written about an alert, or for one of its obligations, the newest first; words and names only for those
    who may read personal data."""
    query = select(WrittenAnswer).where(WrittenAnswer.alert_id == alert_id).order_by(WrittenAnswer.id.desc())
    rows = (row for row in session.scalars(query) if obligation_id is None or obligation_id in row.about)
    return [row.shown(named=named) for row in rows]


def _means_yes(text: str) -> bool:
    return unicodedata.normalize("NFKC", text).strip(_BLANKS) in _CONFIRM


def _behind(session: Session, number: str) -> list[Person]:
    """Whoever has that number, however it is written down."""
    digits: Any = Person.phone
    for blank in (" ", "-", "+"):
        digits = func.replace(digits, blank, "")
    query = select(Person).where(Person.active, digits.endswith(number[-SHORTEST:])).order_by(Person.id)
    return [one for one in session.scalars(query) if one.phone and national(one.phone) == number]


def _told(session: Session, people: Sequence[Person], now: datetime) -> Iterable[_Told]:
    """Each message and call to these people about an alert that runs or ended lately, and is no drill."""
    if not people:
        return
    lately = or_(Alert.on_board, Alert.ended_at > now - LATE)
    running = select(Alert.id).where(lately, Alert.origin != INTERNAL, ~Alert.drill, Alert.scope_status == "Actual")
    alerts = list(session.scalars(running.order_by(Alert.id.desc()).limit(200)))
    ids = {delivery_id(alert, f"person:{one.id}", SMS): alert for alert in alerts for one in people}
    posts = or_(*(Post.holder_id == one.id for one in people), *(Post.deputy_id == one.id for one in people))
    held = select(Obligation.id).join(Post, Post.id == Obligation.post_id)
    for row in session.scalars(select(Delivery).where(Delivery.id.in_(ids), Delivery.state != FAILED)):
        yield _Told(
            row.at, row.alert_id, tuple(session.scalars(held.where(Obligation.alert_id == row.alert_id, posts)))
        )
    parts = (
        select(CallAttempt.started_at, Obligation.alert_id, Obligation.id, CallAttempt.id)
        .join(CallPart, CallPart.attempt_id == CallAttempt.id)
        .join(Obligation, Obligation.id == CallPart.obligation_id)
        .where(CallAttempt.address.in_([str(one.phone) for one in people]), CallAttempt.channel.in_((SMS, VOICE)))
        .where(CallAttempt.started_at.is_not(None), ~CallAttempt.drill, Obligation.alert_id.in_(alerts))
        .order_by(CallAttempt.id.desc(), Obligation.id)
    )
    found = list(session.execute(parts))
    if found:
        at, alert, _, attempt = found[0]
        yield _Told(at or now, alert, tuple(one for _, _, one, each in found if each == attempt))


def _obligations(session: Session, last: _Told) -> list[Obligation]:
    query = select(Obligation).where(Obligation.id.in_(last.obligations)).order_by(Obligation.id)
    return list(session.scalars(query.with_for_update()))


def _confirm(session: Session, now: datetime, people: Sequence[Person], rows: Sequence[Obligation]) -> list[Obligation]:
    """Settle what the number's one owner holds or is deputy of; what a superior writes settles nothing."""
    (owner,) = people
    done: list[Obligation] = []
    for row in rows:
        post = session.get_one(Post, row.post_id)
        whom = HOLDER if post.holder_id == owner.id else DEPUTY if post.deputy_id == owner.id else None
        if whom is not None:
            by: State = {"id": owner.id, "name": owner.name}
            done += mark_all(session, now, None, [row], CONFIRMED, {"by": by, "whom": whom, "channel": SMS})
    return done


def _written_today(session: Session, number: str, now: datetime) -> int:
    since = (WrittenAnswer.number == number, WrittenAnswer.at > now - timedelta(days=1))
    return session.scalar(select(func.count()).select_from(WrittenAnswer).where(*since)) or 0


def _keep(
    number: str,
    people: Sequence[Person],
    alert: Alert,
    rows: Sequence[Obligation],
    text: str,
    now: datetime,
    *,
    confirmed: bool,
) -> WrittenAnswer:
    salt, digest = salted(text)
    return WrittenAnswer(
        id=new_id(),
        at=now,
        number=number,
        names=[one.name for one in people],
        alert_id=alert.id,
        obligations=[row.id for row in rows],
        confirmed=confirmed,
        words=text,
        salt=salt,
        digest=digest,
    )
