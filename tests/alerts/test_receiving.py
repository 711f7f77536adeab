"""Messages from outside: shown, kept, never changed, adopted."""

from datetime import timedelta
from typing import Any

import pytest
from cryptography import x509
from sqlalchemy import select

from alerts import actions
from alerts.model import Alert, CapMessage
from alerts.queries import alert_details, alerts_of, board_alerts
from alerts.shapes import geometry_in
from command.directory.queries import sight_of
from command.kernel.errors import FengsuiError, Refused
from command.kernel.timeline import read_after
from tests.alerts.county import DIVISIONS, START, County
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.signing import key_and_certificate, signed_example
from tests.alerts.steps import issue, issued, take_cap

ID = "37061441600000_20261120140311"
UNTIL_EIGHT = "<expires>2026-11-20T20:00:00+08:00</expires><senderName>张三</senderName>"
RAIN = f"{UNTIL_EIGHT}<headline>发布暴雨橙色预警信号</headline>"
HERE = area(geocode("CPEAS Geographic Code", "532301000000"), "楚雄市")


def message(areas: str = HERE, **changes: Any) -> bytes:
    return alert(identifier=ID, infos=info(more=RAIN, areas=areas), **changes).encode()


def received(county: County, data: bytes, by: str = "issuer", **options: Any) -> actions.Received:
    found = county.do(by, lambda s, a: take_cap(s, county.clock, a, data, DIVISIONS.boundary_of, **options))
    assert isinstance(found, actions.Received)
    return found


def state(county: County, alert_id: str) -> dict[str, Any]:
    return county.see("duty", lambda s, _: dict(s.get_one(Alert, alert_id).state()))


def test_it_is_shown_with_its_boundary(either: County) -> None:
    county = either
    found = received(county, message())
    now = state(county, found.alert.id)
    assert (now["status"], now["origin"], now["colour"], now["on_board"]) == ("received", "received", "orange", True)
    assert now["area"]["divisions"] == ["532301"]
    geometry: Any = county.see("duty", lambda s, _: geometry_in(s, now["area"]))
    assert geometry["type"] in {"Polygon", "MultiPolygon"}
    assert not now["area"]["approximate"]
    assert [(place.description, place.approximate) for place in found.areas] == [("楚雄市", False)]
    assert found.warnings == ()
    for name, sees in (("duty", True), ("stranger", False)):
        board = county.see(name, lambda s, a: board_alerts(s, sight_of(s, a)))
        assert bool(board) == sees


def test_every_byte_is_kept(county: County) -> None:
    data = message() + b"\n<!-- as it came -->\n"
    found = received(county, data)
    with county.db.reading() as session:
        (kept,) = session.scalars(select(CapMessage)).all()
        assert (kept.content, kept.alert_id, kept.refused) == (data, found.alert.id, None)
        assert "张三" in kept.content.decode()
        assert "张三" not in str([entry.body for entry in read_after(session, 0, 9)])


def test_a_refused_message_is_kept_too(county: County) -> None:
    data = alert(scope="").encode()
    found = county.do("issuer", lambda s, a: take_cap(s, county.clock, a, data, DIVISIONS.boundary_of))
    assert isinstance(found, actions.RefusedMessage)
    assert (found.problem.code, found.problem.errors[0].field) == ("cap.missing", "scope")
    with county.db.reading() as session:
        (kept,) = session.scalars(select(CapMessage)).all()
        assert (kept.content, kept.refused, kept.alert_id) == (data, "cap.missing", None)
        assert read_after(session, 0, 9) == []


def test_the_same_message_twice_is_one_alert(county: County) -> None:
    first, second = received(county, message()), received(county, message())
    assert (first.alert.id, first.new, second.new) == (second.alert.id, True, False)
    assert len(county.see("duty", lambda s, a: alerts_of(s, a))) == 1


def test_a_cancel_lifts_what_it_refers_to_whatever_time_it_names(county: County) -> None:
    first = received(county, message())
    reference = "<references>station@example.org,37061441600000_20261120140311,1999-01-01T00:00:00+08:00</references>"
    received(county, alert(identifier="end", msg_type="Cancel", extra=reference, infos="").encode())
    assert (state(county, first.alert.id)["status"], state(county, first.alert.id)["on_board"]) == ("lifted", False)


@pytest.mark.parametrize("changes", [{"sender": "somebody@example.org"}, {"status": "Test"}])
def test_a_cancel_of_somebody_else_or_a_test_lifts_nothing(county: County, changes: Any) -> None:
    first = received(county, message())
    reference = "<references>station@example.org,37061441600000_20261120140311,2026-11-20T14:03:11+08:00</references>"
    received(county, alert(identifier="end", msg_type="Cancel", extra=reference, infos="", **changes).encode())
    assert state(county, first.alert.id)["on_board"]


def test_a_message_that_has_run_out_is_listed_and_not_on_the_board(county: County) -> None:
    county.clock.advance(24 * 3600)
    found = received(county, message())
    assert [warning.code for warning in found.warnings] == ["cap.expired"]
    assert not state(county, found.alert.id)["on_board"]
    assert county.see("duty", lambda s, a: [one.id for one in alerts_of(s, a)]) == [found.alert.id]


def test_without_an_expiry_it_runs_for_a_day(county: County) -> None:
    found = received(county, alert().encode())
    assert [warning.code for warning in found.warnings] == ["cap.no_expires"]
    assert state(county, found.alert.id)["expires_at"] == "2026-11-21T06:03:11.000Z"


def test_signatures_are_reported(county: County) -> None:
    certificate = x509.load_pem_x509_certificate(key_and_certificate("station")[1])
    known = received(county, signed_example(), trusted=(certificate,))
    assert [w.code for w in known.warnings if "signature" in w.code] == ["cap.signature_valid"]
    with county.db.reading() as session:
        kept = session.scalars(select(CapMessage)).one()
        assert kept.signatures == [{"verdict": "valid", "signer": "CN=station", "detail": ""}]


@pytest.mark.parametrize(
    "change",
    [
        lambda s, c, a, i: actions.amend(s, c, a, i, None, {"headline": "x"}, DIVISIONS),
        lambda s, c, a, i: actions.submit(s, c, a, i),
        lambda s, c, a, i: actions.drop(s, c, a, i),
        lambda s, c, a, i: actions.issue(s, c, a, i, 0),
        lambda s, c, a, i: actions.cancel(s, c, a, i, "lifted", ""),
        lambda s, c, a, i: actions.update(s, c, a, i, {}, DIVISIONS),
    ],
)
def test_a_received_message_is_never_changed(county: County, change: Any) -> None:
    found = received(county, message())
    before = state(county, found.alert.id)
    with pytest.raises(FengsuiError) as refused:
        county.do("issuer", lambda s, a: change(s, county.clock, a, found.alert.id))
    assert refused.value.code == "alert.received_immutable"
    assert state(county, found.alert.id) == before


def test_who_may_not_receive(county: County) -> None:
    with pytest.raises(Refused):
        county.do("north_operator", lambda s, a: take_cap(s, county.clock, a, b"", DIVISIONS.boundary_of))


def test_adopted_it_is_a_draft_of_the_units_own(county: County) -> None:
    found = received(county, message())
    for by, kind, colour in (("issuer", "notice", None), ("weather", "warning", "orange")):
        draft = county.do(by, lambda s, a: actions.adopt(s, county.clock, a, found.alert.id, again=True))
        now = state(county, draft.id)
        assert (now["status"], now["kind"], now["colour"]) == ("draft", kind, colour)
        assert now["area"] == state(county, found.alert.id)["area"]
        assert (now["adopted_from"], now["references"]) == (found.alert.id, ["37061441600000_20261120140311"])
        assert now["expires_at"] == "2026-11-20T12:00:00.000Z"
    assert state(county, found.alert.id)["version"] == 1


def test_an_adopted_draft_can_be_finished_and_issued(county: County) -> None:
    found = received(county, message())
    county.clock.advance(24 * 3600)
    draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id)).id
    assert state(county, draft)["expires_at"] is None
    change = {"expires_at": START + timedelta(hours=30)}
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, draft, None, change, DIVISIONS))
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, draft))
    assert state(county, draft)["status"] == "submitted"


def test_a_drawn_area_is_adopted_as_it_was_drawn(county: County) -> None:
    polygon = area("<polygon>24.5,100.9 24.5,101.1 24.7,101.1 24.5,100.9</polygon>")
    found = received(county, message(areas=polygon))
    draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id))
    with county.db.reading() as session:
        assert session.get_one(Alert, draft.id).drawn == session.get_one(Alert, found.alert.id).geometry


def test_a_test_stays_a_test_and_is_not_adopted(county: County) -> None:
    found = received(county, message(status="Test"))
    now = state(county, found.alert.id)
    assert (now["scope_status"], now["drill"], now["on_board"]) == ("Test", True, False)
    with pytest.raises(FengsuiError) as refused:
        county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id))
    assert refused.value.code == "alert.not_acted_on"


def test_our_own_are_not_adopted(county: County) -> None:
    own = issued(county)
    with pytest.raises(FengsuiError) as refused:
        county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, own))
    assert refused.value.code == "alert.not_received"


def test_what_can_be_done_with_it(county: County) -> None:
    found = received(county, message())
    details: Any = county.see(
        "issuer", lambda s, a: alert_details(s, county.clock, a, s.get_one(Alert, found.alert.id))
    )
    assert details["allowed"] == ["adopt"]


def test_a_received_one_expires_by_itself(county: County) -> None:
    found = received(county, message())
    county.clock.advance(7 * 3600)
    with county.db.writing() as session:
        assert actions.expire_due(session, county.clock) == 1
    assert (state(county, found.alert.id)["status"], state(county, found.alert.id)["on_board"]) == ("expired", False)


def test_a_second_adoption_is_refused_with_who_made_the_first_unless_it_is_meant(county: County) -> None:
    found = received(county, message())
    first = county.do("weather", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id))
    with pytest.raises(FengsuiError) as refused:
        county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id))
    assert refused.value.code == "alert.adopted_already"
    assert refused.value.params == {"name": "weather", "unit": "市气象台（示例）", "status": "draft"}
    county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id, again=True))
    county.do("weather", lambda s, a: actions.drop(s, county.clock, a, first.id))
    with pytest.raises(FengsuiError):
        county.do("weather", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id))


@pytest.mark.parametrize("msg_type", ["Cancel", "Update"])
def test_what_was_adopted_is_not_issued_once_the_station_has_ended_it(county: County, msg_type: str) -> None:
    found = received(county, message())
    draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.alert.id)).id
    county.do("issuer", lambda s, a: actions.submit(s, county.clock, a, draft))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, draft))
    reference = f"<references>station@example.org,{ID},2026-11-20T14:03:11+08:00</references>"
    infos = info(more=RAIN, areas=HERE) if msg_type == "Update" else ""
    received(county, alert(identifier="end", msg_type=msg_type, extra=reference, infos=infos).encode())
    with pytest.raises(FengsuiError) as refused:
        issue(county, draft)
    assert refused.value.code == "alert.source_ended"
    assert state(county, draft)["status"] == "signed_off"
