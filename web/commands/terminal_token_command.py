"""`fengsui terminal-token`: a terminal's credential, printed once."""

import sys
from argparse import ArgumentParser, Namespace

from sqlalchemy import select

from command.directory.model import TERMINAL_KINDS, Terminal
from command.directory.terminals import TerminalValues, register_terminal
from command.kernel.actor import system_actor
from web.commands.common import answer_errors, core_of
from web.commands.options import add_data
from web.commands.user_command import unit_named
from web.terminal_tokens import fresh_token


def arguments(parser: ArgumentParser) -> None:
    """Which terminal of which unit."""
    add_data(parser)
    parser.add_argument("name", help="the terminal's name in its unit; a new one is registered")
    parser.add_argument("--unit", required=True, help="name or division code")
    parser.add_argument("--kind", choices=TERMINAL_KINDS, default="browser")
    parser.add_argument("--auto-answer", action="store_true")


@answer_errors
def run(options: Namespace) -> int:
    """Register it or renew its token."""
    with core_of(options).db.writing() as session:
        unit = unit_named(session, options.unit)
        query = select(Terminal).where(Terminal.unit_id == unit.id, Terminal.name == options.name)
        known = session.scalars(query).first()
        if known is not None:
            token: str | None = fresh_token(session, system_actor(), known.id)
        else:
            values = TerminalValues(options.name, options.kind, options.auto_answer)
            token = register_terminal(session, system_actor(), values, unit.id)[1]
        sys.stdout.write(f"{token or '-'}\n")
    return 0
