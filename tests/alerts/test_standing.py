"""Which messages from outside are acted on: Actual, unexpired, of a known authority, touching the county."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509

from alerts import actions
from alerts.authority.rules import Rules, What, read_rules, shipped_rules, written_rules
from alerts.authority.tables import change_table
from alerts.data import table
from alerts.drafting import AreaInput, CircleInput
from alerts.model import Alert
from alerts.preview import preview
from alerts.queries import AlertFilter, alert_details, alerts_of, board_alerts
from command.directory.model import RoleGrant, Unit
from command.directory.queries import sight_of
from command.kernel.actor import Actor, Grant
from command.kernel.errors import FengsuiError
from command.kernel.rights import Role
from tests.alerts.county import DIVISIONS, NORTH, SOUTH, County, fields
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.signing import key_and_certificate, signed_example
from tests.alerts.steps import drafted, signed, take_cap
from tests.alerts.telephones import obligations, villages

UNTIL = "<expires>2026-11-20T20:00:00+08:00</expires><headline>暴雨橙色预警</headline>"
HERE = area(geocode("GB/T 2260", "532301103"), "吕合镇")
STATION = {"sender": "station@example.org", "name": "气象台（示例）", "events": [], "colours": [], "signer": ""}


def message(areas: str = HERE, event: str = "暴雨", **changes: Any) -> bytes:
    return alert(infos=info(event=event, more=UNTIL, areas=areas), **changes).encode()


def taken(county: County, data: bytes, feed: bool = False, **options: Any) -> dict[str, Any]:
    """The alert's state after the issuer, or a feed of the county, brought it."""

    def take(session: Any, actor: Actor) -> Any:
        path = f"{county.units['county']}/"
        unit = county.units["county"]
        source = Actor("feed", "feed-1", "来源", unit, (Grant(Role.ALERT_ISSUER, unit, path),))
        by = source if feed else actor
        return take_cap(session, county.clock, by, data, DIVISIONS.boundary_of, **options)

    found = county.do("issuer", take)
    assert isinstance(found, actions.Received)
    return county.see("duty", lambda s, _: dict(s.get_one(Alert, found.alert.id).state()))


def put(county: County, senders: list[Mapping[str, Any]], **more: Any) -> None:
    content = {**written_rules(shipped_rules()), "senders": senders, **more}
    with county.db.writing() as session:
        actor = county.actor(session, "duty")
        admin = Actor("user", actor.id, "管理", actor.unit_id, _admin(session, county))
        change_table(session, county.clock, admin, 0, content)


def _admin(session: Any, county: County) -> tuple[Grant, ...]:
    session.add(RoleGrant(user_id=county.users["duty"], role=Role.SYSTEM_ADMINISTRATOR, unit_id=county.units["county"]))
    unit = county.units["county"]
    return (Grant(Role.SYSTEM_ADMINISTRATOR, unit, f"{unit}/"),)


@pytest.mark.parametrize(
    ("areas", "changes", "reasons"),
    [
        (HERE, {}, []),
        (HERE, {"status": "Exercise"}, ["received.not_actual"]),
        (area(geocode("GB/T 2260", "532300000000"), "州"), {}, []),
        (area(geocode("GB/T 2260", "532322000000"), "邻县"), {}, ["received.elsewhere"]),
        (area(geocode("GB/T 2260", "532331000000"), "禄丰"), {}, ["received.elsewhere"]),
        (area("<polygon>25,101.5 25,101.6 25.1,101.6 25,101.5</polygon>"), {}, []),
        (area("<polygon>40,116 40,116.1 40.1,116.1 40,116</polygon>"), {}, ["received.elsewhere"]),
        (area("<circle>25.03,101.55 0</circle>"), {}, []),
        (area("<circle>40,116 0</circle>"), {}, ["received.elsewhere"]),
        (area("<polygon></polygon>"), {}, ["received.unplaced"]),
        (HERE, {"sent": "2026-11-18T14:03:11+08:00", "status": "Test"}, ["received.not_actual"]),
    ],
)
def test_it_must_concern_the_county_now(county: County, areas: str, changes: Any, reasons: list[str]) -> None:
    now = taken(county, message(areas, **changes))
    assert now["not_acted_on"] == reasons
    assert now["on_board"] == (reasons == [])
    listed = county.see("duty", lambda s, a: [one.id for one in alerts_of(s, a)])
    assert listed == [now["id"]], "kept and listed either way"
    board = county.see("duty", lambda s, a: board_alerts(s, sight_of(s, a)))
    assert bool(board) == (reasons == [])


def test_what_is_merely_kept_hides_nothing_and_everything_is_found(either: County) -> None:
    county = either
    ours = taken(county, message())["id"]
    kept = [taken(county, message(identifier=f"kept-{n}", status="Exercise"))["id"] for n in range(3)]

    def found(**wanted: Any) -> list[str]:
        return county.see("duty", lambda s, a: [one.id for one in alerts_of(s, a, AlertFilter(**wanted))])

    assert found(limit=3) == kept[::-1], "they came later"
    assert found(limit=3, kept=False) == [ours]
    assert found(kept=True) == kept[::-1]
    assert found(kept=True, limit=2, after=kept[2]) == kept[1::-1]
    with county.db.reading() as session:
        row = session.get_one(Alert, ours)
        headline, issued = row.headline, row.issued_at
    assert ours in found(text=headline)
    assert found(text="没有的词") == []
    assert issued is not None
    assert len(found(since=issued, until=issued)) == 4
    assert found(since=issued + timedelta(seconds=1)) == []


def test_what_ran_out_or_came_by_a_feed_from_somebody_unknown_is_only_kept(county: County) -> None:
    assert taken(county, message(), feed=True)["not_acted_on"] == ["received.sender_unknown"]
    county.clock.advance(24 * 3600)
    assert taken(county, message(identifier="late"))["not_acted_on"] == ["received.expired"]


def test_a_copy_that_counts_is_not_hidden_by_one_that_does_not(county: County) -> None:
    held = taken(county, message(), feed=True)
    good = taken(county, message())
    assert (held["on_board"], good["on_board"], good["id"] != held["id"]) == (False, True, True)
    for feed in (True, False):
        assert taken(county, message(), feed=feed)["id"] == good["id"], "and from then on there is one"


def test_a_listed_sender_counts_by_any_route_for_its_hazards_and_colours(county: County) -> None:
    put(county, [{**STATION, "sender": "station@*", "events": ["暴雨"], "colours": ["orange"]}], vouched=False)
    assert taken(county, message(), feed=True)["not_acted_on"] == []
    assert taken(county, message(event="大风", identifier="2"))["not_acted_on"] == ["received.no_authority"]
    other = taken(county, message(sender="other@example.org", identifier="3"))
    assert other["not_acted_on"] == ["received.sender_unknown"], "nobody vouches for it any more"


def test_a_sender_may_have_to_sign(county: County) -> None:
    certificate = x509.load_pem_x509_certificate(key_and_certificate("station")[1])
    put(county, [{**STATION, "sender": "*@example.org", "signer": "CN=station"}])
    assert taken(county, message())["not_acted_on"] == ["received.signature_needed"]
    assert "received.signature_needed" in taken(county, signed_example())["not_acted_on"], "not in the trust store"
    trusted = taken(county, signed_example(), trusted=(certificate,))
    assert "received.signature_needed" not in trusted["not_acted_on"]
    forged = signed_example().replace("暴雨".encode(), "小雨".encode())
    assert "received.signature_invalid" in taken(county, forged.replace(b"example-1", b"forged-1"))["not_acted_on"]


def test_a_cancel_of_somebody_unknown_ends_nothing(county: County) -> None:
    running = taken(county, message())
    reference = "<references>station@example.org,example-1,2026-11-20T14:03:11+08:00</references>"
    end = alert(identifier="end", msg_type="Cancel", extra=reference, infos="").encode()
    taken(county, end, feed=True)
    assert county.see("duty", lambda s, _: s.get_one(Alert, running["id"]).on_board)
    taken(county, end)
    assert not county.see("duty", lambda s, _: s.get_one(Alert, running["id"]).on_board)


def test_the_shipped_table_says_who_issues_and_who_signs_off(county: County) -> None:
    rules = shipped_rules()
    assert written_rules(rules) == {name: table("authority")[name] for name in ("rows", "senders", "vouched")}
    with county.db.reading() as session:
        unit = county.actor(session, "weather").unit_id
        station = session.get_one(Unit, unit)
        assert rules.may_issue(station, What("warning", "暴雨", "red"))
        assert not rules.may_issue(station, What("evacuation", "山洪", None))
        assert not rules.may_issue(station, What("notice", "山洪", "red"))


def test_the_drafter_is_refused_what_the_county_reserved_and_only_the_named_role_signs_off(county: County) -> None:
    rows = written_rules(shipped_rules())["rows"]
    assert isinstance(rows, list)
    mine = [
        {**dict(row), "events": ["山洪"], "approvers": ["leader"]} if row["kind"] == "notice" else row for row in rows
    ]
    put(county, [], rows=mine)
    with pytest.raises(FengsuiError) as refused:
        county.do("issuer", lambda s, a: actions.draft(s, county.clock, a, fields(event="停水"), DIVISIONS))
    assert refused.value.code == "alert.no_authority"
    draft = county.do("issuer", lambda s, a: actions.draft(s, county.clock, a, fields(event="山洪"), DIVISIONS)).id
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, draft))
    details: Any = county.see("reviewer", lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, draft)))
    assert (details["approvers"], "sign-off" in details["allowed"]) == (["leader"], False)
    with pytest.raises(FengsuiError) as refused:
        county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, draft))
    assert refused.value.code == "alert.not_approver"
    with county.db.writing() as session:
        session.add(RoleGrant(user_id=county.users["reviewer"], role=Role.LEADER, unit_id=county.units["county"]))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, draft))


@pytest.mark.parametrize(
    "change",
    [
        {"rows": []},
        {"senders": [{**STATION, "sender": "*"}]},
        {"senders": [{**STATION, "name": " "}]},
        {"senders": [{**STATION, "colours": ["purple"]}]},
    ],
)
def test_a_table_that_means_nothing_is_refused(change: Any) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        read_rules({**written_rules(shipped_rules()), **change})


def test_a_row_has_somebody_on_both_sides_and_a_warning_its_colours() -> None:
    def changed(**change: Any) -> Rules:
        whole = written_rules(shipped_rules())
        rows = whole["rows"]
        assert isinstance(rows, list)
        return read_rules({**whole, "rows": [{**rows[0], **change}, *rows[1:]]})

    assert changed(events=["暴雨", " "]).rows[0].events == ("暴雨",)
    wrongs: list[dict[str, Any]] = [
        {"colours": []},
        {"unit_kinds": []},
        {"approvers": []},
        {"approvers": ["auditor"]},
        {"kind": "x"},
    ]
    for wrong in wrongs:
        with pytest.raises(ValueError, match=r"\w"):
            changed(**wrong)


@pytest.mark.parametrize("scope", ["Restricted", "Private"])
def test_what_is_not_public_is_for_the_countys_desk_alone_and_calls_nobody(county: County, scope: str) -> None:
    villages(county, "north", ("甲村",))
    words = "<restriction>仅限县级指挥部</restriction>" if scope == "Restricted" else ""
    addressed = f"<scope>{scope}</scope>{words}<addresses>county@example.org</addresses>"
    red = info(more=UNTIL.replace("橙", "红"), areas=HERE)
    now = taken(county, alert(infos=red, scope=addressed).encode())
    assert (now["colour"], now["on_board"], now["unheld"], obligations(county)) == ("red", True, None, {})
    assert now["warnings"][0] == {"code": "cap.restricted", "detail": "仅限县级指挥部" if words else "Private"}
    boards = {
        name: len(county.see(name, lambda s, a: board_alerts(s, sight_of(s, a))))
        for name in ("issuer", "duty", "weather", "north_operator")
    }
    assert boards == {"issuer": 1, "duty": 1, "weather": 0, "north_operator": 0}
    taken(county, alert(identifier="public", infos=red).encode())
    assert "甲村" in obligations(county)


def test_what_the_table_forbids_meanwhile_is_not_issued(county: County) -> None:
    draft = signed(county)
    rules = shipped_rules()
    put(
        county,
        [],
        rows=written_rules(replace(rules, rows=tuple(one for one in rules.rows if one.kind != "notice")))["rows"],
    )
    with pytest.raises(FengsuiError) as caught:
        county.do("issuer", lambda s, a: actions.issue(s, county.clock, a, draft, 3))
    assert (caught.value.code, caught.value.params["what"]) == ("alert.no_authority", "notice")


@pytest.fixture
def north(county: County) -> County:
    """The northern township's operator issues alerts, too."""
    unit = county.units["north"]
    with county.db.writing() as session:
        session.add(RoleGrant(user_id=county.users["north_operator"], role=Role.ALERT_ISSUER, unit_id=unit))
    return county


@pytest.mark.parametrize(
    ("area", "places"),
    [
        (AreaInput(divisions=("532301",)), "楚雄市"),
        (AreaInput(divisions=(NORTH, SOUTH)), "西舍路镇"),
        (AreaInput(circle=CircleInput(100.99, 24.61, 5000)), "西舍路镇"),
    ],
)
def test_a_township_alerts_nobody_elses_area(north: County, area: AreaInput, places: str) -> None:
    own = drafted(north, "north_operator", fields(area=AreaInput(divisions=(NORTH,))))
    for act in (
        lambda s, a: preview(s, north.clock, a, fields(area=area), DIVISIONS),
        lambda s, a: actions.draft(s, north.clock, a, fields(area=area), DIVISIONS),
        lambda s, a: actions.amend(s, north.clock, a, own, None, {"area": area}, DIVISIONS),
    ):
        with pytest.raises(FengsuiError) as caught:
            north.do("north_operator", act)
        assert (caught.value.code, caught.value.params["places"]) == ("alert.outside", places)
    drafted(north, "issuer", fields(area=area))


def test_what_a_township_drafted_beyond_its_area_before_is_not_issued(north: County) -> None:
    drawn = CircleInput(101.36, 25.13, 5000)
    alert = drafted(north, "north_operator", fields(area=AreaInput((NORTH, f"{NORTH}201"), circle=drawn)))
    with north.db.writing() as session:
        session.get_one(Alert, alert).divisions = ["532301"]
    with pytest.raises(FengsuiError) as caught:
        north.do("north_operator", lambda s, a: actions.submit(s, north.clock, a, alert))
    assert caught.value.code == "alert.outside"
