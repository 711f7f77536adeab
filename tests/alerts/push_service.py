"""A push service in these tests, with the browsers behind it: it checks who sends, they open what comes."""

import base64
import json
import time
from urllib.parse import urlsplit

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.alerts.receivers import Got, Receiver, Reply


def plain(text: str) -> bytes:
    """The octets of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def written(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


class SubscribedBrowser:
    """A browser's side of a subscription (RFC 8291 §2.1), written with the library's own key derivation."""

    def __init__(self, name: str) -> None:
        self.path = f"/push/{name}"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self.auth = bytes(range(16))
        self.public = self._key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        self.shown: list[dict[str, str]] = []

    def keys(self) -> dict[str, str]:
        return {"p256dh": written(self.public), "auth": written(self.auth)}

    def opened(self, body: bytes) -> bytes:
        """The message in a body of aes128gcm with one record."""
        salt, size, server = body[:16], body[20], body[21 : 21 + body[20]]
        secret = self._key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), server))
        info = b"WebPush: info\0" + self.public + server
        material = HKDF(SHA256(), 32, self.auth, info).derive(secret)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(material)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(material)
        padded = AESGCM(key).decrypt(nonce, body[21 + size :], None)
        message, mark, rest = padded.rpartition(b"\x02")
        assert (mark, rest.strip(b"\0")) == (b"\x02", b"")
        return message


class PushService:
    """Takes messages for its browsers; `statuses` answers for a path in another way."""

    def __init__(self, application_key: str, *browsers: SubscribedBrowser) -> None:
        self.browsers = {one.path: one for one in browsers}
        self.statuses: dict[str, int] = {}
        self.headers: list[dict[str, str]] = []
        self._application_key = application_key
        self._receiver = Receiver(self._answer)

    def endpoint(self, browser: SubscribedBrowser) -> str:
        return self._receiver.url(browser.path)

    def stop(self) -> None:
        self._receiver.stop()

    def _answer(self, got: Got) -> Reply:
        self.headers.append(got.headers)
        if (status := self.statuses.get(got.path)) is not None:
            return Reply(status)
        if not self._is_known(got):
            return Reply(403)
        if len(got.body) > 4096:
            return Reply(413)
        browser = self.browsers.get(got.path)
        if browser is None:
            return Reply(404)
        browser.shown.append(json.loads(browser.opened(got.body)))
        return Reply(201)

    def _is_known(self, got: Got) -> bool:
        """Whether the token is of the key that the browsers subscribed with, for us, and not over (RFC 8292 §4.2)."""
        scheme, _, rest = got.headers["authorization"].partition(" ")
        fields = dict(one.strip().split("=", 1) for one in rest.split(","))
        head, claims, signature = fields["t"].split(".")
        r, s = plain(signature)[:32], plain(signature)[32:]
        key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain(fields["k"]))
        try:
            pair = encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
            key.verify(pair, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
        except InvalidSignature:
            return False
        said = json.loads(plain(claims))
        origin = urlsplit(self._receiver.url("/"))
        ours = said["aud"] == f"{origin.scheme}://{origin.netloc}" and fields["k"] == self._application_key
        fresh = time.time() < said["exp"] < time.time() + 86_400
        return scheme == "vapid" and ours and fresh and said["sub"].startswith("mailto:")
