"""Logging in, the board, the stream: who sees what, without gap or double."""

from collections.abc import Callable

from fastapi.testclient import TestClient

from command.kernel.actor import system_actor
from command.kernel.timeline import record
from tests.web.world import World
from web.wiring import Core

Clients = Callable[[str], TestClient]


def tell(core: Core, unit: str, count: int = 1, shared: tuple[str, ...] = ()) -> None:
    for number in range(count):
        with core.db.writing() as session:
            record(session, system_actor(), "incident.noted", unit=unit, shared=shared, body={"note": {"n": number}})


def test_log_in_and_out(as_: Clients) -> None:
    duty = as_("duty")
    me = duty.get("/api/v1/me").json()
    assert me["actor"]["name"] == "duty"
    assert "incident.log" in me["rights"]
    assert duty.delete("/api/v1/session").status_code == 204
    assert duty.get("/api/v1/me").status_code == 401


def test_wrong_password_is_a_problem_in_the_readers_language(anonymous: TestClient) -> None:
    wrong = {"username": "duty", "password": "no"}
    answer = anonymous.post("/api/v1/session", json=wrong, headers={"Accept-Language": "en"})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "session.wrong"
    assert answer.json()["detail"] == "User name, password or code is wrong"


def test_five_wrong_tries_lock_for_ten_minutes(anonymous: TestClient) -> None:
    wrong = {"username": "duty", "password": "no"}
    codes = [anonymous.post("/api/v1/session", json=wrong).json()["code"] for _ in range(6)]
    assert codes == ["session.wrong"] * 5 + ["session.locked"]


def test_a_cookie_alone_cannot_write(anonymous: TestClient, as_: Clients) -> None:
    token = as_("duty").headers["Authorization"].removeprefix("Bearer ")
    anonymous.cookies.set("fengsui", token)
    assert anonymous.delete("/api/v1/session").json()["code"] == "access.forged"
    assert anonymous.delete("/api/v1/session", headers={"X-Fengsui": "1"}).status_code == 204


def test_a_wall_without_a_token_is_refused(anonymous: TestClient) -> None:
    assert anonymous.get("/api/v1/board").status_code == 401


def test_the_stream_gives_everything_once_from_any_seq(as_: Clients, core: Core, world: World) -> None:
    wall = as_("wall")
    tell(core, world.units["county"], 7)
    head = wall.get("/api/v1/timeline").json()["head"]
    for after in range(head - 7, head):
        with wall.websocket_connect(f"/api/v1/stream?after={after}") as socket:
            got = [socket.receive_json()["seq"] for _ in range(head - after)]
        assert got == list(range(after + 1, head + 1))


def test_the_stream_goes_on_live(as_: Clients, core: Core, world: World) -> None:
    wall = as_("wall")
    head = wall.get("/api/v1/board").json()["seq"]
    with wall.websocket_connect(f"/api/v1/stream?after={head}&heartbeat=1") as socket:
        tell(core, world.units["south"])
        assert socket.receive_json()["seq"] == head + 1


def test_a_township_sees_its_own_and_what_is_shared(as_: Clients, core: Core, world: World) -> None:
    head = as_("wall").get("/api/v1/board").json()["seq"]
    tell(core, world.units["south"])
    tell(core, world.units["county"])
    tell(core, world.units["county"], shared=(world.units["north"],))
    north = as_("north_operator")
    entries = north.get(f"/api/v1/timeline?after={head}").json()["entries"]
    assert [entry["shared"] for entry in entries if entry["kind"] == "incident.noted"] == [[world.units["north"]]]


def test_only_the_auditor_verifies(as_: Clients, core: Core, world: World) -> None:
    tell(core, world.units["county"], 3)
    assert as_("duty").get("/api/v1/timeline/verify").status_code == 403
    proof = as_("auditor").get("/api/v1/timeline/verify").json()
    assert proof["holds"]
    kinds = [entry["kind"] for entry in as_("auditor").get("/api/v1/timeline").json()["entries"]]
    assert "access.refused" in kinds
