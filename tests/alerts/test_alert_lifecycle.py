"""From draft to end: who may do what, when, and what the timeline and the board say of it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import actions, claims
from alerts.audience import audience_hash
from alerts.calls.policy import read_policy, shipped_levels
from alerts.cap.read import read
from alerts.chunks import members_of
from alerts.drafting import AreaInput, CircleInput
from alerts.model import Alert, Chunk
from alerts.outgoing import last_issued
from alerts.preview import preview, preview_of
from alerts.proof import first_changed_audience
from alerts.queries import (
    alert_details,
    alerts_of,
    board_alerts,
    board_coverages,
    cap_document,
    public_alerts,
    shape_for,
)
from alerts.senders import senders
from command.directory.model import RoleGrant
from command.directory.queries import sight_of
from command.kernel.actor import Actor
from command.kernel.errors import Conflict, FengsuiError, Invalid, NotFound, Refused, StaleVersion
from command.kernel.rights import Role
from command.kernel.timeline import read_after, verify
from tests.alerts.county import DIVISIONS, NORTH, SOUTH, START, County, fields
from tests.alerts.steps import changed, drafted, issue, issued, signed, submitted
from tests.alerts.test_fanout import gateways, send_all
from web.cli import main

PEOPLE_IN_SOUTH = 3
"""south_head and villager by mail, operator by page."""


def state(county: County, alert: str) -> dict[str, Any]:
    return county.see("duty", lambda s, _: dict(s.get_one(Alert, alert).state()))


def shape(county: County, alert: str, name: str = "digest") -> dict[str, Any]:
    """What the alert's state names."""
    digest = state(county, alert)["area"][name]
    return county.see("duty", lambda s, a: json.loads(shape_for(s, a, alert, digest)))


def kinds(county: County) -> list[str]:
    return county.see("duty", lambda s, _: [entry.kind for entry in read_after(s, 0, 1000)])


def refusal(county: County, by: str, act: Any) -> FengsuiError:
    with pytest.raises(FengsuiError) as refused:
        county.do(by, act)
    return refused.value


def test_from_draft_to_issue(either: County) -> None:
    county = either
    alert = drafted(county)
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    county.do("reviewer", lambda s, a: actions.return_(s, county.clock, a, alert, "写明撤离路线"))
    assert state(county, alert)["returned"]["reason"] == "写明撤离路线"
    county.do(
        "issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, {"instruction": "走北路"}, DIVISIONS)
    )
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, alert))
    done = county.do("issuer", lambda s, a: actions.issue(s, county.clock, a, alert, PEOPLE_IN_SOUTH))
    now = state(county, alert)
    assert (now["status"], now["people"], now["version"], now["instruction"]) == ("issued", 3, 7, "走北路")
    assert now["signed_off_by"]["name"] == "reviewer"
    moves = ["drafted", "submitted", "returned", "amended", "submitted", "signed_off", "issued"]
    assert kinds(county) == [*(f"alert.{move}" for move in moves), "alert.progress"]
    assert len(done.chunks) == 4, "mail to officials and to the public, pages, loudspeakers"
    with county.db.reading() as session:
        assert verify(session)[1] is None


@pytest.mark.parametrize("may_review", [False, True])
def test_the_drafter_does_not_sign_off(county: County, may_review: bool) -> None:
    with county.db.writing() as session:
        if may_review:
            _grant_review(session, county)
    alert = submitted(county)
    assert (
        refusal(county, "issuer", lambda s, a: actions.sign_off(s, county.clock, a, alert)).code
        == "alert.drafter_signs"
    )
    assert state(county, alert)["status"] == "submitted"
    assert "sign-off" not in _allowed(county, "issuer", alert)
    assert "sign-off" in _allowed(county, "reviewer", alert)


@pytest.mark.parametrize("returned_by", [None, "reviewer", "duty"])
def test_who_wrote_the_text_does_not_sign_it_off(county: County, returned_by: str | None) -> None:
    """The duty officer drafted; a reviewer who may write rewrites it, submits it, and would release their own text.

    A return by another begins anew: whoever goes on with it then has written it. A return by the author does not.
    """
    with county.db.writing() as session:
        for name in ("duty", "issuer"):
            _grant_review(session, county, name)
    alert = drafted(county)
    whole = {"kind": "evacuation", "area": AreaInput(divisions=("532301",)), "headline": "全市转移"}
    county.do("duty", lambda s, a: actions.amend(s, county.clock, a, alert, None, whole, DIVISIONS))
    county.do("duty", lambda s, a: actions.submit(s, county.clock, a, alert))
    if returned_by is not None:
        county.do(returned_by, lambda s, a: actions.return_(s, county.clock, a, alert, "写明去处"))
        county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    refused = ("issuer",) if returned_by == "reviewer" else ("issuer", "duty")
    for name in refused:
        error = refusal(county, name, lambda s, a: actions.sign_off(s, county.clock, a, alert))
        assert (error.code, "sign-off" in _allowed(county, name, alert)) == ("alert.drafter_signs", False)
    for name in {"duty", "reviewer"} - {*refused}:
        assert "sign-off" in _allowed(county, name, alert)
    assert [one["name"] for one in state(county, alert)["amended_by"]] == (["duty"] if "duty" in refused else [])


def _grant_review(session: Session, county: County, name: str = "issuer") -> None:
    session.add(RoleGrant(user_id=county.users[name], role=Role.ALERT_REVIEWER, unit_id=county.units["county"]))


def _allowed(county: County, name: str, alert: str) -> list[str]:
    details: dict[str, Any] = county.see(name, lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, alert)))
    return list(details["allowed"])


def test_the_number_of_people_must_match(county: County) -> None:
    alert = signed(county)
    error = refusal(county, "issuer", lambda s, a: actions.issue(s, county.clock, a, alert, 4))
    assert (error.code, error.params) == ("alert.people_differ", {"people": "3"})
    assert isinstance(error, Conflict)
    with county.db.reading() as session:
        assert session.scalars(select(Chunk)).all() == []


def mended_in_preview(county: County, polygon: dict[str, Any]) -> bool:
    wanted = fields(area=AreaInput(polygon=polygon))
    shown: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    return bool(shown["area"]["mended"])


def test_the_preview_says_that_what_was_drawn_crosses_itself(county: County) -> None:
    ring = [[100.97, 24.58], [101.01, 24.62], [101.01, 24.58], [100.97, 24.62], [100.97, 24.58]]
    found = {}
    for name, corners in (("bow tie", ring), ("square", [ring[0], ring[2], ring[1], ring[3], ring[0]])):
        found[name] = mended_in_preview(county, {"type": "Polygon", "coordinates": [corners]})
    assert found == {"bow tie": True, "square": False}


@pytest.mark.parametrize(
    ("by", "move"),
    [
        ("duty", lambda s, c, a, i: actions.issue(s, c, a, i, 3)),
        ("reviewer", lambda s, c, a, i: actions.issue(s, c, a, i, 3)),
        ("reviewer", lambda s, c, a, i: actions.drop(s, c, a, i)),
    ],
)
def test_rights(county: County, by: str, move: Any) -> None:
    alert = signed(county)
    assert isinstance(refusal(county, by, lambda s, a: move(s, county.clock, a, alert)), Refused)


def test_another_county_does_not_learn_of_it(county: County) -> None:
    alert = issued(county)
    for by in ("stranger", "north_operator"):
        error = refusal(county, by, lambda s, a: actions.acknowledge(s, county.clock, a, alert))
        assert isinstance(error, NotFound)
    assert county.see("stranger", lambda s, a: alerts_of(s, a)) == []


@pytest.mark.parametrize(
    "move",
    [
        lambda s, c, a, i: actions.sign_off(s, c, a, i),
        lambda s, c, a, i: actions.return_(s, c, a, i, "x"),
    ],
)
def test_moves_out_of_turn(county: County, move: Any) -> None:
    alert = drafted(county)
    assert refusal(county, "reviewer", lambda s, a: move(s, county.clock, a, alert)).code == "alert.move_impossible"


def test_a_signed_off_text_cannot_be_changed(county: County) -> None:
    alert = signed(county)
    change = lambda s, a: actions.amend(s, county.clock, a, alert, None, {"headline": "x"}, DIVISIONS)  # noqa: E731
    assert refusal(county, "issuer", change).code == "alert.move_impossible"


def test_a_stale_version_is_refused(county: County) -> None:
    alert = drafted(county)
    change = lambda s, a: actions.amend(s, county.clock, a, alert, 1, {"headline": "x"}, DIVISIONS)  # noqa: E731
    county.do("issuer", change)
    assert isinstance(refusal(county, "issuer", change), StaleVersion)


def test_a_county_may_not_issue_a_colour(county: County) -> None:
    wanted = fields(colour="orange")
    for by in ("issuer", "duty"):
        assert (
            refusal(county, by, lambda s, a: actions.draft(s, county.clock, a, wanted, DIVISIONS)).code
            == "alert.no_authority"
        )
    alert = drafted(county, "weather", wanted)
    now = state(county, alert)
    assert (now["kind"], now["severity"], now["source"]) == ("warning", "Severe", "市气象台（示例）")
    evacuation = lambda s, a: actions.draft(s, county.clock, a, fields(kind="evacuation"), DIVISIONS)  # noqa: E731
    assert refusal(county, "weather", evacuation).code == "alert.no_authority"
    assert county.do("issuer", evacuation).kind == "evacuation"


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"kind": "warning"}, "alert.colour_needed", "colour"),
        ({"kind": "notice", "colour": "red"}, "alert.colour_not_allowed", "colour"),
        ({"colour": "pink"}, "alert.colour_unknown", "colour"),
        ({"kind": "rumour"}, "alert.kind_unknown", "kind"),
        ({"headline": " "}, "alert.text_needed", "headline"),
        ({"description": "长" * 10_001}, "request.too_long", "description"),
        ({"channels": ("email", "pigeon")}, "alert.channel_unknown", "channels"),
        ({"effective_at": START + timedelta(hours=7)}, "alert.times", "expires_at"),
        ({"area": AreaInput()}, "alert.area_needed", "area"),
        ({"area": AreaInput(divisions=("999999",))}, "alert.division_unknown", "area.divisions"),
        ({"area": AreaInput(divisions=("楚雄",))}, "alert.division_unknown", "area.divisions"),
        ({"area": AreaInput(circle=CircleInput(101, 25, -1))}, "alert.area_unusable", "area"),
        ({"area": AreaInput(circle=CircleInput(101, 25, 0))}, "alert.area_unusable", "area"),
        ({"area": AreaInput(polygon={"type": "Point", "coordinates": [101, 25]})}, "alert.area_unusable", "area"),
        ({"area": AreaInput(polygon={"type": "Polygon", "coordinates": [[[1, 2]]]})}, "alert.area_unusable", "area"),
    ],
)
def test_bad_input(county: County, changes: Any, code: str, field: str) -> None:
    error = refusal(county, "issuer", lambda s, a: actions.draft(s, county.clock, a, fields(**changes), DIVISIONS))
    assert isinstance(error, Invalid)
    assert (error.code, error.fields[0].field) == (code, field)
    assert kinds(county) == []


def test_every_wrong_field_is_named(county: County) -> None:
    wanted = fields(headline="", colour="pink", channels=("x",))
    error = refusal(county, "issuer", lambda s, a: actions.draft(s, county.clock, a, wanted, DIVISIONS))
    assert {fault.field for fault in error.fields} == {"headline", "colour", "channels"}


def test_a_crossed_polygon_is_mended(county: County) -> None:
    crossed = {"type": "Polygon", "coordinates": [[[101, 24], [101.1, 24.1], [101.1, 24], [101, 24.1], [101, 24]]]}
    alert = drafted(county, wanted=fields(area=AreaInput(polygon=crossed)))
    assert shape(county, alert)["type"] == "MultiPolygon"
    assert state(county, alert)["area"]["description"] == "图上划定范围"


def test_whoever_signs_off_is_told_that_the_drawing_was_mended(county: County) -> None:
    crossed = {"type": "Polygon", "coordinates": [[[101, 24], [101.1, 24.1], [101.1, 24], [101, 24.1], [101, 24]]]}
    alert = drafted(county, wanted=fields(area=AreaInput(polygon=crossed)))
    kept = shape(county, alert)
    sent_again = json.loads(json.dumps(kept), parse_float=lambda text: round(float(text), 6))
    worded = AreaInput(polygon=sent_again, description="两岸")
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, {"area": worded}, DIVISIONS))
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, alert))
    shown: Any = county.see("reviewer", lambda s, a: preview_of(s, county.clock, a, alert))
    assert (state(county, alert)["area"]["mended"], shown["area"]["mended"]) == (True, True)
    county.do("reviewer", lambda s, a: actions.return_(s, county.clock, a, alert, "画清楚"))
    square = {"type": "Polygon", "coordinates": [[[101, 24], [101.1, 24], [101.1, 24.1], [101, 24.1], [101, 24]]]}
    anew = {"area": AreaInput(polygon=square)}
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, anew, DIVISIONS))
    assert not state(county, alert)["area"]["mended"]


def test_what_has_run_out_is_not_submitted(county: County) -> None:
    alert = drafted(county)
    county.clock.advance(7 * 3600)
    assert refusal(county, "issuer", lambda s, a: actions.submit(s, county.clock, a, alert)).code == "alert.expired"


def test_an_empty_area_is_not_issued(county: County) -> None:
    alert = signed(county, area=AreaInput(circle=CircleInput(103, 27, 1000)))
    assert refusal(county, "issuer", lambda s, a: actions.issue(s, county.clock, a, alert, 0)).code == "alert.nobody"


def test_the_preview_says_who_and_how_before_anybody_is_told(county: County) -> None:
    wanted = fields(area=AreaInput(divisions=(SOUTH,)))
    found: Any = county.see("duty", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert found["people"] == PEOPLE_IN_SOUTH
    assert found["channels"] == {"websocket": 2, "email": 2, "mqtt": 1}
    south = {"email": 2, "websocket": 2, "mqtt": 1}
    row = {"unit": county.units["south"], "name": "西舍路镇", "kind": "township", "placed": True}
    assert found["units"] == [{**row, "responsible": 1, "channels": south}]
    assert found["texts"]["mqtt"].count("西舍路镇防范山洪") == 2
    assert found["area"]["approximate"]
    assert found["forecast_99_s"] > 0
    assert kinds(county) == []


@pytest.mark.parametrize(
    ("about", "calls"),
    [
        ({"kind": "notice"}, None),
        ({"kind": "evacuation"}, {"first_call_s": 0}),
    ],
)
def test_the_preview_says_whether_anybody_is_called(county: County, about: dict[str, Any], calls: object) -> None:
    wanted = fields(area=AreaInput(divisions=(SOUTH,)), **about)
    found: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert found["calls"] == calls
    assert (found["call"] is None) == (calls is None)


def test_as_shipped_red_rings_at_once_and_orange_after_the_page_and_a_message() -> None:
    first = {level: read_policy(level, raw).first_call_s() for level, raw in shipped_levels().items()}
    assert first == {"red": 0, "evacuation": 0, "orange": 120 + 180}
    told = {"whom": "holder", "tell": ["sms"], "tries": 2, "wait_s": [30, 60]}
    mute = read_policy("blue", {"obliged": ["village"], "steps": [told], "again_s": 60})
    assert mute.first_call_s() is None


def test_a_circle_reaches_those_inside_it(county: County) -> None:
    wanted = fields(area=AreaInput(circle=CircleInput(101.36, 25.13, 3000)))
    found: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert [unit["name"] for unit in found["units"]] == ["吕合镇"]
    assert found["people"] == 3, "the head, the county's chief who answers for it, and the operator's account"


def test_issued_is_on_the_board_of_those_concerned(county: County) -> None:
    alert = issued(county)
    for name, sees in (("duty", True), ("south_operator", True), ("north_operator", False), ("stranger", False)):
        board = county.see(name, lambda s, a: board_alerts(s, sight_of(s, a)))
        coverage: Any = county.see(name, lambda s, a: board_coverages(s, sight_of(s, a)))
        assert ([one["id"] for one in board] == [alert]) == sees
        assert ([one["planned"] for one in coverage] == [5]) == sees


def test_the_message_issued_is_sound_cap(county: County) -> None:
    alert = issued(county)
    found = read(county.see("duty", lambda s, _: cap_document(s, alert)))
    assert found.warnings == ()
    message = found.message
    assert (message.status, message.msg_type, message.infos[0].event) == ("Actual", "Alert", "山洪")
    assert message.infos[0].areas[0].geocodes[0].value == SOUTH
    assert message.sent == START


@pytest.mark.parametrize("end", ["lifted", "withdrawn"])
def test_an_end_tells_whoever_was_told(either: County, end: str) -> None:
    county = either
    alert = issued(county)
    with county.db.writing() as session:
        held = claims.claim(session, claims.Claimant("email.0@host/a#1", "email"), county.clock.now())
        assert held is not None
        kept, size = held.chunk, len(held.rest)
    done = county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, end, "水位已退"))
    with county.db.reading() as session:
        chunks = {chunk.id: chunk for chunk in session.scalars(select(Chunk))}
        assert [chunks[one].size for one in done.chunks] == [size]
        assert {chunk.state for chunk in chunks.values() if chunk.act == "issue"} == {"dropped"}
        assert chunks[kept].fence == held.fence + 1
    now = state(county, alert)
    assert (now["status"], now["on_board"], now["end_text"]) == (end, False, "水位已退")
    assert kinds(county)[-2:] == [f"alert.{end}", "alert.progress"]
    assert county.see("duty", lambda s, a: board_coverages(s, sight_of(s, a))) == []
    message = read(county.see("duty", lambda s, _: cap_document(s, alert))).message
    assert (message.msg_type, message.references[0].identifier) == ("Cancel", now["identifier"])


def test_an_update_replaces_what_it_changes(county: County) -> None:
    old = issued(county)
    wider = {"headline": "扩大到吕合镇", "area": AreaInput(divisions=(NORTH,))}
    new = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, old, wider, DIVISIONS).id)
    assert state(county, old)["status"] == "issued"
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, new))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, new))
    people: Any = county.see("issuer", lambda s, a: preview_of(s, county.clock, a, new)["people"])
    assert people == PEOPLE_IN_SOUTH + 3, "those of the new area, and those who were told before"
    county.do("issuer", lambda s, a: actions.issue(s, county.clock, a, new, people))
    assert (state(county, old)["status"], state(county, old)["on_board"]) == ("changed", False)
    message = read(county.see("duty", lambda s, _: cap_document(s, new))).message
    assert message.msg_type == "Update"
    assert message.references[0].identifier == state(county, old)["identifier"]


def test_an_update_that_is_withdrawn_at_once_is_told_to_whoever_was_told_before_it(either: County) -> None:
    county = either
    old = issued(county)
    before = gateways()
    send_all(county, senders(before))
    new = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, old, {}, DIVISIONS).id)
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, new))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, new))
    issue(county, new)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, new, "withdrawn", "误发"))
    after = gateways()
    send_all(county, senders(after))
    told = {name: {one.address for one in gate.got} for name, gate in before.items()}
    assert told["email"] == {"south@example.org", "villager@example.org"}
    assert {name: {one.address for one in gate.got} for name, gate in after.items()} == told
    assert all("撤回" in one.content.body for one in after["email"].got)


def signed_change(county: County, running: str) -> str:
    new: str = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, running, {}, DIVISIONS).id)
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, new))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, new))
    return new


def too_late(county: County, change: str) -> dict[str, str]:
    error = refusal(county, "issuer", lambda s, a: actions.issue(s, county.clock, a, change, PEOPLE_IN_SOUTH))
    assert (error.code, state(county, change)["status"]) == ("alert.change_too_late", "signed_off")
    return error.params


def test_a_change_is_not_issued_when_what_it_changes_is_over(county: County) -> None:
    old = issued(county)
    first, second = signed_change(county, old), signed_change(county, old)
    draft = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, old, {}, DIVISIONS).id)
    issue(county, first)
    assert too_late(county, second) == {"state": "changed"}
    error = refusal(county, "issuer", lambda s, a: actions.submit(s, county.clock, a, draft))
    assert error.code == "alert.change_too_late"

    third = signed_change(county, first)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, first, "withdrawn", "误发"))
    assert too_late(county, third) == {"state": "withdrawn"}


@pytest.mark.parametrize("drill", [False, True])
def test_a_change_stays_real_or_an_exercise(county: County, drill: bool) -> None:
    old = issued(county, drill=drill)
    new = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, old, {}, DIVISIONS).id)
    for turned in (drill, not drill):
        change = {"drill": turned, "headline": "河水还在涨"}
        act = lambda s, a: actions.amend(s, county.clock, a, new, None, change, DIVISIONS)  # noqa: B023, E731
        if turned == drill:
            county.do("issuer", act)
        else:
            assert refusal(county, "issuer", act).code == "alert.drill_fixed"
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, new))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, new))
    with county.db.writing() as session:
        session.get_one(Alert, new).drill = not drill  # As a draft of an older version may be.
    error = refusal(county, "issuer", lambda s, a: actions.issue(s, county.clock, a, new, PEOPLE_IN_SOUTH))
    assert (error.code, state(county, old)["status"]) == ("alert.drill_fixed", "issued")


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(drill=st.booleans(), changes=st.lists(st.sampled_from(("as it was", "turned", "silent")), max_size=3))
def test_whatever_is_changed_a_drill_stays_one(county: County, drill: bool, changes: list[str]) -> None:
    """Updated and amended any number of times, with an attempt to turn it or without a word of it."""
    turns: dict[str, dict[str, bool]] = {"as it was": {"drill": drill}, "turned": {"drill": not drill}, "silent": {}}
    alerts = [issued(county, drill=drill)]
    for change in changes:
        alerts.append(changed(county, alerts[-1], headline="还在涨", **turns[change]))
    found = [state(county, alert) for alert in alerts]
    assert {(one["drill"], one["scope_status"]) for one in found} == {(drill, "Exercise" if drill else "Actual")}
    with county.db.reading() as session:
        assert set(session.scalars(select(Chunk.drill).where(Chunk.alert_id.in_(alerts)))) == {drill}


def test_it_expires_by_itself(either: County) -> None:
    county = either
    alert = issued(county)
    county.clock.advance(6 * 3600)
    with county.db.writing() as session:
        assert actions.expire_due(session, county.clock) == 1
    with county.db.writing() as session:
        assert actions.expire_due(session, county.clock) == 0
    assert (state(county, alert)["status"], state(county, alert)["on_board"]) == ("expired", False)
    assert kinds(county)[-2:] == ["alert.expired", "alert.progress"]


def test_a_dropped_draft_is_gone(county: County) -> None:
    alert = drafted(county)
    county.do("issuer", lambda s, a: actions.drop(s, county.clock, a, alert))
    assert county.see("issuer", lambda s, a: alerts_of(s, a)) == []
    assert (
        refusal(county, "issuer", lambda s, a: actions.submit(s, county.clock, a, alert)).code
        == "alert.move_impossible"
    )


def test_the_feed_is_of_running_alerts_and_for_a_day_of_ended_ones_and_no_drills(either: County) -> None:
    county = either
    running = issued(county)
    issued(county, drill=True)
    ended = issued(county)
    drafted(county)
    county.clock.advance(60)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, ended, "lifted", ""))

    def feed() -> list[Any]:
        rows = county.see("stranger", lambda s, _: public_alerts(s, county.clock.now()))
        return [(one.id, at - START) for one, at in rows]

    minute = timedelta(minutes=1)
    assert feed() == [(ended, minute), (running, 0 * minute)], "the end is newer than what runs"
    county.clock.advance(24 * 3600)
    assert feed() == [(running, 0 * minute)]


def members_changed(session: Session, alert: str) -> None:
    """Somebody at the database takes a member out and writes the hash that fits."""
    chunks = session.scalars(select(Chunk).where(Chunk.alert_id == alert).order_by(Chunk.number)).all()
    first: Any = chunks[0]
    first.members, first.size = first.members[1:], first.size - 1
    session.flush()
    row = session.get_one(Alert, alert)
    row.audience_hash = audience_hash(one for chunk in chunks for one in members_of(chunk))


def test_who_was_told_is_proved_by_the_entry_of_the_issue(
    county: County, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alert, other = issued(county), issued(county, headline="第二条")
    with county.db.reading() as session:
        assert first_changed_audience(session) is None
    entries: Any = county.see("duty", lambda s, _: [e.body for e in read_after(s, 0, 1000) if e.kind == "alert.issued"])
    assert entries[0]["alert"]["audience_hash"] == state(county, alert)["audience_hash"]
    with county.db.writing() as session:
        members_changed(session, other)
    with county.db.reading() as session:
        assert verify(session)[1] is None
    assert main(("verify", "--data", str(tmp_path))) == 1
    assert f"{other}: its audience is not the one of entry" in capsys.readouterr().out


def test_who_was_told_of_the_end_is_proved_by_its_entry(either: County) -> None:
    county = either
    alert = issued(county)
    send_all(county, senders(gateways()))
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", ""))
    with county.db.reading() as session:
        assert first_changed_audience(session) is None
    with county.db.writing() as session:
        chunk: Any = session.scalars(select(Chunk).where(Chunk.act == "end", Chunk.channel == "email")).first()
        chunk.members, chunk.size = chunk.members[1:], chunk.size - 1
    with county.db.reading() as session:
        assert f"{alert}: its end's audience is not the one of entry" in str(first_changed_audience(session))


def test_a_drill_says_so_everywhere(county: County) -> None:
    alert = issued(county, drill=True)
    found: Any = county.see("issuer", lambda s, a: preview_of(s, county.clock, a, alert))
    assert all(text.startswith("演练") for text in found["texts"].values())
    message = read(county.see("duty", lambda s, _: last_issued(s, alert).content)).message
    assert (message.status, message.infos[0].headline) == ("Exercise", "演练 西舍路镇防范山洪")
    with county.db.reading() as session:
        assert all(session.scalars(select(Chunk.drill)))


def test_a_replayed_board_is_the_fresh_one(county: County) -> None:
    alert = issued(county)
    issued(county, headline="第二条")
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, alert, "lifted", ""))
    drafted(county)

    def boards(session: Session, actor: Actor) -> tuple[dict[str, Any], dict[str, Any]]:
        sight = sight_of(session, actor)
        fresh = {"alert": board_alerts(session, sight), "coverage": board_coverages(session, sight)}
        replayed: dict[str, dict[str, Any]] = {"alert": {}, "coverage": {}}
        for entry in read_after(session, 0, 1000):
            for key in replayed.keys() & entry.body.keys():
                item = entry.body[key]
                assert isinstance(item, dict)
                replayed[key].pop(str(item["id"]), None)
                if item["on_board"] and sight.covers(entry.unit, entry.shared):
                    replayed[key][str(item["id"])] = item
        return {k: {str(o["id"]): o for o in v} for k, v in fresh.items()}, replayed

    for name in ("duty", "south_operator", "north_operator"):
        fresh, replayed = county.see(name, boards)
        assert fresh == replayed


def test_whose_page_could_not_answer_is_not_told(county: County) -> None:
    wanted = fields(area=AreaInput(divisions=("532301",)))
    found: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    units = {unit["name"]: unit["channels"] for unit in found["units"]}
    assert units["楚雄市"] == {"websocket": 1}, "the chief is told as the one responsible in the north"


def test_the_area_in_words(county: County) -> None:
    wanted = fields(area=AreaInput(divisions=(SOUTH,), circle=CircleInput(101.1, 25.0, 2500)))
    assert (
        state(county, drafted(county, wanted=wanted))["area"]["description"]
        == "西舍路镇、以 101.100，25.000 为中心 2.5 公里"
    )
    named = replace(wanted, area=replace(wanted.area, description="沙龙河两岸"))
    assert state(county, drafted(county, wanted=named))["area"]["description"] == "沙龙河两岸"


def test_words_of_our_own_follow_the_area_and_a_persons_stay_beside_what_it_is(county: County) -> None:
    two = AreaInput(divisions=(SOUTH, NORTH))
    made, written = drafted(county), drafted(county, wanted=fields(area=AreaInput((SOUTH,), description="沿河")))
    assert [state(county, one)["area"]["worded"] for one in (made, written)] == [False, True]
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, made, None, {"area": two}, DIVISIONS))
    assert state(county, made)["area"]["description"] == "西舍路镇、吕合镇"
    whole = {"area": AreaInput(divisions=("532301",), description="西舍路镇沿河")}
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, written, None, whole, DIVISIONS))
    found: Any = county.see("reviewer", lambda s, a: preview_of(s, county.clock, a, written))
    assert found["area"]["description"] == "西舍路镇沿河"
    assert (found["area"]["divisions"], found["area"]["drawn"]) == (["楚雄市"], False)
    assert 4300 < found["area"]["km2"] < 4600, "4,433 km² as the city gives it"


def test_the_change_of_an_alert_begins_with_its_whole_area(county: County) -> None:
    circle = CircleInput(101.36, 25.13, 2500)
    old = issued(county, area=AreaInput(divisions=(SOUTH,), circle=circle))
    new = county.do(
        "issuer", lambda s, a: actions.update(s, county.clock, a, old, {"headline": "还在涨"}, DIVISIONS).id
    )
    before, after = state(county, old), state(county, new)
    assert after["area"] == before["area"]
    drawn = shape(county, new, "drawn_digest")
    assert (drawn["type"], drawn == shape(county, new)) == ("Polygon", False)
    found: Any = county.see("issuer", lambda s, a: preview_of(s, county.clock, a, new))
    assert {unit["name"] for unit in found["units"]} == {"西舍路镇", "吕合镇"}
    assert (found["area"]["divisions"], found["area"]["drawn"]) == (["西舍路镇"], True)
    assert 19 < found["area"]["km2"] < 20, "the circle: the county's boundary stands for the township"


def test_holders_of_a_post_are_told_beside_the_area_and_counted_and_frozen(either: County) -> None:
    county = either
    wanted = fields(titles=("吕合镇包保",), channels=("email",))
    found: Any = county.see("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert {unit["name"]: unit["channels"] for unit in found["units"]} == {
        "西舍路镇": {"email": 2},
        "吕合镇": {"email": 2},
    }
    placed = {unit["name"]: unit["placed"] for unit in found["units"]}
    assert placed == {"西舍路镇": True, "吕合镇": False}, "told by name alone, whatever it lacks is not missed"
    alert = issued(county, titles=("吕合镇包保",), channels=("email",))
    now = state(county, alert)
    assert (now["titles"], now["people"]) == (["吕合镇包保"], found["people"])
    with county.db.reading() as session:
        told = {member.name for chunk in session.scalars(select(Chunk)) for member in members_of(chunk)}
        assert first_changed_audience(session) is None
    assert told == {"south_head", "villager", "chief", "north_head"}
    again = county.do("issuer", lambda s, a: actions.update(s, county.clock, a, alert, {}, DIVISIONS).id)
    assert state(county, again)["titles"] == ["吕合镇包保"]


def test_a_township_reaches_the_holders_of_its_own_posts_alone(county: County) -> None:
    with county.db.writing() as session:
        session.add(
            RoleGrant(user_id=county.users["south_operator"], role=Role.DUTY_OFFICER, unit_id=county.units["south"])
        )
    titles = ("吕合镇包保", "西舍路镇镇长")
    wanted = fields(area=AreaInput(divisions=(f"{SOUTH}201",)), titles=titles, channels=("email",))
    found: Any = county.see("south_operator", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
    assert [(unit["name"], unit["channels"]) for unit in found["units"]] == [("西舍路镇", {"email": 2})]
