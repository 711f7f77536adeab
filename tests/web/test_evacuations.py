"""转移避险台账 over HTTP: from the order to the return; who may know names; what a lifted warning leaves."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient

from command.kernel.timeline import read_after, verify
from tests.moves import moved
from tests.web.evacuees import HOUSEHOLDS, imported, ledger, opened, standing_lists
from tests.web.obliged import API, Clients, issued_order, made, responsible_post
from tests.web.world import World
from web.wiring import Core

NAMES = tuple(f"户主{n}（示例）" for n in "一二三四五")


def press(client: TestClient, evacuation: str, household: str, to: str, **more: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "household": household, "to": to, **more}
    return client.post(f"{API}/evacuations/{evacuation}/reports", json=body)


def by_head(as_: Clients, evacuation: str) -> dict[str, dict[str, Any]]:
    return {row["head"]: row for row in ledger(as_("duty"), evacuation)}


def totals(as_: Clients, evacuation: str) -> tuple[int, int]:
    found = as_("duty").get(f"{API}/evacuations/{evacuation}").json()["totals"]
    return found["moved_households"], found["households"]


@pytest.fixture
def county(as_: Clients, world: World) -> World:
    """With hazard points, households and a shelter."""
    standing_lists(as_, world)
    return world


def test_an_order_opens_it_and_lifting_leaves_it_open(as_: Clients, county: World) -> None:
    responsible_post(as_, county)
    alert = issued_order(as_)
    (one,) = as_("wall").get(f"{API}/board").json()["evacuations"].values()
    assert (one["alert"], one["status"], one["title"]) == (alert, "open", "西舍路镇转移指令")
    assert totals(as_, one["id"]) == (0, 3)
    moved(as_("issuer"), f"{API}/alerts/{alert}", "cancel", {"end": "lifted", "text": "水退了"}).raise_for_status()
    board = as_("wall").get(f"{API}/board").json()
    assert alert not in board["alerts"]
    assert board["evacuations"][one["id"]]["status"] == "open"


def test_a_changed_order_widens_it(as_: Clients, county: World) -> None:
    responsible_post(as_, county)
    alert = issued_order(as_)
    issuer, expires = as_("issuer"), (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    body = {"event": "山洪", "kind": "evacuation", "headline": "两镇转移指令", "description": "水", "instruction": "走"}
    wider = {**body, "area": {"divisions": ["532301"]}, "expires_at": expires}
    changed = made(issuer, f"/alerts/{alert}/update", wider)["id"]
    moved(issuer, f"{API}/alerts/{changed}", "submit").raise_for_status()
    moved(as_("reviewer"), f"{API}/alerts/{changed}", "sign-off").raise_for_status()
    people = issuer.get(f"{API}/alerts/{changed}/preview").json()["people"]
    moved(issuer, f"{API}/alerts/{changed}", "issue", {"people": people}).raise_for_status()
    (one,) = as_("north_operator").get(f"{API}/evacuations").json()["items"]
    assert (one["alert"], one["title"]) == (changed, "两镇转移指令")
    assert totals(as_, one["id"]) == (0, 5)


def test_who_acts_on_them_knows_their_names_and_nobody_else(as_: Clients, county: World, core: Core) -> None:
    one = opened(as_)["id"]
    assert {row["head"] for row in ledger(as_("duty"), one)} == set(NAMES)
    assert {row["head"] for row in ledger(as_("issuer"), one)} == set(NAMES)
    assert {row["head"] for row in ledger(as_("south_operator"), one)} == set(NAMES[:3])
    assert {row["head"] for row in ledger(as_("north_box"), one)} == set(NAMES[3:])
    for reader in ("wall", "auditor", "reviewer", "admin", "keeper", "south_box"):
        rows = ledger(as_(reader), one)
        assert rows, reader
        assert {(row["head"], row["needs"], row["phone"]) for row in rows} == {(None, None, None)}, reader
    assert as_("stranger_duty").get(f"{API}/evacuations/{one}/ledger").status_code == 404
    table = as_("auditor").get(f"{API}/evacuations/{one}/ledger.csv").content.decode("utf-8-sig")
    assert "滑坡甲" in table
    assert "户主一" not in table
    assert "户主一" in as_("duty").get(f"{API}/evacuations/{one}/ledger.csv").content.decode("utf-8-sig")
    with core.db.reading() as session:
        bodies = session.connection().exec_driver_sql("SELECT body FROM timeline").scalars().all()
    told = "".join(bodies)
    assert "滑坡甲" in told
    assert "户主一" not in told
    assert "卧床老人" not in told


def test_a_township_reports_its_own_households_once(as_: Clients, county: World) -> None:
    one = opened(as_)["id"]
    rows, south = by_head(as_, one), as_("south_operator")
    body = {"id": str(uuid.uuid4()), "household": rows[NAMES[0]]["household"], "to": "moved"}
    pressed = {**body, "pressed_at": datetime.now(UTC).isoformat()}
    answers = [south.post(f"{API}/evacuations/{one}/reports", json=pressed) for _ in range(2)]
    assert [(answer.status_code, answer.json()["version"]) for answer in answers] == [(200, 2), (200, 2)]
    (step,) = south.get(f"{API}/evacuations/{one}/households/{body['household']}").json()["items"]
    assert (step["to"], step["how"], step["shelter"]["name"]) == ("moved", "on_scene", "小学安置点（示例）")
    assert step["pressed_at"]
    assert step["by"]["name"] == "south_operator"
    other = south.post(f"{API}/evacuations/{one}/reports", json={**pressed, "to": "absent"})
    assert other.json()["code"] == "evacuation.id_taken"
    assert press(south, one, rows[NAMES[3]]["household"], "moved").status_code == 404
    assert press(as_("wall"), one, rows[NAMES[3]]["household"], "moved").status_code == 403
    assert totals(as_, one) == (1, 5)


def test_a_mistake_is_undone_by_a_later_entry_and_stays_on_record(as_: Clients, county: World) -> None:
    one = opened(as_)["id"]
    household, south = by_head(as_, one)[NAMES[1]]["household"], as_("south_operator")
    first = press(south, one, household, "absent").json()["households"][1]
    wrong = press(south, one, household, "moved").json()["households"][1]["step"]
    undone = press(south, one, household, "undone", corrects=wrong)
    assert undone.json()["households"][1]["status"] == "absent"
    assert undone.json()["households"][1]["step"] == first["step"]
    steps = south.get(f"{API}/evacuations/{one}/households/{household}").json()["items"]
    assert [step["to"] for step in steps] == ["absent", "moved", "undone"]
    assert steps[2]["corrects"] == wrong
    kinds = [entry["kind"] for entry in as_("wall").get(f"{API}/board").json()["recent"]]
    assert kinds[-3:] == ["evacuation.absent", "evacuation.moved", "evacuation.corrected"]


def test_a_late_press_does_not_overtake_a_newer_report(as_: Clients, county: World) -> None:
    one = opened(as_)["id"]
    household, duty = by_head(as_, one)[NAMES[1]]["household"], as_("duty")
    now = datetime.now(UTC)
    assert press(duty, one, household, "moved", how="telephone", pressed_at=now.isoformat()).is_success
    late = press(as_("south_operator"), one, household, "absent", pressed_at=(now - timedelta(minutes=9)).isoformat())
    assert late.json()["households"][1]["status"] == "moved"
    ahead = press(duty, one, household, "absent", pressed_at=(now + timedelta(hours=1)).isoformat())
    assert ahead.json()["code"] == "time.future"


def test_return_is_permitted_by_a_person_and_then_it_is_closed(as_: Clients, county: World, core: Core) -> None:
    one = opened(as_)["id"]
    duty, rows = as_("duty"), by_head(as_, one)
    for name in NAMES[:4]:
        assert press(duty, one, rows[name]["household"], "moved", how="telephone").is_success
    assert press(duty, one, rows[NAMES[4]]["household"], "not_moved").json()["code"] == "evacuation.reason_needed"
    kept = press(duty, one, rows[NAMES[4]]["household"], "not_moved", reason="other", note="不在本地（示例）")
    assert kept.is_success
    url = f"{API}/evacuations/{one}"
    assert as_("south_operator").post(f"{url}/permit-return", json={}).status_code == 403
    assert duty.post(f"{url}/close", json={}).json()["code"] == "evacuation.still_away"
    south = rows[NAMES[0]]["point"]
    part = duty.post(f"{url}/permit-return", json={"points": [south]}).json()
    assert part["return_permitted_at"] is None
    whole = duty.post(f"{url}/permit-return", json={}).json()
    assert whole["return_permitted_at"]
    assert duty.post(f"{url}/permit-return", json={}).json()["code"] == "evacuation.nobody_moved"
    assert duty.post(f"{url}/close", json={}).json()["code"] == "evacuation.missing"
    closed = duty.post(f"{url}/close", json={"reason": "核实在外地"}).json()
    assert (closed["status"], closed["on_board"]) == ("closed", False)
    assert (closed["totals"]["moved_households"], closed["totals"]["households"]) == (4, 5)
    board = as_("wall").get(f"{API}/board").json()
    assert (board["evacuations"], board["evacuation_points"]) == ({}, {})
    assert press(duty, one, rows[NAMES[4]]["household"], "moved").json()["code"] == "evacuation.closed"
    with core.db.reading() as session:
        assert verify(session)[1] is None


def test_what_was_pressed_before_the_end_is_taken_after_it_and_marked(as_: Clients, county: World) -> None:
    one = opened(as_)["id"]
    south, household = as_("south_operator"), by_head(as_, one)[NAMES[0]]["household"]
    before = datetime.now(UTC).isoformat()
    assert as_("duty").post(f"{API}/evacuations/{one}/close", json={"reason": "水已退"}).is_success
    late = press(south, one, household, "moved", pressed_at=before)
    assert late.is_success, late.text
    stands = next(home for home in late.json()["households"] if home["household"] == household)
    assert (stands["status"], stands["late"]) == ("moved", True)
    assert not late.json()["on_board"], "it is over all the same"
    steps = south.get(f"{API}/evacuations/{one}/households/{household}").json()["items"]
    assert [(step["to"], step["late"]) for step in steps] == [("moved", True)]
    last = as_("wall").get(f"{API}/board").json()
    assert (last["evacuations"], last["evacuation_points"]) == ({}, {})
    assert last["recent"][-1]["body"]["evacuation_step"]["late"]
    after = press(south, one, household, "absent", pressed_at=datetime.now(UTC).isoformat())
    assert after.json()["code"] == "evacuation.closed"


def test_by_hand_for_an_area_and_nobody_twice(as_: Clients, county: World) -> None:
    ring = [[100.9, 24.5], [101.1, 24.5], [101.1, 24.7], [100.9, 24.7], [100.9, 24.5]]
    area = {"type": "Polygon", "coordinates": [ring]}
    duty = as_("duty")
    seen = made(duty, "/evacuations/preview", {"area": area})
    assert (seen["households"], seen["people"], len(seen["points"])) == (3, 9, 1)
    one = made(duty, "/evacuations", {"title": "滑坡甲", "area": area})
    assert one["totals"]["households"] == 3
    again = duty.post(f"{API}/evacuations", json={"title": "滑坡甲", "area": area})
    assert (again.status_code, again.json()["code"]) == (409, "evacuation.nobody")
    drill = made(duty, "/evacuations", {"title": "演练", "area": area, "drill": True})
    assert drill["drill"]
    north = as_("north_operator")
    assert (
        north.post(f"{API}/evacuations", json={"title": "滑坡甲", "area": area}).json()["code"] == "evacuation.nobody"
    )
    assert north.post(f"{API}/evacuations", json={"title": "哪里"}).json()["code"] == "evacuation.area_needed"
    assert as_("reviewer").post(f"{API}/evacuations", json={"title": "甲", "area": area}).status_code == 403


def test_the_lists_come_by_csv_line_by_line(as_: Clients, county: World) -> None:
    keeper = as_("keeper")
    again = imported(keeper, "households", HOUSEHOLDS.split("吕合镇", maxsplit=1)[0])
    assert (again["updated"], again["failed"]) == (3, 0)
    bad = imported(as_("duty"), "households", HOUSEHOLDS.replace("沟口乙", "没有的").replace(",4,卧床", ",0,卧床"))
    assert [line.get("code") for line in bad["lines"]] == [
        "household.people", None, None, "import.hazard_point_unknown", "import.hazard_point_unknown",
    ]  # fmt: skip
    assert not bad["kept"]
    foreign = imported(keeper, "households", HOUSEHOLDS)
    assert [line["outcome"] for line in foreign["lines"]].count("failed") == 2
    for what in ("hazard_points", "households"):
        text = as_("duty").get(f"{API}/export/{what}.csv").content.decode("utf-8-sig")
        assert imported(as_("duty"), what, text)["created"] == 0
        assert as_("auditor").get(f"{API}/export/{what}.csv").status_code == 403


def test_names_can_be_forgotten_and_the_chain_holds(as_: Clients, county: World, core: Core) -> None:
    one = opened(as_)["id"]
    household = by_head(as_, one)[NAMES[0]]["household"]
    press(as_("duty"), one, household, "not_moved", reason="other", note="要轮椅（示例）")
    assert as_("reviewer").delete(f"{API}/households/{household}/personal").status_code == 403
    gone = as_("duty").delete(f"{API}/households/{household}/personal")
    assert gone.status_code == 200, gone.text
    (row,) = [row for row in ledger(as_("duty"), one) if row["household"] == household]
    assert (row["head"], row["phone"], row["needs"], row["people"]) == (None, None, None, 4)
    (step,) = as_("duty").get(f"{API}/evacuations/{one}/households/{household}").json()["items"]
    assert step["note"] is None
    assert step["note_digest"]
    with core.db.reading() as session:
        assert verify(session)[1] is None


def test_a_household_is_corrected_by_another_entry(as_: Clients, county: World, core: Core) -> None:
    evacuation = opened(as_)["id"]
    duty, township = as_("duty"), as_("south_operator")
    one = next(row for row in ledger(duty, evacuation) if row["head"] == "户主一（示例）")
    url = f"{API}/evacuations/{evacuation}/households/{one['household']}/amend"

    def amend(client: TestClient, number: int, **values: object) -> Any:
        return client.post(url, json={"id": f"01990000-0000-7000-8000-00000000000{number}", **values})

    assert as_("north_operator").post(url, json={"id": f"0199{'0' * 4}-0000-7000-8000-000000000009"}).status_code == 404
    assert as_("auditor").post(url, json={"id": f"0199{'0' * 4}-0000-7000-8000-000000000009"}).status_code == 403
    first = amend(township, 1, people=5, needs="卧床老人和孕妇（示例）", responsible="李某（示例）")
    assert first.status_code == 200, first.text
    assert amend(township, 1, people=5).json() == first.json(), "the same again changes nothing"
    stood = next(row for row in first.json()["households"] if row["household"] == one["household"])
    assert (stood["people"], stood["assist"], stood["status"]) == (5, True, "to_move")
    assert amend(duty, 2, people=5).json()["code"] == "evacuation.nothing_amended"
    assert amend(duty, 3, people=6, needs="").status_code == 200
    assert amend(duty, 4, people=100).status_code == 422

    row = next(row for row in ledger(duty, evacuation) if row["household"] == one["household"])
    assert (row["people"], row["needs"], row["responsible"], row["assist"]) == (6, None, "李某（示例）", False)
    steps = duty.get(f"{API}/evacuations/{evacuation}/households/{one['household']}").json()["items"]
    assert [(step["to"], step["amends"]) for step in steps] == [
        ("amended", {"people": [4, 5], "personal": ["needs", "responsible"]}),
        ("amended", {"people": [5, 6], "personal": ["needs"]}),
    ]
    assert "卧床老人（示例） → 卧床老人和孕妇（示例）" in steps[0]["note"]
    undo = {"id": f"0199{'0' * 4}-0000-7000-8000-000000000008", "household": one["household"], "to": "undone"}
    answer = duty.post(f"{API}/evacuations/{evacuation}/reports", json={**undo, "corrects": steps[0]["id"]})
    assert answer.json()["code"] == "evacuation.step_unknown", "a correction is corrected by another one"
    assert duty.get(f"{API}/evacuations/{evacuation}").json()["totals"]["people"] == 17
    with core.db.reading() as session:
        told = "".join(str(entry.body) for entry in read_after(session, 0, 10_000))
        assert verify(session)[1] is None
    assert "孕妇" not in told
    assert "李某" not in told


def test_a_hazard_point_has_its_place_in_the_county_and_a_post(as_: Clients, county: World) -> None:
    responsible_post(as_, county)
    duty = as_("duty")
    (post,) = [one["id"] for one in as_("admin").get(f"{API}/posts").json()["items"] if one["title"] == "包保责任人"]
    place = {"type": "Point", "coordinates": [101.0, 24.65]}
    new = {"unit": county.units["south"], "name": "崖下（示例）", "hazard": "崩塌", "location": place}
    one = made(duty, "/hazard-points", new)
    assert (one["location"], one["post"]) == (place, None)
    again = duty.post(f"{API}/hazard-points", json=new)
    assert (again.status_code, again.json()["code"]) == (409, "hazard_point.name_taken")

    def change(who: str, version: int, **changes: Any) -> Any:
        headers = {"If-Match": f'"{version}"'}
        return as_(who).patch(f"{API}/hazard-points/{one['id']}", json=changes, headers=headers)

    for changes, code in (
        ({"location": {"type": "Point", "coordinates": [24.65, 101.0]}}, "location.outside_world"),
        ({"location": {"type": "Point", "coordinates": [102.7, 25.0]}}, "hazard_point.outside_area"),
        ({"post": county.units["south"]}, "post.unknown"),
        ({"name": "滑坡甲（示例）"}, "hazard_point.name_taken"),
        ({"active": None}, "request.missing"),
    ):
        refused = change("duty", 1, **changes)
        assert (refused.is_client_error, refused.json()["code"]) == (True, code)
    assert change("south_operator", 1, hazard="滑坡").status_code == 403
    changed = change("duty", 1, post=post, hazard="滑坡").json()
    assert (changed["post"], changed["hazard"], changed["location"], changed["version"]) == (post, "滑坡", place, 2)
    assert change("duty", 1, active=False).json()["code"] == "version.stale"
    assert change("duty", 2, active=False).json()["active"] is False
    assert one["id"] not in [each["id"] for each in duty.get(f"{API}/hazard-points").json()["items"]]
    outside = "单位,名称,灾害类型,经度,纬度\n西舍路镇,外（示例）,滑坡,24.6,101\n西舍路镇,半（示例）,滑坡,101,\n"
    report = imported(duty, "hazard_points", outside, dry_run=1)
    assert [line.get("code") for line in report["lines"]] == ["location.outside_world", "import.empty"]
