"""A caller's name and number: kept in columns that can be emptied, in the chain only as a salted digest."""

import hashlib
import secrets

from command.kernel.values import canonical


def new_salt() -> str:
    """128 random bits in hex; without them a telephone number could be guessed from its digest."""
    return secrets.token_hex(16)


def personal_digest(salt: str | None, reporter: str | None, callback: str | None) -> str | None:
    """SHA-256 in hex over the salt's bytes and the canonical JSON of both; None where neither is known."""
    if salt is None or (reporter is None and callback is None):
        return None
    known = canonical({"callback": callback, "reporter": reporter})
    return hashlib.sha256(bytes.fromhex(salt) + known.encode()).hexdigest()
