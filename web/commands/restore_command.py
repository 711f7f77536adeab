"""`fengsui restore`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from command.kernel.timeline import verify
from web.backup import BackupRefused, read_backup
from web.commands.common import core_of
from web.commands.options import add_data, settings_of
from web.key_file import KEY_FILE
from web.sealed import standing


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
    core = core_of(options)
    with core.db.reading() as session:
        count, broken = verify(session)
        unopened = standing(session, core.keyring).unopened
    if broken is not None:
        sys.stderr.write(f"restored, but entry {broken.seq} {broken.id} does not hold: {broken.reason}\n")
        return 1
    sys.stdout.write(f"restored; {count} entries hold\n")
    if unopened:
        sys.stdout.write(f"{unopened} secrets cannot be opened before {KEY_FILE} or FENGSUI_SECRETS_KEY is back\n")
    return 0
