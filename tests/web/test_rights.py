"""Every route × who may not: strangers get 401, readers change nothing, another county sees nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from fastapi.testclient import TestClient

from tests.web.asked import begun
from tests.web.broken import ledger_fault
from tests.web.evacuees import ledger, opened, standing_lists
from tests.web.obliged import made, obligation
from tests.web.refused import refused_message
from tests.web.silent import silence
from tests.web.test_handover import handed
from tests.web.world import World
from web.wiring import Core

Clients = Callable[[str], TestClient]
Schema = Mapping[str, Any]
# Open to everybody by intent: logging in, the authority every terminal must trust, what we publish.
PUBLIC = {
    ("post", "/api/v1/session"),
    ("post", "/api/v1/session/terminal"),
    ("get", "/api/v1/authority"),
    ("get", "/api/v1/authority/qr.svg"),
    ("get", "/cap/feed.atom"),
    ("get", "/cap/{alert_id}.xml"),
    ("get", "/cap/{alert_id}/files/{sha256}"),
}
# Everybody may do this to their own session.
OWN = {
    ("delete", "/api/v1/session"),
    ("post", "/api/v1/me/password"),
    ("put", "/api/v1/me/push"),
    ("post", "/api/v1/me/push/off"),
    ("delete", "/api/v1/me/push/{browser}"),
    ("post", "/api/v1/terminals/self/check"),
    *PUBLIC,
}
IDS = {
    "incident_id",
    "task_id",
    "alert_id",
    "meeting_id",
    "resource_id",
    "unit_id",
    "user_id",
    "terminal_id",
    "obligation_id",
    "evacuation_id",
    "household_id",
    "feed_id",
    "check_id",
    "silence_id",
    "message_id",
    "refusal_id",
    "fault_id",
    "group_id",
    "member_id",
    "place_id",
    "point_id",
    "handover_id",
}


def routes(client: TestClient) -> Iterator[tuple[str, str, Schema]]:
    """Every method and path with its operation."""
    for path, operations in document(client)["paths"].items():
        for method, operation in operations.items():
            yield method, path, operation


def document(client: TestClient) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/api/v1/openapi.json").json()
    return found


def example(schema: Schema, root: Schema) -> Any:
    """The least value the schema takes."""
    if "$ref" in schema:
        return example(root["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], root)
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            return example(schema[key][0], root)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    return _of_type(schema, root)


def _of_type(schema: Schema, root: Schema) -> Any:
    kind = schema.get("type")
    if kind == "object":
        wanted = schema.get("required", [])
        return {name: example(schema["properties"][name], root) for name in wanted}
    if kind == "array":
        return [example(schema["items"], root)] * schema.get("minItems", 0)
    if kind == "string":
        return "2036-01-01T00:00:00Z" if schema.get("format") == "date-time" else "示例" * 18
    return {"integer": 1, "number": 1.0, "boolean": True}.get(str(kind))


def fill(path: str, objects: Mapping[str, str]) -> str:
    """The path with real ids in it."""
    for name in IDS:
        path = path.replace("{" + name + "}", objects.get(name, ""))
    return (
        path.replace("{move}", "acknowledged")
        .replace("{what}", "units")
        .replace("{channel}", "websocket")
        .replace("{number}", "1")
        .replace("members/{kind}", "members/unit")
        .replace("{ending}", "xml")
        .replace("{sha256}", "0" * 64)
    )


@pytest.fixture
def objects(as_: Clients, world: World, core: Core) -> dict[str, str]:
    """One of everything, made by those who may."""
    duty, issuer = as_("duty"), as_("issuer")
    log = {"title": "山洪", "category": "natural_disaster", "source": "phone", "division_code": "532301109"}
    incident = duty.post("/api/v1/incidents", json=log).json()["id"]
    order = {"title": "转移", "to_unit": world.units["south"]}
    meeting = {"title": "会商", "invite": {"units": [world.units["south"]]}}
    draft = {"event": "山洪", "kind": "notice", "headline": "通告", "description": "水", "instruction": "走"}
    where = {"area": {"divisions": ["532301109"]}, "expires_at": "2036-01-01T00:00:00Z"}
    standing_lists(as_, world)
    points = {one["unit"]: one["id"] for one in duty.get("/api/v1/hazard-points").json()["items"]}
    evacuation = opened(as_)["id"]
    alert = issuer.post("/api/v1/alerts", json={**draft, **where}).json()["id"]
    team = {"unit": world.units["south"], "kind": "team", "name": "小分队（示例）"}
    return {
        "incident_id": incident,
        "task_id": duty.post(f"/api/v1/incidents/{incident}/tasks", json=order).json()["id"],
        "meeting_id": duty.post("/api/v1/meetings", json=meeting).json()["id"],
        "alert_id": alert,
        "resource_id": duty.post("/api/v1/resources", json=team).json()["id"],
        "unit_id": world.units["south"],
        "place_id": world.units["south"],
        "point_id": points[world.units["north"]],
        "member_id": world.units["north"],
        "group_id": made(duty, "/groups", {"unit": world.units["county"], "name": "防汛成员单位"})["id"],
        "user_id": world.users["duty"],
        "terminal_id": world.terminals["south_box"],
        "obligation_id": obligation(as_, world)["id"],
        "evacuation_id": evacuation,
        "silence_id": silence(core.db, world.units["south"]),
        "household_id": ledger(duty, evacuation)[0]["household"],
        "check_id": begun(as_)["id"],
        **refused_message(as_),
        "fault_id": ledger_fault(core.db, alert),
        "handover_id": handed(duty)["id"],
        "feed_id": made(as_("admin"), "/cap-feeds", {"name": "州台", "url": "http://127.0.0.1:9/feed", "on": False})[
            "id"
        ],
    }


def test_strangers_get_nothing(anonymous: TestClient, objects: dict[str, str]) -> None:
    root = document(anonymous)
    for method, path, operation in routes(anonymous):
        anonymous.cookies.clear()
        if (method, path) not in PUBLIC:
            headers = {"If-Match": '"1"'}
            answer = anonymous.request(method, fill(path, objects), json=body_of(operation, root), headers=headers)
            assert answer.status_code == 401, (method, path, answer.status_code)


@pytest.mark.parametrize("name", ["auditor", "wall", "stranger_duty", "keeper"])
def test_who_may_only_read_changes_nothing(as_: Clients, objects: dict[str, str], name: str) -> None:
    client = as_(name)
    root = document(client)
    for method, path, operation in routes(client):
        if method == "get" or (method, path) in OWN:
            continue
        if name == "stranger_duty" and "{" not in path:
            continue  # in their own county they may
        headers = {"If-Match": '"1"'}
        answer = client.request(method, fill(path, objects), json=body_of(operation, root), headers=headers)
        assert 400 <= answer.status_code < 500, (method, path, answer.status_code, answer.text)


def test_another_county_sees_nothing(as_: Clients, objects: dict[str, str]) -> None:
    client = as_("stranger_duty")
    for method, path, _ in routes(client):
        if method == "get" and "_id}" in path and (method, path) not in PUBLIC:
            answer = client.get(fill(path, objects))
            assert answer.status_code == 404, (path, answer.status_code)


def body_of(operation: Schema, root: Schema) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    return example(content["application/json"]["schema"], root) if "application/json" in content else None
