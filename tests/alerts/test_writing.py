"""What people who were told write back by a short message."""

import logging
from typing import Any

import pytest
from sqlalchemy import select

from alerts import actions
from alerts.calls.model import WrittenAnswer
from alerts.calls.queries import obligation_details, obligation_for
from alerts.calls.writing import MOST_A_DAY
from alerts.hearing import message_recorder
from alerts.lookup import alert_for
from alerts.queries import alert_details
from alerts.senders import senders
from command.kernel.timeline import read_after, verify
from tests.alerts.county import County
from tests.alerts.steps import evacuate, issued
from tests.alerts.telephones import OFF, kinds, obligations, set_phone, telephones, villages, work, work_for
from tests.alerts.test_fanout import gateways, send_all

HOLDER, DEPUTY = "13900000001", "13900000002"
CRY = "收到。路断了，有人受伤，请派人"


def told(county: County) -> tuple[str, Any]:
    """An evacuation order of which a village's holder was told by a message and called in vain."""
    village = villages(county, "south", ("甲村",))["甲村"]
    set_phone(county, village.holder, "139 0000 0001")
    set_phone(county, village.deputy or "", DEPUTY)
    network = telephones(county, **{"139 0000 0001": OFF, DEPUTY: OFF})
    order = evacuate(county)
    work(county, network)
    return order, network


def write(county: County, number: str, text: str) -> bool:
    return message_recorder(county.db, county.clock)(number, text)


def kept(county: County) -> list[str | None]:
    with county.db.reading() as session:
        return [row.words for row in session.scalars(select(WrittenAnswer).order_by(WrittenAnswer.id))]


def shown(county: County, by: str) -> list[Any]:
    row = obligations(county)["甲村"].id
    found: Any = county.see(by, lambda s, a: obligation_details(s, a, obligation_for(s, a, row))["written"])
    return list(found)


@pytest.mark.parametrize("text", ["1", " １。", "收到", "收到！"])
def test_the_holders_own_word_settles_it(either: County, text: str) -> None:
    county = either
    _, network = told(county)
    assert write(county, f"+86{HOLDER}", text)
    row = obligations(county)["甲村"]
    answered: Any = row.answered
    assert (row.mark, answered["channel"], answered["whom"]) == ("confirmed", "sms", "holder")
    rung = sum(network.rung().values())
    work_for(county, network, 700)
    assert network.rung()["139 0000 0001"] <= rung, "nobody is called for it any more"
    (one,) = shown(county, "duty")
    assert (one["words"], one["confirmed"]) == (text, True)


def test_anything_else_is_shown_and_not_interpreted(either: County, caplog: pytest.LogCaptureFixture) -> None:
    county = either
    told(county)
    with caplog.at_level(logging.DEBUG):
        assert write(county, HOLDER, CRY)
    assert obligations(county)["甲村"].mark not in ("confirmed", "acted")
    (one,) = shown(county, "duty")
    assert (one["words"], one["names"], one["number"]) == (CRY, ["甲村责任人"], HOLDER)
    assert "obligation.written" in kinds(county)
    with county.db.reading() as session:
        assert CRY not in str([entry.body for entry in read_after(session, 0, 1000)])
        assert verify(session)[1] is None
    assert CRY not in caplog.text
    assert HOLDER not in caplog.text


def test_who_may_not_see_people_sees_that_something_was_written(county: County) -> None:
    order, _ = told(county)
    write(county, HOLDER, CRY)
    box: Any = county.see("south_box", lambda s, a: alert_details(s, county.clock, a, alert_for(s, a, order)))
    assert [(one["words"], one["names"], one["number"]) for one in box["written"]] == [(None, None, None)]


def test_a_word_from_a_number_of_two_settles_nothing(county: County) -> None:
    told(county)
    set_phone(county, county.people["villager"], "+86 139-0000-0001")
    write(county, HOLDER, "1")
    assert obligations(county)["甲村"].mark not in ("confirmed", "acted")
    (one,) = shown(county, "duty")
    assert (sorted(one["names"]), one["confirmed"]) == (["villager", "甲村责任人"], False)


def test_strangers_and_those_who_were_told_nothing_are_not_kept(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000009")
    evacuate(county)
    assert write(county, "13900000009", "什么事")
    assert write(county, "13999999999", "1")
    assert write(county, "1", "1")
    assert kept(county) == []


def test_one_telephone_does_not_fill_the_database(county: County) -> None:
    told(county)
    for _ in range(MOST_A_DAY + 2):
        assert write(county, HOLDER, "在路上")
    assert len(kept(county)) == MOST_A_DAY
    county.clock.advance(24 * 3600)
    assert write(county, HOLDER, "到了"), "and the next day it is heard again, while the alert is known"


def test_the_public_is_heard_too(county: County) -> None:
    set_phone(county, county.people["villager"], "13900000009")
    alert = issued(county, channels=("sms",))
    send_all(county, senders(gateways()))
    assert write(county, "13900000009", "水进屋了")
    found: Any = county.see("duty", lambda s, a: alert_details(s, county.clock, a, alert_for(s, a, alert))["written"])
    (one,) = found
    assert one["words"] == "水进屋了"
    with county.db.reading() as session:
        assert read_after(session, 0, 1000)[-1].kind == "alert.written"


def test_what_is_written_long_after_the_end_is_not_kept(county: County) -> None:
    order, _ = told(county)
    county.do("issuer", lambda s, a: actions.cancel(s, county.clock, a, order, "lifted", ""))
    assert write(county, HOLDER, "知道了")
    county.clock.advance(25 * 3600)
    assert write(county, HOLDER, "谢谢")
    assert kept(county) == ["知道了"]
