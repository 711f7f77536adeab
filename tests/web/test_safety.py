"""平安核查 over HTTP: one tap asks, a press answers, who needs help stands first, and who may know whom."""

import uuid
from typing import Any

from fastapi.testclient import TestClient

from command.kernel.timeline import verify
from tests.web.asked import QUESTION, SOUTH, begun, people, preview
from tests.web.obliged import API, Clients, made, responsible_post
from tests.web.test_alerts import drafted
from tests.web.world import World
from web.wiring import Core


def press(client: TestClient, check: str, answer: str, **more: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "answer": answer, **more}
    return client.post(f"{API}/safety-checks/{check}/replies", json=body)


def board(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"{API}/board").json()
    return found


def test_one_tap_asks_and_a_press_answers(as_: Clients, world: World) -> None:
    responsible_post(as_, world)
    assert preview(as_("duty"), SOUTH) == {
        "place": "八角镇",
        "place_en": "八角镇",
        "drill": False,
        "people": 4,
        "channels": {"websocket": 2, "sms": 2, "voice": 2},
        "unreachable": 0,
    }
    check = begun(as_)["id"]
    (mine,) = as_("south_operator").get(f"{API}/safety-checks/mine").json()["items"]
    assert (mine["check"], mine["answer"]) == (check, None)
    assert as_("duty").get(f"{API}/safety-checks/mine").json()["items"] == []
    body = {"id": str(uuid.uuid4()), "answer": "needs_help", "people": 3, "words": "桥断了"}
    for _ in range(2):
        answer = as_("south_operator").post(f"{API}/safety-checks/{check}/replies", json=body)
        assert (answer.status_code, answer.json()["version"]) == (200, 2)
    (town,) = board(as_("wall"))["safety_checks"][check]["townships"]
    assert {name: town[name] for name in ("asked", "safe", "needs_help", "silent", "people")} == {
        "asked": 4, "safe": 0, "needs_help": 1, "silent": 3, "people": 3,
    }  # fmt: skip
    found = people(as_("duty"), check)
    assert next(iter(found)) == "south_operator", "who needs help stands first"
    assert found["south_operator"]["reply"]["words"] == "桥断了"
    assert press(as_("keeper"), check, "safe").is_success
    assert press(as_("duty"), check, "safe").json()["code"] == "safety.not_asked"
    recipient = found["A角"]["recipient"]
    assert press(as_("duty"), check, "safe", recipient=recipient).is_success
    assert people(as_("duty"), check)["A角"]["reply"]["channel"] == "hand"
    kinds = {entry["kind"] for entry in board(as_("wall"))["recent"]}
    assert {"safety_check.begun", "safety_check.needs_help"} <= kinds
    assert "calling.safe" not in kinds, "who is safe fills no list of news"


def test_who_may_not_know_people_reads_no_names(as_: Clients, world: World, core: Core) -> None:
    responsible_post(as_, world)
    check = begun(as_)["id"]
    press(as_("south_operator"), check, "needs_help", words="桥断了")
    for reader in ("wall", "auditor", "issuer"):
        rows = as_(reader).get(f"{API}/safety-checks/{check}/people").json()["items"]
        assert len(rows) == 4, reader
        assert {(row["name"], row["phone"]) for row in rows} == {(None, None)}, reader
        assert rows[0]["reply"]["words"] is None, reader
        assert "桥断了" not in as_(reader).get(f"{API}/safety-checks/{check}/people.csv").text, reader
    table = as_("duty").get(f"{API}/safety-checks/{check}/people.csv").content.decode("utf-8-sig")
    assert table.splitlines()[1].startswith("西舍路镇,西舍路镇,south_operator,,需要帮助,,桥断了,页面,")
    assert as_("north_operator").get(f"{API}/safety-checks/{check}").status_code == 404
    with core.db.reading() as session:
        told = "".join(session.connection().exec_driver_sql("SELECT body FROM timeline").scalars())
        assert verify(session)[1] is None
    assert "桥断了" not in told


def test_a_township_asks_for_itself(as_: Clients, world: World) -> None:
    responsible_post(as_, world)
    check = begun(as_, by="south_operator", minutes=30)["id"]
    assert press(as_("north_operator"), check, "safe").status_code == 404
    assert check in board(as_("duty"))["safety_checks"]
    closed = made(as_("south_operator"), f"/safety-checks/{check}/close", {})
    assert (closed["status"], closed["closed_by"]["name"]) == ("closed", "south_operator")
    assert check not in board(as_("duty"))["safety_checks"]
    again = as_("duty").post(f"{API}/safety-checks/{check}/ask-again", json={"channels": ["sms"]})
    assert again.json()["code"] == "safety.closed"


def test_the_area_of_an_incident(as_: Clients, world: World) -> None:
    responsible_post(as_, world)
    log = {"title": "山洪", "category": "natural_disaster", "source": "phone", "drill": True}
    known = made(as_("duty"), "/incidents", {**log, "division_code": "532301109"})["id"]
    found = preview(as_("duty"), {"incident": known})
    assert (found["people"], found["place"], found["drill"]) == (4, "八角镇", True)
    assert preview(as_("duty"), {"incident": known, "whom": "posts"})["people"] == 4
    check = begun(as_, {"incident": known})
    assert (check["drill"], check["incident"]) == (True, known), "what comes of an exercise is one"
    ring = [[[100.9, 24.5], [101.1, 24.5], [101.1, 24.7], [100.9, 24.7], [100.9, 24.5]]]
    drawn = {"division_code": "532301109", "affected_area": {"type": "Polygon", "coordinates": ring}}
    flooded = made(as_("duty"), "/incidents", {**log, **drawn})["id"]
    found = preview(as_("duty"), {"incident": flooded})
    assert (found["place"], found["place_en"]) == ("山洪影响范围", "area affected by 山洪")


def test_so_far_around_an_incidents_place(as_: Clients, world: World) -> None:
    """Known by a point alone it lies in the county, all of which nobody means: those near the place are asked."""
    responsible_post(as_, world)
    log = {"title": "塌方", "category": "natural_disaster", "source": "phone"}
    place = {"location": {"type": "Point", "coordinates": [101.02, 24.63]}, "location_precision": "exact"}
    known = made(as_("duty"), "/incidents", {**log, **place})["id"]
    whole = preview(as_("duty"), {"incident": known})
    assert whole["place"] == "楚雄市"
    near = preview(as_("duty"), {"incident": known, "around_m": 5_000})
    assert (near["place"], near["place_en"]) == ("塌方周边 5 公里", "within 5 km of 塌方")
    assert 0 < near["people"] < whole["people"], "the township's seat is 4 km off"
    assert preview(as_("duty"), {"incident": known, "around_m": 500})["people"] == 0
    assert begun(as_, {"incident": known, "around_m": 5_000})["people"] == near["people"]
    for far in (99, 50_001):
        answer = as_("duty").post(f"{API}/safety-checks/preview", json={"incident": known, "around_m": far})
        assert answer.status_code == 422


def test_the_place_is_said_in_english_unless_somebody_wrote_it(as_: Clients, world: World) -> None:
    responsible_post(as_, world)
    around = {"circle": {"center": [101.0, 24.6], "radius_m": 2500}, "divisions": ["532301109"]}
    check = begun(as_, {"area": around})
    assert check["place_en"] == "八角镇, within 2.5 km of 101.000, 24.600"
    assert board(as_("wall"))["safety_checks"][check["id"]]["place_en"] == check["place_en"]
    written = preview(as_("duty"), {"area": {**around, "description": "沿河两岸"}})
    assert (written["place"], written["place_en"]) == ("沿河两岸", None)
    ring = [[[100.9, 24.5], [101.1, 24.5], [101.1, 24.7], [100.9, 24.7], [100.9, 24.5]]]
    shape = {"polygon": {"type": "Polygon", "coordinates": ring}, "description": "图上划定范围", "worded": False}
    for area, english in ((shape, "the area drawn on the map"), ({**shape, "worded": True}, None)):
        alert = drafted(as_("issuer"), area=area)["id"]
        assert preview(as_("duty"), {"alert": alert})["place_en"] == english


def test_wrong_requests_are_refused(as_: Clients, world: World) -> None:
    responsible_post(as_, world)
    body = {**SOUTH, "question": QUESTION, "channels": ["sms"], "people": 99}
    duty = as_("duty")
    assert duty.post(f"{API}/safety-checks", json=body).json()["code"] == "alert.people_differ"
    empty = {**body, "area": {"divisions": ["532322"]}, "people": 0}
    assert duty.post(f"{API}/safety-checks", json=empty).json()["code"] == "safety.nobody"
    assert duty.post(f"{API}/safety-checks", json={**body, "channels": ["email"]}).status_code == 422
    assert as_("issuer").post(f"{API}/safety-checks/preview", json=SOUTH).status_code == 403
    assert duty.post(f"{API}/safety-checks/preview", json={}).json()["code"] == "alert.area_needed"
