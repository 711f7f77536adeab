"""Secrets that the database must give back lie there sealed: AES-256-GCM under a key that is not in the database.

A sealed value is `s1.KEY.OCTETS`: the format, the key's id, and in base64url nonce, ciphertext and tag. What it is
sealed for, a column of one row, goes into the tag with the rest, so that it opens nowhere else.
"""

import base64
import binascii
import hashlib
import os
import re
from collections.abc import Callable, Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from command.kernel.errors import Unavailable
from command.kernel.sealed import SEALED, Unopened

KEY_OCTETS, NONCE_OCTETS = 32, 12


class Keyring:
    """The first key seals, every one opens what it sealed. `read` gives them as text, whenever they are needed: 64 hex
    digits each, with blanks or lines between; empty where there is none."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    def ids(self) -> tuple[str, ...]:
        """Which keys are here, the one that seals first. Raises Unavailable `secret.bad_key`."""
        return tuple(self._keys())

    def seal(self, column: str, row: str, secret: str) -> str:
        """The secret for `column` (`table.column`) of the row of that id; nothing stays nothing.

        Raises Unavailable `secret.no_key`, `secret.bad_key`.
        """
        if not secret:
            return ""
        name, key = next(iter(self._keys().items()), (None, b""))
        if name is None:
            raise Unavailable("secret.no_key")
        nonce = os.urandom(NONCE_OCTETS)
        octets = nonce + AESGCM(key).encrypt(nonce, secret.encode(), _place(name, column, row))
        return f"{SEALED}.{name}.{_text(octets)}"

    def open(self, column: str, row: str, sealed: str) -> str:
        """The secret that was sealed for that column of that row. Raises Unopened."""
        if not sealed:
            return ""
        name, octets = _parts(sealed)
        nonce, rest = octets[:NONCE_OCTETS], octets[NONCE_OCTETS:]
        try:
            return AESGCM(self._keys()[name]).decrypt(nonce, rest, _place(name, column, row)).decode()
        except (KeyError, ValueError, InvalidTag, Unavailable) as error:
            raise Unopened(column, row, name) from error

    def opens(self, column: str, row: str, sealed: str) -> bool:
        """Whether `open` would."""
        try:
            self.open(column, row, sealed)
        except Unopened:
            return False
        return True

    def _keys(self) -> Mapping[str, bytes]:
        return {_name(key): key for key in map(_key, self._read().split())}


def new_key() -> str:
    """A key as `Keyring` reads it."""
    return os.urandom(KEY_OCTETS).hex()


def key_of(sealed: str) -> str:
    """The id of the key that a value was sealed under, `?` where it is no sealed value."""
    return _parts(sealed)[0]


def _key(text: str) -> bytes:
    if re.fullmatch(rf"[0-9a-fA-F]{{{2 * KEY_OCTETS}}}", text) is None:
        raise Unavailable("secret.bad_key")
    return bytes.fromhex(text)


def _name(key: bytes) -> str:
    """Enough to tell a county's keys apart, and nothing to find one by."""
    return hashlib.sha256(b"fengsui key id\0" + key).hexdigest()[:8]


def _place(name: str, column: str, row: str) -> bytes:
    return "\0".join((SEALED, name, column, row)).encode()


def _parts(sealed: str) -> tuple[str, bytes]:
    found = re.fullmatch(rf"{SEALED}\.([0-9a-f]{{8}})\.([A-Za-z0-9_-]+)", sealed)
    if found is None:
        return "?", b""
    try:
        octets = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
    except binascii.Error:
        return found[1], b""
    # Base64 has bits to spare at its end: one value has one text.
    return found[1], octets if _text(octets) == found[2] else b""


def _text(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
