"""绿色通道 over HTTP: the policy kept by who keeps the authority table, the issue by one person, the second's word."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alerts.templates.template import shipped
from tests.moves import moved
from tests.web.obliged import API, Clients
from tests.web.test_alerts import drafted
from tests.web.world import World

URL = f"{API}/fast-track"
TEMPLATE = shipped()["flood-high"]
RED = {
    **{"kind": "warning", "colour": "red", "channels": ["websocket"], "template": "flood-high"},
    **{"headline": "八角镇山洪红色预警", "instruction": TEMPLATE.instruction},
    "description": TEMPLATE.description.replace("{place}", "八角镇"),
}


def policy(**changes: Any) -> dict[str, Any]:
    until = (datetime.now(UTC) + timedelta(days=30)).isoformat()
    whole = {
        "document": "示例〔2026〕7 号",
        "text": "先发后签",
        "events": ["山洪"],
        "templates": [{"key": "flood-high", "numbers": False, "content": TEMPLATE.state()}],
        "users": [],
        "posts": [],
        "until": until,
    }
    return {**whole, "roles": ["alert_issuer"], "countersign_hours": 2, **changes}


def put(as_: Clients, version: int, content: object, by: str = "admin") -> Any:
    return as_(by).put(URL, json={"policy": content}, headers={"If-Match": f'"{version}"'})


def test_the_policy_is_kept_in_versions_by_who_keeps_the_table(as_: Clients, world: World) -> None:
    before = as_("admin").get(URL).json()
    assert (before["version"], before["own"], before["policy"]) == (0, False, None)
    answer = put(as_, 0, policy(users=[world.users["station_issuer"]]))
    assert (answer.status_code, answer.headers["ETag"], answer.json()["policy"]["events"]) == (200, '"1"', ["山洪"])
    assert put(as_, 0, policy()).json()["code"] == "version.stale"
    nobody = put(as_, 1, policy(roles=[])).json()
    assert (nobody["code"], nobody["errors"][0]["field"]) == ("fast_track.policy_wrong", "policy")
    assert put(as_, 1, policy(events=[])).json()["code"] == "request.invalid"
    for reader in ("duty", "issuer", "reviewer", "auditor"):
        assert (as_(reader).get(URL).status_code, put(as_, 1, None, reader).status_code) == (403, 403)
    assert put(as_, 1, None).json()["own"] is False
    kinds = [entry["kind"] for entry in as_("auditor").get(f"{API}/timeline", params={"limit": 90}).json()["entries"]]
    assert kinds.count("fast_track_policy.changed") == 2


def test_one_person_issues_the_version_that_was_read_and_another_countersigns(as_: Clients) -> None:
    station, reviewer = as_("station_issuer"), as_("reviewer")
    assert station.get(f"{URL}/mine").json()["open"] is False
    put(as_, 0, policy()).raise_for_status()
    mine = station.get(f"{URL}/mine").json()
    assert (mine["open"], mine["events"], mine["countersign_hours"]) == (True, ["山洪"], 2)
    assert mine["templates"] == ["flood-high"]
    url = f"{API}/alerts/{drafted(station, **RED)['id']}"
    people = station.get(f"{url}/preview").json()["people"]
    assert "fast-track" in station.get(url).json()["allowed"]
    assert station.post(f"{url}/fast-track", json={"people": people}).status_code == 428
    stale = station.post(f"{url}/fast-track", json={"people": people}, headers={"If-Match": '"9"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    assert moved(reviewer, url, "fast-track", {"people": people}).json()["code"] == "access.refused"
    assert moved(station, url, "fast-track", {"people": people + 1}).json()["code"] == "alert.people_differ"
    issued = moved(station, url, "fast-track", {"people": people}).json()
    assert (issued["status"], issued["signed_off_by"]) == ("issued", None)

    (waits,) = as_("duty").get(f"{API}/board").json()["countersigns"].values()
    assert (waits["alert"], waits["outcome"], waits["overdue"]) == (issued["id"], None, False)
    assert station.post(f"{url}/countersign").json()["code"] == "access.refused"
    assert reviewer.post(f"{url}/object", json={"reason": " "}).json()["code"] == "countersign.reason_needed"
    objected = reviewer.post(f"{url}/object", json={"reason": "范围过大"}).json()
    assert (objected["outcome"], objected["reason"]) == ("objected", "范围过大")
    assert as_("leader").post(f"{url}/countersign").json()["code"] == "countersign.none"
    assert as_("duty").get(f"{API}/board").json()["countersigns"] == {}
    assert as_("duty").get(url).json()["countersign"]["outcome"] == "objected"
    assert as_("duty").get(url).json()["status"] == "issued"


@pytest.mark.parametrize("change", [{"event": "大风"}, {"colour": "orange"}, {"drill": True}])
def test_everything_else_is_signed_off_first(as_: Clients, change: dict[str, Any]) -> None:
    put(as_, 0, policy()).raise_for_status()
    station = as_("station_issuer")
    url = f"{API}/alerts/{drafted(station, **{**RED, **change})['id']}"
    refused = moved(station, url, "fast-track", {"people": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "fast_track.not_named")


def test_the_preview_says_whether_a_draft_goes_by_it_and_in_which_words(as_: Clients) -> None:
    put(as_, 0, policy()).raise_for_status()
    station = as_("station_issuer")
    alert = drafted(station, **RED)
    seen = {name: alert[name] for name in ("event", "kind", "colour", "headline", "description", "instruction")}
    body = {**seen, "area": {"divisions": ["532301109"]}, "template": "flood-high", "of": alert["id"]}

    def look(**more: object) -> Any:
        return station.post(f"{API}/alerts/preview", json={**body, **more}).json()["fast_track"]

    standard = {"template": "flood-high", **{name: seen[name] for name in ("headline", "description", "instruction")}}
    assert look() == {"code": None, "standard": standard}
    own = look(headline="快跑", texts={"short": "快跑"})
    assert own == {"code": "fast_track.worded", "standard": standard}
    assert look(colour="orange") == {"code": "fast_track.not_named", "standard": None}
    url = f"{API}/alerts/{drafted(station, **{**RED, 'instruction': '快跑'})['id']}"
    refused = moved(station, url, "fast-track", {"people": 1})
    assert (refused.status_code, refused.json()["code"]) == (403, "fast_track.text")
    assert "怎么办" in refused.json()["detail"]
