"""Secrets that this installation makes for itself, kept in its data folder (mode 0600)."""

import secrets

from alerts.channels.push_vapid import new_private
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


def vapid_private(settings: Settings) -> str:
    """The key by which push services know this installation, made at the first use: browsers subscribe to it."""
    path = settings.data / "vapid.key"
    if not path.exists():
        write_atomically(path, new_private().encode(), 0o600)
    return path.read_text().strip()
