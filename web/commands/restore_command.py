"""`fengsui restore`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from command.kernel.timeline import verify
from web.backup import BackupRefused, read_backup
from web.commands.common import core_of
from web.commands.options import add_data, settings_of


def arguments(parser: ArgumentParser) -> None:
    """Where from."""
    add_data(parser)
    parser.add_argument("source", type=Path)


def run(options: Namespace) -> int:
    """Bring it into an empty data folder and prove its timeline."""
    try:
        read_backup(settings_of(options), options.source)
    except BackupRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    with core_of(options).db.reading() as session:
        count, broken = verify(session)
    if broken is not None:
        sys.stderr.write(f"restored, but entry {broken.seq} {broken.id} does not hold: {broken.reason}\n")
        return 1
    sys.stdout.write(f"restored; {count} entries hold\n")
    return 0
