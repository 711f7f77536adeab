"""The exchange with the national platform over HTTP: files marked unverified, receipts, who may do what."""

import io
import zipfile
from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.alerts.test_cn_dialect import CODE, dialect
from tests.alerts.test_exchange import receipt
from tests.moves import moved
from tests.web.test_alerts import drafted

Clients = Callable[[str], TestClient]
API = "/api/v1"
NAMING = {"sender_code": CODE}


def issued(as_: Clients) -> str:
    """A red warning of the station, issued; its address."""
    station, reviewer = as_("station_issuer"), as_("reviewer")
    url = f"{API}/alerts/{drafted(station, kind='warning', colour='red', event='暴雨')['id']}"
    assert station.post(f"{url}/cn-dialect", json=NAMING).status_code == 404, "not issued yet"
    moved(station, url, "submit")
    moved(reviewer, url, "sign-off")
    people = station.get(f"{url}/preview").json()["people"]
    assert moved(station, url, "issue", {"people": people}).status_code == 200
    return url


def test_what_is_issued_is_exported_unverified(as_: Clients) -> None:
    url = issued(as_)
    duty = as_("duty")
    answer = duty.post(f"{url}/cn-dialect", json={**NAMING, "numbered": True})
    row: dict[str, Any] = answer.json()
    assert (answer.status_code, row["identifier"][:15], row["identifier"][-2:]) == (201, f"{CODE}_", "_0")
    name, address = row["identifier"], f"{API}/cn-dialect/{row['id']}"
    xml, archive = duty.get(f"{address}.xml"), duty.get(f"{address}.zip")
    assert f"{name}.unverified.xml" in xml.headers["Content-Disposition"]
    assert f"{name}.unverified.zip" in archive.headers["Content-Disposition"]
    assert [one.headers["X-Fengsui-Verified"] for one in (xml, archive)] == ["no", "no"]
    assert "unverified" in xml.text
    with zipfile.ZipFile(io.BytesIO(archive.content)) as opened:
        assert (opened.namelist(), opened.read(f"{name}.xml")) == ([f"{name}.xml"], xml.content)
        assert b"unverified" in opened.comment
    assert duty.get(url).json()["exports"] == [row]
    wrong = duty.post(f"{url}/cn-dialect", json={"sender_code": "532301"})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "cn_dialect.sender_code")
    assert as_("auditor").post(f"{url}/cn-dialect", json=NAMING).status_code == 403
    for stranger in (f"{address}.xml", f"{address}.zip", f"{API}/cn-dialect/nothing.xml"):
        assert as_("stranger_duty").get(stranger).status_code == 404
    taken = as_("issuer").post("/cap", content=archive.content).json()
    assert (taken["new"], taken["alert"]["colour"], taken["alert"]["not_acted_on"]) == (True, "red", [])
    assert "cap.dialect" in [one["code"] for one in taken["warnings"]]


def test_a_cookie_alone_exports_nothing(anonymous: TestClient, as_: Clients) -> None:
    """Another site's form carries the cookie too."""
    url = issued(as_)
    anonymous.cookies.set("fengsui", as_("duty").headers["Authorization"].removeprefix("Bearer "))
    assert anonymous.post(f"{url}/cn-dialect", json=NAMING).json()["code"] == "access.forged"
    assert anonymous.post(f"{url}/cn-dialect", json=NAMING, headers={"X-Fengsui": "1"}).status_code == 201


def test_receipts_both_ways(as_: Clients) -> None:
    url, issuer, duty = issued(as_), as_("issuer"), as_("duty")
    name = duty.post(f"{url}/cn-dialect", json=NAMING).json()["identifier"]
    answer = issuer.post("/cap", content=receipt(name, "Error", note="编码不对"))
    body = answer.json()
    assert (answer.status_code, body["accepted"], body["new"]) == (201, False, True)
    assert body["alert_id"] == url.rsplit("/", 1)[1]
    assert [one["note"] for one in duty.get(url).json()["receipts"]] == ["编码不对"]
    nobody = issuer.post("/cap", content=receipt(f"{CODE}_20200101000000", number=7)).json()
    assert (nobody["alert_id"], nobody["accepted"]) == (None, True)
    issuer.post("/cap", content=dialect("11000041600000_20261120140200"))
    (message, *_) = duty.get(f"{API}/cap-messages").json()["items"]
    place = f"{API}/cap-messages/{message['id']}"
    row = duty.post(f"{place}/receipt", json=NAMING).json()
    assert (row["msg_type"], duty.get(place).json()["exports"]) == ("Ack", [row])
    assert "unverified" in duty.get(f"{API}/cn-dialect/{row['id']}.xml").text
    assert as_("stranger_duty").get(f"{API}/cn-dialect/{row['id']}.xml").status_code == 404
    assert as_("wall").get(f"{API}/cn-dialect/{row['id']}.xml").status_code == 403
    (ours, *_) = [one for one in duty.get(f"{API}/cap-messages").json()["items"] if one["msg_type"] == "Error"]
    refused = duty.post(f"{API}/cap-messages/{ours['id']}/receipt", json=NAMING)
    assert (refused.status_code, refused.json()["code"]) == (409, "cn_dialect.no_receipt")
