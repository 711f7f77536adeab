"""`fengsui migrate`."""

from argparse import ArgumentParser, Namespace

from web.commands.common import add_data, core_of
from web.migrate import upgrade


def arguments(parser: ArgumentParser) -> None:
    """Which database."""
    add_data(parser)


def run(options: Namespace) -> int:
    """Upgrade it."""
    upgrade(core_of(options).engine)
    return 0
