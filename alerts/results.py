"""Appending what became of deliveries, in bulk: COPY on PostgreSQL, executemany on SQLite. The only place that does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from alerts.model import Delivery
from alerts.recipients import Contact

COLUMNS = (
    *("id", "alert_id", "act", "recipient", "channel", "chunk_id", "unit_id", "township_id"),
    *("responsible", "state", "at", "detail"),
)
_COPY = f"COPY delivery ({', '.join(COLUMNS)}) FROM STDIN"
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})


@dataclass(frozen=True, slots=True)
class Recorded:
    """A result to be appended: `delivery` is its id, `state` sent, failed or unknown."""

    delivery: str
    contact: Contact
    state: str
    detail: str


@dataclass(frozen=True, slots=True)
class Part:
    """What all results of one append share."""

    alert: str
    act: str
    channel: str
    chunk: str
    at: datetime


def append(session: Session, part: Part, results: Sequence[Recorded], *, fresh: bool) -> None:
    """Append them in the session's transaction.

    `fresh` says that none of them can be there yet (the fence proves it); otherwise what is there stays.
    """
    if not results:
        return
    if fresh and session.get_bind().dialect.name == "postgresql":
        _copy(session, "".join(_lines(part, results)))
        return
    insert = postgres_insert if session.get_bind().dialect.name == "postgresql" else sqlite_insert
    rows = [dict(zip(COLUMNS, _values(part, one), strict=True)) for one in results]
    session.connection().execute(insert(Delivery).on_conflict_do_nothing(), rows)


def _values(part: Part, one: Recorded) -> tuple[Any, ...]:
    contact = one.contact
    whose = (contact.unit_id, contact.township_id, contact.responsible)
    return (
        *(one.delivery, part.alert, part.act, contact.recipient, part.channel, part.chunk),
        *(*whose, one.state, part.at, one.detail),
    )


def _lines(part: Part, results: Sequence[Recorded]) -> Iterator[str]:
    """The results in COPY's text format: tabs between values, a line each."""
    at = part.at.isoformat()
    for one in results:
        contact = one.contact
        recipient, detail = contact.recipient.translate(_ESCAPES), one.detail.translate(_ESCAPES)
        yield (
            f"{one.delivery}\t{part.alert}\t{part.act}\t{recipient}\t{part.channel}\t{part.chunk}\t{contact.unit_id}\t"
            f"{contact.township_id}\t{'t' if contact.responsible else 'f'}\t{one.state}\t{at}\t{detail}\n"
        )


def _copy(session: Session, text: str) -> None:
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        copy.write(text.encode())
