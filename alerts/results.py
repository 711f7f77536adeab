"""Appending what became of deliveries, in bulk: COPY on PostgreSQL, executemany on SQLite. The only place that does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any, cast

from sqlalchemy import Table
from sqlalchemy.orm import Session

from alerts.channels.port import Outcome, Result
from alerts.model import FAILED, SENT, UNKNOWN, Delivery
from alerts.recipients import Member
from command.kernel.db import insert_missing

_OWN = ("id", "recipient", "unit_id", "township_id", "responsible", "state", "detail")
_SHARED = ("alert_id", "act", "channel", "chunk_id", "at")
_COPY = f"COPY delivery ({', '.join((*_OWN, *_SHARED))}) FROM STDIN"
_INSERT = insert_missing(cast("Table", Delivery.__table__), (*_OWN, *_SHARED))
LINES_AT_ONCE = 250
"""Of some 260 octets each: every connection keeps room for the longest write, 64 KiB, and after every write its thread
waits for the interpreter's lock."""
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": ""})
_STATES = {Outcome.SENT: SENT, Outcome.FAILED: FAILED, Outcome.UNKNOWN: UNKNOWN}
"""Who could not be told now is not appended: it is tried again."""


@dataclass(frozen=True, slots=True)
class Part:
    """What all results of one append share."""

    alert: str
    act: str
    channel: str
    chunk: str
    at: datetime


def append(session: Session, part: Part, results: Sequence[tuple[Member, Result]], *, fresh: bool) -> None:
    """Append them in the session's transaction.

    `fresh` says that none of them can be there yet (the fence proves it); otherwise what is there stays.
    """
    if not results:
        return
    if fresh and session.get_bind().dialect.name == "postgresql":
        _copy(session, _lines(part, results))
        return
    shared = dict(zip(_SHARED, (part.alert, part.act, part.channel, part.chunk, part.at), strict=True))
    session.connection().execute(_INSERT, [_row(member, result) | shared for member, result in results])


def _row(member: Member, result: Result) -> dict[str, Any]:
    whose = (member.recipient, member.unit_id, member.township_id, member.responsible)
    return dict(zip(_OWN, (result.delivery, *whose, _STATES[result.outcome], result.detail), strict=True))


def _lines(part: Part, results: Sequence[tuple[Member, Result]]) -> Iterator[str]:
    """The results in COPY's text format: tabs between values, a line each."""
    shared = f"{part.alert}\t{part.act}\t{part.channel}\t{part.chunk}\t{part.at.isoformat()}\n"
    for (recipient, _address, _name, unit, township, responsible, _also), (delivery, outcome, detail) in results:
        flag = "t" if responsible else "f"
        what = f"{_STATES[outcome]}\t{detail and _escaped(detail)}\t{shared}"
        yield f"{delivery}\t{_escaped(recipient)}\t{unit}\t{township}\t{flag}\t{what}"


def _escaped(text: str) -> str:
    """Nearly every text needs nothing, and looking costs a tenth of translating."""
    return text if text.isprintable() and "\\" not in text else text.translate(_ESCAPES)


def _copy(session: Session, lines: Iterator[str]) -> None:
    """Some lines at a time: the driver keeps room for the longest write on every connection, for good."""
    driver: Any = session.connection().connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(_COPY) as copy:
        while some := "".join(islice(lines, LINES_AT_ONCE)):
            copy.write(some.encode())
