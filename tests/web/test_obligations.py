"""叫应 over HTTP: who has answered, calls from the desk, reports by hand, and what the wall is told."""

import csv
from typing import Any

import pytest

from tests.moves import moved
from tests.web.evacuees import standing_lists
from tests.web.obliged import API, Clients, issued_order, obligation, responsible_post
from tests.web.world import World


def test_the_county_sees_who_is_silent_and_rings_them(as_: Clients, world: World) -> None:
    one, duty = obligation(as_, world), as_("duty")
    url = f"{API}/obligations/{one['id']}"
    assert (one["mark"], one["subject"], one["level"]) == ("open", "leader", "evacuation")
    details = duty.get(url).json()
    assert [(who["whom"], who["phone"]) for who in details["people"]] == [("holder", "000-A角"), ("deputy", "000-B角")]
    assert details["may_call"]
    called = duty.post(f"{url}/call", json={"whom": "deputy"}).json()
    assert (called["doing"]["whom"], called["doing"]["state"]) == ("deputy", "calling")
    again = duty.post(f"{url}/call", json={"whom": "deputy"})
    assert (again.status_code, again.json()["code"]) == (409, "obligation.engaged")
    assert "B角" in again.json()["detail"]
    board = as_("wall").get(f"{API}/board").json()
    assert board["obligations"][one["id"]]["doing"]["name"] == "B角"


def test_a_call_by_hand_settles_it_and_the_wall_hears_of_it(as_: Clients, world: World) -> None:
    one, township = obligation(as_, world), as_("south_operator")
    url = f"{API}/obligations/{one['id']}"
    done = township.post(f"{url}/by-hand", json={"whom": "holder", "confirmed": True, "note": "座机"}).json()
    assert (done["mark"], done["answered"]["channel"]) == ("confirmed", "hand")
    settled = as_("duty").post(f"{url}/call", json={})
    assert settled.json()["code"] == "obligation.settled"
    assert township.post(f"{url}/acted", json={"note": "已转移"}).json()["mark"] == "acted"
    kinds = [entry["kind"] for entry in as_("wall").get(f"{API}/board").json()["recent"]]
    told = [kind for kind in kinds if kind.startswith("obligation.")]
    assert told == ["obligation.confirmed", "obligation.acted"]
    assert not [kind for kind in kinds if kind.startswith("calling.")]


def test_phones_are_for_those_who_may_see_them(as_: Clients, world: World) -> None:
    one = obligation(as_, world)
    seen: Any = as_("auditor").get(f"{API}/obligations/{one['id']}").json()
    assert {who["phone"] for who in seen["people"]} == {None}
    assert not seen["may_call"]
    assert as_("stranger_duty").get(f"{API}/obligations/{one['id']}").status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("call", {"whom": "superior"}, "obligation.nobody"),
        ("call", {"whom": "neighbour"}, "request.invalid"),
        ("visit", {"found": True}, "obligation.no_visit"),
        ("by-hand", {"confirmed": True, "note": "字" * 401}, "request.invalid"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(
    as_: Clients, world: World, path: str, body: dict[str, Any], code: str
) -> None:
    one = obligation(as_, world)
    answer = as_("duty").post(f"{API}/obligations/{one['id']}/{path}", json=body)
    assert answer.json()["code"] == code
    assert answer.json()["detail"]


def test_lifting_takes_it_off_the_wall(as_: Clients, world: World) -> None:
    responsible_post(as_, world)
    alert = issued_order(as_)
    (one,) = as_("duty").get(f"{API}/alerts/{alert}/obligations").json()["items"]
    moved(as_("issuer"), f"{API}/alerts/{alert}", "cancel", {"end": "lifted", "text": "水退了"}).raise_for_status()
    assert one["id"] not in as_("wall").get(f"{API}/board").json()["obligations"]
    ended = as_("duty").post(f"{API}/obligations/{one['id']}/call", json={})
    assert ended.json()["code"] == "obligation.ended"


def test_what_was_answered_can_be_taken_along_when_the_alert_has_ended(as_: Clients, world: World) -> None:
    standing_lists(as_, world)
    responsible_post(as_, world)
    alert, duty = issued_order(as_), as_("duty")
    url = f"{API}/alerts/{alert}"
    (one,) = duty.get(f"{url}/obligations").json()["items"]
    told = {"whom": "holder", "confirmed": True, "note": "座机打通"}
    assert duty.post(f"{API}/obligations/{one['id']}/by-hand", json=told).is_success
    assert as_("south_operator").post(f"{url}/acknowledge").is_success

    def table(name: str, language: str) -> list[list[str]]:
        answer = duty.get(f"{url}/{name}.csv", headers={"Accept-Language": language})
        assert answer.headers["content-disposition"].startswith("attachment")
        return list(csv.reader(answer.content.decode("utf-8-sig").splitlines()))

    names = [(name, language) for name in ("coverage", "obligations", "deliveries") for language in ("zh", "en")]
    running = [table(*one) for one in names]
    moved(as_("issuer"), url, "cancel", {"end": "lifted", "text": "水退了"}).raise_for_status()
    assert as_("wall").get(f"{API}/board").json()["alerts"] == {}
    assert [table(*one) for one in names] == running
    header, all_of_it, *channels = running[0]
    assert header[:7] == ["乡镇", "渠道", "应发", "已发", "送达", "没有送达", "其中没能发出"]
    assert all_of_it[:2] == ["西舍路镇", "全部"]
    assert int(all_of_it[2]) == sum(int(row[2]) for row in channels) > 0
    _, leader, unheld = running[2]
    assert [leader[at] for at in (0, 1, 2, 4, 6, 7, 8)] == [
        "西舍路镇", "西舍路镇", "责任领导", "已确认", "A角", "责任人", "人工电话",
    ]  # fmt: skip
    assert unheld[:5] == ["西舍路镇", "滑坡甲（示例）", "隐患点", "无责任人", "未应答"]
    assert [row[4] for row in running[3][1:]] == ["confirmed", "silent"]
