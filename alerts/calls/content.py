"""What an attempt says: the alerts it is about, and for each the places."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache, partial

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
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
from alerts.texts import NUMBER, Content, Words
from alerts.wording import spoken_in, words_of
from command.directory.model import Person

log = logging.getLogger(__name__)

_Place = tuple[Alert, str, str]


def outgoings(session: Session, held: Sequence[Held], now: datetime) -> dict[str, Outgoing]:
    """The attempts as their channels get them, by id; none for one that is about nothing any more, or that cannot be
    put into words: the others must not wait for it.

    Who answers for a place goes with the officials, a check with the public.
    """
    ids, found = [one.id for one in held], dict[str, Outgoing]()
    columns = (CallAttempt.id, CallAttempt.check_id, CallAttempt.asks, CallAttempt.said, Person.languages)
    query = select(*columns).outerjoin(Person, Person.id == CallAttempt.person_id)
    asked = {row.id: row for row in session.execute(query.where(CallAttempt.id.in_(ids)))}
    about, words = _about(session, ids), cache(partial(_words, now))
    for one in held:
        row, places = asked[one.id], about.get(one.id, ())
        try:
            if row.check_id is not None:
                found[one.id] = _of_check(one, row.check_id, Content("", row.said or "", row.asks), now)
            elif places:
                found[one.id] = _of_alerts(one, places, row.languages or "", words, now)
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("attempt %s cannot be put into words", one.id)
    return found


def _of_check(one: Held, check: str, content: Content, now: datetime) -> Outgoing:
    turn = turn_of(PUBLIC, rank_of(NUMBER_CHECK if content.asks == NUMBER else SAFETY_CHECK, None, ISSUE))
    return Outgoing(one.id, check, one.address, one.name, content, now, None, turn)


def _of_alerts(
    one: Held, places: Sequence[_Place], languages: str, words: Callable[[Alert, str], Words], now: datetime
) -> Outgoing:
    parts, turn = _parts(places, languages, words)
    content = spoken(parts) if one.channel == VOICE else written(parts)
    return Outgoing(one.id, places[0][0].id, one.address, one.name, content, now, None, turn)


def _about(session: Session, ids: Sequence[str]) -> dict[str, list[_Place]]:
    """By attempt its alerts, what its person is there, and the places."""
    query = (
        select(CallPart.attempt_id, Alert, CallPart.whom, Obligation.name)
        .join(Obligation, Obligation.alert_id == Alert.id)
        .join(CallPart, CallPart.obligation_id == Obligation.id)
        .where(CallPart.attempt_id.in_(ids))
        .order_by(Alert.id, Obligation.name)
    )
    found: dict[str, list[_Place]] = {}
    for attempt, alert, whom, name in session.execute(query):
        found.setdefault(attempt, []).append((alert, whom, name))
    return found


def _words(now: datetime, alert: Alert, language: str) -> Words:
    return words_of(alert, alert.issued_at or now, language=language)


def _parts(places: Sequence[_Place], languages: str, words: Callable[[Alert, str], Words]) -> tuple[list[Part], Turn]:
    """What an attempt says: for each alert its places, in one of `languages` that all alerts have; and the gravest's
    turn."""
    alerts = {alert.id: alert for alert, _, _ in places}
    names: dict[tuple[str, str], list[str]] = {}
    for alert, whom, name in places:
        names.setdefault((alert.id, whom), []).append(name)
    language = _language_of(alerts.values(), languages)
    parts = [Part(words(alerts[alert], language), tuple(each), whom) for (alert, whom), each in names.items()]
    return parts, turn_of(OFFICIALS, min(rank_of(one.kind, one.colour, ISSUE) for one in alerts.values()))


def _language_of(alerts: Iterable[Alert], languages: str) -> str:
    """The first of somebody's languages in which all of these can be said; none where that is their own."""
    own, others = set[str](), list[frozenset[str]]()
    for alert in alerts:
        own.add(language_of(alert.language))
        others.append(spoken_in(alert) | {language_of(alert.language)})
    found = next((one for one in read_by(languages) if all(one in each for each in others)), "")
    return "" if own == {found} else found
