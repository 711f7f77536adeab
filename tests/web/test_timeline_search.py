"""The auditor's search: by kind, actor and time, on the same entries everybody reads."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from tests.web.world import World

Clients = Callable[[str], TestClient]


def found(client: TestClient, **query: object) -> list[dict[str, Any]]:
    answer = client.get("/api/v1/timeline", params={"before": 2**53, **query})
    assert answer.status_code == 200, answer.text
    entries: list[dict[str, Any]] = answer.json()["entries"]
    return entries


def test_refusals_are_found_by_kind(as_: Clients, anonymous: TestClient) -> None:
    assert as_("duty").get("/api/v1/settings").status_code == 403
    anonymous.post("/api/v1/session", json={"username": "leader", "password": "wrong"})
    entries = found(as_("auditor"), kind=["access.", "session.refused"])
    assert [entry["kind"] for entry in entries] == ["session.refused", "access.refused"]
    assert found(as_("auditor"), kind="session.refuse") == []


def test_an_actor_is_found_by_part_of_the_name_or_the_id(as_: Clients, world: World) -> None:
    admin = as_("admin")
    admin.post("/api/v1/units", json={"name": "100%_村", "kind": "village", "parent": world.units["north"]})
    assert {entry["actor"]["name"] for entry in found(as_("auditor"), actor="dmi")} == {"admin"}
    assert found(as_("auditor"), actor=world.users["admin"])[0]["kind"] == "unit.registered"
    assert found(as_("auditor"), actor="%") == []
    assert found(as_("auditor"), actor="user") == []


def test_times_bound_the_search(as_: Clients) -> None:
    auditor = as_("auditor")
    last = found(auditor)[0]
    assert found(auditor, since=last["at"])[0]["seq"] == last["seq"]
    assert last["seq"] not in {entry["seq"] for entry in found(auditor, until=last["at"])}
    assert auditor.get("/api/v1/timeline?since=2026-11-20T08:00:00").status_code == 422
    assert auditor.get("/api/v1/timeline?kind=%25").status_code == 422
