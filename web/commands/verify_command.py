"""`fengsui verify`: the chain from the first entry to the head."""

import sys
from argparse import ArgumentParser, Namespace

from command.kernel.timeline import verify
from web.commands.common import add_data, core_of


def arguments(parser: ArgumentParser) -> None:
    """Which database."""
    add_data(parser)


def run(options: Namespace) -> int:
    """0 when every entry holds; 1, naming the first that does not, otherwise."""
    with core_of(options).db.reading() as session:
        count, broken = verify(session)
    if broken is None:
        sys.stdout.write(f"{count} entries hold\n")
        return 0
    sys.stdout.write(f"entry {broken.seq} {broken.id}: {broken.reason}; {count} entries before it hold\n")
    return 1
