"""Who we are, told to a push service: VAPID (RFC 8292), a token signed with ES256 (RFC 7518 §3.4). Pure."""

import json
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from alerts.channels.push_encryption import octets_of
from alerts.channels.push_message import base64url, from_base64url

LIFE = timedelta(hours=12)
"""A service refuses tokens of more than 24 hours (RFC 8292 §2)."""


class Vapid:
    """Our key pair and whom a push service may write to."""

    def __init__(self, private: str, contact: str) -> None:
        """`private` is the key's number in base64url, `contact` `mailto:…` or `https:…`. Raises ValueError."""
        self._key = ec.derive_private_key(int.from_bytes(from_base64url(private), "big"), ec.SECP256R1())
        self._contact = contact

    @property
    def public_key(self) -> str:
        """What browsers subscribe with: the uncompressed point in base64url."""
        return base64url(octets_of(self._key.public_key()))

    def authorization(self, endpoint: str, now: datetime) -> str:
        """The header for a subscription's address."""
        split = urlsplit(endpoint)
        claims = {
            "aud": f"{split.scheme}://{split.netloc}",
            "exp": int((now + LIFE).timestamp()),
            "sub": self._contact,
        }
        return f"vapid t={self._token(claims)}, k={self.public_key}"

    def _token(self, claims: dict[str, object]) -> str:
        parts = [base64url(json.dumps(one).encode()) for one in ({"typ": "JWT", "alg": "ES256"}, claims)]
        said = ".".join(parts)
        r, s = decode_dss_signature(self._key.sign(said.encode(), ec.ECDSA(SHA256())))
        return f"{said}.{base64url(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"


def new_private() -> str:
    """The number of a new key."""
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64url(number.to_bytes(32, "big"))
