"""Web Push messages sealed for one browser (RFC 8291) in one record of aes128gcm (RFC 8188). Pure but for `seal`."""

import hashlib
import hmac
import os
import struct

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from alerts.channels.push_message import AUTH, LONGEST, POINT, RECORD, SALT


def seal(message: bytes, public: bytes, auth: bytes) -> bytes:
    """The body for a browser with that key and secret. Raises ValueError: too long, or no point on the curve."""
    return sealed(message, public, auth, ec.generate_private_key(ec.SECP256R1()), os.urandom(SALT))


def sealed(message: bytes, public: bytes, auth: bytes, own: ec.EllipticCurvePrivateKey, salt: bytes) -> bytes:
    """`seal` with the key pair and salt of this one message (RFC 8291 §3.4)."""
    if len(message) > LONGEST:
        raise ValueError("too long")
    own_public = octets_of(own.public_key())
    secret = own.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public))
    key, nonce = keys_of(secret, auth, salt, public, own_public)
    record = AESGCM(key).encrypt(nonce, message + b"\x02", None)
    return salt + struct.pack("!IB", RECORD, len(own_public)) + own_public + record


def keys_of(secret: bytes, auth: bytes, salt: bytes, browser: bytes, server: bytes) -> tuple[bytes, bytes]:
    """Content encryption key and nonce from the shared secret of both key pairs (RFC 8291 §3.3, RFC 8188 §2.2)."""
    material = _derived(auth, secret, b"WebPush: info\0" + browser + server, 32)
    key = _derived(salt, material, b"Content-Encoding: aes128gcm\0", 16)
    return key, _derived(salt, material, b"Content-Encoding: nonce\0", 12)


def octets_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """A public key as an uncompressed point (SEC 1 §2.3.3). The library's own writer would load 3 MB of formats."""
    point = key.public_numbers()
    return b"\x04" + point.x.to_bytes(32, "big") + point.y.to_bytes(32, "big")


def check_keys(public: bytes, auth: bytes) -> None:
    """Raises ValueError where a browser's key is no point of the curve, or its secret has not 16 octets."""
    if len(public) != POINT or len(auth) != AUTH:
        raise ValueError("length")
    ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), public)


def _derived(salt: bytes, material: bytes, info: bytes, size: int) -> bytes:
    """HKDF with SHA-256 (RFC 5869), at most one block."""
    extracted = hmac.new(salt, material, hashlib.sha256).digest()
    return hmac.new(extracted, info + b"\x01", hashlib.sha256).digest()[:size]
