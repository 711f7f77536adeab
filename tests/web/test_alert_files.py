"""Files of alerts over HTTP: attached, read by who may, given to everybody once issued, never a page of ours."""

import os
from base64 import b64encode
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree

from command.kernel.attachments import AttachmentStore
from tests.alerts.schema import assert_valid
from tests.alerts.sounds import sound
from tests.cap_sample import cap_message
from tests.moves import moved
from tests.web.test_alerts import drafted
from tests.web.test_incidents import logged
from web.unnamed_files import AGE, sweep_unnamed
from web.wiring import Core

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
    message = anonymous.get(f"/cap/{alert['id']}.xml").content
    assert_valid(message)
    document = etree.fromstring(message)
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


def test_a_recorded_message_is_kept_played_and_named_to_calls(as_: Clients) -> None:
    issuer, reviewer = as_("issuer"), as_("reviewer")
    file = kept(issuer, sound(2, "webm", "libopus"), "录音.webm")
    assert (file["description"], file["media_type"], file["picture"]) == ("录音", "audio/mpeg", False)
    assert 2 <= file["seconds"] < 2.5
    named = {"sha256": file["sha256"], "description": "录音", "called": True}
    alert = drafted(issuer, files=[named])
    assert [(one["seconds"], one["called"]) for one in alert["files"]] == [(file["seconds"], True)]
    given = reviewer.get(f"{API}/alerts/{alert['id']}/files/{file['sha256']}")
    assert (given.headers["content-type"], len(given.content)) == ("audio/mpeg", file["size"])
    silent = issuer.post(f"{API}/alert-files", files={"file": ("a.wav", sound(1, level=2))})
    assert (silent.status_code, silent.json()["code"]) == (422, "recording.silent")


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


def test_what_nothing_names_is_deleted_and_nothing_else(as_: Clients, core: Core) -> None:
    """Not what a draft names, or an alert of any state, an incident, or an entry that remembers a former draft."""
    issuer, duty = as_("issuer"), as_("duty")
    store = AttachmentStore(core.settings.data / "attachments")

    def handed_in(number: int) -> str:
        return str(kept(issuer, PNG + bytes([number]))["sha256"])

    drafts, once, dropped, left, young, held, mine = (handed_in(number) for number in range(7))
    drafted(issuer, files=[{"sha256": drafts}])
    alert = drafted(issuer, files=[{"sha256": once}])
    changed = issuer.patch(
        f"{API}/alerts/{alert['id']}", json={"files": []}, headers={"If-Match": f'"{alert["version"]}"'}
    )
    assert changed.json()["files"] == []
    moved(issuer, f"{API}/alerts/{drafted(issuer, files=[{'sha256': dropped}])['id']}", "drop")
    incident = logged(duty)["id"]
    answer = duty.post(f"{API}/incidents/{incident}/attachments", files={"file": ("a.png", PNG + bytes([6]))})
    assert answer.json()["sha256"] == mine
    now = datetime.now(UTC)
    for name in (drafts, once, dropped, left, held, mine):
        os.utime(store.path(name), times=((now - 2 * AGE).timestamp(),) * 2)
    assert store.hold(held) is not None
    half = store.folder / f".{left}.0a1b2c3d"
    half.write_bytes(PNG)
    os.utime(half, times=((now - 2 * AGE).timestamp(),) * 2)
    assert sweep_unnamed(core.db, store, now, set()) == 1
    assert {one.name for one in store.folder.iterdir()} == {drafts, once, dropped, young, held, mine}


def test_a_sweep_that_was_cut_short_or_overtaken_takes_nothing(tmp_path: Path) -> None:
    store, now = AttachmentStore(tmp_path), datetime.now(UTC)
    name = store.keep(PNG).sha256
    assert not store.remove(name, now - AGE), "somebody held it after it was found old"
    assert store.find(name) == PNG
    store.path(name).rename(tmp_path / f"{name}.away")
    assert store.older(now - AGE) == set()
    assert store.find(name) == PNG, "a sweep that was killed had put it out of reach"


def test_a_received_alerts_pictures_are_adopted_with_it(as_: Clients) -> None:
    brought = (
        "<resource><resourceDesc>雨量图</resourceDesc><mimeType>image/png</mimeType>"
        f"<derefUri>{b64encode(PNG).decode()}</derefUri></resource><resource><resourceDesc>录音</resourceDesc>"
        f"<mimeType>audio/wav</mimeType><derefUri>{b64encode(sound(1)).decode()}</derefUri></resource><area>"
    )
    received = as_("station_issuer").post("/cap", content=cap_message().replace(b"<area>", brought.encode(), 1)).json()
    answer = as_("issuer").post(f"{API}/alerts/{received['alert_id']}/adopt")
    assert answer.status_code == 201, answer.text
    (file,) = answer.json()["files"]
    assert (file["description"], file["media_type"]) == ("雨量图", "image/png")
    given = as_("reviewer").get(f"{API}/alerts/{answer.json()['id']}/files/{file['sha256']}")
    assert given.content == PNG
