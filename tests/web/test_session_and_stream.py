"""Logging in, the board, the stream: who sees what, without gap or double."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from command.kernel.actor import system_actor
from command.kernel.timeline import head_of, record
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


def follow(live: str, world: World, after: int, heartbeat: float = 0) -> ClientConnection:
    headers = {"Authorization": f"Bearer {world.token('wall')}"}
    url = f"ws://{live}/api/v1/stream?after={after}&heartbeat={heartbeat}"
    return connect(url, additional_headers=headers, proxy=None)


def receive(socket: ClientConnection) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(socket.recv(timeout=10))
    return message


def head_of_timeline(core: Core) -> int:
    with core.db.reading() as session:
        return head_of(session)[0]


def test_the_stream_gives_everything_once_from_any_seq(live: str, core: Core, world: World) -> None:
    tell(core, world.units["county"], 7)
    head = head_of_timeline(core)
    for after in range(head - 7, head):
        with follow(live, world, after) as socket:
            assert [receive(socket)["seq"] for _ in range(head - after)] == list(range(after + 1, head + 1))


def test_the_stream_goes_on_live_and_says_that_it_lives(live: str, core: Core, world: World) -> None:
    head = head_of_timeline(core)
    with follow(live, world, head, heartbeat=0.2) as socket:
        assert receive(socket)["heartbeat"]["seq"] == head
        tell(core, world.units["south"])
        while "heartbeat" in (message := receive(socket)):
            continue
        assert message["seq"] == head + 1


def test_a_seq_from_another_life_is_reset(live: str, core: Core, world: World) -> None:
    with follow(live, world, head_of_timeline(core) + 1000) as socket:
        assert receive(socket) == {"reset": "unknown_seq"}


def test_a_stranger_gets_no_stream(live: str) -> None:
    with connect(f"ws://{live}/api/v1/stream", proxy=None) as socket, pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=10)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


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


def test_the_figures_name_nobody(live: str, core: Core, world: World) -> None:
    tell(core, world.units["county"], 2)
    with follow(live, world, 0) as socket:
        receive(socket)
        text = httpx.get(f"http://{live}/metrics", trust_env=False).text
    assert f"fengsui_timeline_seq {head_of_timeline(core)}.0" in text
    assert "fengsui_streams 1.0" in text
    assert "fengsui_terminals_connected 1.0" in text
