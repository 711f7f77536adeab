"""Signatures: what we issue proves that it is ours, what we receive says whose it is."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography import x509
from fastapi.testclient import TestClient

from alerts.cap.signature import Verdict, check_signatures
from tests.alerts.schema import assert_valid
from tests.alerts.signing import key_and_certificate, signed_example
from tests.moves import moved
from tests.web.test_alerts import drafted

Clients = Callable[[str], TestClient]


def issued_document(as_: Clients) -> tuple[str, bytes]:
    """An alert issued by two people, and its CAP document as anybody may fetch it."""
    issuer, reviewer = as_("issuer"), as_("reviewer")
    alert_id: str = drafted(issuer)["id"]
    url = f"/api/v1/alerts/{alert_id}"
    moved(issuer, url, "submit")
    moved(reviewer, url, "sign-off")
    people = issuer.get(f"{url}/preview").json()["people"]
    assert moved(issuer, url, "issue", {"people": people}).status_code == 200
    return alert_id, issuer.get(f"/cap/{alert_id}.xml").content


def verdicts(document: bytes, folder: Path) -> list[Verdict]:
    authority = x509.load_pem_x509_certificate((folder / "ca.pem").read_bytes())
    return [one.verdict for one in check_signatures(document, [authority], datetime.now(UTC))]


def test_what_we_issue_and_end_is_signed_by_our_authority(as_: Clients, tmp_path: Path) -> None:
    alert_id, document = issued_document(as_)
    assert verdicts(document, tmp_path) == [Verdict.VALID]
    assert verdicts(document.replace("立即".encode(), "不要".encode()), tmp_path) == [Verdict.INVALID]
    assert moved(as_("issuer"), f"/api/v1/alerts/{alert_id}", "cancel", {"end": "lifted", "text": "水退"}).is_success
    ended = as_("issuer").get(f"/cap/{alert_id}.xml").content
    assert b"<msgType>Cancel</msgType>" in ended
    assert verdicts(ended, tmp_path) == [Verdict.VALID]
    for published in (document, ended):
        assert_valid(published)
    assert (tmp_path / "cap.key").stat().st_mode & 0o777 == 0o600


def codes(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["warnings"]]


def test_a_stations_signature_is_believed_once_its_certificate_lies_in_the_trust_folder(
    as_: Clients, tmp_path: Path
) -> None:
    issuer = as_("issuer")
    assert "cap.signature_unknown_signer" in codes(issuer.post("/cap", content=signed_example()).json())
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "broken.pem").write_text("no certificate")
    (tmp_path / "trust" / "station.pem").write_bytes(key_and_certificate("station")[1])
    assert "cap.signature_valid" in codes(issuer.post("/cap", content=signed_example()).json())
