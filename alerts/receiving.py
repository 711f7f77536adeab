"""Messages from outside: kept byte for byte, shown, never changed, adopted as a draft of our own."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import shapely
from cryptography import x509
from shapely.geometry import shape
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.authority import may_issue
from alerts.calls.opening import open_obligations
from alerts.calls.stopping import end_obligations
from alerts.cap.geometry import Boundary, Place, places_of
from alerts.cap.masking import masked
from alerts.cap.message import CapProblem, Departure, Info, Message
from alerts.cap.read import Reading, read
from alerts.cap.severity import colour_of
from alerts.cap.signature import check_signatures
from alerts.lookup import alert_for, tell, tell_new
from alerts.model import CHANGED, DRAFT, LIFTED, RECEIVED, Alert, CapMessage
from command.directory.model import Unit
from command.directory.queries import county_of, subtree, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import Conflict
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json
from gis.divisions import DivisionCodeError, normalise
from gis.geometry import to_geojson

BoundaryOf = Callable[[str, date], Boundary | None]
NO_EXPIRES = timedelta(hours=24)


@dataclass(frozen=True)
class Received:
    """An accepted message: its alert, each area for the answer of `POST /cap`, and what was not in order.

    `new` is False where the same message had come before.
    """

    alert: Alert
    areas: tuple[Place, ...]
    warnings: tuple[Departure, ...]
    new: bool = True


@dataclass(frozen=True)
class RefusedMessage:
    """A refused message, whose bytes are kept all the same; the transaction is to be committed."""

    problem: CapProblem
    message_id: str


def receive_cap(
    session: Session,
    clock: Clock,
    actor: Actor,
    data: bytes,
    boundary_of: BoundaryOf,
    trusted: Sequence[x509.Certificate] = (),
) -> Received | RefusedMessage:
    """Take a CAP message for the county of the actor's unit. It is told to nobody by itself.

    The same message by another route is the same alert. A Cancel or Update ends the received alert it refers to,
    if that came from the same sender with the same status. Raises Refused `access.refused` alone: what is wrong
    with the message is returned, so that its bytes are kept.
    """
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.ALERT_RECEIVE, unit.path)
    county = county_of(session, unit)
    kept = _keep(session, clock, actor, county, data)
    try:
        reading = read(data)
    except CapProblem as problem:
        kept.refused = problem.code[:40]
        return RefusedMessage(problem, kept.id)
    return _accept(session, clock, actor, county, kept, reading, boundary_of, trusted)


def adopt(session: Session, clock: Clock, actor: Actor, alert_id: str) -> Alert:
    """Draft an alert of the actor's unit from a received one, which stays as it is.

    It is a warning of the same colour where the unit has the authority, else a notice. Raises Conflict
    `alert.not_received`.
    """
    received = alert_for(session, actor, alert_id)
    if received.origin != RECEIVED:
        raise Conflict("alert.not_received")
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.ALERT_DRAFT, unit.path)
    alert = _adopted(received, unit, actor, clock.now())
    session.add(alert)
    session.flush()
    tell_new(session, actor, alert, "alert.adopted")
    return alert


def _keep(session: Session, clock: Clock, actor: Actor, county: Unit, data: bytes) -> CapMessage:
    kept = CapMessage(
        id=new_id(),
        direction="in",
        alert_id=None,
        at=clock.now(),
        unit_id=county.id,
        by=actor.by(),
        sender="",
        identifier="",
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        refused=None,
        signatures=[],
    )
    session.add(kept)
    return kept


def _accept(
    session: Session,
    clock: Clock,
    actor: Actor,
    county: Unit,
    kept: CapMessage,
    reading: Reading,
    boundary_of: BoundaryOf,
    trusted: Sequence[x509.Certificate],
) -> Received:
    message, now = masked(reading.message), clock.now()
    info = _chosen(message)
    places = places_of(info, boundary_of, message.sent.date()) if info else ()
    kept.sender, kept.identifier = message.sender[:250], message.identifier[:250]
    reports = check_signatures(kept.content, trusted, message.sent) if reading.signatures else ()
    kept.signatures = [report.public() for report in reports]
    signed = [Departure(f"cap.signature_{r.verdict}", "", r.signer or r.detail or "-") for r in reports]
    noted = [*(one for place in places for one in place.warnings), *signed, *_age(message, info, now)]
    warnings = (*reading.warnings, *noted)
    known = _known(session, county, message)
    if known is not None:
        kept.alert_id = known.id
        return Received(known, places, warnings, new=False)
    alert = _received(county, message, info, places, warnings, now)
    alert.shared = _readers(session, county)
    session.add(alert)
    session.flush()
    kept.alert_id = alert.id
    tell_new(session, actor, alert, "alert.received")
    open_obligations(session, actor, alert, now)
    _end_referred(session, actor, county, message, now)
    return Received(alert, places, warnings)


def _readers(session: Session, county: Unit) -> list[Json]:
    """A received warning is public: every office of the county sees it."""
    kinds = ("township", "department")
    return [unit.id for unit in session.scalars(subtree(county.path).order_by(Unit.id)) if unit.kind in kinds]


def _age(message: Message, info: Info | None, now: datetime) -> Iterator[Departure]:
    if info is not None and info.expires is None:
        yield Departure("cap.no_expires", "expires", f"taken as {NO_EXPIRES.total_seconds() / 3600:g} hours after sent")
    if info is not None and _expiry(message, info) <= now:
        yield Departure("cap.expired", "expires", "has run out already")


def _expiry(message: Message, info: Info) -> datetime:
    """When it runs out. CAP leaves a message without `expires` to the recipient's policy (CAP 1.2 §3.2.2)."""
    return info.expires or message.sent + NO_EXPIRES


def _chosen(message: Message) -> Info | None:
    """The info in Chinese, else the first."""
    chinese = (info for info in message.infos if info.language.lower().startswith("zh"))
    return next(chinese, message.infos[0] if message.infos else None)


def _known(session: Session, county: Unit, message: Message) -> Alert | None:
    query = (
        select(Alert)
        .join(CapMessage, CapMessage.alert_id == Alert.id)
        .where(CapMessage.direction == "in", CapMessage.unit_id == county.id)
        .where(CapMessage.sender == message.sender[:250], CapMessage.identifier == message.identifier[:250])
    )
    return session.scalars(query).first()


def _received(
    county: Unit,
    message: Message,
    info: Info | None,
    places: Sequence[Place],
    warnings: Sequence[Departure],
    now: datetime,
) -> Alert:
    expires = _expiry(message, info) if info else None
    running = expires is not None and expires > now and message.msg_type in ("Alert", "Update")
    geometries = [shape(place.geometry) for place in places if place.geometry is not None]
    return Alert(
        id=new_id(),
        version=1,
        unit_id=county.id,
        shared=[],
        identifier=message.identifier[:250],
        origin=RECEIVED,
        source=message.sender[:250],
        kind="warning",
        scope_status=message.status,
        **_words(message, info),
        area_description="；".join(place.description for place in places),
        divisions=list(dict.fromkeys(code for place in places for raw in place.divisions if (code := _code(raw)))),
        drawn=None,
        geometry=to_geojson(shapely.union_all(geometries)) if geometries else None,
        approximate=any(place.approximate for place in places),
        channels=[],
        status=RECEIVED,
        dropped=False,
        on_board=running,
        effective_at=(info.onset or info.effective if info else None) or message.sent,
        expires_at=expires,
        issued_at=message.sent,
        end_text="",
        summary_due=False,
        drill=message.status != "Actual",
        references=[reference.identifier for reference in message.references],
        warnings=[_public(warning) for warning in warnings],
    )


def _public(warning: Departure) -> Json:
    return dict(warning.public())


def _code(raw: str) -> str | None:
    try:
        return normalise(raw)
    except DivisionCodeError:
        return None


def _words(message: Message, info: Info | None) -> dict[str, Any]:
    if info is None:
        unknown = {"severity": "Unknown", "urgency": "Unknown", "certainty": "Unknown"}
        texts = {
            "event": message.msg_type,
            "headline": message.note or message.msg_type,
            "description": "",
            "instruction": "",
        }
        return {**unknown, **texts, "colour": None, "language": ""}
    return {
        "event": info.event,
        "colour": colour_of(message, info),
        "severity": info.severity,
        "urgency": info.urgency,
        "certainty": info.certainty,
        "headline": info.headline or info.event,
        "description": info.description or "",
        "instruction": info.instruction or "",
        "language": info.language,
    }


def _end_referred(session: Session, actor: Actor, county: Unit, message: Message, now: datetime) -> None:
    """References are matched by identifier: senders repeat wrong times in them."""
    if message.msg_type not in ("Cancel", "Update"):
        return
    query = (
        select(Alert)
        .where(Alert.origin == RECEIVED, Alert.unit_id == county.id, Alert.status == RECEIVED)
        .where(Alert.source == message.sender[:250], Alert.scope_status == message.status)
        .where(Alert.identifier.in_([reference.identifier[:250] for reference in message.references]))
    )
    for alert in session.scalars(query.with_for_update()):
        if alert.identifier == message.identifier[:250]:
            continue
        alert.status = LIFTED if message.msg_type == "Cancel" else CHANGED
        alert.on_board, alert.ended_at = False, now
        tell(session, actor, alert, f"alert.{alert.status}")
        end_obligations(session, actor, alert, alert.status, now)


def _adopted(received: Alert, unit: Unit, actor: Actor, now: datetime) -> Alert:
    warns = received.colour is not None and may_issue(unit.kind, unit.name, "warning", received.colour)
    alert_id = new_id()
    running = received.expires_at is not None and received.expires_at > now
    drawn = received.geometry if not received.divisions else None
    same = {name: getattr(received, name) for name in _COPIED}
    return Alert(
        **same,
        id=alert_id,
        version=1,
        unit_id=unit.id,
        shared=[],
        identifier=f"{unit.division_code or 'fengsui'}-{alert_id}",
        origin="own",
        source=unit.name,
        kind="warning" if warns else "notice",
        scope_status="Exercise" if received.drill else "Actual",
        colour=received.colour if warns else None,
        severity=received.severity if warns else "Unknown",
        drawn=drawn,
        channels=["websocket", "email", "mqtt"],
        status=DRAFT,
        dropped=False,
        on_board=True,
        effective_at=None,
        expires_at=received.expires_at if running else None,
        end_text="",
        drafted_by=actor.by(),
        summary_due=False,
        references=[received.identifier],
        adopted_from=received.id,
        warnings=[],
    )


_COPIED = (
    *("event", "urgency", "certainty", "headline", "description", "instruction", "language"),
    *("area_description", "divisions", "geometry", "approximate", "incident_id", "drill"),
)
