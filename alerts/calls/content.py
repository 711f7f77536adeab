"""What an attempt says: the alerts it is about, and for each the places."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.attempts import Held
from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.calls.policy import VOICE
from alerts.calls.words import Part, spoken, written
from alerts.channels.port import Outgoing
from alerts.model import Alert
from alerts.texts import Content
from alerts.wording import words_of


def outgoing(session: Session, held: Held, now: datetime) -> Outgoing:
    """The attempt as its channel gets it."""
    columns = (CallAttempt.check_id, CallAttempt.asks, CallAttempt.said)
    asked = session.execute(select(*columns).where(CallAttempt.id == held.id)).one()
    if asked.check_id is not None:
        content = Content("", asked.said or "", asked.asks)
        return Outgoing(held.id, asked.check_id, held.address, held.name, content, now, None)
    parts, alert = _parts(session, held.id, now)
    content = spoken(parts) if held.channel == VOICE else written(parts)
    return Outgoing(held.id, alert, held.address, held.name, content, now, None)


def _parts(session: Session, attempt_id: str, now: datetime) -> tuple[list[Part], str]:
    """What an attempt says: for each alert the places it is about."""
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
    return parts, next(iter(alerts))
