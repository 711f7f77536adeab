"""Digest access authentication for SIP (RFC 7616, RFC 8760): the answer to a 401 or 407."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

_PAIR = re.compile(r'(\w+)\s*=\s*(?:"([^"]{0,500})"|([^\s,"]{1,200}))')
_ALGORITHMS = {"MD5": "md5", "SHA-256": "sha256"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """A user of the gateway."""

    user: str
    password: str


def answer(challenge: str, credentials: Credentials, method: str, uri: str, cnonce: str) -> str | None:
    """The value of (Proxy-)Authorization for a challenge; None for one we cannot answer."""
    scheme, _, rest = challenge.strip().partition(" ")
    given = {name.lower(): quoted or plain for name, quoted, plain in _PAIR.findall(rest)}
    algorithm = given.get("algorithm", "MD5").upper()
    if scheme.lower() != "digest" or algorithm not in _ALGORITHMS or "nonce" not in given:
        return None
    qops = [one.strip() for one in given.get("qop", "").split(",")]
    if given.get("qop") and "auth" not in qops:
        return None
    fields = {
        "username": credentials.user,
        "realm": given.get("realm", ""),
        "nonce": given["nonce"],
        "uri": uri,
        "response": _response(given, credentials, method, uri, cnonce, algorithm),
        **({"opaque": given["opaque"]} if "opaque" in given else {}),
    }
    quoted = ", ".join(f'{name}="{value}"' for name, value in fields.items())
    counted = f', qop=auth, nc=00000001, cnonce="{cnonce}"' if given.get("qop") else ""
    return f"Digest {quoted}, algorithm={algorithm}{counted}"


def _response(
    given: Mapping[str, str], credentials: Credentials, method: str, uri: str, cnonce: str, algorithm: str
) -> str:
    def digest(text: str) -> str:
        return hashlib.new(_ALGORITHMS[algorithm], text.encode(), usedforsecurity=False).hexdigest()

    secret = digest(f"{credentials.user}:{given.get('realm', '')}:{credentials.password}")
    asked = digest(f"{method}:{uri}")
    counted = f":00000001:{cnonce}:auth" if given.get("qop") else ""
    return digest(f"{secret}:{given['nonce']}{counted}:{asked}")
