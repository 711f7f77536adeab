"""`fengsui verify`: the chain from the first entry to the head, the sealed heads of the days, and what entries only
name: audiences of what was issued, and areas."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from sqlalchemy.orm import Session

from alerts.proof import first_changed_audience, first_changed_shape
from command.kernel.timeline import EntryRow, verify
from web.commands.common import core_of
from web.commands.options import add_data
from web.seals import ensure_seal_key, first_fault, read_seals


def arguments(parser: ArgumentParser) -> None:
    """Which database."""
    add_data(parser)


def run(options: Namespace) -> int:
    """0 when every entry holds; 1, naming the first that does not, otherwise."""
    core = core_of(options)
    with core.db.reading() as session:
        count, broken = verify(session)
        fault = None if broken else _seal_fault(session, core.settings.data) or _first_changed(session)
    if broken is not None:
        sys.stdout.write(f"entry {broken.seq} {broken.id}: {broken.reason}; {count} entries before it hold\n")
    elif fault is not None:
        sys.stdout.write(f"{fault}\n")
    else:
        sys.stdout.write(f"{count} entries hold\n")
    return int(broken is not None or fault is not None)


def _first_changed(session: Session) -> str | None:
    return first_changed_audience(session) or first_changed_shape(session)


def _seal_fault(session: Session, folder: Path) -> str | None:
    seals = read_seals(folder)
    if not seals:
        return None

    def hash_at(seq: int) -> str | None:
        row = session.get(EntryRow, seq)
        return None if row is None else row.hash

    return first_fault(ensure_seal_key(folder).public_key(), seals, hash_at)
