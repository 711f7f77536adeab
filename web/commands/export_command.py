"""`fengsui export`: a part of the directory as CSV on standard output."""

import sys
from argparse import ArgumentParser, Namespace

from command.directory.queries import sight_of
from command.kernel.actor import system_actor
from web.commands.common import core_of
from web.commands.options import add_data
from web.imports.export import export_csv
from web.imports.kinds import KINDS


def arguments(parser: ArgumentParser) -> None:
    """What."""
    add_data(parser)
    parser.add_argument("what", choices=sorted(KINDS))


def run(options: Namespace) -> int:
    """Write it."""
    with core_of(options).db.reading() as session:
        content = export_csv(session, sight_of(session, system_actor()), options.what)
    sys.stdout.buffer.write(content)
    return 0
