"""Warnings over HTTP: two people to issue, the number typed, received messages immutable."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given
from hypothesis import strategies as st

from alerts.cap.geometry import cap_area
from alerts.cap.message import Info, Message
from alerts.cap.read import read
from alerts.cap.write import write
from tests.cap_sample import cap_message
from tests.moves import moved
from tests.web.obliged import responsible_post
from tests.web.world import World
from web.api.alert_forms import DraftForm
from web.edge import UNNAMED_SINCE

Clients = Callable[[str], TestClient]
CAP_FILES = Path(__file__).parents[3] / "shared" / "data" / "cap"
DRAFT = {
    "event": "山洪",
    "kind": "evacuation",
    "headline": "西舍路镇转移指令",
    "description": "河水上涨",
    "instruction": "立即转移到高处",
    "area": {"divisions": ["532301109"]},
}


def drafted(client: TestClient, **more: object) -> dict[str, Any]:
    expires = (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    answer = client.post("/api/v1/alerts", json={**DRAFT, "expires_at": expires, **more})
    assert answer.status_code == 201, answer.text
    alert: dict[str, Any] = answer.json()
    return alert


@given(st.text(st.characters(), max_size=60), st.text(st.characters(), max_size=60))
@example("防范\x0b山洪\x00\ufffe", "\ud800")
def test_any_text_that_a_form_takes_can_be_issued(headline: str, place: str) -> None:
    """From a page to a message and back: what is no character is gone, all else is as it was written."""
    form = DraftForm.model_validate({**DRAFT, "headline": headline, "area": {"description": f"在{place}"}})
    areas = (cap_area(form.area.description or "", (), None),)
    info = Info("山洪", ("Met",), "Immediate", "Severe", "Likely", headline=form.headline, areas=areas)
    sent = Message("a", "b", datetime(2026, 11, 20, tzinfo=UTC), "Actual", "Alert", "Public", infos=(info,))
    found = read(write(sent)).message.infos[0]
    assert found.headline == (form.headline.strip() or None)
    assert found.areas[0].description == (form.area.description or "").strip()
    assert [one for one in form.headline if one.isprintable()] == [one for one in headline if one.isprintable()]


def test_what_came_along_when_somebody_pasted_holds_up_no_warning(as_: Clients) -> None:
    issuer, reviewer = as_("issuer"), as_("reviewer")
    alert = drafted(issuer, headline="防范\x0b山洪\x00", instruction="一\x0c二\ufffe")
    assert (alert["headline"], alert["instruction"]) == ("防范\n山洪", "一\n二")
    url = f"/api/v1/alerts/{alert['id']}"
    moved(issuer, url, "submit")
    assert moved(reviewer, url, "sign-off").status_code == 200
    people = issuer.get(f"{url}/preview").json()["people"]
    assert moved(issuer, url, "issue", {"people": people}).json()["status"] == "issued"


def test_draft_return_sign_off_issue_acknowledge(as_: Clients) -> None:
    issuer, reviewer = as_("issuer"), as_("reviewer")
    alert = drafted(issuer)
    url = f"/api/v1/alerts/{alert['id']}"
    preview = issuer.get(f"{url}/preview").json()
    assert [unit["name"] for unit in preview["units"]] == ["西舍路镇"]
    moved(issuer, url, "submit")
    assert moved(reviewer, url, "return", {"reason": "写明去处"}).json()["status"] == "returned"
    version = issuer.get(url).headers["ETag"]
    changed = issuer.patch(url, json={"instruction": "转移到中心小学"}, headers={"If-Match": version})
    assert changed.json()["status"] == "draft"
    moved(issuer, url, "submit")
    assert moved(issuer, url, "sign-off").status_code == 403
    assert moved(reviewer, url, "sign-off").json()["status"] == "signed_off"
    wrong = moved(issuer, url, "issue", {"people": preview["people"] + 1})
    assert wrong.json()["code"] == "alert.people_differ"
    assert moved(issuer, url, "issue", {"people": preview["people"]}).json()["status"] == "issued"
    assert as_("south_operator").post(f"{url}/acknowledge").status_code == 200
    answered = as_("duty").get(f"{url}/deliveries?state=answered").json()["items"]
    assert [one["name"] for one in answered] == ["south_operator"]
    board = as_("wall").get("/api/v1/board").json()
    assert board["alerts"][alert["id"]]["status"] == "issued"
    table = as_("duty").get(f"{url}/deliveries.csv")
    assert table.headers["content-disposition"].startswith("attachment")
    lines = table.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("类别,渠道,乡镇")
    (line,) = (one for one in lines if "south_operator" in one)
    assert "已应答" in line
    english = as_("wall").get(f"{url}/deliveries.csv", headers={"Accept-Language": "en"}).content.decode("utf-8-sig")
    assert english.startswith("Kind,Channel,Township")
    assert ("answered" in english, "south_operator" in english) == (True, False), "who may not see people sees no names"


def test_what_is_signed_off_is_what_was_read(as_: Clients) -> None:
    issuer, reviewer = as_("issuer"), as_("reviewer")
    url = f"/api/v1/alerts/{drafted(issuer)['id']}"
    moved(issuer, url, "submit")
    read = {"If-Match": reviewer.get(url).headers["ETag"]}
    moved(reviewer, url, "return", {"reason": "写明去处"})
    seen = {"If-Match": issuer.get(url).headers["ETag"]}
    issuer.patch(url, json={"headline": "全市转移", "area": {"divisions": ["532301"]}}, headers=seen)
    moved(issuer, url, "submit")
    for move, said in (("sign-off", {}), ("return", {"reason": "改"})):
        stale = reviewer.post(f"{url}/{move}", json=said, headers=read)
        assert (stale.status_code, stale.json()["code"]) == (412, "version.stale"), move
    assert issuer.get(url).json()["status"] == "submitted"
    others: dict[str, dict[str, object]] = {
        "submit": {},
        "issue": {"people": 1},
        "cancel": {"end": "lifted", "text": ""},
    }
    for move, body in others.items():
        assert issuer.post(f"{url}/{move}", json=body, headers={"If-Match": "x"}).status_code == 400, move


def test_a_script_that_names_no_version_is_told_that_it_should(as_: Clients) -> None:
    issuer = as_("issuer")
    url = f"/api/v1/alerts/{drafted(issuer)['id']}"
    assert "Deprecation" not in moved(issuer, url, "submit").headers
    bare = as_("reviewer").post(f"{url}/sign-off", json={})
    assert (bare.status_code, bare.headers["Deprecation"]) == (200, UNNAMED_SINCE)


def test_who_comes_second_reads_words(as_: Clients) -> None:
    issuer, reviewer = as_("issuer"), as_("reviewer")
    url = f"/api/v1/alerts/{drafted(issuer)['id']}"
    moved(issuer, url, "submit")
    moved(reviewer, url, "sign-off")
    for language, words in (
        ("zh", "这份预警现在“已签发，待发布”，不能再这样做"),
        ("en", "Not possible: it is “signed off” by now"),
    ):
        headers = {"If-Match": reviewer.get(url).headers["ETag"], "Accept-Language": language}
        late = reviewer.post(f"{url}/sign-off", json={}, headers=headers)
        assert (late.status_code, late.json()["code"]) == (409, "alert.move_impossible")
        assert late.json()["detail"] == words


def test_an_incident_that_does_not_exist_is_not_taken(as_: Clients) -> None:
    issuer = as_("issuer")
    alert = drafted(issuer)
    body = {**DRAFT, "expires_at": alert["expires_at"], "incident": "01990000-0000-7000-8000-000000000000"}
    for answer in (
        issuer.post("/api/v1/alerts", json=body),
        issuer.post("/api/v1/alerts/preview", json=body),
        issuer.patch(f"/api/v1/alerts/{alert['id']}", json=body, headers={"If-Match": '"1"'}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "incident.unknown")


def test_a_county_cannot_warn_of_weather(as_: Clients) -> None:
    warning = {**DRAFT, "kind": "warning", "colour": "red", "expires_at": "2036-01-01T00:00:00Z"}
    assert as_("issuer").post("/api/v1/alerts", json=warning).json()["code"] == "alert.no_authority"


def test_unknown_fields_and_naive_times_are_named(as_: Clients) -> None:
    issuer = as_("issuer")
    assert issuer.post("/api/v1/alerts", json={**DRAFT, "color": "red"}).json()["code"] == "request.unknown_field"
    naive = issuer.post("/api/v1/alerts", json={**DRAFT, "expires_at": "2036-01-01T00:00:00"}).json()
    assert naive["errors"][0]["code"] == "request.time_without_offset"


def test_a_received_message_is_shown_adopted_and_never_changed(as_: Clients, world: World) -> None:
    issuer = as_("issuer")
    data = cap_message()
    answer = issuer.post("/cap", content=data, headers={"Content-Type": "application/cap+xml"})
    assert answer.status_code == 201, answer.text
    body = answer.json()
    assert body["areas"][0]["geometry"]["type"] in {"Polygon", "MultiPolygon"}
    url = f"/api/v1/alerts/{body['alert_id']}"
    assert as_("wall").get("/api/v1/board").json()["alerts"][body["alert_id"]]["origin"] == "received"
    changed = issuer.patch(url, json={"headline": "x"}, headers={"If-Match": '"1"'})
    assert changed.json()["code"] == "alert.received_immutable"
    assert issuer.post(f"{url}/adopt").json()["adopted_from"] == body["alert_id"]


def test_a_doctype_is_refused(as_: Clients) -> None:
    answer = as_("issuer").post("/cap", content=b'<!DOCTYPE a [<!ENTITY b "c">]><alert>&b;</alert>')
    assert answer.status_code == 422
    assert answer.json()["code"] == "xml.doctype"


@pytest.mark.skipif(not CAP_FILES.is_dir(), reason="the collected messages are not beside the project")
def test_every_collected_message_is_answered(as_: Clients) -> None:
    issuer = as_("issuer")
    refused = {"invalid_xmlns.cap": "cap.namespace", "invalid.cap": "cap.missing", "xee.cap": "xml.doctype"}
    for path in sorted((*CAP_FILES.glob("*.cap"), *CAP_FILES.glob("*.xml"))):
        answer = issuer.post("/cap", content=path.read_bytes())
        if path.name in refused:
            assert answer.json()["code"] == refused[path.name], path.name
        elif path.name == "noaa_errors.cap":
            assert answer.status_code == 422
        else:
            assert answer.status_code == 201, (path.name, answer.text)


def test_a_departments_account_is_told_the_places_it_may_alert(as_: Clients) -> None:
    """Its board has no townships."""
    station = as_("station_issuer")
    assert "township" not in {unit["kind"] for unit in station.get("/api/v1/board").json()["units"].values()}
    places = station.get("/api/v1/audience/places").json()["items"]
    assert {"code": "532301109", "name": "西舍路镇", "kind": "township"} in places
    assert places[0]["kind"] == "county"
    body = {**DRAFT, "kind": "notice", "expires_at": "2036-01-01T00:00:00Z"}
    (row,) = station.post("/api/v1/alerts/preview", json=body).json()["units"]
    assert (row["name"], row["kind"]) == ("西舍路镇", "township")
    assert as_("keeper").get("/api/v1/audience/places").status_code == 403


def test_titles_of_posts_are_offered_counted_and_kept(as_: Clients, world: World) -> None:
    for unit in ("north", "south"):
        responsible_post(as_, world, unit)
    issuer = as_("issuer")
    (offered,) = issuer.get("/api/v1/audience/titles").json()["items"]
    assert offered["posts"] == 2
    assert as_("keeper").get("/api/v1/audience/titles").status_code == 403
    sms = {**DRAFT, "channels": ["sms"], "expires_at": "2036-01-01T00:00:00Z"}
    alone = issuer.post("/api/v1/alerts/preview", json=sms).json()
    both = issuer.post("/api/v1/alerts/preview", json={**sms, "titles": [offered["title"]]}).json()
    assert (alone["people"], both["people"]) == (2, 4)
    kept = drafted(issuer, titles=[offered["title"], offered["title"]])
    assert kept["titles"] == [offered["title"]]
    changed = issuer.patch(f"/api/v1/alerts/{kept['id']}", json={"titles": []}, headers={"If-Match": '"1"'})
    assert changed.json()["titles"] == []
    assert issuer.post("/api/v1/alerts", json={**sms, "titles": [""]}).json()["code"] == "request.invalid"


def test_a_shape_is_asked_for_once_by_who_reads_the_alert(as_: Clients) -> None:
    issuer = as_("issuer")
    alert = drafted(issuer)
    digest = alert["area"]["digest"]
    url = f"/api/v1/alerts/{alert['id']}/shapes/{digest}"
    answer = as_("wall").get(url)
    assert sha256(answer.content).hexdigest() == digest
    assert answer.headers["content-type"] == "application/geo+json"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    again = as_("wall").get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert as_("stranger_duty").get(url).json()["code"] == "alert.unknown"
    unknown = issuer.get(f"/api/v1/alerts/{alert['id']}/shapes/{'0' * 64}")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "alert.shape_unknown")


def test_the_situation_map_draws_what_a_board_only_names(as_: Clients) -> None:
    box = {"type": "Polygon", "coordinates": [[[101.4, 25], [101.6, 25], [101.6, 25.1], [101.4, 25]]]}
    issuer, alert = as_("issuer"), drafted(as_("issuer"), area={"polygon": box})
    url = f"/api/v1/alerts/{alert['id']}"
    before = as_("duty").get("/api/v1/situation-map.html").text
    moved(issuer, url, "submit")
    moved(as_("reviewer"), url, "sign-off")
    people = issuer.get(f"{url}/preview").json()["people"]
    assert moved(issuer, url, "issue", {"people": people}).status_code == 200
    drawn = as_("duty").get("/api/v1/situation-map.html").text
    assert (alert["headline"] in before, alert["headline"] in drawn) == (False, True)
    assert "[101.6, 25.1]" in drawn
