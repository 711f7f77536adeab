"""CAP at the root: messages in, ours out."""

import asyncio
import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from cryptography import x509
from fastapi import APIRouter, Request, Response
from lxml import etree

from alerts.actions import Answered, Received, receive_cap, study
from alerts.cap import archive, xml
from alerts.files import files_of
from alerts.model import ISSUED, Alert
from alerts.queries import cap_document, public_alerts
from alerts.texts import headline
from alerts.wording import words_of
from command.kernel.errors import FieldError, Invalid, TooLarge
from command.kernel.plain import plain
from command.kernel.values import Json, State
from gis.divisions import shipped_divisions
from web.cap_keys import cap_keys_of
from web.edge import Edge, Known, database_of
from web.public_address import public_address

router = APIRouter(tags=["cap"])
ATOM = "http://www.w3.org/2005/Atom"
TOO_LARGE = ("xml.too_large", "zip.too_large")


@router.post("/cap", status_code=201)
async def post_cap(request: Request, edge: Known) -> State:
    """Take a CAP 1.2 (or sound 1.1) message, alone or in a zip: kept byte for byte, shown, told to nobody by itself."""
    data = await _body(request)
    return await asyncio.to_thread(take, edge, data, cap_keys_of(request).trusted())


async def _body(request: Request) -> bytes:
    """The body; of one that is too large as much as shows that, which is refused and kept like others."""
    data = bytearray()
    async for piece in request.stream():
        data += piece
        most = archive.MOST_BYTES if archive.is_archive(data) else xml.MAX_BYTES
        if len(data) > most:
            return bytes(data[: most + 1])
    return bytes(data)


def take(edge: Edge, data: bytes, trusted: Sequence[x509.Certificate]) -> State:
    """Keep the message; one that is refused is kept as well, and its faults are the answer."""
    divisions = shipped_divisions()
    with edge.reading() as session:
        found = study(session, edge.clock, edge.actor, data, divisions.boundary_of, trusted)
    with edge.writing() as session:
        outcome = receive_cap(session, edge.clock, edge.actor, found)
        if isinstance(outcome, Received):
            return _accepted(outcome)
        if isinstance(outcome, Answered):
            return _answered(outcome)
    problem = outcome.problem
    faults = tuple(FieldError(one.field, one.code, (("detail", one.detail),)) for one in problem.errors)
    refusal = TooLarge if problem.code in TOO_LARGE else Invalid
    raise refusal(problem.code, fields=faults, detail=problem.errors[0].detail, message=outcome.message_id)


@router.get("/cap/feed.atom")
def get_feed(request: Request) -> Response:
    """The last messages of our public alerts, newest first (RFC 4287): also of those that ended within a day."""
    db = database_of(request)
    with db.reading() as session:
        body = _feed(request, public_alerts(session, db.clock.now()))
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    if request.headers.get("if-none-match") == tag:
        return Response(status_code=304, headers={"ETag": tag})
    return Response(body, media_type="application/atom+xml", headers={"ETag": tag})


@router.get("/cap/{alert_id}.xml")
def get_document(alert_id: str, request: Request) -> Response:
    """The CAP message last issued for one of our alerts."""
    with database_of(request).reading() as session:
        return Response(cap_document(session, alert_id), media_type="application/cap+xml")


def _answered(outcome: Answered) -> State:
    """A receipt makes no alert: the one it answers is named, if it answers any."""
    warnings: list[Json] = [dict(warning.public()) for warning in outcome.warnings]
    alert = outcome.alerts[0] if outcome.alerts else None
    return {
        "alert_id": alert.id if alert else None,
        "source": outcome.sender,
        "new": outcome.new,
        "areas": [],
        "warnings": warnings,
        "alert": alert.state() if alert else None,
        "accepted": outcome.accepted,
    }


def _accepted(outcome: Received) -> State:
    areas: list[Json] = [dict(place.public()) for place in outcome.areas]
    warnings: list[Json] = [dict(warning.public()) for warning in outcome.warnings]
    alert = outcome.alert
    return {
        "alert_id": alert.id,
        "source": alert.source,
        "new": outcome.new,
        "areas": areas,
        "warnings": warnings,
        "alert": alert.state(),
    }


def _feed(request: Request, rows: list[tuple[Alert, datetime]]) -> bytes:
    base = public_address(request)
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    _put(feed, "id", f"{base}cap/feed.atom")
    _put(feed, "title", "烽燧 Fengsui CAP")
    _put(feed, "updated", max(at for _, at in rows).isoformat() if rows else "1970-01-01T00:00:00+00:00")
    for row, at in rows:
        end = None if row.status == ISSUED else row.status
        entry = etree.SubElement(feed, f"{{{ATOM}}}entry")
        # A message has an entry of its own: an end is news, also for who has the beginning.
        _put(entry, "id", f"urn:uuid:{row.id}" if end is None else f"{base}cap/{row.id}.xml#{end}")
        _put(entry, "title", headline(words_of(row, at, end)))
        _put(entry, "updated", at.astimezone(UTC).isoformat())
        author = etree.SubElement(entry, f"{{{ATOM}}}author")
        _put(author, "name", row.source)
        link = etree.SubElement(entry, f"{{{ATOM}}}link")
        link.set("rel", "alternate")
        link.set("type", "application/cap+xml")
        link.set("href", f"{base}cap/{row.id}.xml")
        for file in files_of(row) if end is None else ():
            enclosure = etree.SubElement(entry, f"{{{ATOM}}}link")
            enclosure.set("rel", "enclosure")
            enclosure.set("type", file.media_type)
            enclosure.set("length", str(file.size))
            enclosure.set("href", f"{base}cap/{row.id}/files/{file.sha256}")
    return etree.tostring(feed, xml_declaration=True, encoding="UTF-8")


def _put(parent: etree._Element, name: str, text: str) -> None:
    etree.SubElement(parent, f"{{{ATOM}}}{name}").text = plain(text)
