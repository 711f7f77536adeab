"""A township whose responsible post is obliged by an evacuation order, made over HTTP."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from fastapi.testclient import TestClient

from tests.moves import moved
from tests.web.world import World

Clients = Callable[[str], TestClient]
API = "/api/v1"
ORDER = {
    "event": "山洪",
    "kind": "evacuation",
    "headline": "西舍路镇转移指令",
    "description": "河水上涨",
    "instruction": "立即转移到高处",
    "area": {"divisions": ["532301109"]},
}


def made(client: TestClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    return taken(client.post(API + path, json=body))


def taken(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def responsible_post(as_: Clients, world: World, unit: str = "south") -> None:
    """A post of the unit with holder and deputy."""
    admin, where = as_("admin"), world.units[unit]
    people = [
        made(admin, "/people", {"unit": where, "name": name, "phone": f"000-{name}"})["id"] for name in ("A角", "B角")
    ]
    post = {"unit": where, "title": "包保责任人", "responsible": True, "holder_id": people[0], "deputy_id": people[1]}
    made(admin, "/posts", post)


def issued_order(as_: Clients, **more: Any) -> str:
    """An evacuation order for the southern township, issued; its id. `more` fields of the draft."""
    issuer, expires = as_("issuer"), (datetime.now(UTC) + timedelta(hours=3)).isoformat()
    alert: str = made(issuer, "/alerts", {**ORDER, "expires_at": expires, **more})["id"]
    taken(moved(issuer, f"{API}/alerts/{alert}", "submit"))
    taken(moved(as_("reviewer"), f"{API}/alerts/{alert}", "sign-off"))
    people = issuer.get(f"{API}/alerts/{alert}/preview").json()["people"]
    taken(moved(issuer, f"{API}/alerts/{alert}", "issue", {"people": people}))
    return alert


def obligation(as_: Clients, world: World) -> dict[str, Any]:
    """The obligation of a fresh order."""
    responsible_post(as_, world)
    (found,) = as_("duty").get(f"{API}/alerts/{issued_order(as_)}/obligations").json()["items"]
    one: dict[str, Any] = found
    return one
