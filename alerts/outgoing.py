"""Our own alerts as CAP messages."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.cap.geometry import cap_area
from alerts.cap.hazards import categories_of, english_event, english_title, response_of
from alerts.cap.message import Info, Message, Pair, Reference
from alerts.cap.write import time_text, write
from alerts.data import table
from alerts.files import Shelf, files_of
from alerts.model import Alert, CapMessage
from alerts.texts import DRILL, DRILL_MARK, LOCAL, LONG
from command.directory.model import Unit
from command.directory.queries import county_of
from command.kernel.actor import Actor
from command.kernel.errors import NotFound
from command.kernel.ids import new_id

Sign = Callable[[bytes], bytes]
"""Signs a CAP document; the identity where there is no key."""

ENGLISH = "en"


def unsigned(document: bytes) -> bytes:
    return document


def sender_of(unit: Unit) -> str:
    return f"fengsui.{unit.division_code or unit.id}"


def keep_issued(
    session: Session, actor: Actor, alert: Alert, unit: Unit, message: Message, at: datetime, sign: Sign
) -> None:
    """Keep the bytes of a message as it goes out."""
    content = sign(write(message))
    session.add(
        CapMessage(
            id=new_id(),
            direction="out",
            alert_id=alert.id,
            at=at,
            unit_id=unit.id,
            by=actor.by(),
            sender=message.sender,
            identifier=message.identifier,
            sha256=hashlib.sha256(content).hexdigest(),
            content=content,
            refused=None,
            signatures=[],
        )
    )


def last_issued(session: Session, alert_id: str) -> CapMessage:
    """The last message issued for one of our alerts; NotFound `alert.unknown`."""
    query = select(CapMessage).where(CapMessage.alert_id == alert_id, CapMessage.direction == "out")
    found = session.scalars(query.order_by(CapMessage.id.desc())).first()
    if found is None:
        raise NotFound("alert.unknown", id=alert_id[:40])
    return found


def issued_message(session: Session, alert: Alert, unit: Unit, at: datetime, shelf: Shelf | None = None) -> Message:
    """The alert as Alert, or as Update of the one it supersedes, with its files as they lie on the shelf."""
    references = _references(session, alert.supersedes) if alert.supersedes else ()
    info = _info(session, alert, unit, at)
    if shelf is not None:
        info = replace(info, resources=tuple(shelf.resource(alert.id, one) for one in files_of(alert)))
    infos = (info, *_translated(alert, info))
    return _message(alert, unit, at, alert.identifier, "Update" if references else "Alert", references, infos)


def ended_message(
    session: Session, alert: Alert, unit: Unit, at: datetime, end: str, headline: str, text: str
) -> Message:
    """The Cancel of an issued alert: `end` is `lifted` or `withdrawn`."""
    ended = replace(
        _info(session, alert, unit, at),
        urgency="Past",
        response_types=("AllClear",),
        effective=at.astimezone(LOCAL),
        expires=None,
        headline=headline,
        description=text or None,
        instruction=None,
        parameters=(),
    )
    in_others = {one.language: one for one in _in_english(alert, ended, end)}
    for tag, texts in (alert.end_translations or {}).items():
        bare = replace(ended, language=tag, headline=None)
        in_others[tag] = replace(in_others.get(tag, bare), description=texts.get(LONG))
    infos = (ended, *in_others.values())
    return _message(alert, unit, at, f"{alert.identifier}-end", "Cancel", _references(session, alert.id), infos)


def _message(
    alert: Alert,
    unit: Unit,
    at: datetime,
    identifier: str,
    kind: str,
    references: tuple[Reference, ...],
    infos: tuple[Info, ...],
) -> Message:
    return Message(
        identifier=identifier,
        sender=sender_of(unit),
        sent=at.astimezone(LOCAL),
        status=alert.scope_status,
        msg_type=kind,
        scope="Public",
        source=alert.source,
        note=DRILL if alert.drill else None,
        references=references,
        infos=infos,
    )


def _info(session: Session, alert: Alert, unit: Unit, at: datetime) -> Info:
    geometry = alert.drawn if isinstance(alert.drawn, dict) else None
    divisions = [str(code) for code in alert.divisions] if isinstance(alert.divisions, list) else []
    return Info(
        event=alert.event,
        categories=categories_of(alert.kind, alert.event),
        urgency=alert.urgency,
        severity=alert.severity,
        certainty=alert.certainty,
        language=alert.language,
        response_types=(response_of(alert.kind),),
        effective=(alert.effective_at or at).astimezone(LOCAL),
        expires=alert.expires_at.astimezone(LOCAL) if alert.expires_at else None,
        sender_name=alert.source,
        headline=f"{DRILL} {alert.headline}" if alert.drill else alert.headline,
        description=_own_long(alert.texts) or alert.description or None,
        instruction=alert.instruction or None,
        contact=unit.phone or county_of(session, unit).phone,
        parameters=(Pair("colour", alert.colour),) if alert.colour else (),
        areas=(cap_area(alert.area_description, divisions, geometry),),
    )


def _own_long(texts: object) -> str | None:
    """The long text that a person wrote, as mails and pages carry it; one made of a template says nothing more."""
    kept = texts.get(LONG) if isinstance(texts, dict) else None
    return str(kept["text"]) if isinstance(kept, dict) and kept["worded"] else None


def _translated(alert: Alert, info: Info) -> tuple[Info, ...]:
    """The same in every language that the alert was written in; in English at least as far as there are words for it.

    What nobody wrote in a language is left out there.
    """
    found = {one.language: one for one in _in_english(alert, info)}
    for tag, texts in (alert.translations or {}).items():
        said, bare = alert.said_in(tag), replace(info, language=tag, headline=None)
        same = found.get(tag, bare)
        headline = said.get("headline")
        mark = f"{table('hazards')['drill']} " if tag == ENGLISH else DRILL_MARK
        found[tag] = replace(
            same,
            headline=f"{mark if alert.drill else ''}{headline}" if headline else same.headline,
            description=_own_long(texts) or said.get("description"),
            instruction=said.get("instruction"),
        )
    return tuple(one for one in found.values() if one.headline or one.description or one.instruction)


def _in_english(alert: Alert, info: Info, end: str | None = None) -> tuple[Info, ...]:
    """The same in English as far as there are words for it: hazard, colour and kind. What a person wrote has none, and
    the places keep their own names."""
    event = english_event(alert.event)
    title = english_title(alert.kind, alert.event, alert.colour, drill=alert.drill, end=end)
    if event is None or title is None or not alert.language.lower().startswith("zh"):
        return ()
    return (replace(info, language=ENGLISH, event=event, headline=title, description=None, instruction=None),)


def _references(session: Session, alert_id: str) -> tuple[Reference, ...]:
    """What was issued or received for an alert, in order, as `sender,identifier,sent`."""
    query = (
        select(CapMessage).where(CapMessage.alert_id == alert_id, CapMessage.refused.is_(None)).order_by(CapMessage.id)
    )
    return tuple(
        Reference(row.sender, row.identifier, time_text(row.at.astimezone(LOCAL))) for row in session.scalars(query)
    )
