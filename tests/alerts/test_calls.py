"""叫应 in the database: who is obliged is called once, stopped by an answer, and never forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from alerts import actions
from alerts.calls import actions as calls
from alerts.calls import attempts
from alerts.calls.model import Obligation
from alerts.calls.planning import plan_due
from alerts.calls.signs import record_sign
from alerts.channels.port import Outcome, Result
from command.directory.model import Person, Post
from command.kernel.ids import new_id
from command.kernel.timeline import verify
from tests.alerts.county import County
from tests.alerts.steps import changed, evacuate
from tests.alerts.telephones import (
    BUSY,
    CONFIRMS,
    NO_SUCH_NUMBER,
    OFF,
    OWNER,
    SILENT,
    SPOUSE,
    VOICEMAIL,
    claimed,
    hold,
    kinds,
    obligations,
    set_phone,
    telephones,
    tries,
    villages,
    work,
    work_for,
)


def test_everybody_confirms_and_is_called_once(either: County) -> None:
    county = either
    villages(county, "south", ("甲村", "乙村", "丙村"))
    network = telephones(county)
    evacuate(county)
    work_for(county, network, 1200)
    rows = obligations(county)
    assert {row.mark for name, row in rows.items() if name.endswith("村")} == {"confirmed"}
    assert all(count == 1 for number, count in network.rung().items() if number.startswith("139"))
    answered: Any = rows["甲村"].answered
    assert (answered["whom"], answered["channel"], answered["by"]["name"]) == ("holder", "voice", "甲村责任人")
    assert rows["甲村"].due_at is None
    with county.db.reading() as session:
        assert verify(session)[1] is None


def test_a_person_with_two_villages_is_called_once_and_hears_both(either: County) -> None:
    county = either
    held = villages(county, "south", ("甲村", "乙村"))
    hold(county, held["乙村"], held["甲村"].holder)
    network = telephones(county)
    evacuate(county)
    work(county, network)
    assert network.rung()["139-甲村"] == 1
    (call,) = [one for one in network.calls if one.address == "139-甲村"]
    assert "乙村、甲村" in call.content.body
    assert {obligations(county)[name].mark for name in ("甲村", "乙村")} == {"confirmed"}


def test_a_call_is_in_the_first_of_somebodys_languages_that_can_be_said(either: County) -> None:
    county = either
    held = villages(county, "south", ("甲村", "乙村", "丙村"))
    with county.db.writing() as session:
        for name, languages in (("甲村", "en,zh"), ("乙村", "ii,en,zh"), ("丙村", "zh,en")):
            session.get_one(Person, held[name].holder).languages = languages
    network = telephones(county)
    english = {"headline": "Flood: leave the river bank", "instruction": "Go to the school by 20:30"}
    evacuate(
        county, texts={"voice": "山洪，马上转移。"}, translations={"en": english, "ii": {"headline": "彝文（示例）"}}
    )
    work(county, network)
    heard = {one.address: one.content for one in network.calls}
    for name in ("甲村", "乙村"):
        said = heard[f"139-{name}"]
        assert said.language == "en", "Yi has no voice"
        assert "Flood: leave the river bank. Go to the school by twenty thirty." in said.body
        assert f"You answer for {name}." in said.body
        assert "山洪" not in said.body
    assert heard["139-丙村"].language == "zh"
    assert "山洪，马上转移。请丙村负责人立即组织。" in heard["139-丙村"].body


def test_two_people_who_share_a_telephone_are_called_one_after_the_other(county: County) -> None:
    held = villages(county, "south", ("甲村", "乙村"))
    set_phone(county, held["乙村"].holder, "139-甲村")
    network = telephones(county)
    evacuate(county)
    work(county, network)
    assert network.rung()["139-甲村"] == 1
    work_for(county, network, 30)
    assert network.rung()["139-甲村"] == 2
    answers: Any = [obligations(county)[name].answered for name in ("甲村", "乙村")]
    assert {one["by"]["name"] for one in answers} == {"甲村责任人", "乙村责任人"}


def test_two_alerts_at_different_times_are_still_one_call(county: County) -> None:
    """The second order finds the holder waiting to be dialled again, and takes the first one along."""
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": SILENT})
    first = evacuate(county)
    work(county, network)
    county.clock.advance(10)
    second = evacuate(county, headline="西舍路镇第二次转移")
    network.manners.clear()
    work(county, network)
    assert network.rung()["139-甲村"] == 2
    assert network.calls[-1].content.body.count("西舍路镇") > 1
    assert {obligations(county, one)["甲村"].mark for one in (first, second)} == {"confirmed"}
    work_for(county, network, 1200)
    assert network.rung()["139-甲村"] == 2


@pytest.mark.parametrize("manner", [OFF, BUSY, SILENT, VOICEMAIL, SPOUSE])
def test_what_is_no_answer_goes_on_to_the_deputy(county: County, manner: str) -> None:
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": manner})
    evacuate(county)
    work(county, network)
    row = obligations(county)["甲村"]
    marks = {OFF: "open", BUSY: "open", SILENT: "reached", VOICEMAIL: "reached", SPOUSE: "answered"}
    assert row.mark == marks[manner]
    doing: Any = row.doing
    assert doing["state"] == "over"
    assert doing["outcome"] == {OFF: "off", BUSY: "busy", SPOUSE: "other"}.get(manner, "no_key")
    assert row.due_at == county.clock.now() + timedelta(seconds=30)
    work_for(county, network, 300)
    assert network.rung() == {"139-甲村": 2, "139-甲村-b": 1}
    answered: Any = obligations(county)["甲村"].answered
    assert answered["whom"] == "deputy"


def test_a_wrong_number_is_dialled_once_and_a_post_without_telephone_not_at_all(county: County) -> None:
    held = villages(county, "south", ("甲村", "乙村"), deputies=False)
    set_phone(county, held["乙村"].holder, None, "b@example.org")
    network = telephones(county, **{"139-甲村": NO_SUCH_NUMBER})
    evacuate(county)
    work_for(county, network, 500)
    assert network.rung()["139-甲村"] == 1
    rows = obligations(county)
    assert rows["乙村"].calls == 0
    assert rows["甲村"].visit_open
    assert rows["乙村"].visit_open


def test_nobody_answers_superior_and_visit(either: County) -> None:
    county = either
    villages(county, "south", ("甲村",))
    set_phone(county, county.people["south_head"], "139-head")
    network = telephones(county, **{"139-甲村": OFF, "139-甲村-b": VOICEMAIL})
    evacuate(county)
    work_for(county, network, 600)
    row = obligations(county)["甲村"]
    assert row.mark == "reached"
    assert network.rung()["139-head"] >= 2, "for the township's own post, and for the silent village"
    said = [one.content.body for one in network.calls if one.address == "139-head"]
    assert any("甲村还没有人应答" in text for text in said)
    assert row.visit == {"ordered_at": row.visit["ordered_at"], "unit": county.units["south"], "done_at": None}  # type: ignore[index, call-overload]
    order = [kind for kind in kinds(county) if kind != "calling.opened"]
    assert order.index("obligation.informed") < order.index("obligation.visit_ordered")
    work_for(county, network, 1300)
    assert network.rung()["139-甲村"] > 2, "it goes on until somebody answers"
    assert network.rung()["139-head"] < 5


def test_an_answer_on_a_page_stops_calls_that_wait_or_go_on(either: County) -> None:
    county = either
    with county.db.writing() as session:
        session.add(
            Post(unit_id=county.units["village"], title="包保", responsible=True, holder_id=county.people["operator"])
        )
    set_phone(county, county.people["operator"], "139-operator")
    order = evacuate(county)
    with county.db.writing() as session:
        plan_due(session, county.clock)
    with county.db.writing() as session:
        held = claimed(session, county, 5)
    mine = next(one for one in held if one.address == "139-operator")
    county.do("south_operator", lambda s, a: actions.acknowledge(s, county.clock, a, order))
    with county.db.reading() as session:
        assert mine.id not in attempts.still_wanted(session, OWNER, [mine.id])
    with county.db.writing() as session:
        assert not attempts.finish(session, county.clock, mine, Result(mine.id, Outcome.SENT))
    row = obligations(county)["西舍路村"]
    assert row.mark == "confirmed"
    answered: Any = row.answered
    assert answered["channel"] == "websocket"
    assert next(one for one in tries(county) if one.id == mine.id).outcome == "stopped"


def test_an_answer_for_one_does_not_stop_the_call_for_another(county: County) -> None:
    held = villages(county, "south", ("甲村", "乙村"))
    hold(county, held["乙村"], held["甲村"].holder)
    evacuate(county)
    with county.db.writing() as session:
        plan_due(session, county.clock)
    rows = obligations(county)
    report = calls.ByHand("holder", confirmed=True)
    county.do("duty", lambda s, a: calls.report_call(s, county.clock, a, rows["甲村"].id, report))
    call = next(one for one in tries(county) if one.address == "139-甲村" and one.channel == "voice")
    assert call.state == "pending"
    county.do("duty", lambda s, a: calls.report_call(s, county.clock, a, rows["乙村"].id, report))
    assert next(one for one in tries(county) if one.id == call.id).state == "dropped"


def test_a_worker_that_dies_in_a_call_is_followed_by_another(either: County) -> None:
    county = either
    villages(county, "south", ("甲村",))
    evacuate(county)
    with county.db.writing() as session:
        plan_due(session, county.clock)
    with county.db.writing() as session:
        held = claimed(session, county, 5)
    county.clock.advance(attempts.LEASE.total_seconds() + 1)
    with county.db.writing() as session:
        attempts.release(session, county.clock, lambda _: False)
    assert {one.outcome for one in tries(county)} == {"unknown"}
    with county.db.writing() as session:
        assert not any(attempts.finish(session, county.clock, one, Result(one.id, Outcome.SENT)) for one in held)
    network = telephones(county)
    work_for(county, network, 60)
    assert obligations(county)["甲村"].mark == "confirmed"


def test_more_calls_than_lines_wait_and_are_not_tried_twice(county: County) -> None:
    names = [f"{number}村" for number in range(12)]
    villages(county, "south", names)
    evacuate(county)
    with county.db.writing() as session:
        plan_due(session, county.clock)
    with county.db.writing() as session:
        first = claimed(session, county, 3)
    assert [one.channel for one in first].count("voice") == 3
    county.clock.advance(400)
    with county.db.writing() as session:
        plan_due(session, county.clock)
    assert [one.channel for one in tries(county)].count("voice") == 12
    assert {row.calls for name, row in obligations(county).items() if name in names} == {1}


def test_a_sign_counts_once_and_one_of_nobody_is_nothing(county: County) -> None:
    villages(county, "south", ("甲村",))
    evacuate(county)
    with county.db.writing() as session:
        plan_due(session, county.clock)
    call = next(one for one in tries(county) if one.address == "139-甲村" and one.channel == "voice")
    for expected in (True, False):
        with county.db.writing() as session:
            assert record_sign(session, county.clock, call.id, "reached") == expected
    with county.db.writing() as session:
        assert not record_sign(session, county.clock, "nobody", "confirmed")
    assert kinds(county).count("calling.reached") == 1


def test_the_fan_outs_own_messages_are_not_sent_twice(county: County) -> None:
    held = villages(county, "south", ("甲村",))
    set_phone(county, held["甲村"].holder, "139-甲村", "a@example.org")
    evacuate(county, channels=("websocket", "email"))
    with county.db.writing() as session:
        plan_due(session, county.clock)
    mine = {"139-甲村", "a@example.org"}
    assert sorted(one.channel for one in tries(county) if one.address in mine) == ["sms", "voice"]


PEOPLE = st.sampled_from((CONFIRMS, OFF, BUSY, SILENT, SPOUSE, VOICEMAIL, NO_SUCH_NUMBER))
MANNERS = st.lists(PEOPLE, min_size=4, max_size=4)


def nobody_answers_for_anything(county: County) -> None:
    """What the example before called for is called for no more."""
    with county.db.writing() as session:
        session.execute(update(Post).values(active=False))
        session.execute(update(Obligation).values(ended_at=county.clock.now(), due_at=None))


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(manners=[CONFIRMS, NO_SUCH_NUMBER, CONFIRMS, CONFIRMS], drill=False, by_hand=True)
@given(manners=MANNERS, drill=st.booleans(), by_hand=st.booleans())
def test_no_path_of_a_drill_reaches_a_live_telephone(
    county: County, manners: list[str], drill: bool, by_hand: bool
) -> None:
    """Whatever people do, and whoever is called by hand: a drill rings nobody, the rest is as in earnest."""
    nobody_answers_for_anything(county)
    name = new_id()
    numbers = (f"139-{name}甲", f"139-{name}甲-b", f"139-{name}乙", f"139-{name}乙-b")
    villages(county, "south", (f"{name}甲", f"{name}乙"))
    network = telephones(county, **dict(zip(numbers, manners, strict=True)))
    order = evacuate(county, drill=drill)
    if by_hand:
        wanted = obligations(county, order)[f"{name}甲"].id
        county.do("duty", lambda s, a: calls.call(s, county.clock, a, wanted, "deputy"))
    work_for(county, network, 500)
    mine = {number: count for number, count in network.rung().items() if number in numbers}
    assert (mine == {}) == drill
    assert {one.drill for one in tries(county) if one.address in numbers} == {drill}
    for suffix, pair in (("甲", manners[:2]), ("乙", manners[2:])):
        row = obligations(county, order)[f"{name}{suffix}"]
        assert row.progress().settled == (CONFIRMS in pair and not drill)
        assert row.visit_open == (not row.progress().settled)


@pytest.mark.parametrize("drill", [False, True])
def test_the_change_of_a_drill_rings_nobody_and_that_of_an_order_still_rings(county: County, drill: bool) -> None:
    villages(county, "south", ("甲村",))
    network = telephones(county, **{"139-甲村": CONFIRMS})
    order = changed(county, evacuate(county, drill=drill), drill=not drill, headline="河水还在涨")
    work_for(county, network, 60)
    assert {one.drill for one in tries(county)} == {drill}
    assert obligations(county, order)["甲村"].progress().settled is not drill
    assert ("139-甲村" in network.rung()) is not drill


def test_who_confirmed_what_is_changed_has_three_minutes_before_the_telephone_rings(either: County) -> None:
    """Who holds the post and confirmed: neither a deputy's answer nor a former holder's tells them of anything."""
    county = either
    made = villages(county, "south", ("甲村", "乙村", "丙村", "丁村"))
    network = telephones(county, **{"139-乙村": OFF})
    order = evacuate(county)
    work_for(county, network, 400)
    assert {row.mark for name, row in obligations(county).items() if name.endswith("村")} == {"confirmed"}
    hold(county, made["丙村"], made["丁村"].deputy or "")
    network.calls.clear()
    change = changed(county, order, headline="河水还在涨")
    work_for(county, network, 120)
    assert {"139-乙村", "139-丁村-b"} <= set(network.rung())
    assert network.rung().keys().isdisjoint({"139-甲村", "139-丁村"})
    said: Any = obligations(county, change)["甲村"].doing
    assert (said["state"], said["whom"]) == ("told", "holder")
    work_for(county, network, 120)
    assert (network.rung()["139-甲村"], network.rung()["139-丁村"]) == (1, 1)
    assert {row.mark for name, row in obligations(county, change).items() if name.endswith("村")} == {"confirmed"}
    changed(county, change, headline="河水退了一些")
    network.calls.clear()
    work_for(county, network, 60)
    assert network.rung().keys().isdisjoint({"139-甲村", "139-丁村"}), "what was changed twice"
