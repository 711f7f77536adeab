"""`fengsui user`: accounts from the machine itself, for the first administrator and for the day nobody can log in."""

import sys
from argparse import ArgumentParser, Namespace

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.accounts import NewUser, grant_roles, register_user
from command.directory.model import Unit, User
from command.directory.queries import roles_of
from command.kernel.actor import system_actor
from command.kernel.rights import Role
from web.account_endings import phone_lost, reset_password, set_locked
from web.commands.common import answer_errors, core_of
from web.commands.options import add_data

OFF = ("second-factor-off", "its phone is lost, or the key of its secret: the password alone again")


def arguments(parser: ArgumentParser) -> None:
    """list | add | lock | unlock | password | second-factor-off."""
    add_data(parser)
    parts = parser.add_subparsers(dest="part", required=True)
    parts.add_parser("list", help="all accounts")
    add = parts.add_parser("add", help="a new account; prints its one-time password")
    add.add_argument("username")
    add.add_argument("--name", required=True)
    add.add_argument("--unit", required=True, help="name or division code")
    add.add_argument("--role", choices=[role.value for role in Role], action="append", default=[])
    changes = (("lock", "end its sessions, refuse it"), ("unlock", ""), ("password", "a new one-time one"), OFF)
    for name, text in changes:
        parts.add_parser(name, help=text).add_argument("username")


@answer_errors
def run(options: Namespace) -> int:
    """Do it in one transaction."""
    with core_of(options).db.writing() as session:
        if options.part == "list":
            _list(session)
        elif options.part == "add":
            _add(session, options)
        else:
            _change(session, options)
    return 0


def _list(session: Session) -> None:
    for user in session.scalars(select(User).order_by(User.username)):
        roles = ",".join(str(one["role"]) for one in roles_of(session, user.id) if isinstance(one, dict))
        state = "locked" if user.locked else "active" if user.active else "out of use"
        sys.stdout.write(f"{user.username}\t{user.name}\t{roles or '-'}\t{state}\n")


def _add(session: Session, options: Namespace) -> None:
    actor = system_actor()
    unit = unit_named(session, options.unit)
    user, password = register_user(session, actor, NewUser(options.username, options.name, unit.id))
    if options.role:
        grant_roles(session, actor, user.id, [(Role(role), unit.id) for role in options.role])
    sys.stdout.write(f"{user.username}\t{password}\n")


def _change(session: Session, options: Namespace) -> None:
    user = session.scalars(select(User).where(User.username == options.username)).one_or_none()
    if user is None:
        raise SystemExit(f"there is no account “{options.username}”")
    if options.part == OFF[0]:
        phone_lost(session, system_actor(), user.id)
    elif options.part == "password":
        sys.stdout.write(f"{user.username}\t{reset_password(session, system_actor(), user.id)}\n")
    else:
        set_locked(session, system_actor(), user.id, options.part == "lock")


def unit_named(session: Session, text: str) -> Unit:
    """The one unit of this name or division code; ends the program with a sentence otherwise."""
    query = select(Unit).where((Unit.name == text) | (Unit.division_code == text) | (Unit.id == text), Unit.active)
    found = list(session.scalars(query))
    exact = [unit for unit in found if unit.name == text or unit.id == text] or found
    if len(exact) != 1:
        raise SystemExit(f"there {'is no unit' if not exact else 'are several units'} called “{text}”")
    return exact[0]
