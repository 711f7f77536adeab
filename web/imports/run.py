"""Importing a file: every line gets its outcome; without `skip_bad` a single bad line leaves everything as it was."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from command.kernel.actor import Actor
from command.kernel.db import Database
from command.kernel.errors import FengsuiError
from web.imports.cells import Note
from web.imports.kinds import Kind
from web.imports.table import Row, read_rows


@dataclass(frozen=True)
class Line:
    """What became of one line. `outcome` created, updated or failed: `error` for the last, `note` for the others."""

    line: int
    outcome: str
    id: str | None = None
    secret: str | None = None
    error: FengsuiError | None = None
    note: Note | None = None


@dataclass(frozen=True)
class Report:
    """All lines, and whether anything was kept."""

    lines: tuple[Line, ...]
    kept: bool

    def count(self, outcome: str) -> int:
        """How many lines had this outcome."""
        return sum(line.outcome == outcome for line in self.lines)


class _NotKept(Exception):
    """Rolls the transaction back after a dry run or with bad lines."""


def run_import(
    db: Database, actor: Actor, kind: Kind, data: bytes, *, dry_run: bool = False, skip_bad: bool = False
) -> Report:
    """Import `data` in one transaction. Raises only for a file that is no table of this kind at all."""
    rows = read_rows(data, kind.columns)
    lines: tuple[Line, ...] = ()
    try:
        with db.writing() as session:
            lines = _lines(session, actor, kind, rows)
            if dry_run or (not skip_bad and any(line.error for line in lines)):
                raise _NotKept
    except _NotKept:
        return Report(
            tuple(Line(line.line, line.outcome, error=line.error, note=line.note) for line in lines), kept=False
        )
    return Report(lines, kept=True)


def _lines(session: Session, actor: Actor, kind: Kind, rows: Sequence[Row]) -> tuple[Line, ...]:
    lines = [_line(session, actor, kind, row) for row in rows]
    # Asked when all are in: what one line made may be news to those before it.
    notes = kind.notes(session, actor, {line.id for line in lines if line.id is not None})
    return tuple(replace(line, note=notes.get(line.id or "", line.note)) for line in lines)


def _line(session: Session, actor: Actor, kind: Kind, row: Row) -> Line:
    told = len(session.info.get("entries", []))
    savepoint = session.begin_nested()
    try:
        for column in kind.columns:
            row.check(column)
        outcome = kind.importer(session, actor, row)
        savepoint.commit()
    except FengsuiError as error:
        savepoint.rollback()
        del session.info.get("entries", [])[told:]  # what the line told is undone with it
        return Line(row.line, "failed", error=error)
    return Line(row.line, "created" if outcome.created else "updated", outcome.id, outcome.secret, note=outcome.note)
