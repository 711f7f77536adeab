"""What is sent again by itself, over HTTP: checked, kept with its versions, told on the timeline."""

from typing import Any

import pytest

from tests.web.obliged import API, Clients

URL = f"{API}/resend-policy"
RULE = {"whom": ["officials"], "after_s": 60, "times": 2}


def put(as_: Clients, version: int, levels: object) -> Any:
    return as_("admin").put(URL, json={"levels": levels}, headers={"If-Match": f'"{version}"'})


def test_a_county_has_its_own_until_it_goes_back_to_what_ships(as_: Clients) -> None:
    before = as_("admin").get(URL).json()
    assert (before["version"], before["own"], list(before["levels"])) == (0, False, ["red", "evacuation"])
    changed = put(as_, 0, {"blue": {**RULE, "whom": ["responsible", "officials"]}, "red": RULE})
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"1"')
    assert (changed.json()["own"], changed.json()["by"]["name"]) == (True, "admin")
    assert changed.json()["levels"] == {"red": RULE, "blue": {**RULE, "whom": ["officials", "responsible"]}}
    assert put(as_, 1, {}).json()["levels"] == {}, "nothing is sent again by itself"
    back = put(as_, 2, None).json()
    assert (back["version"], back["own"], back["levels"]) == (3, False, before["levels"])
    kinds = [entry["kind"] for entry in as_("auditor").get(f"{API}/timeline", params={"limit": 50}).json()["entries"]]
    assert kinds.count("resend_policy.changed") == 3


@pytest.mark.parametrize(
    "levels",
    [
        {"purple": RULE},
        {"red": {**RULE, "whom": []}},
        {"red": {**RULE, "whom": ["public"]}},
        {"red": {**RULE, "after_s": 9}},
        {"red": {**RULE, "times": 6}},
    ],
)
def test_a_rule_for_nobody_for_all_or_without_a_bound_is_refused(as_: Clients, levels: object) -> None:
    answer = put(as_, 0, levels)
    assert (answer.status_code, answer.json()["code"]) == (422, "request.invalid")
    assert as_("admin").get(URL).json()["version"] == 0


def test_only_who_may_change_settings_reads_or_changes_it_and_two_do_not_overwrite_each_other(as_: Clients) -> None:
    assert put(as_, 0, {"red": RULE}).status_code == 200
    assert (put(as_, 0, {}).status_code, put(as_, 0, {}).json()["code"]) == (412, "version.stale")
    for reader in ("duty", "auditor", "south_operator"):
        assert as_(reader).get(URL).status_code == 403
        assert as_(reader).put(URL, json={"levels": None}, headers={"If-Match": '"1"'}).status_code == 403
