"""Files of alerts over HTTP: attached, read by who may, given to everybody once issued, never a page of ours."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from tests.cap_sample import cap_message
from tests.moves import moved
from tests.web.test_alerts import drafted

Clients = Callable[[str], TestClient]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(64))
API = "/api/v1"


def kept(client: TestClient, content: bytes, name: str = "转移路线.png") -> dict[str, Any]:
    answer = client.post(f"{API}/alert-files", files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    file: dict[str, Any] = answer.json()
    return file


def test_attached_signed_off_issued_and_given_to_everybody(
    as_: Clients, anonymous: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer, reviewer = as_("issuer"), as_("reviewer")
    file = kept(issuer, PNG)
    assert (file["description"], file["media_type"], file["picture"]) == ("转移路线", "image/png", True)
    named = {"sha256": file["sha256"], "description": "走这条路"}
    alert = drafted(issuer, files=[named, named])
    url = f"{API}/alerts/{alert['id']}"
    assert [one["description"] for one in alert["files"]] == ["走这条路"]
    public = f"/cap/{alert['id']}/files/{file['sha256']}"
    moved(issuer, url, "submit")
    seen = reviewer.get(f"{url}/files/{file['sha256']}")
    assert (seen.content, seen.headers["content-type"]) == (PNG, "image/png")
    assert anonymous.get(public).status_code == 404, "nobody has issued it"
    moved(reviewer, url, "sign-off")
    people = issuer.get(f"{url}/preview").json()["people"]
    assert moved(issuer, url, "issue", {"people": people}).status_code == 200
    given = anonymous.get(public)
    assert given.content == PNG
    assert given.headers["content-disposition"].startswith("inline")
    assert given.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in given.headers["content-security-policy"]
    document = etree.fromstring(anonymous.get(f"/cap/{alert['id']}.xml").content)
    assert document.findtext(".//{*}resource/{*}uri") == f"http://127.0.0.1{public}"
    feed = etree.fromstring(anonymous.get("/cap/feed.atom").content)
    (enclosure,) = feed.findall(".//{*}link[@rel='enclosure']")
    assert (enclosure.get("href"), enclosure.get("type")) == (f"http://127.0.0.1{public}", "image/png")
    app: Any = anonymous.app
    known = app.state.settings.model_copy(update={"public_url": "https://warning.example.org/"})
    monkeypatch.setattr(app.state, "settings", known)
    feed = etree.fromstring(anonymous.get("/cap/feed.atom").content)
    addresses = [str(one.get("href")) for one in feed.findall(".//{*}link")]
    assert addresses
    assert all(one.startswith("https://warning.example.org/cap/") for one in addresses), "one address for all"
    kept_by_a_reader = {"If-None-Match": given.headers["etag"]}
    assert anonymous.get(public, headers=kept_by_a_reader).status_code == 304
    assert moved(issuer, url, "cancel", {"end": "withdrawn", "text": "误发"}).status_code == 200
    for asked in ({}, kept_by_a_reader):
        refused = anonymous.get(public, headers=asked)
        assert (refused.status_code, refused.json()["code"]) == (410, "alert.file_withdrawn")
    assert reviewer.get(f"{url}/files/{file['sha256']}").content == PNG, "who reads the alert reads what it had"


def test_what_is_wrong_is_said(as_: Clients) -> None:
    issuer = as_("issuer")
    for content, code in (
        (b"MZ\x00", "attachment.kind"),
        (b"", "attachment.empty"),
        (PNG + bytes(4 * 2**20), "attachment.too_large"),
    ):
        answer = issuer.post(f"{API}/alert-files", files={"file": ("a.exe", content)})
        assert answer.json()["code"] == code
    unknown = {"event": "山洪", "headline": "h", "area": {"divisions": ["532301109"]}, "files": [{"sha256": "0" * 64}]}
    assert issuer.post(f"{API}/alerts", json=unknown).json()["code"] == "alert.file_unknown"
    assert as_("keeper").post(f"{API}/alert-files", files={"file": ("a.png", PNG)}).status_code == 403


def test_a_strangers_page_is_saved_and_never_run(as_: Clients) -> None:
    page = b"<html><script>alert(1)</script></html>"
    brought = (
        "<resource><resourceDesc>rain.html</resourceDesc><mimeType>text/html</mimeType>"
        f"<derefUri>{b64encode(page).decode()}</derefUri></resource><area>"
    )
    received = as_("station_issuer").post("/cap", content=cap_message().replace(b"<area>", brought.encode(), 1)).json()
    (file,) = received["alert"]["files"]
    given = as_("duty").get(f"{API}/alerts/{received['alert_id']}/files/{file['sha256']}")
    assert given.content == page
    assert given.headers["content-disposition"].startswith("attachment")
    assert given.headers["content-type"].startswith("text/plain")
    assert given.headers["x-content-type-options"] == "nosniff"
