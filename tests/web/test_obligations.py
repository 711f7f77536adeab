"""叫应 over HTTP: who has answered, calls from the desk, reports by hand, and what the wall is told."""

from typing import Any

import pytest

from tests.moves import moved
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
