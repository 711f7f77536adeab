"""The county's own call plan over HTTP: checked, kept with its versions, followed by what comes later."""

from typing import Any

import pytest
from sqlalchemy import select

from alerts.calls.model import CallPlan, Obligation
from alerts.calls.plans import policy_by
from tests.web.obliged import API, Clients, issued_order, obligation
from tests.web.world import World
from web.wiring import Core

URL = f"{API}/call-plan"
VISIT = {"whom": "visit", "tell": [], "call": False, "tries": 1, "wait_s": [60]}
QUICK = {"whom": "holder", "tell": ["sms"], "call": True, "tries": 3, "wait_s": [5, 10]}


def level(**more: object) -> dict[str, Any]:
    return {"obliged": ["village", "leader"], "steps": [QUICK, VISIT], "again_s": 120, **more}


def put(as_: Clients, version: int, levels: object) -> Any:
    return as_("admin").put(URL, json={"levels": levels}, headers={"If-Match": f'"{version}"'})


def test_what_is_issued_later_follows_the_new_plan_and_what_stands_keeps_its_own(
    as_: Clients, world: World, core: Core
) -> None:
    standing = obligation(as_, world)
    before = as_("admin").get(URL).json()
    assert (before["version"], before["own"]) == (0, False)
    assert before["levels"]["evacuation"]["steps"][0]["tries"] == 2

    changed = put(as_, 0, {"red": level(), "evacuation": level()})
    assert changed.status_code == 200, changed.text
    assert changed.headers["ETag"] == '"1"'
    assert (changed.json()["own"], changed.json()["by"]["name"]) == (True, "admin")
    alert = issued_order(as_)
    with core.db.reading() as session:
        rows = {row.alert_id: row for row in session.scalars(select(Obligation))}
        later, first = rows[alert], rows[standing["alert"]]
        new, old = (policy_by(session, one.plan_id, one.level) for one in (later, first))
    assert new is not None
    assert old is not None
    assert [step.whom for step in new.steps] == ["holder", "visit"]
    assert (new.steps[0].tries, new.steps[0].wait_s, new.again_s) == (3, (5, 10), 120)
    assert len(old.steps) == 4

    back = put(as_, 1, None).json()
    assert (back["version"], back["own"], back["levels"]) == (2, False, before["levels"])
    kinds = [entry["kind"] for entry in as_("auditor").get(f"{API}/timeline", params={"limit": 50}).json()["entries"]]
    assert kinds.count("call_plan.changed") == 2
    with core.db.reading() as session:
        assert len(session.scalars(select(CallPlan)).all()) == 2


@pytest.mark.parametrize(
    ("levels", "code"),
    [
        ({"red": level()}, "call_plan.level_needed"),
        ({"red": level(), "evacuation": level(steps=[VISIT, QUICK])}, "call_plan.level_wrong"),
        ({"red": level(), "evacuation": level(steps=[{**VISIT, "whom": "holder"}])}, "call_plan.level_wrong"),
        ({"red": level(), "evacuation": level(steps=[])}, "request.invalid"),
        ({"red": level(), "evacuation": level(again_s=0)}, "request.invalid"),
        ({"red": level(), "evacuation": level(obliged=["everybody"])}, "request.invalid"),
        ({"purple": level()}, "request.invalid"),
    ],
)
def test_a_plan_that_calls_nobody_is_refused(as_: Clients, levels: object, code: str) -> None:
    answer = put(as_, 0, levels)
    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert as_("admin").get(URL).json()["version"] == 0


def test_two_who_change_it_do_not_overwrite_each_other(as_: Clients) -> None:
    plan = {"red": level(), "evacuation": level()}
    assert put(as_, 0, plan).status_code == 200
    assert (put(as_, 0, plan).status_code, put(as_, 0, plan).json()["code"]) == (412, "version.stale")
    for reader in ("duty", "auditor", "south_operator"):
        assert as_(reader).get(URL).status_code == 403
        assert as_(reader).put(URL, json={"levels": None}, headers={"If-Match": '"1"'}).status_code == 403
