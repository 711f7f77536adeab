"""Who lives where: kept in columns that can be emptied, in the chain only as a salted digest."""

import hashlib
import secrets

from sqlalchemy.orm import Session

from command.directory.model import Terminal
from command.kernel.actor import Actor
from command.kernel.rights import Right
from command.kernel.values import canonical

NAMING_TERMINALS = frozenset({"browser", "phone"})
"""Devices before which somebody stands who carries out an evacuation; a camera or a box needs no names."""


def salted(*values: str | None) -> tuple[str | None, str | None]:
    """A fresh salt of 128 bits and the SHA-256 over it and the canonical JSON of the values, both in hex.

    Two Nones where there is nothing to keep. Without a salt a name could be guessed from its digest.
    """
    if not any(values):
        return None, None
    salt = secrets.token_hex(16)
    return salt, hashlib.sha256(bytes.fromhex(salt) + canonical(list(values)).encode()).hexdigest()


def may_name(session: Session, actor: Actor, unit_path: str) -> bool:
    """Whether this reader acts on the households of the unit with this path, and so may know who they are."""
    if not actor.may(Right.HOUSEHOLD_READ, unit_path):
        return False
    if actor.kind != "terminal":
        return True
    device = session.get(Terminal, actor.id)
    return device is not None and device.kind in NAMING_TERMINALS
