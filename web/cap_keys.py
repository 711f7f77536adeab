"""Whose signatures on CAP messages this server makes, and whose it believes."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from fastapi import Request

from alerts.cap.signature import sign
from web.certificates import ensure_authority, ensure_cap_signer, read_certificates
from web.wiring import Core

OWN, TRUST = "ca.pem", "trust"
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Trusted:
    """A certificate of the store, its names as RFC 4514 writes them."""

    certificate: x509.Certificate
    subject: str
    issuer: str


@dataclass(frozen=True, slots=True)
class TrustFile:
    """A file by its path in the data folder. `fault` says why it holds no certificate for us: `name` does not end in
    `.pem`, `unopened` by the system, `no_certificate` in it that could be read."""

    name: str
    certificates: tuple[Trusted, ...] = ()
    fault: str = ""


class CapKeys:
    """The keys of a data folder: `cap.pem` and `cap.key` sign; `ca.pem` and every PEM file in `trust/` are believed.

    Files are read when they are needed, so that what an administrator lays into `trust/` counts at once.
    """

    def __init__(self, core: Core) -> None:
        self._folder, self._clock = core.settings.data, core.clock
        self._making = threading.Lock()

    @property
    def folder(self) -> Path:
        """Where files of the trust store are laid."""
        return self._folder / TRUST

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
        found: list[x509.Certificate] = []
        for file in self.files():
            if file.fault:
                _log.warning("no certificate in %s: %s", file.name, file.fault)
            found += [one.certificate for one in file.certificates]
        return found

    def files(self) -> Iterator[TrustFile]:
        """The store as it is now, our own authority first; also every file in `trust/` that counts for nothing."""
        # Where TLS ends elsewhere there is no authority of our own.
        if (self._folder / OWN).exists():
            yield _read(self._folder / OWN, OWN)
        try:
            files = sorted(self.folder.iterdir()) if self.folder.exists() else []
        except OSError:
            yield TrustFile(TRUST, fault="unopened")
            return
        for file in files:
            name = f"{TRUST}/{file.name}"
            yield _read(file, name) if name.endswith(".pem") else TrustFile(name, fault="name")


def _read(file: Path, name: str) -> TrustFile:
    try:
        certificates = read_certificates(file.read_bytes())
        return TrustFile(name, tuple(Trusted(one, *map(_text, (one.subject, one.issuer))) for one in certificates))
    except OSError:
        return TrustFile(name, fault="unopened")
    except ValueError:
        # Names are parsed when they are asked for: one that cannot be is found here, and not as a message is checked.
        return TrustFile(name, fault="no_certificate")


def _text(name: x509.Name) -> str:
    return name.rfc4514_string()


def cap_keys_of(request: Request) -> CapKeys:
    """The keys the application was built with."""
    keys: CapKeys = request.app.state.cap_keys
    return keys
