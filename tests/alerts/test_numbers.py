"""Numbers of those who hold posts: what says that one is bad, and a check that never goes out at night."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.channels.port import Outcome, Outgoing
from alerts.fanout import FanOut
from alerts.model import Chunk, Delivery
from alerts.numbers import actions
from alerts.numbers.model import NumberMark, NumberPlan
from alerts.numbers.queries import next_check_at, numbers_to_mend, own_county
from alerts.numbers.signs import follow
from alerts.numbers.standing import (
    BOUNCED,
    PROVEN,
    UNPROVEN,
    Marks,
    Pace,
    bounce_of,
    is_due,
    next_check,
    read_pace,
    slots,
    stands,
)
from alerts.queries import alerts_of, public_alerts
from alerts.receipts import record_receipt
from alerts.senders import senders
from alerts.texts import LOCAL
from command.kernel.errors import FengsuiError
from command.kernel.timeline import read_after
from command.kernel.values import State
from tests.alerts.county import County
from tests.alerts.gateway import Gateway
from tests.alerts.steps import issued
from tests.alerts.telephones import NO_SUCH_NUMBER, set_phone, telephones, villages, work_for

NOW = datetime(2026, 11, 20, 6, 3, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 1, tzinfo=UTC)
"""The shipped plan's next day and hour after `NOW`: nine o'clock in China."""
PACE = Pace(on=True, day=1, from_hour=9, to_hour=17, per_minute=30, calls_per_minute=6)


def days(number: float) -> datetime:
    return NOW - timedelta(days=number)


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        (Marks(), UNPROVEN),
        (Marks(proven_at=days(30)), PROVEN),
        (Marks(proven_at=days(32)), UNPROVEN),
        (Marks(proven_at=days(3), bounced_at=days(2)), BOUNCED),
        (Marks(proven_at=days(1), bounced_at=days(2)), PROVEN),
        (Marks(bounced_at=days(2), corrected_at=days(1)), UNPROVEN),
        (Marks(bounced_at=days(1), corrected_at=days(2)), BOUNCED),
    ],
)
def test_how_a_number_stands(marks: Marks, expected: str) -> None:
    assert stands(marks, NOW) == expected


@pytest.mark.parametrize(
    ("channel", "detail", "reason"),
    [
        ("sms", "not a telephone number", "malformed"),
        ("sms", "status 0x0000000b", "refused"),
        ("sms", "status 0x00000058", None),
        ("sms", "channel.not_configured", None),
        ("email", "SMTPRecipientsRefused: [SMTPRecipientRefused(550, 'no such user')]", "refused"),
        ("email", "SMTPRecipientsRefused: [SMTPRecipientRefused(552, 'mailbox full')]", None),
        ("email", "SMTPDataError: (554, 'looks like spam')", None),
        ("email", "ValueError: not an address", "malformed"),
        ("mqtt", "not a telephone number", None),
    ],
)
def test_only_what_is_about_the_address_is_a_bounce(channel: str, detail: str, reason: str | None) -> None:
    assert bounce_of(channel, detail) == reason


@given(st.integers(7, 20), st.integers(1, 14), st.integers(1, 600), st.integers(0, 3000), st.integers(0, 60 * 24 * 40))
def test_nobody_is_written_to_at_night_or_faster_than_the_pace(
    first: int, hours: int, pace: int, count: int, minutes: int
) -> None:
    plan = Pace(on=True, day=1, from_hour=first, to_hour=min(first + hours, 21), per_minute=pace, calls_per_minute=6)
    now = NOW + timedelta(minutes=minutes)
    found = slots(plan, now, count)
    assert sum(size for _, size in found) == count
    assert all(plan.from_hour <= at.astimezone(LOCAL).hour < plan.to_hour and at >= now for at, _ in found)
    assert all(1 <= size <= pace for _, size in found)
    assert all(later - at >= timedelta(minutes=1) for (at, _), (later, _) in pairwise(found))


def test_the_calendar_checks_once_a_month_by_day_unless_it_is_switched_off() -> None:
    long_ago = days(90)
    assert is_due(PACE, None, long_ago, NOW)
    assert is_due(PACE, days(31), long_ago, NOW)
    assert not is_due(PACE, days(2), long_ago, NOW)
    assert not is_due(PACE, None, long_ago, NOW + timedelta(hours=6)), "that is 20:03"
    assert not is_due(replace(PACE, day=25), days(31), long_ago, NOW)
    assert not is_due(replace(PACE, on=False), None, long_ago, NOW)
    for wrong in ({"from_hour": 2}, {"to_hour": 23}, {"from_hour": 12, "to_hour": 12}, {"day": 31}, {"per_minute": 0}):
        with pytest.raises(ValueError, match="pace"):
            read_pace({"on": True, "day": 1, "from_hour": 9, "to_hour": 17, "per_minute": 30, **wrong})


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, st.none() | INSTANTS, st.integers(1, 28))
def test_the_next_check_is_on_the_plans_day_after_what_was_and_within_two_months(
    since: datetime, last: datetime | None, day: int
) -> None:
    found = next_check(replace(PACE, day=day), last, since)
    assert found is not None
    local, before = found.astimezone(LOCAL), (last or since).astimezone(LOCAL)
    assert (local.day, local.hour, local.minute) == (day, 9, 0)
    assert found >= (last or since), "whoever was entered today is not rung for what is over"
    assert found - (last or since) <= timedelta(days=61)
    assert last is None or (local.year, local.month) != (before.year, before.month), "once a month"
    assert next_check(replace(PACE, on=False), last, since) is None


# In the database.


def prepared(county: County) -> None:
    """Three people of the southern township's posts with a telephone each, followed."""
    for number, name in enumerate(("chief", "north_head", "south_head")):
        set_phone(county, county.people[name], f"1390000000{number}", "south@example.org" if number == 2 else None)
    with county.db.writing() as session:
        follow(session, county.clock.now())


def to_mend(county: County, by: str = "duty") -> dict[tuple[str, str], State]:
    found = county.see(by, lambda s, a: numbers_to_mend(s, a, county.clock.now()))
    return {(str(one["name"]), str(one["kind"])): one for one in found}


def send(county: County, answer: Callable[[Outgoing], Outcome] = lambda _: Outcome.SENT) -> Gateway:
    gateway = Gateway("sms", answer)
    for channel in ("sms", "email"):
        fanout = FanOut(county.db, county.clock, senders({"sms": gateway, "email": gateway}), channel, "host/a#1")
        fanout.work()
        fanout.close()
    return gateway


def check(county: County, people: int = 3, by: str = "duty", calls: int = 0) -> str:
    return county.do(by, lambda s, a: actions.begin(s, county.clock, a, people, calls).id)


def receive(county: County, sent: Outgoing, state: str) -> None:
    with county.db.writing() as session:
        record_receipt(session, county.clock, "sms", state, delivery=sent.delivery, alert_id=sent.alert)


def test_a_check_proves_what_arrives_and_shows_what_does_not(either: County) -> None:
    county = either
    prepared(county)
    assert {one["state"] for one in to_mend(county).values()} == {UNPROVEN}
    check(county)
    gateway = send(county)
    assert len(gateway.got) == 4, "three telephones and a mailbox"
    assert all(one.content.body.startswith("【楚雄市】测试：") for one in gateway.got if "@" not in one.address)
    by = {one.address: one for one in gateway.got}
    receive(county, by["13900000000"], "delivered")
    receive(county, by["13900000001"], "failed")
    found = to_mend(county)
    assert ("chief", "phone") not in found
    bounced = found["north_head", "phone"]
    assert (bounced["state"], bounced["reason"], bounced["address"]) == (BOUNCED, "undelivered", "13900000001")
    assert found["south_head", "phone"]["state"] == UNPROVEN
    # A test is no alert: in no list, no feed, on no board, and obliges nobody.
    assert county.see("duty", lambda s, a: [one.kind for one in alerts_of(s, a)]) == []
    with county.db.reading() as session:
        assert public_alerts(session, county.clock.now()) == []


def test_a_report_that_overtakes_the_record_of_its_send_says_as_much_of_the_number(either: County) -> None:
    county = either
    prepared(county)
    check(county)

    def answer(one: Outgoing) -> Outcome:
        if "@" not in one.address:
            receive(county, one, "failed" if one.address == "13900000001" else "delivered")
        return Outcome.SENT

    send(county, answer)
    found = to_mend(county)
    assert found.keys() == {("north_head", "phone"), ("south_head", "email")}
    assert found["north_head", "phone"]["state"] == BOUNCED


def test_another_number_begins_anew_and_a_person_may_say_that_it_is_right(county: County) -> None:
    prepared(county)
    check(county)
    for one in send(county).got:
        if "@" not in one.address:
            receive(county, one, "failed")
    assert sum(one["state"] == BOUNCED for one in to_mend(county).values()) == 3
    set_phone(county, county.people["north_head"], "13911111111")
    assert ("north_head", "phone") not in to_mend(county), "what is known is of the old number"
    with county.db.writing() as session:
        follow(session, county.clock.now())
    assert to_mend(county)["north_head", "phone"]["state"] == UNPROVEN
    county.clock.advance(60)
    county.do("duty", lambda s, a: actions.correct(s, county.clock, a, county.people["chief"], "phone"))
    assert to_mend(county)["chief", "phone"]["state"] == UNPROVEN
    with county.db.reading() as session:
        entries = [one for one in read_after(session, 0, 1000) if one.kind.startswith("number")]
    assert [one.kind for one in entries] == ["number_check.begun", "number.corrected"]
    assert "13900000" not in str([one.body for one in entries])


def test_refused_numbers_and_numbers_that_the_exchange_does_not_know(county: County) -> None:
    found = villages(county, "south", ("甲村",), deputies=False)
    set_phone(county, found["甲村"].holder, "13922222222")
    prepared(county)
    issued(county, kind="evacuation")
    work_for(county, telephones(county, **{"13922222222": NO_SUCH_NUMBER}), 60)
    mend = to_mend(county)
    one = mend["甲村责任人", "phone"]
    assert (one["state"], one["reason"], one["channel"]) == (BOUNCED, "no_such_number", "voice")
    assert ("south_head", "phone") not in mend, "who picked up is proven by that"


def test_at_night_everything_waits_for_the_morning_and_can_be_stopped(county: County) -> None:
    prepared(county)
    county.clock.advance(10 * 3600)
    one = check(county)
    assert send(county).got == []
    with county.db.reading() as session:
        waiting = list(session.scalars(select(Chunk.not_before)))
    assert {at.astimezone(LOCAL).hour for at in waiting} == {9}
    with pytest.raises(FengsuiError, match=r"numbers.check_runs"):
        check(county)
    county.do("duty", lambda s, a: actions.stop(s, county.clock, a, one))
    county.clock.advance(12 * 3600)
    assert send(county).got == []
    check(county)
    assert len(send(county).got) == 4


def test_who_may_begin_a_check_and_for_how_many(county: County) -> None:
    prepared(county)
    for name, code in (("issuer", "access.refused"), ("south_operator", "access.refused")):
        with pytest.raises(FengsuiError, match=code):
            check(county, by=name)
    with pytest.raises(FengsuiError, match=r"alert.people_differ"):
        check(county, people=5)


def test_the_calendar_begins_it_once(county: County) -> None:
    prepared(county)

    def tick() -> int:
        with county.db.writing() as session:
            return actions.begin_by_calendar(session, county.clock)

    assert tick() == 0, "nobody is rung in the month of the first number for the day that was before it"
    assert county.see("duty", lambda s, a: next_check_at(s, own_county(s, a), NOW)) == DECEMBER
    plan = {"on": True, "day": 1, "from_hour": 9, "to_hour": 17, "per_minute": 2}
    with pytest.raises(FengsuiError, match=r"access.refused"):
        county.do("duty", lambda s, a: actions.change_plan(s, county.clock, a, 0, plan))
    with county.db.writing() as session:
        session.add(
            NumberPlan(
                id="01990000-0000-7000-8000-000000000001",
                unit_id=county.units["county"],
                version=1,
                pace=plan,
                at=county.clock.now(),
                by=None,
            )
        )
    assert tick() == 0
    county.clock.advance((DECEMBER - county.clock.now()).total_seconds() - 1)
    assert tick() == 0
    county.clock.advance(1)
    assert (tick(), tick()) == (1, 0)
    with county.db.reading() as session:
        sizes = session.execute(select(Chunk.not_before, Chunk.size).order_by(Chunk.not_before)).all()
    assert sum(size for _, size in sizes) == 4
    assert (sizes[-1][0] - sizes[0][0]) == timedelta(minutes=1), "two a minute"


def test_the_public_is_not_followed(county: County) -> None:
    prepared(county)
    set_phone(county, county.people["villager"], "13933333333")
    with county.db.writing() as session:
        follow(session, county.clock.now())
        assert session.get(NumberMark, (county.people["villager"], "phone")) is None
    with county.db.reading() as session:
        assert list(session.scalars(select(Delivery))) == []
