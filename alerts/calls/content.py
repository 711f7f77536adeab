"""What an attempt says: the alerts it is about, and for each the places."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.attempts import Held
from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.calls.policy import VOICE
from alerts.calls.words import Part, spoken, written
from alerts.channels.port import Outgoing, Turn
from alerts.chunks import rank_of
from alerts.model import ISSUE, NUMBER_CHECK, SAFETY_CHECK, Alert
from alerts.recipients import OFFICIALS, PUBLIC
from alerts.texts import NUMBER, Content
from alerts.wording import words_of


def outgoing(session: Session, held: Held, now: datetime) -> Outgoing:
    """The attempt as its channel gets it. Who answers for a place goes with the officials, a check with the public."""
    columns = (CallAttempt.check_id, CallAttempt.asks, CallAttempt.said)
    asked = session.execute(select(*columns).where(CallAttempt.id == held.id)).one()
    if asked.check_id is not None:
        content = Content("", asked.said or "", asked.asks)
        rank = rank_of(NUMBER_CHECK if asked.asks == NUMBER else SAFETY_CHECK, None, ISSUE)
        return Outgoing(held.id, asked.check_id, held.address, held.name, content, now, None, (PUBLIC, rank))
    parts, alert, turn = _parts(session, held.id, now)
    content = spoken(parts) if held.channel == VOICE else written(parts)
    return Outgoing(held.id, alert, held.address, held.name, content, now, None, turn)


def _parts(session: Session, attempt_id: str, now: datetime) -> tuple[list[Part], str, Turn]:
    """What an attempt says: for each alert the places it is about; the first of the alerts, and the gravest's turn."""
    query = (
        select(Alert, CallPart.whom, Obligation.name)
        .join(Obligation, Obligation.alert_id == Alert.id)
        .join(CallPart, CallPart.obligation_id == Obligation.id)
        .where(CallPart.attempt_id == attempt_id)
        .order_by(Alert.id, Obligation.name)
    )
    places: dict[tuple[str, str], list[str]] = {}
    alerts: dict[str, Alert] = {}
    for alert, whom, name in session.execute(query):
        alerts[alert.id] = alert
        places.setdefault((alert.id, whom), []).append(name)
    parts = [
        Part(words_of(alerts[alert], alerts[alert].issued_at or now), tuple(names), whom)
        for (alert, whom), names in places.items()
    ]
    rank = min(rank_of(one.kind, one.colour, ISSUE) for one in alerts.values())
    return parts, next(iter(alerts)), (OFFICIALS, rank)
