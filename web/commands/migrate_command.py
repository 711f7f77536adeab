"""`fengsui migrate`."""

from argparse import ArgumentParser, Namespace

from web.commands.common import answer_errors, core_of
from web.commands.options import add_data
from web.migrate import upgrade


def arguments(parser: ArgumentParser) -> None:
    """Which database."""
    add_data(parser)


@answer_errors
def run(options: Namespace) -> int:
    """Upgrade it."""
    upgrade(core_of(options))
    return 0
