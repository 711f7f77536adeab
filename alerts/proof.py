"""That what entries only name is what they name: audiences, counted again from the chunks, and areas' shapes."""

from collections.abc import Iterator
from typing import Any, cast

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import audience_hash
from alerts.chunks import members_of
from alerts.model import END, ISSUE, LIFTED, WITHDRAWN, Alert, Chunk
from alerts.shapes import AreaShape, text_digest
from command.kernel.timeline import EntryRow, to_entry
from command.kernel.values import parse

_NAMES = '"drawn_digest":'


def first_changed_audience(session: Session) -> str | None:
    """The first alert whose members, or those of whose end, are not those of its entry, in words; None where all are.

    The entry stands in the chain: whoever changes members and the alert's own hash together has not changed it. Ends
    that were told before their entries said of whom are not looked at.
    """
    return next(_changed(session), None)


def _changed(session: Session) -> Iterator[str]:
    kinds = ("alert.issued", *(f"alert.{end}" for end in (LIFTED, WITHDRAWN)))
    entries = select(EntryRow).where(EntryRow.kind.in_(kinds)).order_by(EntryRow.seq)
    for row in session.scalars(entries).all():
        body, act = to_entry(row).body, ISSUE if row.kind == "alert.issued" else END
        told, said = body.get("alert"), body.get("alert" if act == ISSUE else "told")
        if not isinstance(told, dict) or not isinstance(said, dict) or not said.get("audience_hash"):
            continue
        alert, wanted = str(told["id"]), said["audience_hash"]
        name, whose = f"alert {told.get('identifier')} {alert}", "audience" if act == ISSUE else "end's audience"
        if _members_hash(session, alert, act) != wanted:
            yield f"{name}: its {whose} is not the one of entry {row.seq}"
        elif act == ISSUE and session.scalar(select(Alert.audience_hash).where(Alert.id == alert)) != wanted:
            yield f"{name}: its audience's hash is not the one of entry {row.seq}"


def _members_hash(session: Session, alert: str, act: str) -> str:
    query = select(Chunk).where(Chunk.alert_id == alert, Chunk.act == act).execution_options(yield_per=20)
    return audience_hash(contact for chunk in session.scalars(query) for contact in members_of(chunk))


def first_changed_shape(session: Session) -> str | None:
    """The first entry whose alert's area is not there as the entry names it, in words; None where all are.

    Entries of before shapes had names have them in place: the chain alone proves those.
    """
    for digest, entry in _first_to_name(session).items():
        shape = session.get(AreaShape, digest)
        if shape is None or text_digest(shape.geojson) != digest:
            return f"{entry}: the area {digest[:12]}… that it names {'is another now' if shape else 'is gone'}"
    return None


def _first_to_name(session: Session) -> dict[str, str]:
    """Every digest of a shape with the first entry that names it, the first first."""
    found: dict[str, str] = {}
    naming = EntryRow.body.contains(_NAMES, autoescape=True)
    query = select(EntryRow.seq, EntryRow.id, EntryRow.body).where(naming).order_by(EntryRow.seq)
    for seq, entry, body in session.execute(query.execution_options(yield_per=200)):
        area = cast("dict[str, Any]", parse(body))["alert"]["area"]
        for digest in filter(None, (area["digest"], area["drawn_digest"])):
            found.setdefault(digest, f"entry {seq} {entry}")
    return found
