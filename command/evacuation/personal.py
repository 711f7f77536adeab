"""Who may know who lives where."""

from sqlalchemy.orm import Session

from command.directory.model import Terminal
from command.kernel.actor import Actor
from command.kernel.rights import Right

NAMING_TERMINALS = frozenset({"browser", "phone"})
"""Devices before which somebody stands who carries out an evacuation; a camera or a box needs no names."""


def may_name(session: Session, actor: Actor, unit_path: str) -> bool:
    """Whether this reader acts on the households of the unit with this path, and so may know who they are."""
    if not actor.may(Right.HOUSEHOLD_READ, unit_path):
        return False
    if actor.kind != "terminal":
        return True
    device = session.get(Terminal, actor.id)
    return device is not None and device.kind in NAMING_TERMINALS
