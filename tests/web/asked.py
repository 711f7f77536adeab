"""A safety check of the southern township, made over HTTP."""

from typing import Any

from fastapi.testclient import TestClient

from tests.web.obliged import API, Clients, made

SOUTH = {"area": {"divisions": ["532301109"]}}
QUESTION = {"zh": "请报平安，要不要帮助？", "en": "Are you safe? Do you need help?"}


def preview(client: TestClient, place: dict[str, Any]) -> dict[str, Any]:
    """Whom it would ask."""
    return made(client, "/safety-checks/preview", place)


def begun(as_: Clients, place: dict[str, Any] = SOUTH, by: str = "duty", **more: Any) -> dict[str, Any]:
    """Everybody there is asked by pages and short messages."""
    people = preview(as_(by), place)["people"]
    body = {**place, "question": QUESTION, "channels": ["websocket", "sms"], "people": people, **more}
    return made(as_(by), "/safety-checks", body)


def people(client: TestClient, check: str) -> dict[str, dict[str, Any]]:
    """Who was asked, by name, as this reader gets them."""
    answer = client.get(f"{API}/safety-checks/{check}/people")
    assert answer.status_code == 200, answer.text
    return {row["name"]: row for row in answer.json()["items"]}
