"""Test calls of a check of numbers: who is rung and when, what it proves, and that it is in nobody's way."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import actions as alerts
from alerts.calls import actions as calls
from alerts.calls import proving
from alerts.calls.caller import Caller, CallerConfig
from alerts.channels.port import Channel
from alerts.channels.voice import VoiceChannel, VoiceConfig
from alerts.hearing import key_recorder
from alerts.numbers import actions
from alerts.numbers.export import header, row
from alerts.numbers.model import NumberCheck
from alerts.numbers.queries import numbers_to_mend
from alerts.numbers.ringing import Telephone, next_ring
from alerts.numbers.signs import follow, note_failures
from alerts.numbers.standing import BOUNCED, UNPROVEN, Pace
from alerts.recipients import is_landline
from alerts.senders import senders
from alerts.texts import LOCAL, NUMBER, RECEIPT
from command.directory.model import Post, Unit
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FengsuiError
from command.kernel.timeline import read_after
from command.kernel.values import State
from tests.alerts.county import County, fields
from tests.alerts.steps import drafted, evacuate, issue, issued
from tests.alerts.telephones import (
    BUSY,
    CONFIRMS,
    NO_SUCH_NUMBER,
    OFF,
    SILENT,
    Telephones,
    obligations,
    set_phone,
    telephones,
    tries,
    villages,
    work,
    work_for,
)
from tests.alerts.test_caller import RingingTelephones
from tests.alerts.test_numbers import check, receive, send
from tests.alerts.test_obligations import red
from tests.alerts.test_receiving import received
from tests.alerts.test_safety import begun
from tests.peers.sipp import can_send_keys, sipp
from tests.waiting import until

NOW = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
PACE = Pace(on=True, day=1, from_hour=9, to_hour=17, per_minute=30, calls_per_minute=6)
FIXED, OTHER_FIXED, MOBILE = "0878-3121234", "0878-3125678", "13900000001"
DAY = timedelta(days=1)


@pytest.mark.parametrize(
    "address",
    ["0878-3121234", "08783121234", "(0878) 312 1234", "010-62345678", "020 8765 4321", "+86 878 3121234",
     "0086-10-62345678", "+86 0878 3121234", "3121234", "62345678"],
)  # fmt: skip
def test_fixed_telephones_by_their_form(address: str) -> None:
    assert is_landline(address)


@pytest.mark.parametrize(
    "address", ["13900000001", "+86 139-0000-0001", "0086139 0000 0001", "10086", "139-甲村", "", "0878-3121234-801",
                "0139 0000 0001", "a@example.org"],
)  # fmt: skip
def test_what_is_no_fixed_telephone(address: str) -> None:
    assert not is_landline(address)


_asked = st.lists(st.tuples(st.booleans(), st.integers(0, 4)), max_size=8)


@given(_asked, st.integers(7, 19), st.integers(1, 14), st.integers(1, 60), st.integers(0, 60 * 24))
def test_by_day_at_the_pace_and_on_other_days_at_most_twice_more(
    asked: list[tuple[bool, int]], first: int, hours: int, pace: int, minutes: int
) -> None:
    """Telephones that answer at the n-th call (0: a message arrives before any; 4: never), until all is done."""
    plan = Pace(on=True, day=1, from_hour=first, to_hour=min(first + hours, 21), per_minute=30, calls_per_minute=pace)
    begun = now = NOW + timedelta(minutes=minutes)
    receipts_until = begun + DAY
    rung: dict[str, list[datetime]] = {str(number): [] for number in range(len(asked))}
    last = None
    for _ in range(200):
        known = [
            Telephone(str(n), fixed, len(rung[str(n)]) >= answers, tuple(rung[str(n)]))
            for n, (fixed, answers) in enumerate(asked)
        ]
        ring = next_ring(known, plan, receipts_until, now)
        if ring.address is not None:
            assert plan.from_hour <= now.astimezone(LOCAL).hour < plan.to_hour
            assert last is None or now - last >= timedelta(minutes=1) / pace
            assert asked[int(ring.address)][0] or now >= receipts_until
            rung[ring.address].append(now)
            last = now
        if ring.again_at is None:
            break
        assert ring.again_at > now
        now = ring.again_at
    for number, (_, answers) in enumerate(asked):
        days = [at.astimezone(LOCAL).date() for at in rung[str(number)]]
        assert len(days) == len(set(days)) == min(answers, 3)


# In the database.


def prepared(county: County, chief: str = FIXED, north: str = MOBILE, south: str | None = None) -> None:
    """The holders of three posts with a telephone each, none with a mailbox, followed."""
    for name, phone in (("chief", chief), ("north_head", north), ("south_head", south)):
        set_phone(county, county.people[name], phone)
    with county.db.writing() as session:
        follow(session, county.clock.now())


def to_mend(county: County) -> dict[str, dict[str, Any]]:
    def look(session: Session, actor: Actor) -> list[State]:
        last = session.scalars(select(NumberCheck).order_by(NumberCheck.begun_at.desc())).first()
        return numbers_to_mend(session, actor, county.clock.now(), proving.calls_of(session, last))

    return {str(one["name"]): dict(one) for one in county.see("duty", look)}


def progress(county: County, check_id: str) -> dict[str, Any]:
    with county.db.reading() as session:
        return dict(proving.progress_of(session, session.get_one(NumberCheck, check_id), county.clock.now()))


def rounds(county: County, network: Telephones, days: float) -> None:
    """Rounds of a worker, an hour apart, and a few at each hour."""
    for _ in range(int(days * 24)):
        work_for(county, network, 30)
        county.clock.advance(3600 - 40)


def told(county: County) -> list[tuple[str, Any]]:
    with county.db.reading() as session:
        return [(one.kind, one.body) for one in read_after(session, 0, 10_000) if one.kind.startswith("number")]


def test_fixed_telephones_at_once_and_the_silent_after_a_day(either: County) -> None:
    county = either
    prepared(county, south="13900000002")
    one = check(county, people=2, calls=1)
    sent = {message.address: message for message in send(county).got}
    assert set(sent) == {MOBILE, "13900000002"}, "a fixed telephone is not written to"
    receive(county, sent["13900000002"], "delivered")
    network = telephones(county)
    work_for(county, network, 120)
    assert network.rung() == Counter({FIXED: 1})
    assert (network.calls[0].content.asks, network.calls[0].content.body) == (
        NUMBER, "楚雄市。测试电话，只核对号码，不是预警，不用做任何事。",
    )  # fmt: skip
    assert set(to_mend(county)) == {"north_head"}
    found = progress(county, one)
    assert (found["written"], found["waits"]) == ({"planned": 2, "sent": 2, "arrived": 1}, "receipts")
    rounds(county, network, 1.2)
    assert network.rung() == Counter({FIXED: 1, MOBILE: 1}), "whose receipt came is not rung"
    assert to_mend(county) == {}
    assert progress(county, one)["rung"] == {
        "picked_up": 2, "key": 2, "bounced": 0, "in_vain": 0, "left": 0, "no_line": False,
    }  # fmt: skip
    entries = told(county)
    assert [kind for kind, _ in entries] == ["number_check.begun", "number_check.finished"]
    assert (entries[0][1]["number_check"]["calls"], entries[1][1]["number_check"]["results"]["picked_up"]) == (1, 2)
    assert FIXED not in str(entries)
    check(county, people=2, calls=1)


def test_in_vain_is_tried_on_other_days_and_then_shown(county: County) -> None:
    prepared(county, south=OTHER_FIXED)
    one = check(county, people=1, calls=2)
    receive(county, send(county).got[0], "delivered")
    network = telephones(county, **{FIXED: BUSY, OTHER_FIXED: NO_SUCH_NUMBER})
    rounds(county, network, 5)
    assert network.rung() == Counter({FIXED: 3, OTHER_FIXED: 1})
    assert len({attempt.created_at.astimezone(LOCAL).date() for attempt in tries(county)}) == 3
    found = to_mend(county)
    assert (found["chief"]["state"], found["south_head"]["state"]) == (UNPROVEN, BOUNCED)
    assert found["south_head"]["reason"] == "no_such_number"
    assert [found["chief"]["called"][name] for name in ("outcome", "times")] == ["busy", 3]
    line = dict(zip(header("zh"), row(found["chief"], "zh"), strict=True))
    assert (line["核对电话"], line["拨打次数"]) == ("占线", 3)
    assert dict(zip(header("en"), row(found["chief"], "en"), strict=True))["Test call"] == "busy"
    results = progress(county, one)
    assert (results["rung"]["in_vain"], results["rung"]["bounced"], results["next_at"]) == (1, 1, None)


def test_a_shared_telephone_rings_once_and_proves_all(county: County) -> None:
    prepared(county, south=FIXED)
    check(county, people=1, calls=1)
    network = telephones(county, **{FIXED: SILENT})
    work_for(county, network, 60)
    assert network.rung() == Counter({FIXED: 1})
    assert set(to_mend(county)) == {"north_head"}, "picked up is proven, also without a key"


def test_a_message_that_cannot_reach_a_fixed_telephone_says_nothing_of_it(county: County) -> None:
    prepared(county)
    with county.db.writing() as session:
        for name in ("chief", "north_head"):
            address = FIXED if name == "chief" else MOBILE
            bad = (f"person:{county.people[name]}", address, "status 0x0000000b")
            note_failures(session, "sms", [bad], county.clock.now())
    assert {name: one["state"] for name, one in to_mend(county).items()} == {"chief": UNPROVEN, "north_head": BOUNCED}


def test_nobody_is_rung_at_night(county: County) -> None:
    prepared(county)
    county.clock.advance(10 * 3600)
    one = check(county, people=1, calls=1)
    network = telephones(county)
    work_for(county, network, 60)
    assert (network.rung(), progress(county, one)["waits"]) == (Counter(), "night")
    county.clock.advance(16 * 3600)
    work_for(county, network, 60)
    assert network.rung() == Counter({FIXED: 1})


def test_a_call_that_waits_at_dusk_is_made_in_the_morning(county: County) -> None:
    prepared(county)
    check(county, people=1, calls=1)
    network = telephones(county)
    work(county, network, lines=0)
    assert [one.state for one in tries(county)] == ["pending"]
    county.clock.advance(5 * 3600)
    work_for(county, network, 60)
    assert (network.rung(), [one.state for one in tries(county)]) == (Counter(), ["dropped"])
    county.clock.advance(16 * 3600)
    work_for(county, network, 60)
    assert network.rung() == Counter({FIXED: 1})


def test_no_more_than_one_waits_for_a_line(county: County) -> None:
    prepared(county, south=OTHER_FIXED)
    one = check(county, people=1, calls=2)
    network = telephones(county)
    for _ in range(4):
        work(county, network, lines=0)
        county.clock.advance(60)
    assert len(tries(county)) == 1
    assert progress(county, one)["waits"] == "line"
    work_for(county, network, 60)
    assert set(network.rung()) == {FIXED, OTHER_FIXED}


def test_without_a_telephone_line_it_says_so_and_ends(county: County) -> None:
    prepared(county, south=OTHER_FIXED)
    one = check(county, people=1, calls=2)
    with ringing_by(county, None):
        until(lambda: by_state(county, FIXED) == ["done"])
        county.clock.advance(10)
        until(lambda: progress(county, one)["next_at"] is None)
        found = progress(county, one)["rung"]
    assert (found["no_line"], found["in_vain"], len(tries(county))) == (True, 0, 1)
    assert set(to_mend(county)) == {"chief", "north_head", "south_head"}


def test_whoever_begins_has_seen_how_many_are_rung(county: County) -> None:
    prepared(county)
    with pytest.raises(FengsuiError, match=r"numbers.calls_differ"):
        check(county, people=1, calls=0)
    with pytest.raises(FengsuiError, match=r"alert.people_differ"):
        check(county, people=2, calls=1)
    with county.db.reading() as session:
        unit = session.get_one(Unit, county.units["county"])
        assert actions.reach_of(session, unit) == (1, 1, 1)
    set_phone(county, county.people["north_head"], OTHER_FIXED)
    check(county, people=0, calls=2)


# In nobody's way.


@contextmanager
def ringing_by(county: County, network: Channel | None, lines: int = 10) -> Iterator[Caller]:
    """A caller in its thread."""
    outside = senders({"voice": network} if network is not None else {})
    config = CallerConfig(lines, look_s=0.05)
    caller = Caller(county.db, county.clock, outside, "host/w#1", lambda _: False, config)
    thread = threading.Thread(target=caller.run)
    thread.start()
    try:
        yield caller
    finally:
        caller.stop()
        thread.join()


def report_acted(session: Session, actor: Actor, clock: Clock, obligation: str) -> None:
    calls.report_acted(session, clock, actor, obligation)


def by_state(county: County, address: str) -> list[str]:
    return [one.state for one in tries(county) if one.address == address and one.channel == "voice"]


def test_a_grave_alert_takes_the_line_at_once_and_gives_it_back(county: County) -> None:
    villages(county, "south", ("甲村",), deputies=False)
    prepared(county)
    one = check(county, people=2, calls=1)
    network = RingingTelephones()
    with ringing_by(county, network, lines=1):
        until(lambda: FIXED in network.ringing)
        order = evacuate(county)
        until(lambda: "139-甲村" in network.ringing)
        assert (network.hung_up, network.most) == ([FIXED], 1), "the only line was free before the real call took it"
        assert progress(county, one)["waits"] == "alert"
        assert by_state(county, FIXED) == ["dropped"]
        county.do("issuer", lambda s, a: alerts.cancel(s, county.clock, a, order, "lifted", "解除"))
        county.clock.advance(60)
        until(lambda: FIXED in network.ringing)
        assert "139-甲村" not in network.ringing
    assert by_state(county, FIXED)[:2] == ["dropped", "claimed"]


def warn(county: County, colour: str) -> None:
    wanted = fields(kind="warning", colour=colour, event="暴雨", headline=f"暴雨{colour}", expires_at=NOW + DAY)
    draft = drafted(county, by="weather", wanted=wanted)
    county.do("weather", lambda s, a: alerts.submit(s, county.clock, a, draft))
    county.do("reviewer", lambda s, a: alerts.sign_off(s, county.clock, a, draft))
    issue(county, draft)


@pytest.mark.parametrize(
    ("begin", "rung"),
    [
        (lambda county: warn(county, "red"), False),
        (lambda county: warn(county, "orange"), False),
        (lambda county: warn(county, "yellow"), True),
        (lambda county: received(county, red()), False),
        (lambda county: received(county, red(status="Exercise")), True),
        (lambda county: begun(county, ["voice"]), True),
    ],
    ids=["red", "orange", "yellow", "received red", "received exercise", "a safety check that is over"],
)
def test_while_what_runs_no_number_is_tested(county: County, begin: Callable[[County], object], rung: bool) -> None:
    prepared(county)
    with county.db.writing() as session:
        for post in session.scalars(select(Post)):
            post.responsible = False
    begin(county)
    check(county, people=1, calls=1)
    network = telephones(county)
    work_for(county, network, 300)
    assert (NUMBER in {one.content.asks for one in network.calls}) == rung


def test_a_real_call_to_the_same_telephone_does_not_wait(county: County) -> None:
    held = villages(county, "south", ("甲村",), deputies=False)
    set_phone(county, held["甲村"].holder, FIXED)
    prepared(county, chief=OTHER_FIXED)
    issued(county, kind="notice")
    check(county, people=1, calls=2)
    network = RingingTelephones()
    with ringing_by(county, network):
        until(lambda: network.ringing)
        county.clock.advance(10)
        until(lambda: {FIXED, OTHER_FIXED} <= set(network.ringing))
        evacuate(county)
        until(lambda: len(network.hung_up) == 2 and FIXED in network.ringing)
    rung = [one for one in tries(county) if one.address == FIXED and one.channel == "voice"]
    assert [one.asks for one in rung] == [NUMBER, "receipt"]
    assert obligations(county)["甲村"].calls == 1


def test_who_has_picked_up_a_call_that_is_given_up_has_proven_the_number(county: County) -> None:
    prepared(county)
    one = check(county, people=1, calls=1)
    network = RingingTelephones()
    with ringing_by(county, network):
        until(lambda: FIXED in network.ringing)
        key_recorder(county.db, county.clock)(tries(county)[0].id, "reached")
        county.do("duty", lambda s, a: actions.stop(s, county.clock, a, one))
        until(lambda: network.hung_up == [FIXED])
    assert set(to_mend(county)) == {"north_head"}
    assert progress(county, one)["rung"]["picked_up"] == 1


def test_any_real_call_goes_first(county: County) -> None:
    """And when all have answered, an order that runs keeps the lines free."""
    villages(county, "south", ("甲村",), deputies=False)
    prepared(county)
    evacuate(county)
    check(county, people=2, calls=1)
    network = telephones(county, **{"139-甲村": OFF})
    work_for(county, network, 600)
    assert FIXED not in network.rung(), "somebody is still called"
    wanted = obligations(county)["甲村"].id
    report = calls.ByHand("holder", confirmed=True)
    county.do("duty", lambda s, a: calls.report_call(s, county.clock, a, wanted, report))
    silent = [one.id for one in obligations(county).values() if not one.progress().settled]
    for one in silent:
        county.do("duty", partial(report_acted, clock=county.clock, obligation=one))
    work_for(county, network, 60)
    assert FIXED not in network.rung(), "the order still runs"


@pytest.mark.parametrize("order_first", [True, False])
@pytest.mark.parametrize("drill", [True, False])
@pytest.mark.parametrize("manner", [CONFIRMS, BUSY, NO_SUCH_NUMBER])
def test_beside_a_drill_only_tests_are_real_and_beside_an_order_only_its_calls(
    county: County, manner: str, drill: bool, order_first: bool
) -> None:
    held = villages(county, "south", ("甲村",))["甲村"]
    prepared(county)
    steps: list[Callable[[], str]] = [lambda: check(county, people=3, calls=1), lambda: evacuate(county, drill=drill)]
    set_phone(county, held.holder, "13900000003")
    set_phone(county, str(held.deputy), "13900000004")
    for step in reversed(steps) if order_first else steps:
        step()
    network = telephones(county, **{FIXED: manner, "13900000003": OFF, "13900000004": OFF})
    work_for(county, network, 300)
    assert {one.content.asks for one in network.calls} == {NUMBER if drill else RECEIPT}
    assert (FIXED in network.rung()) == drill
    assert [one.drill for one in tries(county) if one.asks == NUMBER] == ([False] if drill else [])


# The real protocol.


keys = pytest.mark.skipif(not can_send_keys(), reason="SIPp sends keys by a raw socket, which takes root's rights")


@pytest.mark.parametrize(
    ("scenario", "outcome", "state"),
    [
        ("silent", "no_key", None),
        pytest.param("confirms", "confirmed", None, marks=keys),
        ("no_such_number", "no_such_number", BOUNCED),
        ("busy", "busy", UNPROVEN),
        ("rings", "no_answer", UNPROVEN),
    ],
)
def test_a_test_call_over_sip(county: County, scenario: str, outcome: str, state: str | None) -> None:
    prepared(county)
    with sipp(scenario) as exchange:
        config = VoiceConfig((exchange.url,), ring_s=1.5, repeats=1, patience_s=2.5, longest_s=3)
        voice = VoiceChannel(config, key_recorder(county.db, county.clock))
        one = check(county, people=1, calls=1)
        with ringing_by(county, voice):
            until(lambda: [call.state for call in tries(county)] == ["done"], within_s=30)
        assert exchange.errors() == ""
    assert tries(county)[0].outcome == outcome
    assert to_mend(county).get("chief", {}).get("state") == state
    found = progress(county, one)["rung"]
    assert {name for name in ("picked_up", "key", "bounced", "in_vain") if found[name]} == {
        "no_key": {"picked_up"}, "confirmed": {"picked_up", "key"}, "no_such_number": {"bounced"},
    }.get(outcome, {"in_vain"})  # fmt: skip


@pytest.mark.parametrize("scenario", ["rings", "silent"])
def test_a_test_call_over_sip_is_hung_up_for_an_order(county: County, scenario: str) -> None:
    prepared(county)
    with sipp(scenario) as exchange:
        config = VoiceConfig((exchange.url,), ring_s=60, repeats=1, patience_s=60, longest_s=3)
        voice = VoiceChannel(config, key_recorder(county.db, county.clock))
        check(county, people=1, calls=1)
        with ringing_by(county, voice):
            until(lambda: exchange.calls_begun() == 1, within_s=30)
            evacuate(county)
            until(lambda: exchange.calls_over() == 1, within_s=30)
            assert by_state(county, FIXED) == ["dropped"]
        assert exchange.errors() == ""
