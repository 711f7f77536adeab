"""What an attempt says: the alerts it is about, and for each the places."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.calls.attempts import Held
from alerts.calls.model import CallAttempt, CallPart, Obligation
from alerts.calls.policy import VOICE
from alerts.calls.words import Part, spoken, written
from alerts.channels.port import Outgoing, Turn, turn_of
from alerts.chunks import rank_of
from alerts.languages import language_of, read_by
from alerts.model import ISSUE, NUMBER_CHECK, SAFETY_CHECK, Alert
from alerts.recipients import OFFICIALS, PUBLIC
from alerts.texts import NUMBER, Content
from alerts.wording import spoken_in, words_of
from command.directory.model import Person


def outgoing(session: Session, held: Held, now: datetime) -> Outgoing:
    """The attempt as its channel gets it. Who answers for a place goes with the officials, a check with the public."""
    columns = (CallAttempt.check_id, CallAttempt.asks, CallAttempt.said, Person.languages)
    query = select(*columns).outerjoin(Person, Person.id == CallAttempt.person_id)
    asked = session.execute(query.where(CallAttempt.id == held.id)).one()
    if asked.check_id is not None:
        content = Content("", asked.said or "", asked.asks)
        rank = rank_of(NUMBER_CHECK if asked.asks == NUMBER else SAFETY_CHECK, None, ISSUE)
        return Outgoing(held.id, asked.check_id, held.address, held.name, content, now, None, turn_of(PUBLIC, rank))
    parts, alert, turn = _parts(session, held.id, asked.languages or "", now)
    content = spoken(parts) if held.channel == VOICE else written(parts)
    return Outgoing(held.id, alert, held.address, held.name, content, now, None, turn)


def _parts(session: Session, attempt_id: str, languages: str, now: datetime) -> tuple[list[Part], str, Turn]:
    """What an attempt says: for each alert the places it is about, in one of `languages` that all alerts have; the
    first of the alerts, and the gravest's turn."""
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
    language = _language_of(alerts.values(), languages)
    words = {one.id: words_of(one, one.issued_at or now, language=language) for one in alerts.values()}
    parts = [Part(words[alert], tuple(names), whom) for (alert, whom), names in places.items()]
    rank = min(rank_of(one.kind, one.colour, ISSUE) for one in alerts.values())
    return parts, next(iter(alerts)), turn_of(OFFICIALS, rank)


def _language_of(alerts: Iterable[Alert], languages: str) -> str:
    """The first of somebody's languages in which all of these can be said; none where that is their own."""
    own, others = set[str](), list[frozenset[str]]()
    for alert in alerts:
        own.add(language_of(alert.language))
        others.append(spoken_in(alert) | {language_of(alert.language)})
    found = next((one for one in read_by(languages) if all(one in each for each in others)), "")
    return "" if own == {found} else found
