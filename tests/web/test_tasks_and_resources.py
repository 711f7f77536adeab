"""Orders and resources over HTTP: the nearest is sent, its keeper moves it on, the marker follows."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from command.kernel.values import State
from tests.web.test_incidents import API, INSIDE, PNG, logged
from tests.web.world import World

As = Callable[[str], TestClient]
LINE = ("delivered", "acknowledged", "accepted", "en_route", "on_scene", "done", "closed")
WHERE = {"type": "Point", "coordinates": INSIDE}


def registered(client: TestClient, **values: object) -> State:
    answer = client.post(f"{API}/resources", json={"kind": "team", "name": "抢险队", **values})
    assert answer.status_code == 201, answer.text
    state: State = answer.json()
    return state


def ordered(client: TestClient, incident: State, **values: object) -> State:
    answer = client.post(f"{API}/incidents/{incident['id']}/tasks", json={"title": "封路", **values})
    assert answer.status_code == 201, answer.text
    state: State = answer.json()
    return state


def moved(client: TestClient, task: State, to: str, **said: object) -> State:
    answer = client.post(f"{API}/tasks/{task['id']}/{to}", json=said)
    assert answer.status_code == 200, answer.text
    state: State = answer.json()
    return state


@pytest.fixture
def sent(as_: As, world: World) -> tuple[State, State]:
    """A team of the south with its keeper, and an order for it."""
    duty = as_("duty")
    place = {"type": "Point", "coordinates": [101.0, 24.6]}
    team = registered(duty, unit=world.units["south"], location=place, keeper=world.users["keeper"], people=12)
    incident = logged(duty, location=WHERE)
    return team, ordered(duty, incident, resource=team["id"])


def resource_of(client: TestClient, team: State) -> State:
    state: State = client.get(f"{API}/resources/{team['id']}").json()
    return state


def test_the_resource_follows_its_order_to_the_end(as_: As, world: World, sent: tuple[State, State]) -> None:
    team, task = sent
    duty, keeper = as_("duty"), as_("keeper")
    assert task["to_unit"] == world.units["south"]
    assert task["assignee"] == {"id": world.users["keeper"], "name": "keeper"}
    assert task["location"] == WHERE
    seen = []
    for to in LINE:
        moved(duty if to == "closed" else keeper, task, to)
        now = resource_of(duty, team)
        seen.append((now["status"], now["task"] == task["id"]))
    assert seen == [
        ("ordered", True),
        ("ordered", True),
        ("ordered", True),
        ("en_route", True),
        ("on_scene", True),
        ("available", False),
        ("available", False),
    ]
    assert resource_of(duty, team)["location"] == WHERE
    kinds = [entry for entry in duty.get(f"{API}/timeline").json()["entries"] if entry["kind"].startswith("task.")]
    assert [entry["kind"] for entry in kinds] == [f"task.{to}" for to in ("ordered", *LINE)]
    assert all(("resource" in entry["body"]) == (entry["kind"] != "task.closed") for entry in kinds)
    assert all(entry["shared"] == [world.units["south"]] for entry in kinds)
    assert duty.get(f"{API}/board").json()["tasks"] == {}


def test_a_move_made_before_changes_nothing(as_: As, sent: tuple[State, State]) -> None:
    keeper, task = as_("keeper"), sent[1]
    first = moved(keeper, task, "acknowledged")
    moved(keeper, task, "en_route")
    again = moved(keeper, task, "acknowledged")
    assert again["status"] == "en_route"
    assert again["version"] == int(str(first["version"])) + 1
    assert len(list(again["moves"])) == 2  # type: ignore[arg-type]


def test_pressed_without_a_net_keeps_both_times(as_: As, sent: tuple[State, State]) -> None:
    keeper, task = as_("keeper"), sent[1]
    pressed = datetime.now(UTC) - timedelta(minutes=20)
    after = moved(keeper, task, "on_scene", pressed_at=pressed.isoformat())
    step = list(after["moves"])[-1]  # type: ignore[arg-type]
    assert isinstance(step, dict)
    assert str(step["pressed_at"])[:19] == pressed.isoformat()[:19]
    assert str(step["at"]) > str(step["pressed_at"])
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    answer = keeper.post(f"{API}/tasks/{task['id']}/done", json={"pressed_at": ahead})
    assert (answer.status_code, answer.json()["code"]) == (422, "time.future")


def test_unable_says_why_and_frees_the_resource(as_: As, sent: tuple[State, State]) -> None:
    team, task = sent
    keeper = as_("keeper")
    bare = keeper.post(f"{API}/tasks/{task['id']}/unable", json={})
    assert (bare.status_code, bare.json()["code"]) == (422, "move.reason_needed")
    assert moved(keeper, task, "unable", reason="车坏了")["reason"] == "车坏了"
    assert resource_of(as_("duty"), team)["status"] == "available"


def test_only_the_issuer_closes(as_: As, sent: tuple[State, State]) -> None:
    task = sent[1]
    for name in ("keeper", "south_operator", "south_box"):
        answer = as_(name).post(f"{API}/tasks/{task['id']}/closed", json={"reason": "x"})
        assert (answer.status_code, answer.json()["code"]) == (403, "task.issuer_closes")
    assert moved(as_("duty"), task, "closed", reason="误发")["status"] == "closed"


def test_each_sees_and_moves_what_is_theirs(as_: As, world: World, sent: tuple[State, State]) -> None:
    task, duty = sent[1], as_("duty")
    incident = logged(duty)
    other = ordered(duty, incident, to_unit=world.units["south"])
    keeper, south, north = as_("keeper"), as_("south_operator"), as_("north_operator")

    def listed(client: TestClient, **wanted: str) -> set[str]:
        return {item["id"] for item in client.get(f"{API}/tasks", params=wanted).json()["items"]}

    assert listed(keeper) == listed(keeper, mine="1") == {task["id"]}
    assert listed(south) == listed(as_("south_box"), mine="1") == {task["id"], other["id"]}
    assert listed(duty, incident=str(incident["id"])) == {other["id"]}
    assert listed(duty, mine="1") == listed(north) == set()
    assert keeper.post(f"{API}/tasks/{other['id']}/acknowledged").status_code == 404
    assert north.post(f"{API}/tasks/{other['id']}/acknowledged").status_code == 404
    assert as_("wall").post(f"{API}/tasks/{other['id']}/acknowledged").status_code == 403
    assert moved(as_("south_box"), other, "delivered")["status"] == "delivered"
    assert moved(south, other, "acknowledged")["allowed"] == ["accepted", "en_route", "on_scene", "done", "unable"]


def test_who_is_ordered_sees_the_incident_and_writes_about_it(as_: As, world: World) -> None:
    duty, south, north = as_("duty"), as_("south_operator"), as_("north_operator")
    incident = logged(duty, location=WHERE, reporter="李", callback="138")
    path = f"{API}/incidents/{incident['id']}"
    assert south.get(path).status_code == 404
    ordered(duty, incident, to_unit=world.units["south"])
    seen = south.get(path).json()
    assert (seen["title"], seen["version"], seen["allowed"]) == (incident["title"], incident["version"], [])
    assert "callback" not in seen
    assert [item["id"] for item in south.get(f"{API}/incidents").json()["items"]] == [incident["id"]]
    assert list(south.get(f"{API}/board").json()["incidents"]) == [incident["id"]]
    kept = as_("south_box").post(f"{path}/attachments", files={"file": ("现场.png", PNG, "image/png")}).json()
    line = south.post(f"{path}/entries", json={"text": "已到现场", "attachments": [kept["id"]]})
    assert line.status_code == 201
    assert south.get(f"{API}/attachments/{kept['id']}").content == PNG
    assert south.patch(path, json={"title": "x"}, headers={"If-Match": '"1"'}).status_code == 403
    assert as_("keeper").post(f"{path}/entries", json={"text": "x"}).status_code == 403
    for hidden in (path, f"{path}/entries", f"{API}/attachments/{kept['id']}"):
        assert north.get(hidden).status_code == 404
    assert [note["text"] for note in duty.get(f"{path}/entries").json()["items"]] == ["已到现场"]
    told = [entry["kind"] for entry in south.get(f"{API}/timeline").json()["entries"] if entry["incident"]]
    assert told == ["incident.shared", "task.ordered", "incident.attached", "incident.noted"]


def test_one_resource_has_one_order(as_: As, world: World, sent: tuple[State, State]) -> None:
    team, task = sent
    duty = as_("duty")
    path = f"{API}/incidents/{task['incident']}/tasks"
    busy = duty.post(path, json={"title": "再派", "resource": team["id"]})
    assert (busy.status_code, busy.json()["code"]) == (409, "resource.busy")
    changed = duty.patch(f"{API}/resources/{team['id']}", json={"status": "unavailable"}, headers={"If-Match": '"2"'})
    assert (changed.status_code, changed.json()["code"]) == (409, "resource.on_task")
    refused = {
        "task.nobody": {"title": "x"},
        "task.to_unit_differs": {"title": "x", "resource": team["id"], "to_unit": world.units["north"]},
        "task.assignee_elsewhere": {"title": "x", "to_unit": world.units["north"], "assignee": world.users["keeper"]},
        "task.deadline_past": {
            "title": "x",
            "to_unit": world.units["north"],
            "deadline_at": "2020-01-01T00:00:00Z",
        },
    }
    moved(duty, task, "unable", reason="改派")
    for code, body in refused.items():
        assert duty.post(path, json=body).json()["code"] == code
    hidden = duty.post(path, json={"title": "x", "to_unit": world.units["elsewhere"]})
    assert hidden.json()["code"] == "unit.unknown"


def test_the_nearest_come_soonest_first(as_: As, world: World) -> None:
    duty, unit = as_("duty"), world.units["county"]
    far = registered(duty, unit=unit, name="远", location={"type": "Point", "coordinates": [101.0, 24.6]})
    near = registered(duty, unit=unit, name="近", location={"type": "Point", "coordinates": [101.51, 25.01]})
    registered(duty, unit=unit, name="无位置")
    registered(duty, unit=unit, name="避难所", kind="shelter", location=WHERE)
    answer = duty.get(f"{API}/resources", params={"near": "101.5,25.0", "kind": "team", "limit": 5}).json()
    assert [item["id"] for item in answer["items"]] == [near["id"], far["id"]]
    first = answer["items"][0]
    assert 1_300 < first["distance_m"] < 1_600
    assert first["road_m"] > first["distance_m"]
    assert first["travel_s"] > 0
    assert first["estimated"] is True
    assert len(duty.get(f"{API}/resources").json()["items"]) == 4
    assert duty.get(f"{API}/resources", params={"near": "200,1"}).json()["code"] == "location.outside_world"
    assert duty.get(f"{API}/resources", params={"near": "here"}).status_code == 422


def test_a_keeper_tells_what_they_see_on_the_spot(as_: As, sent: tuple[State, State]) -> None:
    team, keeper = sent[0], as_("keeper")
    path, seen = f"{API}/resources/{team['id']}", {"If-Match": '"2"'}
    after = keeper.patch(path, json={"location": WHERE, "approximate": False}, headers=seen)
    assert (after.status_code, after.json()["location"], after.headers["etag"]) == (200, WHERE, '"3"')
    assert keeper.patch(path, json={"name": "x"}, headers={"If-Match": '"3"'}).status_code == 403
    stale = keeper.patch(path, json={"people": 3}, headers=seen)
    assert (stale.status_code, stale.json()["code"]) == (412, "version.stale")
    kinds = [entry["kind"] for entry in as_("duty").get(f"{API}/timeline").json()["entries"]]
    assert "resource.moved" in kinds


def test_a_resource_goes_from_the_board_but_not_from_history(as_: As, world: World) -> None:
    duty = as_("duty")
    stock = registered(duty, unit=world.units["north"], kind="material", class_code="1010101", quantity=200.5)
    path = f"{API}/resources/{stock['id']}"
    gone = duty.patch(path, json={"active": False}, headers={"If-Match": '"1"'}).json()
    assert not gone["on_board"]
    assert duty.get(f"{API}/board").json()["resources"] == {}
    assert duty.get(f"{API}/resources").json()["items"] == []
