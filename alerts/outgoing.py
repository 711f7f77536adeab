"""Our own alerts as CAP messages."""

import hashlib
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.cap.geometry import cap_area
from alerts.cap.message import Info, Message, Pair, Reference
from alerts.cap.write import time_text, write
from alerts.model import Alert, CapMessage
from alerts.texts import DRILL, LOCAL
from command.directory.model import Unit
from command.kernel.actor import Actor
from command.kernel.errors import NotFound
from command.kernel.ids import new_id

Sign = Callable[[bytes], bytes]
"""Signs a CAP document; the identity where there is no key."""

_CATEGORY = {"warning": "Met", "notice": "Safety", "evacuation": "Safety"}
_RESPONSE = {"warning": "Prepare", "notice": "Monitor", "evacuation": "Evacuate"}


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


def issued_message(session: Session, alert: Alert, unit: Unit, at: datetime) -> Message:
    """The alert as Alert, or as Update of the one it supersedes."""
    references = _references(session, alert.supersedes) if alert.supersedes else ()
    return _message(
        alert, unit, at, alert.identifier, "Update" if references else "Alert", references, _info(alert, at)
    )


def ended_message(session: Session, alert: Alert, unit: Unit, at: datetime, headline: str, text: str) -> Message:
    """The Cancel of an issued alert."""
    info = _info(alert, at)
    end = Info(
        event=info.event,
        categories=info.categories,
        urgency="Past",
        severity=info.severity,
        certainty=info.certainty,
        language=info.language,
        response_types=("AllClear",),
        effective=at.astimezone(LOCAL),
        sender_name=info.sender_name,
        headline=headline,
        description=text or None,
        areas=info.areas,
    )
    return _message(alert, unit, at, f"{alert.identifier}-end", "Cancel", _references(session, alert.id), end)


def _message(
    alert: Alert, unit: Unit, at: datetime, identifier: str, kind: str, references: tuple[Reference, ...], info: Info
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
        infos=(info,),
    )


def _info(alert: Alert, at: datetime) -> Info:
    geometry = alert.drawn if isinstance(alert.drawn, dict) else None
    divisions = [str(code) for code in alert.divisions] if isinstance(alert.divisions, list) else []
    return Info(
        event=alert.event,
        categories=(_CATEGORY[alert.kind],),
        urgency=alert.urgency,
        severity=alert.severity,
        certainty=alert.certainty,
        language=alert.language,
        response_types=(_RESPONSE[alert.kind],),
        effective=(alert.effective_at or at).astimezone(LOCAL),
        expires=alert.expires_at.astimezone(LOCAL) if alert.expires_at else None,
        sender_name=alert.source,
        headline=f"{DRILL} {alert.headline}" if alert.drill else alert.headline,
        description=alert.description or None,
        instruction=alert.instruction or None,
        parameters=(Pair("colour", alert.colour),) if alert.colour else (),
        areas=(cap_area(alert.area_description, divisions, geometry),),
    )


def _references(session: Session, alert_id: str) -> tuple[Reference, ...]:
    """What was issued or received for an alert, in order, as `sender,identifier,sent`."""
    query = (
        select(CapMessage).where(CapMessage.alert_id == alert_id, CapMessage.refused.is_(None)).order_by(CapMessage.id)
    )
    return tuple(
        Reference(row.sender, row.identifier, time_text(row.at.astimezone(LOCAL))) for row in session.scalars(query)
    )
