"""A signature proves who and that nothing changed, or it is said not to."""

import re
from datetime import timedelta

import pytest
from cryptography import x509

from alerts.cap.read import read
from alerts.cap.signature import Verdict, check_signatures, sign
from tests.alerts.messages import alert
from tests.alerts.signing import SIGNED_AT, key_and_certificate, nameless, signed_example


def certificate(name: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(key_and_certificate(name)[1])


def test_a_known_signer_is_valid() -> None:
    (report,) = check_signatures(signed_example(), [certificate("station")], SIGNED_AT)
    assert (report.verdict, report.signer) == (Verdict.VALID, "CN=station")


def test_an_unknown_signer_is_said_to_be_unknown() -> None:
    (report,) = check_signatures(signed_example(), [certificate("another")], SIGNED_AT)
    assert report.verdict is Verdict.UNKNOWN_SIGNER


def test_an_expired_certificate_is_not_trusted() -> None:
    (report,) = check_signatures(signed_example(), [certificate("station")], SIGNED_AT + timedelta(days=2))
    assert report.verdict is Verdict.UNKNOWN_SIGNER


@pytest.mark.parametrize(("authority", "verdict"), [(True, Verdict.VALID), (False, Verdict.UNKNOWN_SIGNER)])
def test_only_an_authority_speaks_for_others(authority: bool, verdict: Verdict) -> None:
    known = x509.load_pem_x509_certificate(key_and_certificate("bureau", authority=authority)[1])
    document = sign(alert().encode(), *key_and_certificate("station", "bureau", authority))
    (report,) = check_signatures(document, [known], SIGNED_AT)
    assert (report.verdict, report.signer) == (verdict, "CN=station")


def test_a_certificate_whose_name_is_no_text_names_nobody() -> None:
    body = b"".join(nameless().splitlines()[1:-1])
    document = re.sub(rb"(X509Certificate>)[^<]+", rb"\g<1>" + body, signed_example())
    (report,) = check_signatures(document, [certificate("station")], SIGNED_AT)
    assert report.verdict is not Verdict.VALID
    assert report.signer is None


def test_a_changed_letter_is_invalid() -> None:
    changed = signed_example().replace("暴雨".encode(), "大雨".encode(), 1)
    (report,) = check_signatures(changed, [certificate("station")], SIGNED_AT)
    assert report.verdict is Verdict.INVALID


def test_two_signatures_are_judged_apart() -> None:
    twice = sign_again(signed_example())
    first, second = check_signatures(twice, [certificate("station")], SIGNED_AT)
    assert {first.verdict, second.verdict} == {Verdict.VALID, Verdict.UNKNOWN_SIGNER}
    assert read(twice).signatures == 2


def sign_again(document: bytes) -> bytes:
    """The message with a second signature, made over the message alone."""
    other = sign(alert().encode(), *key_and_certificate("another")).decode()
    begin, end = other.index("<ds:Signature "), other.index("</alert>")
    return document.replace(b"</alert>", other[begin:end].encode() + b"</alert>")


def test_no_signature_no_report() -> None:
    assert check_signatures(alert().encode(), [], SIGNED_AT) == ()


def test_a_certificate_that_has_run_out_is_told_apart_from_one_nobody_trusts() -> None:
    for later, detail, code in (
        (timedelta(), "not in the trust store", "cap.signature_unknown_signer"),
        (timedelta(days=9), "the certificate is not in force", "cap.signature_not_in_force"),
    ):
        (report,) = check_signatures(signed_example(), [], SIGNED_AT + later)
        assert (report.verdict, report.detail, report.code) == (Verdict.UNKNOWN_SIGNER, detail, code)
