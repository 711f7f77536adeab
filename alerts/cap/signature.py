"""Enveloped XML signatures of CAP messages: what they prove is reported, never assumed, and signing our own."""

from collections.abc import Iterable, Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from lxml import etree
from signxml.algorithms import DigestAlgorithm, SignatureMethod
from signxml.signer import XMLSigner
from signxml.verifier import SignatureConfiguration, XMLVerifier

from alerts.cap.children import SIGNATURE
from alerts.cap.xml import parse

MAX_SIGNATURES = 2
"""A station's and, where it comes through one, a platform's: each more costs as much as all the rest of reading."""
BOTH_WAYS_OCTETS = 65_536
"""A larger message with several signatures is held against each as if it stood alone: reading one may cost no more."""

_CONFIGURATION = SignatureConfiguration(
    require_x509=False,
    location="./",
    expect_references=1,
    signature_methods=frozenset(m for m in SignatureMethod if m.name.startswith(("RSA_", "ECDSA_"))),
    digest_algorithms=frozenset(DigestAlgorithm),
    ignore_ambiguous_key_info=True,
)
_CERTIFICATE = f"{SIGNATURE[:-9]}KeyInfo/{SIGNATURE[:-9]}X509Data/{SIGNATURE[:-9]}X509Certificate"


NOT_IN_FORCE = "the certificate is not in force"


class Verdict(StrEnum):
    """`valid`: unchanged and signed by somebody in the trust store; `unknown_signer`: unchanged, but
    anybody may have signed it; `invalid`: changed, or signed in a way that cannot be checked."""

    VALID = "valid"
    INVALID = "invalid"
    UNKNOWN_SIGNER = "unknown_signer"


@dataclass(frozen=True, slots=True)
class SignatureReport:
    verdict: Verdict
    signer: str | None
    detail: str

    @property
    def code(self) -> str:
        """Of what it says of the message, for whoever reads that: a certificate out of force is not a stranger's."""
        what = "not_in_force" if self.detail == NOT_IN_FORCE else self.verdict.value
        return f"cap.signature_{what}"

    def public(self) -> dict[str, str | None]:
        return {"verdict": self.verdict.value, "signer": self.signer, "detail": self.detail}


def check_signatures(data: bytes, trusted: Sequence[x509.Certificate], at: datetime) -> tuple[SignatureReport, ...]:
    """A report for each of the first two signatures of an accepted message, in document order.

    `trusted` holds signers' certificates and authorities that directly issue them. Both must be in force at the time
    `at`; only what says of itself that it is an authority (RFC 5280 §4.2.1.9) speaks for others, or one station's key
    could make a certificate in another's name.
    """
    root = parse(data, verbatim=True)
    count = len(_signatures(root))
    ways = (True, False) if count > 1 and len(data) <= BOTH_WAYS_OCTETS else (True,)
    return tuple(_report(root, number, ways, trusted, at) for number in range(min(count, MAX_SIGNATURES)))


def sign(document: bytes, key_pem: bytes, certificate_pem: bytes) -> bytes:
    """`document` with an enveloped signature (RSA or ECDSA with SHA-256, exclusive canonical XML)."""
    key = load_pem_private_key(key_pem, password=None)
    ecdsa = isinstance(key, EllipticCurvePrivateKey)
    signer = XMLSigner(
        signature_algorithm=SignatureMethod.ECDSA_SHA256 if ecdsa else SignatureMethod.RSA_SHA256,
        c14n_algorithm="http://www.w3.org/2001/10/xml-exc-c14n#",
    )
    signed = signer.sign(parse(document, verbatim=True), key=key_pem, cert=certificate_pem.decode("ascii"))
    return etree.tostring(signed, xml_declaration=True, encoding="UTF-8")


def _signatures(root: etree._Element) -> list[etree._Element]:
    return root.findall(SIGNATURE)


def _report(
    root: etree._Element, number: int, ways: tuple[bool, ...], trusted: Sequence[x509.Certificate], at: datetime
) -> SignatureReport:
    """One signature; others may have been added after it or been there before it, so both `ways` may be tried."""
    certificate = _certificate(_signatures(root)[number])
    signer = _name(certificate) if certificate else None
    fault = ""
    for alone in ways:
        fault = _fault(_with_first(root, number, alone), certificate)
        if not fault:
            known = certificate is not None and _is_trusted(certificate, trusted, at)
            detail = "" if known else _doubt(certificate, at)
            return SignatureReport(Verdict.VALID if known else Verdict.UNKNOWN_SIGNER, signer, detail)
    return SignatureReport(Verdict.INVALID, signer, fault)


def _doubt(certificate: x509.Certificate | None, at: datetime) -> str:
    """Why a signature that holds is not believed."""
    if certificate is None:
        return "a bare key names nobody"
    return "not in the trust store" if _in_force(certificate, at) else NOT_IN_FORCE


def _with_first(message: etree._Element, number: int, alone: bool) -> etree._Element:
    """The message with signature `number` as the first one found, the others removed if `alone`."""
    root = deepcopy(message)
    signatures = _signatures(root)
    for place, signature in enumerate(signatures):
        if place != number and (alone or place < number):
            _remove(signature)
    return root


def _remove(element: etree._Element) -> None:
    """Remove an element and keep the text after it, which belongs to its parent."""
    parent, before = element.getparent(), element.getprevious()
    if parent is None:
        return
    if before is not None:
        before.tail = (before.tail or "") + (element.tail or "")
    parent.remove(element)


def _fault(root: etree._Element, certificate: x509.Certificate | None) -> str:
    """Why the first signature of `root` does not hold; empty where it does."""
    configuration, options = _CONFIGURATION, dict[str, Any]()
    if certificate is not None:
        # Whether the certificate is in force is a question of trust, asked apart from whether the text was changed.
        configuration = replace(_CONFIGURATION, verification_time=certificate.not_valid_before_utc)
        options = {"x509_cert": certificate}
    try:
        result: Any = XMLVerifier().verify(root, expect_config=configuration, validate_schema=False, **options)
    except Exception as error:  # noqa: BLE001 (a library walks hostile input: whatever it raises, nothing is proved)
        return f"{type(error).__name__}: {str(error)[:120]}".strip(": ")
    return "" if _covers_message(result.signed_xml) else "the signature covers another element"


def _covers_message(signed: etree._Element | None) -> bool:
    return signed is not None and etree.QName(signed).localname == "alert"


def _certificate(signature: etree._Element) -> x509.Certificate | None:
    element = signature.find(_CERTIFICATE)
    if element is None:
        return None
    body = "".join((element.text or "").split())
    try:
        return x509.load_pem_x509_certificate(
            f"-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n".encode()
        )
    except ValueError:
        return None


def _name(certificate: x509.Certificate) -> str | None:
    try:
        return certificate.subject.rfc4514_string()
    except ValueError:  # it is parsed only now, and is no text
        return None


def _is_trusted(certificate: x509.Certificate, trusted: Iterable[x509.Certificate], at: datetime) -> bool:
    if not _in_force(certificate, at):
        return False
    return any(certificate == known or _speaks_for(known, certificate, at) for known in trusted)


def _speaks_for(authority: x509.Certificate, certificate: x509.Certificate, at: datetime) -> bool:
    return _in_force(authority, at) and _is_authority(authority) and _issued_by(certificate, authority)


def _in_force(certificate: x509.Certificate, at: datetime) -> bool:
    return certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _is_authority(certificate: x509.Certificate) -> bool:
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, ValueError):
        return False


def _issued_by(certificate: x509.Certificate, authority: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature):
        return False
    return True
