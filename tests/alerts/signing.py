"""A key and certificate made for one test run, and a message signed with them."""

from base64 import encodebytes
from datetime import UTC, datetime, timedelta
from functools import cache

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import NameOID

from alerts.cap.signature import sign
from tests.alerts.messages import alert

SIGNED_AT = datetime(2026, 11, 20, 6, 3, 11, tzinfo=UTC)


def key_and_certificate(
    name: str, issuer: str = "", authority: bool = False, at: datetime = SIGNED_AT
) -> tuple[bytes, bytes]:
    """PEM of a P-256 key and its certificate, in force a day before and after `at`: self-signed, or signed by that
    `authority`'s or that mere signer's key whom `issuer` names."""
    return _made(name, issuer, authority, at)


@cache
def _made(name: str, issuer: str, authority: bool, at: datetime) -> tuple[bytes, bytes]:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer_key = load_pem_private_key(_made(issuer, "", authority, at)[0], None) if issuer else key
    assert isinstance(issuer_key, ec.EllipticCurvePrivateKey)
    builder = (
        x509.CertificateBuilder()
        .subject_name(_named(name))
        .issuer_name(_named(issuer or name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
    )
    if authority and not issuer:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    certificate = builder.sign(issuer_key, hashes.SHA256())
    key_pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return key_pem, certificate.public_bytes(serialization.Encoding.PEM)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def nameless(name: str = "station") -> bytes:
    """The certificate in PEM, with a subject that is no text."""
    der = x509.load_pem_x509_certificate(key_and_certificate(name)[1]).public_bytes(serialization.Encoding.DER)
    body = encodebytes(der.replace(name.encode(), b"\xff" * len(name)))
    return b"-----BEGIN CERTIFICATE-----\n" + body + b"-----END CERTIFICATE-----\n"


def signed_example(name: str = "station") -> bytes:
    return sign(alert().encode(), *key_and_certificate(name))
