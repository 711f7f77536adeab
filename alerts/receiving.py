"""Messages from outside: kept byte for byte, never changed, acted on where author and text allow it."""

import hashlib
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from cryptography import x509
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.authority.standing import Origin, reasons_of_origin
from alerts.authority.tables import rules_of
from alerts.calls.opening import find_unheld, open_obligations
from alerts.cap.archive import opened
from alerts.cap.masking import masked
from alerts.cap.message import CapProblem, Departure, Message
from alerts.cap.places import BoundaryOf, Place, union, written
from alerts.cap.read import Reading, read
from alerts.cap.signature import SignatureReport, check_signatures
from alerts.copies import near_copies
from alerts.exchange.actions import Answered, take_receipt
from alerts.exchange.queries import RECEIPTS
from alerts.files import faults_of, received_files
from alerts.inbox.actions import refuse
from alerts.inbox.envelope import envelope_of
from alerts.judging import County, Judged, age, judge
from alerts.lookup import tell_new
from alerts.model import RECEIVED, RESTRICTED, Alert, CapMessage
from alerts.relating import end_late, end_referred
from command.directory.model import Unit
from command.directory.queries import county_of, subtree, unit_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.ids import new_id
from command.kernel.rights import Right
from command.kernel.values import Json
from gis.divisions import DivisionCodeError, normalise, shipped_divisions


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


@dataclass(frozen=True, kw_only=True)
class Studied:
    """A message as it came and what it says, found before anybody's writing waits for it.

    `problem` is why it is refused; else `reading` is of the masked message and `judged` what it says to the county,
    None of a receipt. `drawn` and `geometry` are its whole area, alone what is drawn and all of it.
    """

    data: bytes
    document: bytes
    problem: CapProblem | None = None
    reading: Reading | None = None
    reports: Sequence[SignatureReport] = ()
    judged: Judged | None = None
    drawn: Json = None
    geometry: Json = None


def study(
    session: Session,
    clock: Clock,
    actor: Actor,
    data: bytes,
    boundary_of: BoundaryOf,
    trusted: Sequence[x509.Certificate] = (),
) -> Studied:
    """What is to be known of a message before it is taken: all that costs anything, in a session that only reads.

    Raises Refused `access.refused` alone: what is wrong with the message is returned, so that its bytes are kept.
    """
    county = _county(session, actor)
    document = data
    try:
        document = opened(data).message
        reading = read(document)
    except CapProblem as problem:
        return Studied(data=data, document=document, problem=problem)
    message = masked(reading.message)
    reading = replace(reading, message=message)
    reports = check_signatures(document, trusted, message.sent) if reading.signatures else ()
    found = Studied(data=data, document=document, reading=reading, reports=reports)
    if message.msg_type in RECEIPTS:
        return found
    now, origin = clock.now(), _origin(message, reports, actor)
    judged = judge(message, _judging(session, county, origin, boundary_of, now), now, reading.drawings)
    drawn, whole = union(place for place in judged.places if place.drawn), union(judged.places)
    return replace(found, judged=judged, drawn=_shown(drawn), geometry=_shown(whole))


def receive_cap(session: Session, clock: Clock, actor: Actor, found: Studied) -> Received | Answered | RefusedMessage:
    """Take a CAP message, or an archive with one, for the county of the actor's unit. It is told to nobody by itself.

    It is acted on (shown as running, called, adopted) only if it is Actual, unexpired, of a known authority and
    touches the county; else the alert says why not. The same message by another route is the same alert, except
    that one which is acted on is not hidden by a copy that is not. A Cancel or Update of a known authority ends
    the received alert it refers to, also one that comes later (see `alerts.relating`). An Ack or Error makes no alert:
    it is told at those of ours that it answers.

    Raises Refused `access.refused` alone: what is wrong with the message is returned, so that its bytes are kept.
    """
    county = _county(session, actor)
    kept = _keep(session, clock, actor, county, found.data)
    if found.reading is None:
        problem = found.problem or CapProblem(Departure("cap.root", "", ""))
        refuse(session, actor, county, kept, problem, found.document)
        return RefusedMessage(problem, kept.id)
    return _accept(session, clock, actor, county, kept, found, found.reading)


def _county(session: Session, actor: Actor) -> Unit:
    unit = unit_of(session, actor.unit_id)
    actor.need(Right.ALERT_RECEIVE, unit.path)
    return county_of(session, unit)


def _origin(message: Message, reports: Sequence[SignatureReport], actor: Actor) -> Origin:
    return Origin(message.sender, reports, by_person=actor.kind != "feed")


def _keep(session: Session, clock: Clock, actor: Actor, county: Unit, data: bytes) -> CapMessage:
    kept = CapMessage(
        id=new_id(),
        direction="in",
        alert_id=None,
        at=clock.now(),
        unit_id=county.id,
        by=actor.state(),
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
    session: Session, clock: Clock, actor: Actor, county: Unit, kept: CapMessage, found: Studied, reading: Reading
) -> Received | Answered:
    # Held: of two related messages that come at once the second sees the first.
    session.get_one(Unit, county.id, with_for_update=True)
    message, reports, now = reading.message, found.reports, clock.now()
    envelope = envelope_of(message)
    kept.sender, kept.identifier = envelope.sender, envelope.identifier
    kept.msg_type, kept.status = envelope.msg_type, envelope.status
    kept.signatures = [report.public() for report in reports]
    judged = found.judged
    if judged is None:
        reasons = list(reasons_of_origin(rules_of(session, county), _origin(message, reports, actor), None))
        receipt = take_receipt(session, actor, county, kept, message, reasons)
        return replace(receipt, warnings=(*reading.warnings, *_signed(reports)))
    files = received_files(message, kept.content)
    warnings = (*_restriction(message), *reading.warnings, *_noted(judged, reports, now), *faults_of(files))
    known = _known(session, county, message)
    if known is not None and (judged.reasons or not known.reasons):
        kept.alert_id = known.id
        return Received(known, judged.places, warnings, new=False)
    units = list(session.scalars(subtree(county.path).order_by(Unit.id)))
    codes = _codes(judged.places, frozenset(unit.division_code for unit in units if unit.division_code))
    alert = _received(county, message, judged, codes, warnings, now)
    alert.drawn, alert.geometry = found.drawn, found.geometry
    alert.files = [one.state() for one in files]
    alert.shared = [] if alert.restricted else _readers(units)
    session.add(alert)
    session.flush()
    kept.alert_id = alert.id
    alert.perhaps_same = near_copies(session, alert)
    find_unheld(session, alert, now)
    tell_new(session, actor, alert, "alert.received")
    end_late(session, actor, alert, now)
    open_obligations(session, actor, alert, now)
    if not judged.origin:
        end_referred(session, actor, county, message, now)
    return Received(alert, judged.places, warnings)


def _judging(session: Session, unit: Unit, origin: Origin, boundary_of: BoundaryOf, now: datetime) -> County:
    boundary = boundary_of(unit.division_code, now.date()) if unit.division_code else None
    within = boundary.geometry if boundary is not None and not boundary.approximate else None
    return County(rules=rules_of(session, unit), within=within, boundary_of=boundary_of, origin=origin)


def _noted(judged: Judged, reports: Sequence[SignatureReport], now: datetime) -> Iterator[Departure]:
    yield from judged.others
    yield from (one for place in judged.places for one in place.warnings)
    yield from _signed(reports)
    yield from age(judged, now)


def _restriction(message: Message) -> Iterator[Departure]:
    if message.scope != "Public":
        yield Departure(RESTRICTED, "", message.restriction or message.scope)


def _signed(reports: Sequence[SignatureReport]) -> Iterator[Departure]:
    return (Departure(r.code, "", r.signer or r.detail or "-") for r in reports)


def _readers(units: Iterable[Unit]) -> list[Json]:
    """A public warning: every office of the county sees it."""
    return [unit.id for unit in units if unit.kind in ("township", "department")]


def _known(session: Session, county: Unit, message: Message) -> Alert | None:
    """The alert of the same message, one that is acted on first."""
    query = (
        select(Alert)
        .join(CapMessage, CapMessage.alert_id == Alert.id)
        .where(CapMessage.direction == "in", CapMessage.unit_id == county.id)
        .where(CapMessage.sender == message.sender[:250], CapMessage.identifier == message.identifier[:250])
    )
    return min(session.scalars(query).unique(), key=lambda alert: bool(alert.reasons), default=None)


def _received(
    county: Unit,
    message: Message,
    judged: Judged,
    codes: Iterable[str],
    warnings: Sequence[Departure],
    now: datetime,
) -> Alert:
    info, places, expires = judged.info, judged.places, judged.expires
    running = expires is not None and expires > now and message.msg_type in ("Alert", "Update")
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
        **_words(message, judged),
        area_description="；".join(place.description for place in places),
        divisions=list(codes),
        approximate=any(place.approximate for place in places),
        channels=[],
        status=RECEIVED,
        dropped=False,
        on_board=running and not judged.reasons,
        effective_at=(info.onset or info.effective if info else None) or message.sent,
        expires_at=expires,
        issued_at=message.sent,
        end_text="",
        summary_due=False,
        drill=message.status != "Actual",
        references=[reference.identifier for reference in message.references],
        warnings=[_public(warning) for warning in warnings],
        not_acted_on=list(judged.reasons),
    )


def _public(warning: Departure) -> Json:
    return dict(warning.public())


def _codes(places: Iterable[Place], held: Collection[str]) -> dict[str, None]:
    """The codes by which the areas' divisions are found among those the county holds; of what is drawn none.

    A code that nothing here answers to stays as it came.
    """
    named = (code for place in places if not place.drawn for raw in place.divisions if (code := _code(raw)))
    return dict.fromkeys(shipped_divisions().found_among(code, held) or code for code in named)


def _code(raw: str) -> str | None:
    try:
        return normalise(raw)
    except DivisionCodeError:
        return None


def _shown(whole: BaseGeometry | None) -> Json:
    return None if whole is None else written(whole)


def _words(message: Message, judged: Judged) -> dict[str, Any]:
    info = judged.info
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
        "colour": judged.colour,
        "severity": info.severity,
        "urgency": info.urgency,
        "certainty": info.certainty,
        "headline": info.headline or info.event,
        "description": info.description or "",
        "instruction": info.instruction or "",
        "language": info.language,
    }
