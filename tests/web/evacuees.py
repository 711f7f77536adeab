"""A small county's standing lists: two hazard points in two townships, five households, imported as people do."""

from typing import Any

from fastapi.testclient import TestClient

from tests.web.obliged import API, Clients, made
from tests.web.world import World

POINTS = """单位,名称,灾害类型,经度,纬度,安置点
西舍路镇,滑坡甲（示例）,滑坡,101.0,24.64,小学安置点（示例）
吕合镇,沟口乙（示例）,泥石流,101.36,25.13,
"""
HOUSEHOLDS = """单位,隐患点,户号,户主,人数,特殊需求,电话
西舍路镇,滑坡甲（示例）,1,户主一（示例）,4,卧床老人（示例）,000-0000-0001
西舍路镇,滑坡甲（示例）,2,户主二（示例）,3,,
西舍路镇,滑坡甲（示例）,3,户主三（示例）,2,,
吕合镇,沟口乙（示例）,1,户主四（示例）,5,,
吕合镇,沟口乙（示例）,2,户主五（示例）,1,,
"""


def imported(client: TestClient, what: str, text: str, **query: int) -> dict[str, Any]:
    files = {"file": (f"{what}.csv", text.encode(), "text/csv")}
    answer = client.post(f"{API}/import/{what}", files=files, params=query)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    return report


def standing_lists(as_: Clients, world: World) -> None:
    """Shelter, hazard points and households."""
    duty = as_("duty")
    shelter = {"unit": world.units["south"], "kind": "shelter", "name": "小学安置点（示例）", "capacity": 8}
    made(duty, "/resources", shelter)
    for what, text in (("hazard_points", POINTS), ("households", HOUSEHOLDS)):
        assert imported(duty, what, text)["failed"] == 0


def opened(as_: Clients, *divisions: str) -> dict[str, Any]:
    """An evacuation by hand of everything listed, or of the divisions named."""
    body = {"title": "沿河转移", "divisions": list(divisions) or ["532301"]}
    return made(as_("duty"), "/evacuations", body)


def ledger(client: TestClient, evacuation: str) -> list[dict[str, Any]]:
    """The rows this reader gets."""
    answer = client.get(f"{API}/evacuations/{evacuation}/ledger")
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["items"]
    return found
