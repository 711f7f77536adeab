"""Secrets that this installation makes for itself, kept in its data folder (mode 0600)."""

import secrets

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from web.files import write_atomically
from web.settings import Settings


def loudspeaker_master(settings: Settings) -> bytes:
    """The key from which every loudspeaker's own is derived: the set one, else one made at the first start."""
    given = settings.loudspeaker_key.get_secret_value()
    if given:
        return given.encode()
    path = settings.data / "loudspeaker.key"
    if not path.exists():
        write_atomically(path, secrets.token_hex(32).encode(), 0o600)
    return path.read_bytes().strip()


def vapid_pem(settings: Settings) -> bytes:
    """The key by which push services know this installation, made at the first use: browsers subscribe to it."""
    path = settings.data / "vapid.key"
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        write_atomically(path, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()), 0o600)
    return path.read_bytes()
