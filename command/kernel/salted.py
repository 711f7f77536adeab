"""What may not stand in the chain stands there as a salted digest, so that it can be erased."""

import hashlib
import secrets

from command.kernel.values import canonical


def salted(*values: str | None) -> tuple[str | None, str | None]:
    """A fresh salt of 128 bits and the SHA-256 over it and the canonical JSON of the values, both in hex.

    Two Nones where there is nothing to keep. Without a salt a name could be guessed from its digest.
    """
    if not any(values):
        return None, None
    salt = secrets.token_hex(16)
    return salt, hashlib.sha256(bytes.fromhex(salt) + canonical(list(values)).encode()).hexdigest()
