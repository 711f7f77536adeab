"""From the demo to the own county: samples go in one act, what is real or one's own stays, the timeline too."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from command.kernel.timeline import verify
from tests.moves import moved
from web.app import create_app
from web.demo import accounts, seed
from web.migrate import upgrade
from web.settings import Settings
from web.wiring import Core, build_core

Clients = Callable[[str], TestClient]
TYPED = {"typed": "删除示例"}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with the demo county, made once and copied for each test."""
    folder = tmp_path_factory.mktemp("seeded")
    core = build_core(Settings(data=folder, demo=True))
    upgrade(core)
    seed(core.db, folder)
    core.engine.dispose()
    return folder


@pytest.fixture
def demo(seeded: Path, tmp_path: Path) -> Iterator[Core]:
    shutil.copytree(seeded, tmp_path, dirs_exist_ok=True)
    core = build_core(Settings(data=tmp_path, demo=True))
    yield core
    core.engine.dispose()


@pytest.fixture
def as_(demo: Core) -> Iterator[Clients]:
    with TestClient(create_app(demo), base_url="http://127.0.0.1") as anonymous:

        def client_of(name: str) -> TestClient:
            account = accounts(demo.settings.data)[name]
            token = account.get("token") or opened(anonymous, account)["token"]
            client = TestClient(anonymous.app, base_url="http://127.0.0.1")
            client.headers["Authorization"] = f"Bearer {token}"
            client.portal = anonymous.portal
            return client

        yield client_of


def opened(client: TestClient, account: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/session", json=dict(account))
    assert answer.status_code == 201, answer.text
    body: dict[str, Any] = answer.json()
    return body


def items(client: TestClient, what: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/{what}", params={"limit": 500}).json()["items"]
    return found


def test_samples_go_and_the_divisions_stay(as_: Clients, demo: Core) -> None:
    admin, security = as_("admin"), as_("security")
    before = admin.get("/api/v1/demo").json()
    assert before["samples"]["people"] > 0
    assert before["samples"]["positions"] > 0
    wall = as_("wall")
    townships = {unit["name"] for unit in items(admin, "units") if unit["kind"] == "township"}
    village = next(unit for unit in items(admin, "units") if unit["kind"] == "village")
    surveyed = {"location": {"type": "Point", "coordinates": [101.5, 25.0]}}
    changed = admin.patch(f"/api/v1/units/{village['id']}", json=surveyed, headers={"If-Match": '"1"'})
    assert changed.status_code == 200, changed.text

    answer = admin.post("/api/v1/demo/remove", json=TYPED)
    assert answer.status_code == 200, answer.text
    removed, kept = answer.json()["removed"], {one["reason"] for one in answer.json()["kept"]}
    assert removed == {**before["samples"], "positions": before["samples"]["positions"] - 1}
    placed = [unit for unit in items(admin, "units") if unit["location"] is not None]
    assert [unit["name"] for unit in placed] == [village["name"]], "what somebody entered stays"
    assert set(admin.get("/api/v1/demo").json()["samples"].values()) == {0}
    assert kept == {"asking", "last_security_administrator"}

    left = [unit for unit in items(admin, "units") if unit["kind"] == "township"]
    assert {unit["name"] for unit in left} == townships
    assert all(not unit["sample"] for unit in left)
    assert not [unit for unit in items(admin, "units") if unit["name"].endswith("（示例）")]
    assert items(admin, "resources") == []
    assert wall.get("/api/v1/me").status_code == 401
    assert security.get("/api/v1/me").status_code == 200
    with demo.db.reading() as session:
        assert verify(session)[1] is None
    assert accounts(demo.settings.data).keys() == {"admin", "security"}


def test_a_second_removal_tells_nothing_more(as_: Clients) -> None:
    admin = as_("admin")
    assert admin.post("/api/v1/demo/remove", json=TYPED).status_code == 200
    head = admin.get("/api/v1/timeline").json()["head"]
    again = admin.post("/api/v1/demo/remove", json={"typed": "Remove samples"})
    assert set(again.json()["removed"].values()) == {0}
    assert admin.get("/api/v1/timeline").json()["head"] == head


def test_the_own_security_administrator_relieves_the_sample(as_: Clients) -> None:
    admin, security = as_("admin"), as_("security")
    county = admin.get("/api/v1/me").json()["unit"]
    made = admin.post("/api/v1/users", json={"username": "li", "name": "李", "unit": county}).json()["user"]
    role = {"roles": [{"role": "security_administrator", "unit": county}]}
    assert security.patch(f"/api/v1/users/{made['id']}", json=role).status_code == 200
    answer = admin.post("/api/v1/demo/remove", json=TYPED).json()
    assert [one["reason"] for one in answer["kept"]] == ["asking"]
    assert security.get("/api/v1/me").status_code == 401
    assert admin.get("/api/v1/demo").json()["own_administrators"]["security_administrator"] == 1


def test_a_sample_unit_with_own_people_stays(as_: Clients) -> None:
    admin = as_("admin")
    station = next(unit for unit in items(admin, "units") if unit["name"].startswith("市气象台"))
    person = {"unit": station["id"], "name": "王", "phone": "000-0000-0000"}
    assert admin.post("/api/v1/people", json=person).status_code == 201
    answer = admin.post("/api/v1/demo/remove", json=TYPED).json()
    assert {"kind": "unit", "name": station["name"], "reason": "in_use"} in answer["kept"]
    assert [one["name"] for one in items(admin, "people") if one["active"]] == ["王"]


def test_a_sample_made_ones_own_stays(as_: Clients) -> None:
    admin = as_("admin")
    unit = next(unit for unit in items(admin, "units") if unit["kind"] == "township" and unit["sample"])
    place = {"type": "Point", "coordinates": [101.3, 25.0]}
    version = {"If-Match": f'"{unit["version"]}"'}
    changed = admin.patch(f"/api/v1/units/{unit['id']}", json={"location": place}, headers=version).json()
    assert not changed["sample"]
    resource = items(admin, "resources")[0]
    version = {"If-Match": f'"{resource["version"]}"'}
    own = admin.patch(f"/api/v1/resources/{resource['id']}", json={"name": "抢险队", "sample": False}, headers=version)
    assert own.status_code == 200, own.text
    admin.post("/api/v1/demo/remove", json=TYPED)
    assert [one["name"] for one in items(admin, "resources")] == ["抢险队"]
    assert next(one for one in items(admin, "units") if one["id"] == unit["id"])["location"] == place


def test_not_while_a_meeting_is_live(as_: Clients) -> None:
    admin, duty = as_("admin"), as_("duty")
    terminal = next(one for one in items(duty, "terminals") if one["kind"] == "browser")
    meeting = duty.post("/api/v1/meetings", json={"title": "会商", "invite": {"terminals": [terminal["id"]]}}).json()
    refused = admin.post("/api/v1/demo/remove", json=TYPED)
    assert (refused.status_code, refused.json()["code"]) == (409, "demo.meeting_live")
    assert admin.get("/api/v1/demo").json()["samples"]["people"] > 0
    duty.post(f"/api/v1/meetings/{meeting['id']}/control", json={"action": "end"})
    assert admin.post("/api/v1/demo/remove", json=TYPED).status_code == 200


def test_not_while_an_own_alert_runs(as_: Clients) -> None:
    admin, issuer, reviewer = as_("admin"), as_("issuer"), as_("reviewer")
    draft = {
        "kind": "notice",
        "event": "道路结冰",
        "headline": "注意道路结冰",
        "description": "山区道路结冰",
        "instruction": "减速慢行",
        "area": {"divisions": ["532301"]},
        "channels": ["websocket"],
        "expires_at": "2099-01-01T00:00:00+08:00",
    }
    made = issuer.post("/api/v1/alerts", json=draft)
    assert made.status_code == 201, made.text
    url = f"/api/v1/alerts/{made.json()['id']}"
    assert moved(issuer, url, "submit").status_code == 200
    assert moved(reviewer, url, "sign-off").status_code == 200
    people = issuer.post("/api/v1/alerts/preview", json=draft).json()["people"]
    assert moved(issuer, url, "issue", {"people": people}).status_code == 200
    assert admin.post("/api/v1/demo/remove", json=TYPED).json()["code"] == "demo.alert_runs"


def test_not_while_an_evacuation_is_open(as_: Clients) -> None:
    admin, duty = as_("admin"), as_("duty")
    opened = duty.post("/api/v1/evacuations", json={"title": "中山镇转移", "divisions": ["532301110"]})
    assert opened.status_code == 201, opened.text
    assert opened.json()["totals"]["households"] == 15
    refused = admin.post("/api/v1/demo/remove", json=TYPED)
    assert (refused.status_code, refused.json()["code"]) == (409, "demo.evacuation_open")
    duty.post(f"/api/v1/evacuations/{opened.json()['id']}/close", json={"reason": "误启动"})
    assert admin.post("/api/v1/demo/remove", json=TYPED).status_code == 200
    assert duty.get("/api/v1/hazard-points").status_code == 401
    assert admin.get("/api/v1/hazard-points").json()["items"] == []


def test_only_with_the_word_and_the_right(as_: Clients) -> None:
    assert as_("admin").post("/api/v1/demo/remove", json={"typed": "删除"}).json()["code"] == "demo.typed"
    for name in ("duty", "security", "auditor"):
        assert as_(name).post("/api/v1/demo/remove", json=TYPED).status_code == 403
        assert as_(name).get("/api/v1/demo").status_code == 403


def test_own_rows_by_csv_take_the_samples_place(as_: Clients) -> None:
    admin = as_("admin")
    admin.post("/api/v1/demo/remove", json=TYPED)
    gone = "楚雄市,市气象台（示例）,department\n"
    files = {"file": ("units.csv", f"上级单位,名称,类型\n{gone}".encode(), "text/csv")}
    report = admin.post("/api/v1/import/units", files=files).json()
    assert (report["updated"], report["kept"]) == (1, True)
    back = next(unit for unit in items(admin, "units") if unit["name"] == "市气象台（示例）")
    assert not back["sample"]
