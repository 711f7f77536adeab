"""That the audiences that were frozen are those that were told: counted again from the chunks against the timeline."""

from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts.audience import audience_hash
from alerts.chunks import members_of
from alerts.model import ISSUE, Alert, Chunk
from command.kernel.timeline import EntryRow, to_entry


def first_changed_audience(session: Session) -> str | None:
    """The first alert whose members are not those of its `alert.issued` entry, in words; None where all are.

    The entry stands in the chain: whoever changes members and the alert's own hash together has not changed it.
    """
    return next(_changed(session), None)


def _changed(session: Session) -> Iterator[str]:
    issued = select(EntryRow).where(EntryRow.kind == "alert.issued").order_by(EntryRow.seq)
    for row in session.scalars(issued).all():
        told = to_entry(row).body.get("alert")
        if not isinstance(told, dict) or not told.get("audience_hash"):
            continue
        alert, wanted = str(told["id"]), told["audience_hash"]
        name = f"alert {told.get('identifier')} {alert}"
        if _members_hash(session, alert) != wanted:
            yield f"{name}: its audience is not the one of entry {row.seq}"
        elif session.scalar(select(Alert.audience_hash).where(Alert.id == alert)) != wanted:
            yield f"{name}: its audience's hash is not the one of entry {row.seq}"


def _members_hash(session: Session, alert: str) -> str:
    query = select(Chunk).where(Chunk.alert_id == alert, Chunk.act == ISSUE).execution_options(yield_per=20)
    return audience_hash(contact for chunk in session.scalars(query) for contact in members_of(chunk))
