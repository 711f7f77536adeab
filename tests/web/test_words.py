"""Everything that an error's sentence names has its words: no field, right, state or reason is said as code."""

import ast
import inspect
from typing import Any

import pytest
from fastapi.testclient import TestClient

import gis.geometry
from alerts import model
from alerts.words import COLOURS, KINDS, STATES
from command.kernel.rights import Right
from tests.web.test_alerts import DRAFT, Clients, drafted
from web.field_words import FIELDS
from web.messages import sentence
from web.words import FILES, GEOMETRY, RIGHTS, spoken

OF_THE_PROBLEM = {"ctx", "input", "loc", "msg"}
"""What FastAPI's own description of a wrong value has."""


def test_every_field_of_every_route_is_named(anonymous: TestClient) -> None:
    described: dict[str, Any] = anonymous.app.openapi()  # type: ignore[attr-defined]  # any ASGI application is
    forms = {name for one in described["components"]["schemas"].values() for name in one.get("properties", {})}
    given = {
        one["name"]
        for route in described["paths"].values()
        for act in route.values()
        for one in act.get("parameters", [])
    }
    assert sorted((forms | given) - OF_THE_PROBLEM - FIELDS.keys()) == []


def test_every_right_state_kind_colour_and_shape_is_named() -> None:
    states = {value for name, value in vars(model).items() if name in STATE_NAMES}
    assert set(RIGHTS) == {right.value for right in Right}
    assert set(STATES) == states | {"dropped"}
    assert (set(KINDS), set(COLOURS)) == (set(model.KINDS), set(model.COLOURS))
    raised = {
        node.args[0].value
        for node in ast.walk(ast.parse(inspect.getsource(gis.geometry)))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "GeometryProblem"
        if isinstance(node.args[0], ast.Constant)
    }
    assert set(GEOMETRY) == raised | {"geometry.not_area"}


STATE_NAMES = {"DRAFT", "SUBMITTED", "RETURNED", "SIGNED_OFF", "ISSUED", *("CHANGED", "LIFTED", "WITHDRAWN", "EXPIRED")}
STATE_NAMES |= {"RECEIVED"}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_table_says_nothing(language: str) -> None:
    for table in (FIELDS, RIGHTS, STATES, KINDS, COLOURS, GEOMETRY, FILES):
        assert all(pair[language == "en"].strip() for pair in table.values())


@pytest.mark.parametrize(
    ("code", "value", "zh", "en"),
    [
        ("alert.no_authority", {"unit": "市", "what": "red,warning"}, "市不能发布红色预警，", "issue red warnings"),
        ("alert.text_needed", {"field": "headline"}, "“标题”不能空着", "“headline” must not be empty"),
        ("access.refused", {"right": "alert.issue"}, "：发布预警", ": issue alerts"),
        ("alert.area_unusable", {"reason": "geometry.unmendable"}, "：围不出面积", ": it encloses nothing"),
        ("request.invalid", {"fields": "area.circle, colour"}, "：区域 › 圆、级别", ": area › circle, colour"),
        ("call_plan.level_needed", {"level": "red"}, "“红色”", "“red”"),
    ],
)
def test_values_are_said_in_words(code: str, value: dict[str, str], zh: str, en: str) -> None:
    assert zh in sentence(code, "zh", value)
    assert en in sentence(code, "en", value)


def test_a_name_that_nobody_knows_is_said_as_it_is() -> None:
    assert spoken({"fields": "nonsense", "name": "reported"}, "zh") == {"fields": "nonsense", "name": "reported"}


def test_a_drafter_reads_words(as_: Clients) -> None:
    issuer = as_("issuer")
    line = {"type": "Polygon", "coordinates": [[[101, 25], [101.1, 25], [101.2, 25], [101, 25]]]}
    draft = {**DRAFT, "expires_at": "2036-01-01T00:00:00Z"}
    for change, words in (
        ({"area": {"polygon": line}}, "范围画得不对：围不出面积"),
        ({"headline": " "}, "“标题”不能空着"),
        ({"headline": "x" * 300}, "有内容填写不对：标题"),
        ({"kind": "warning", "colour": "red"}, "楚雄市不能发布红色预警，这类预警由有权单位发布"),
    ):
        assert issuer.post("/api/v1/alerts", json={**draft, **change}).json()["detail"] == words
    url = f"/api/v1/alerts/{drafted(issuer)['id']}"
    refused = as_("reviewer").post(f"{url}/drop").json()
    assert refused["detail"] == "当前账号没有这项权限：起草预警"
    assert refused["sentences"] == {"zh": refused["detail"], "en": "This account may not do that: draft alerts"}
    wrong = issuer.post("/api/v1/alerts", json={**draft, "headline": "x" * 300}, headers={"Accept-Language": "en"})
    (field,) = wrong.json()["errors"]
    assert field["sentences"] == {"zh": "“标题”太长", "en": field["detail"]}
