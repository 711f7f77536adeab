"""The county's own table of authority over HTTP: checked, kept with its versions, followed by what comes later."""

from typing import Any

import pytest

from tests.cap_sample import cap_message
from tests.web.obliged import API, Clients, issued_order, made

URL = f"{API}/authority-table"
STATION = {"sender": "station.example", "name": "市气象台（示例）", "events": [], "colours": ["red"], "signer": ""}


def put(as_: Clients, version: int, content: object) -> Any:
    return as_("admin").put(URL, json={"content": content}, headers={"If-Match": f'"{version}"'})


def shipped(as_: Clients) -> dict[str, Any]:
    found = as_("admin").get(URL).json()
    assert (found["version"], found["own"]) == (0, False)
    return {name: found[name] for name in ("rows", "senders", "vouched")}


def test_what_comes_later_follows_the_new_table(as_: Clients) -> None:
    before = shipped(as_)
    first = as_("issuer").post("/cap", content=cap_message()).json()
    assert first["alert"]["not_acted_on"] == []
    answer = put(as_, 0, {**before, "senders": [STATION]})
    assert (answer.status_code, answer.headers["ETag"], answer.json()["own"]) == (200, '"1"', True)
    later = as_("issuer").post("/cap", content=cap_message().replace(b"sample-1", b"sample-2")).json()
    assert later["alert"]["not_acted_on"] == ["received.no_authority"], "it is orange"
    url = f"{API}/alerts/{later['alert_id']}"
    assert as_("duty").get(url).json()["allowed"] == []
    assert as_("issuer").post(f"{url}/adopt").json()["code"] == "alert.not_acted_on"
    board = as_("wall").get(f"{API}/board").json()["alerts"]
    assert (first["alert_id"] in board, later["alert_id"] in board) == (True, False)

    only_leader = [{**row, "approvers": ["leader"]} for row in before["rows"]]
    assert put(as_, 1, {**before, "rows": only_leader}).status_code == 200
    with pytest.raises(AssertionError, match=r"alert\.not_approver"):
        issued_order(as_)
    assert put(as_, 2, None).json()["own"] is False
    issued_order(as_)
    kinds = [entry["kind"] for entry in as_("auditor").get(f"{API}/timeline", params={"limit": 90}).json()["entries"]]
    assert kinds.count("authority_table.changed") == 3


def test_a_table_that_leaves_nobody_is_refused_and_two_do_not_overwrite_each_other(as_: Clients) -> None:
    before = shipped(as_)
    county_orders = [row for row in before["rows"] if row["kind"] != "evacuation"]
    assert put(as_, 0, {**before, "rows": county_orders}).json()["code"] == "authority_table.wrong"
    assert put(as_, 0, {**before, "rows": []}).json()["code"] == "request.invalid"
    assert put(as_, 0, {**before, "senders": [{**STATION, "sender": "*"}]}).json()["code"] == "authority_table.wrong"
    assert put(as_, 0, before).status_code == 200
    assert put(as_, 0, before).json()["code"] == "version.stale"
    for reader in ("duty", "auditor", "south_operator"):
        assert as_(reader).get(URL).status_code == 403
        assert as_(reader).put(URL, json={"content": None}, headers={"If-Match": '"1"'}).status_code == 403
    assert made(as_("issuer"), "/alerts", _notice())["kind"] == "notice"


def _notice() -> dict[str, Any]:
    return {
        "event": "停水",
        "kind": "notice",
        "headline": "通告",
        "description": "停水",
        "instruction": "储水",
        "area": {"divisions": ["532301109"]},
        "expires_at": "2036-01-01T00:00:00Z",
    }
