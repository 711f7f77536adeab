"""Secrets that are never stored: passwords as argon2id, tokens as SHA-256 of 256 random bits."""

import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

_HASHER = PasswordHasher()
# No 0/O, 1/l/I: one-time passwords are read out over the telephone.
_READABLE = "abcdefghjkmnpqrstuvwxyz23456789"


def hash_password(password: str) -> str:
    """The argon2id hash, with its own salt and parameters."""
    return _HASHER.hash(password)


def password_fits(password_hash: str | None, password: str) -> bool:
    """Whether the password is right; an unknown account costs the same time as a known one."""
    try:
        _HASHER.verify(password_hash or _nobody(), password)
    except VerificationError:
        return False
    return password_hash is not None


def new_token() -> str:
    """A bearer token. None begins with a dash: a command line would take that for an option of its own."""
    while (token := secrets.token_urlsafe(32)).startswith("-"):
        continue
    return token


def hash_token(token: str) -> str:
    """What is stored of a token; 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_password() -> str:
    """A one-time password of about 69 bits that can be read out, in groups of four or five."""
    return "-".join("".join(secrets.choice(_READABLE) for _ in range(n)) for n in (4, 5, 5))


@cache
def _nobody() -> str:
    return _HASHER.hash(secrets.token_hex(16))
