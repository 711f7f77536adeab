"""Whose signatures on CAP messages this server makes, and whose it believes."""

import logging
import threading
from collections.abc import Iterator

from cryptography import x509
from fastapi import Request

from alerts.cap.signature import sign
from web.certificates import ensure_authority, ensure_cap_signer, read_certificates
from web.wiring import Core

TRUST = "trust"
_log = logging.getLogger(__name__)


class CapKeys:
    """The keys of a data folder: `cap.pem` and `cap.key` sign; `ca.pem` and every PEM file in `trust/` are believed.

    Files are read when they are needed, so that what an administrator lays into `trust/` counts at once.
    """

    def __init__(self, core: Core) -> None:
        self._folder, self._clock = core.settings.data, core.clock
        self._making = threading.Lock()

    def sign(self, document: bytes) -> bytes:
        """A CAP document with our enveloped signature."""
        now = self._clock.now()
        with self._making:
            ensure_authority(self._folder, now)
            signer = ensure_cap_signer(self._folder, now)
        return sign(document, signer.key.read_bytes(), signer.certificate.read_bytes())

    def trusted(self) -> list[x509.Certificate]:
        """Signers, and authorities that directly issue them. A file that holds none is named in the log: a warning
        must not be lost for it."""
        return [one for certificates in self._stores() for one in certificates]

    def _stores(self) -> Iterator[list[x509.Certificate]]:
        # Where TLS ends elsewhere there is no authority of our own.
        own = [file for file in [self._folder / "ca.pem"] if file.exists()]
        for file in (*own, *sorted((self._folder / TRUST).glob("*.pem"))):
            try:
                yield read_certificates(file.read_bytes())
            except (OSError, ValueError) as fault:
                _log.warning("no certificate in %s: %s", file.name, fault)


def cap_keys_of(request: Request) -> CapKeys:
    """The keys the application was built with."""
    keys: CapKeys = request.app.state.cap_keys
    return keys
