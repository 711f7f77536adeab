"""`fengsui backup`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from web.backup import BackupRefused, write_backup
from web.commands.options import add_data, settings_of
from web.key_file import KEY_FILE


def arguments(parser: ArgumentParser) -> None:
    """Where to."""
    add_data(parser)
    parser.add_argument("target", type=Path, help="a .tar.gz file; it holds keys, keep it safe")


def run(options: Namespace) -> int:
    """Write it, also while the server runs."""
    settings = settings_of(options)
    try:
        write_backup(settings, options.target.resolve())
    except BackupRefused as refused:
        sys.stderr.write(f"{refused}\n")
        return 1
    key = settings.data / KEY_FILE
    if key.exists():
        sys.stdout.write(f"{key} is not in it: without it secrets cannot be opened; keep a copy apart\n")
    return 0
