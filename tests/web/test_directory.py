"""Replacing the demo by the own county, on screen: units, people, posts, accounts, terminals."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.world import World

Clients = Callable[[str], TestClient]


def made(answer: Any) -> dict[str, Any]:
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def test_a_unit_is_made_and_changed_by_version(as_: Clients, world: World) -> None:
    admin = as_("admin")
    body = {"name": "中山镇", "kind": "township", "parent": world.units["county"], "division_code": "532301108"}
    unit = made(admin.post("/api/v1/units", json=body))
    url = f"/api/v1/units/{unit['id']}"
    assert admin.patch(url, json={"name": "中山"}).status_code == 428
    place = {"type": "Point", "coordinates": [101.02, 24.75]}
    changed = admin.patch(url, json={"location": place}, headers={"If-Match": '"1"'})
    assert changed.json()["location"] == place
    assert admin.patch(url, json={"name": "中山"}, headers={"If-Match": '"1"'}).json()["code"] == "version.stale"


def test_a_unit_in_use_stays_in_use(as_: Clients, world: World) -> None:
    admin = as_("admin")
    refused = admin.patch(f"/api/v1/units/{world.units['north']}", json={"active": False}, headers={"If-Match": '"1"'})
    assert (refused.status_code, refused.json()["code"]) == (409, "unit.in_use")
    empty = made(admin.post("/api/v1/units", json={"name": "村", "kind": "village", "parent": world.units["north"]}))
    url = f"/api/v1/units/{empty['id']}"
    assert not admin.patch(url, json={"active": False}, headers={"If-Match": '"1"'}).json()["on_board"]
    listed = [one["id"] for one in admin.get("/api/v1/units").json()["items"]]
    everything = [one["id"] for one in admin.get("/api/v1/units?ended=1").json()["items"]]
    assert set(everything) - set(listed) == {empty["id"]}
    assert admin.patch(url, json={"active": True}, headers={"If-Match": '"2"'}).json()["on_board"]


def test_the_auditor_reads_people_but_not_how_to_reach_them(as_: Clients, world: World) -> None:
    person = {"unit": world.units["north"], "name": "张（示例）", "phone": "000-0000-0000"}
    made(as_("admin").post("/api/v1/people", json=person))
    assert as_("admin").get("/api/v1/people").json()["items"][0]["phone"] == person["phone"]
    assert "phone" not in as_("auditor").get("/api/v1/people").json()["items"][0]
    assert as_("auditor").get("/api/v1/posts").status_code == 200
    assert as_("auditor").post("/api/v1/people", json=person).status_code == 403
    assert as_("duty").get("/api/v1/people").status_code == 403


@pytest.mark.parametrize("phone", ["12", "家里", "0086 139 0000 0000 000"])
def test_what_nobody_can_be_rung_at_is_no_telephone_number(phone: str, as_: Clients, world: World) -> None:
    admin = as_("admin")
    person = {"unit": world.units["north"], "name": "王（示例）", "phone": phone}
    refused = admin.post("/api/v1/people", json=person)
    assert (refused.status_code, refused.json()["code"]) == (422, "phone.form")
    kept = made(admin.post("/api/v1/people", json=person | {"phone": "8012"}))
    changed = admin.patch(f"/api/v1/people/{kept['id']}", json={"phone": phone}, headers={"If-Match": '"1"'})
    assert (changed.status_code, changed.json()["code"]) == (422, "phone.form")


def test_a_person_moves_to_another_unit(as_: Clients, world: World) -> None:
    admin = as_("admin")
    person = made(
        admin.post("/api/v1/people", json={"unit": world.units["north"], "name": "李（示例）", "phone": "101"})
    )
    url = f"/api/v1/people/{person['id']}"
    moved = admin.patch(url, json={"unit": world.units["south"]}, headers={"If-Match": '"1"'}).json()
    assert (moved["unit"], moved["phone"]) == (world.units["south"], "101")
    nowhere = admin.patch(url, json={"unit": "0" * 36}, headers={"If-Match": '"2"'})
    assert (nowhere.status_code, nowhere.json()["code"]) == (404, "unit.unknown")


def test_an_account_lives(as_: Clients, anonymous: TestClient, world: World) -> None:
    admin, security = as_("admin"), as_("security")
    body = {"username": "zhao", "name": "赵（示例）", "unit": world.units["county"]}
    account = made(admin.post("/api/v1/users", json=body))
    user, one_time = account["user"]["id"], account["password"]
    roles = {"roles": [{"role": "duty_officer", "unit": world.units["county"]}]}
    assert admin.patch(f"/api/v1/users/{user}", json=roles).status_code == 403
    assert security.patch(f"/api/v1/users/{user}", json=roles).status_code == 200
    log_in = {"username": "zhao", "password": one_time}
    token = made(anonymous.post("/api/v1/session", json=log_in))["token"]
    mine = {"Authorization": f"Bearer {token}"}
    assert anonymous.get("/api/v1/me", headers=mine).json()["must_change_password"]
    short = {"old": one_time, "new": "short"}
    assert anonymous.post("/api/v1/me/password", json=short, headers=mine).json()["code"] == "password.weak"
    new = {"old": one_time, "new": "mountains and rivers"}
    assert anonymous.post("/api/v1/me/password", json=new, headers=mine).status_code == 204
    assert security.post(f"/api/v1/users/{user}/lock").json()["locked"]
    assert anonymous.get("/api/v1/me", headers=mine).status_code == 401
    locked = anonymous.post("/api/v1/session", json={"username": "zhao", "password": new["new"]})
    assert locked.json()["code"] == "session.account_locked"


def test_the_three_administrators_stay_apart(as_: Clients, world: World) -> None:
    both = [{"role": role, "unit": world.units["county"]} for role in ("system_administrator", "auditor")]
    answer = as_("security").patch(f"/api/v1/users/{world.users['duty']}", json={"roles": both})
    assert answer.json()["code"] == "role.apart"


def test_a_terminal_is_registered_and_checks_itself(as_: Clients, anonymous: TestClient, world: World) -> None:
    admin = as_("admin")
    body = {"name": "会场", "kind": "browser", "unit": world.units["south"]}
    answer = made(admin.post("/api/v1/terminals", json=body))
    mine = {"Authorization": f"Bearer {answer['token']}"}
    check = {"camera": "ok", "microphone": "failed", "loudspeaker": "ok"}
    checked = anonymous.post("/api/v1/terminals/self/check", json=check, headers=mine)
    assert checked.json()["check"]["microphone"] == "failed"
    made(admin.post(f"/api/v1/terminals/{answer['terminal']['id']}/token"))
    assert anonymous.get("/api/v1/me", headers=mine).status_code == 401


def test_only_a_neighbour_stays_unseen(as_: Clients, world: World) -> None:
    units = {unit["id"] for unit in as_("stranger_duty").get("/api/v1/units").json()["items"]}
    assert units == {world.units["elsewhere"]}
    names = {one["name"] for one in as_("duty").get("/api/v1/terminals").json()["items"]}
    assert names == {"wall", "north_box", "south_box"}
