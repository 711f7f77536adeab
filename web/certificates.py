"""The built-in certificate authority: what a county needs so that its terminals trust its own server.

A data folder holds `ca.pem`, `server.pem` and `cap.pem` with their keys `ca.key`, `server.key` and `cap.key` (mode
0600) beside them. The server's and the CAP signer's are made again when they run out, when the names change, or when
the authority is another. The authority's are never replaced by themselves: every terminal would have to be visited
again.
"""

import datetime as dt
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from web.files import write_atomically

AUTHORITY_LIFE = dt.timedelta(days=3650)
# CA/Browser Forum baseline requirements 6.3.2: clients may refuse what is valid for more than 398 days.
SERVER_LIFE = dt.timedelta(days=397)
RENEW_BEFORE = dt.timedelta(days=60)
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")
# A terminal's clock may be behind ours.
_BACKDATED = dt.timedelta(days=1)

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class AuthorityBroken(Exception):
    """The authority's files do not belong together; a person must bring them back or remove them."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate in place: its files, the SHA-256 of its DER form in lower-case hex, and its end (UTC)."""

    certificate: Path
    key: Path
    sha256: str
    expires_at: dt.datetime


def ensure_authority(folder: Path, now: dt.datetime, name: str = "烽燧 Fengsui CA") -> Certificate:
    """The authority in the folder, made when there is none.

    Raises AuthorityBroken when only its certificate is left, or when certificate and key are of different pairs.
    """
    certificate, key = folder / "ca.pem", folder / "ca.key"
    if not key.exists():
        if certificate.exists():
            raise AuthorityBroken(f"{certificate} has lost its key {key}: restore both from a backup or remove it.")
        _write_key(key)
    if not certificate.exists():
        _write_certificate(certificate, _self_signed(_read_key(key), name, now))
    if not _belongs(_read_certificate(certificate), _read_key(key)):
        raise AuthorityBroken(f"{certificate} and {key} do not belong together: restore both from a backup.")
    return _described(certificate, key)


def ensure_server(folder: Path, names: Sequence[str], addresses: Sequence[str], now: dt.datetime) -> Certificate:
    """A certificate of the authority for exactly these host names and IP addresses, renewed when it is time.

    Needs `ensure_authority` before. Raises ValueError for no name at all and for what is not an address.
    """
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    return _ensure(folder, "server", _Purpose("Fengsui server", (usage, _alternative_names(names, addresses))), now)


def ensure_cap_signer(folder: Path, now: dt.datetime) -> Certificate:
    """A certificate of the authority for signing CAP messages (RFC 9336), renewed when it is time.

    Needs `ensure_authority` before.
    """
    usage = x509.ExtendedKeyUsage([_DOCUMENT_SIGNING])
    return _ensure(folder, "cap", _Purpose("烽燧 Fengsui CAP", (usage,)), now)


def read_certificates(pem: bytes) -> list[x509.Certificate]:
    """All certificates of a PEM file. Raises ValueError for what is none."""
    return x509.load_pem_x509_certificates(pem)


@dataclass(frozen=True, slots=True)
class _Purpose:
    """Whom a certificate names and what it may be used for."""

    name: str
    extensions: tuple[x509.ExtensionType, ...]


def _ensure(folder: Path, name: str, purpose: _Purpose, now: dt.datetime) -> Certificate:
    certificate, key = folder / f"{name}.pem", folder / f"{name}.key"
    authority = _read_certificate(folder / "ca.pem")
    if not _serves(certificate, key, authority, purpose, now):
        # The pair is made anew: a key is not kept longer than its certificate.
        certificate.unlink(missing_ok=True)
        _write_key(key)
        issued = _issued(_read_key(key), purpose, authority, _read_key(folder / "ca.key"), now)
        _write_certificate(certificate, issued)
    return _described(certificate, key)


def _alternative_names(names: Sequence[str], addresses: Sequence[str]) -> x509.SubjectAlternativeName:
    hosts: Iterable[str] = sorted({name.encode("idna").decode().lower() for name in names})
    hosts_by_number: Iterable[_Address] = sorted({ipaddress.ip_address(text) for text in addresses}, key=str)
    general = [*map(x509.DNSName, hosts), *map(x509.IPAddress, hosts_by_number)]
    if not general:
        raise ValueError("a server certificate needs a name or an address")
    return x509.SubjectAlternativeName(general)


def _serves(certificate: Path, key: Path, authority: x509.Certificate, purpose: _Purpose, now: dt.datetime) -> bool:
    """Whether the certificate in place still does."""
    if not (certificate.exists() and key.exists()):
        return False
    current = _read_certificate(certificate)
    stated = [one.value for one in current.extensions]
    return (
        current.not_valid_before_utc <= now < _renewal(current, authority)
        and all(one in stated for one in purpose.extensions)
        and _belongs(current, _read_key(key))
        and _is_issued_by(current, authority)
    )


def _renewal(current: x509.Certificate, authority: x509.Certificate) -> dt.datetime:
    # One that ends with its authority cannot be bettered by a new one.
    if current.not_valid_after_utc >= authority.not_valid_after_utc:
        return current.not_valid_after_utc
    return current.not_valid_after_utc - RENEW_BEFORE


def _is_issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (InvalidSignature, ValueError):
        return False
    return True


def _belongs(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bool:
    return certificate.public_key() == key.public_key()


def _self_signed(key: ec.EllipticCurvePrivateKey, name: str, now: dt.datetime) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    # An authority signs certificates and lists of revoked ones, nothing else.
    usage = _key_usage(sign_certificates=True)
    return (
        _builder(subject, subject, key, now, now - _BACKDATED + AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )


def _issued(
    key: ec.EllipticCurvePrivateKey,
    purpose: _Purpose,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
    now: dt.datetime,
) -> x509.Certificate:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, purpose.name)])
    end = min(now - _BACKDATED + SERVER_LIFE, authority.not_valid_after_utc)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key())
    builder = (
        _builder(subject, authority.subject, key, now, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(sign_certificates=False), critical=True)
    )
    for extension in (*purpose.extensions, identifier):
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(authority_key, hashes.SHA256())


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: dt.datetime, end: dt.datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _key_usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _write_key(path: Path) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    write_atomically(path, pem, mode=0o600)


def _read_key(path: Path) -> ec.EllipticCurvePrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise AuthorityBroken(f"{path} is not an elliptic-curve key.")
    return key


def _write_certificate(path: Path, certificate: x509.Certificate) -> None:
    write_atomically(path, certificate.public_bytes(serialization.Encoding.PEM))


def _read_certificate(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def _described(certificate: Path, key: Path) -> Certificate:
    content = _read_certificate(certificate)
    return Certificate(certificate, key, content.fingerprint(hashes.SHA256()).hex(), content.not_valid_after_utc)


def fingerprint_of(certificate: Path) -> str:
    """SHA-256 of the certificate's DER form in lower-case hex, to be compared by telephone."""
    return _read_certificate(certificate).fingerprint(hashes.SHA256()).hex()
