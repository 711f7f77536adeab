"""`fengsui unit`: units from the machine itself; `add` without a parent makes the first one."""

import sys
from argparse import ArgumentParser, Namespace

from sqlalchemy import select

from command.directory.model import UNIT_KINDS, Unit
from command.directory.units import UnitValues, register_unit
from command.kernel.actor import system_actor
from web.commands.common import answer_errors, core_of
from web.commands.options import add_data
from web.commands.user_command import unit_named


def arguments(parser: ArgumentParser) -> None:
    """list | add."""
    add_data(parser)
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("list", help="all units as a tree")
    add = parts.add_parser("add", help="a new unit; prints its id")
    add.add_argument("name")
    add.add_argument("--kind", choices=UNIT_KINDS, required=True)
    add.add_argument("--parent", help="name or division code; none for the first unit")
    add.add_argument("--code", help="division code")


@answer_errors
def run(options: Namespace) -> int:
    """Do it in one transaction."""
    with core_of(options).db.writing() as session:
        if options.part == "list":
            for unit in session.scalars(select(Unit).where(Unit.active).order_by(Unit.path)):
                sys.stdout.write(f"{'  ' * (unit.path.count('/') - 1)}{unit.name}\t{unit.division_code or '-'}\n")
            return 0
        parent = unit_named(session, options.parent).id if options.parent else None
        values = UnitValues(options.name, options.kind, options.code)
        sys.stdout.write(f"{register_unit(session, system_actor(), values, parent).id}\n")
    return 0
