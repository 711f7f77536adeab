"""What all that deals with pushes knows of them, and no cipher: how octets are written, how many a message may have."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

RECORD = 4096
POINT, AUTH, SALT = 65, 16, 16
LONGEST = RECORD - 17 - (SALT + 5 + POINT)
"""Octets of a message: a push service need not take more than 4,096 with the header (RFC 8030 §7.2, RFC 8291 §4)."""


class Sealed(NamedTuple):
    """A message that one browser can open, and the header by which its push service knows us."""

    authorization: str
    body: bytes


Seal = Callable[[str, bytes, bytes, bytes, datetime], Sealed]
"""Seals for a browser at `endpoint` a `message` under its `public` key and `auth` secret, `now`.

Raises ValueError: too long, or no point on the curve; VaultAway where another process does it and cannot.
"""


def base64url(octets: bytes) -> str:
    """Without padding (RFC 7515 §2)."""
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def from_base64url(text: str) -> bytes:
    """The octets, padded or not. Raises ValueError."""
    return base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
