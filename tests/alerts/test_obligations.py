"""叫应 in the database: who is obliged to answer for an alert, and until when."""

from typing import Any

import pytest
from sqlalchemy import select, update

from alerts import actions
from alerts.calls import actions as calls
from alerts.calls.model import CallAttempt
from alerts.model import Chunk
from alerts.senders import senders
from command.directory.model import Post
from tests.alerts.county import County, fields
from tests.alerts.messages import alert, info
from tests.alerts.steps import drafted, evacuate, issue, issued
from tests.alerts.telephones import OFF, SILENT, kinds, obligations, telephones, tries, villages, work, work_for
from tests.alerts.test_fanout import gateways, send_all
from tests.alerts.test_receipts import code, record
from tests.alerts.test_receiving import HERE, ID, received


def test_every_responsible_post_of_the_area_is_obliged_and_no_other(either: County) -> None:
    county = either
    villages(county, "south", ("甲村", "乙村"))
    villages(county, "north", ("丙村",))
    with county.db.writing() as session:
        session.add(Post(unit_id=county.units["village"], title="滑坡点", responsible=True, hazard_point="后山滑坡"))
        session.add(Post(unit_id=county.units["village"], title="网格员"))
    evacuate(county)
    rows = obligations(county)
    assert {name: row.subject for name, row in rows.items()} == {
        "甲村": "village", "乙村": "village", "后山滑坡": "hazard_point", "西舍路镇": "leader",
    }  # fmt: skip
    assert {row.township_id for row in rows.values()} == {county.units["south"]}
    assert kinds(county) == ["calling.opened"] * 4


def test_notices_oblige_nobody(county: County) -> None:
    villages(county, "south", ("甲村",))
    issued(county)
    assert obligations(county) == {}


def red(identifier: str = ID, **changes: Any) -> bytes:
    """A red message of a station, for the whole county."""
    expires = "<expires>2026-11-20T20:00:00+08:00</expires><headline>发布暴雨红色预警信号</headline>"
    return alert(identifier=identifier, infos=info(more=expires, areas=HERE), **changes).encode()


def test_a_received_red_message_calls_and_its_copy_changes_nothing(either: County) -> None:
    county = either
    villages(county, "south", ("甲村",))
    villages(county, "north", ("乙村",))
    network = telephones(county)
    for _ in range(2):
        received(county, red())
        work_for(county, network, 60)
    rows = obligations(county)
    assert {name for name, row in rows.items() if row.subject == "village"} == {"甲村", "乙村"}
    assert {row.level for row in rows.values()} == {"red"}
    assert network.rung()["139-甲村"] == 1
    assert {one.channel for one in tries(county)} <= {"voice", "sms", "email", "websocket"}
    with county.db.reading() as session:
        assert session.scalars(select(Chunk)).all() == [], "nothing goes to the public by itself"


def test_whoever_is_obliged_by_a_received_message_sees_and_answers_it_on_their_page(either: County) -> None:
    county = either
    with county.db.writing() as session:
        held = {"title": "包保", "responsible": True, "holder_id": county.people["operator"]}
        session.add(Post(unit_id=county.units["village"], **held))
    alert_id = received(county, red()).alert.id
    shown: dict[str, Any] = {"channel": "websocket", "state": "delivered", "alert_id": alert_id}
    assert record(county, **shown, actor="south_operator")
    assert obligations(county)["西舍路村"].mark == "reached"
    assert not record(county, **shown, actor="south_operator"), "the same again is nothing new"
    assert code(county, **shown, actor="duty") == "alert.not_addressed"
    county.do("south_operator", lambda s, a: actions.acknowledge(s, county.clock, a, alert_id))
    row = obligations(county)["西舍路村"]
    assert (row.mark, row.answered["channel"]) == ("confirmed", "websocket")  # type: ignore[call-overload, index]


@pytest.mark.parametrize("changes", [{"status": "Exercise"}, {"status": "Test"}, {"sent": "2026-11-18T14:03:11+08:00"}])
def test_a_received_message_calls_only_in_earnest_and_while_it_runs(county: County, changes: dict[str, str]) -> None:
    villages(county, "south", ("甲村",))
    county.clock.advance(0 if "status" in changes else 7 * 3600)
    received(county, red(**changes))
    assert obligations(county) == {}


def test_the_stations_lifting_ends_the_calls(county: County) -> None:
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": OFF, "139-甲村-b": OFF})
    received(county, red())
    work(county, network)
    reference = f"<references>station@example.org,{ID},2026-11-20T14:03:11+08:00</references>"
    received(county, red("station-2", msg_type="Cancel", extra=reference))
    rung = sum(network.rung().values())
    work_for(county, network, 700)
    assert sum(network.rung().values()) == rung
    assert not obligations(county)["甲村"].on_board


def ends_told(county: County) -> dict[str, set[str]]:
    """What the fan-out sends of ends: channel → addresses."""
    outside = gateways()
    send_all(county, senders(outside))
    return {name: {one.address for one in gate.got} for name, gate in outside.items() if gate.got}


def test_whoever_was_called_is_told_of_the_withdrawal_by_a_message(either: County) -> None:
    county = either
    villages(county, "south", ("甲村", "乙村"), deputies=False)
    network = telephones(county, **{"139-乙村": OFF})
    order = evacuate(county, channels=("mqtt",))
    work(county, network)
    with county.db.writing() as session:
        written = update(CallAttempt).where(CallAttempt.channel == "sms", CallAttempt.address == "139-乙村")
        session.execute(written.values(outcome="failed"))
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, order, "withdrawn", "误发"))
    rung = sum(network.rung().values())
    told = ends_told(county)
    assert told["sms"] == {"139-甲村"}, "not where it rang in vain and no message went"
    work_for(county, network, 700)
    assert sum(network.rung().values()) == rung, "an end rings nobody up"


def test_the_stations_lifting_is_told_to_whoever_was_called(either: County) -> None:
    county = either
    villages(county, "south", ("甲村",), deputies=False)
    received(county, red())
    work(county, telephones(county))
    reference = f"<references>station@example.org,{ID},2026-11-20T14:03:11+08:00</references>"
    received(county, red("station-2", msg_type="Cancel", extra=reference))
    assert ends_told(county) == {"email": {"south@example.org", "chief@example.org"}, "sms": {"139-甲村"}}
    assert ends_told(county) == {}, "once"


def test_lifting_ends_the_calls_and_a_visit_stands(either: County) -> None:
    county = either
    villages(county, "south", ("甲村", "乙村"), deputies=False)
    network = telephones(county, **{"139-甲村": OFF, "139-乙村": OFF})
    order = evacuate(county)
    work_for(county, network, 500)
    assert obligations(county)["甲村"].visit_open
    visit = obligations(county)["甲村"].id
    county.do("duty", lambda s, a: calls.report_visit(s, county.clock, a, visit, found=True))
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, order, "lifted", "水退了"))
    rung = sum(network.rung().values())
    work_for(county, network, 1500)
    assert sum(network.rung().values()) == rung
    rows = obligations(county)
    assert (rows["甲村"].on_board, rows["乙村"].on_board) == (False, True)
    assert {row.ended_at is not None for row in rows.values()} == {True}


def red_warning(county: County) -> str:
    """A red warning of the weather station for the southern township."""
    wanted = fields(kind="warning", colour="red", event="暴雨", headline="暴雨红色预警")
    draft = drafted(county, by="weather", wanted=wanted)
    county.do("weather", lambda s, a: actions.submit(s, county.clock, a, draft))
    county.do("reviewer", lambda s, a: actions.sign_off(s, county.clock, a, draft))
    return issue(county, draft).alert.id


def test_the_end_of_a_warning_leaves_the_evacuation_order_alone(county: County) -> None:
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": SILENT, "139-甲村-b": SILENT})
    red = red_warning(county)
    order = evacuate(county)
    work(county, network)
    county.do("weather", lambda s, a: actions.cancel(s, county.clock, a, red, "lifted", "雨停了"))
    assert obligations(county, red)["甲村"].ended_at is not None
    assert obligations(county, order)["甲村"].ended_at is None
    before = network.rung()["139-甲村"]
    work_for(county, network, 60)
    assert network.rung()["139-甲村"] > before


def test_an_evacuation_order_that_expires_is_still_called_for(county: County) -> None:
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": SILENT, "139-甲村-b": SILENT})
    evacuate(county)
    work_for(county, network, 600)
    county.clock.advance(7 * 3600)
    with county.db.writing() as session:
        actions.expire_due(session, county.clock)
    row = obligations(county)["甲村"]
    assert (row.on_board, row.ended_at) == (True, None)
    before = network.rung()["139-甲村"]
    work_for(county, network, 60)
    assert network.rung()["139-甲村"] > before
