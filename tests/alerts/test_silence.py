"""When an area has fallen silent: the rule by properties, the alarm on both databases."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from alerts.channels.loudspeaker import BadCommand, loudspeaker_key, read_alive, write_alive
from alerts.drafting import AreaInput
from alerts.hearing import SignsOfLife
from alerts.model import Coverage
from alerts.silence.actions import acknowledge
from alerts.silence.model import Silence
from alerts.silence.rule import (
    CALL,
    LOUDSPEAKER,
    SMS,
    TERMINAL,
    Asked,
    Count,
    Hearing,
    Signals,
    Source,
    Standing,
    hearing,
    judge,
    shipped_rules,
)
from alerts.silence.watch import Watch
from command.directory.model import Person, Terminal, TerminalSeen
from command.kernel.errors import NotFound, Refused
from command.kernel.ids import new_id
from command.kernel.timeline import read_after, verify
from tests.alerts.county import NORTH, SOUTH, County
from tests.alerts.steps import issued
from tests.alerts.telephones import OFF, telephones, villages, work_for

NOW = datetime(2026, 11, 20, 19, 30, tzinfo=UTC)
RULES = shipped_rules()
ALL = Hearing()
PRESENCE = st.sampled_from([TERMINAL, LOUDSPEAKER])


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def sources(heard: int, gone: int, kind: str = TERMINAL, since_s: float = 600) -> tuple[Source, ...]:
    """So many that are there, so many that went within a minute of each other."""
    there = [Source(kind, f"{kind} there {n}", ago(5)) for n in range(heard)]
    lost = [Source(kind, f"{kind} gone {n}", ago(since_s + n % 60)) for n in range(gone)]
    return (*there, *lost)


def fallen(signals: Signals, ears: Hearing = ALL) -> bool:
    return judge(None, signals, ears, RULES, NOW).standing is not None


def test_the_example_of_the_issue() -> None:
    signals = Signals(
        (*sources(1, 5), *sources(1, 12, LOUDSPEAKER)),
        (Asked(SMS, 8, 0, ago(900)),),
    )
    found = judge(None, signals, ALL, RULES, NOW)
    assert found.standing == Standing(ago(600))
    assert found.counts == {TERMINAL: Count(5, 6), LOUDSPEAKER: Count(12, 13), SMS: Count(8, 8)}


@given(PRESENCE, PRESENCE, st.floats(0, 590), st.integers(0, 40))
def test_the_smallest_area_that_has_two_sources_raises_it(first: str, second: str, apart_s: float, others: int) -> None:
    """Whatever the two are, and whatever was switched off long before."""
    old = tuple(Source(TERMINAL, f"old {n}", ago(86_400 + n)) for n in range(others))
    lost = (Source(first, "a", ago(300)), Source(second, "b", ago(300 + apart_s)))
    assert fallen(Signals((*old, *lost)))


@given(PRESENCE, st.floats(0, 200_000), st.integers(0, 20), st.integers(0, 20))
def test_one_device_off_at_night_never_raises_it(kind: str, off_s: float, heard: int, long_gone: int) -> None:
    old = tuple(Source(kind, f"old {n}", ago(200_000 + 1000 * n)) for n in range(long_gone))
    assert not fallen(Signals((*sources(heard, 0, kind), Source(kind, "off", ago(off_s)), *old)))


@given(st.lists(st.integers(601, 3000), min_size=2, max_size=8))
def test_people_who_go_home_one_by_one_do_not_raise_it(pauses: list[int]) -> None:
    at, leaving = 300, []
    for number, pause in enumerate(pauses):
        leaving.append(Source(TERMINAL, str(number), ago(at)))
        at += pause
    assert not fallen(Signals(tuple(leaving)))


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_a_kind_that_is_heard_keeps_the_area_from_being_silent(a: int, b: int, c: int, d: int) -> None:
    signals = Signals((*sources(a, b), *sources(c, d, LOUDSPEAKER)))
    kinds = [Count(gone, gone + there) for there, gone in ((a, b), (c, d)) if gone + there]
    expected = bool(kinds) and all(one.share >= 0.75 for one in kinds) and b + d >= 2
    assert fallen(signals) == expected


@given(st.integers(0, 6), st.integers(2, 12), st.integers(0, 5), st.permutations(range(12)))
def test_one_more_that_is_heard_raises_nothing_and_the_order_says_nothing(
    heard: int, gone: int, more: int, order: list[int]
) -> None:
    signals = sources(heard, gone)
    shuffled = tuple(signals[n % len(signals)] for n in order[: len(signals)])
    if len(set(shuffled)) == len(signals):
        assert fallen(Signals(shuffled)) == fallen(Signals(signals))
    with_more = (*signals, *sources(more, 0, LOUDSPEAKER))
    assert fallen(Signals(signals)) or not fallen(Signals(with_more))


def test_what_was_asked_counts_only_for_a_while_and_not_by_ones() -> None:
    asked = (Asked(SMS, 8, 0, ago(900)),)
    assert fallen(Signals((), asked))
    assert not fallen(Signals((), (Asked(SMS, 8, 0, ago(200)),))), "receipts may still come"
    assert not fallen(Signals((), (Asked(SMS, 8, 0, ago(4000)),))), "that was an hour ago"
    assert not fallen(Signals((), (Asked(SMS, 2, 0, ago(900)),))), "two telephones may be off"
    assert not fallen(Signals((), (Asked(SMS, 8, 3, ago(900)),)))
    assert fallen(Signals(sources(0, 1), (Asked(CALL, 2, 0, ago(30)),)))


def test_a_kind_of_which_nobody_is_heard_anywhere_is_our_own_trouble() -> None:
    here, there = Signals(sources(0, 6, LOUDSPEAKER)), Signals(sources(0, 4, LOUDSPEAKER))
    ears = hearing([here, there], Hearing(), ago(9000), RULES, NOW)
    assert LOUDSPEAKER in ears.mute
    assert not fallen(here, ears)
    heard = hearing([here, Signals(sources(1, 3, LOUDSPEAKER))], Hearing(), ago(9000), RULES, NOW)
    assert fallen(here, heard)


def test_after_our_own_restart_the_slowest_to_return_is_not_lost() -> None:
    """All were cut off with us; the first is back, the others have the time that silence takes."""
    here, there = Signals(sources(0, 6, since_s=300)), Signals(sources(1, 0))
    ears = hearing([here, there], Hearing(), ago(20), RULES, NOW)
    assert not fallen(here, ears)
    later = hearing([here, there], ears, ago(20), RULES, NOW)
    assert later.opened(TERMINAL) == ago(20)
    assert fallen(here, hearing([here, there], Hearing(), ago(100), RULES, NOW))
    # Nor does it end an alarm that stood before.
    assert judge(Standing(ago(300)), here, ears, RULES, NOW).standing == Standing(ago(300))


@given(st.lists(st.floats(0, 1), min_size=1, max_size=40))
def test_it_does_not_come_and_go(shares: list[float]) -> None:
    """Between two changes lie at least a minute back, or enough that is gone; every end follows a minute of signs."""
    standing, now, back_for_s = Standing(ago(0)), NOW, 0
    for share in shares:
        now += timedelta(seconds=20)
        there = round(share * 8)
        at = tuple(Source(TERMINAL, str(n), now if n < there else NOW) for n in range(8))
        found = judge(standing, Signals(at), ALL, RULES, now)
        gone = found.counts[TERMINAL].gone
        back_for_s = back_for_s + 20 if 8 - gone >= 4 else 0
        if found.standing is None:
            assert back_for_s > 60
            return
        standing = found.standing


# The alarm itself.


def see(county: County, *names: str) -> None:
    with county.db.writing() as session:
        for name in names:
            session.merge(TerminalSeen(terminal_id=county.terminals[name], seen_at=county.clock.now(), left_at=None))


def alarms(county: County) -> list[Silence]:
    with county.db.reading() as session:
        return list(session.scalars(select(Silence).order_by(Silence.id)))


def kinds(county: County) -> list[str]:
    with county.db.reading() as session:
        return [one.kind for one in read_after(session, 0, 1000) if one.kind.startswith("silence.")]


def pass_time(county: County, watch: Watch, seconds: int, *heard: str) -> None:
    for _ in range(seconds // 10):
        county.clock.advance(10)
        see(county, *heard)
        watch.once()


EVERYBODY = ("north_box", "south_box", "north_horn", "village_horn", "wall")


def test_an_area_falls_silent_and_is_heard_again(either: County) -> None:
    county = either
    watch = Watch(county.db, county.clock, RULES)
    pass_time(county, watch, 300, *EVERYBODY)
    assert not alarms(county)
    last = county.clock.now()
    pass_time(county, watch, 400, "south_box", "village_horn", "wall")
    (alarm,) = alarms(county)
    assert (alarm.name, alarm.since, alarm.counts) == (
        "吕合镇",
        last,
        {"terminal": {"gone": 1, "of": 1}, "loudspeaker": {"gone": 1, "of": 1}},
    )
    assert isinstance(alarm.area, dict)
    assert alarm.area["type"] == "Polygon"
    county.do("duty", lambda session, actor: acknowledge(session, county.clock, actor, alarm.id))
    county.do("duty", lambda session, actor: acknowledge(session, county.clock, actor, alarm.id))
    pass_time(county, watch, 100, *EVERYBODY)
    assert alarms(county)[0].ended_at is not None
    assert kinds(county) == ["silence.raised", "silence.acknowledged", "silence.ended"]
    pass_time(county, watch, 100, *EVERYBODY)
    assert len(alarms(county)) == 1


def test_a_township_that_is_silent_stands_for_its_villages(county: County) -> None:
    with county.db.writing() as session:
        for number in range(2):
            name = f"horn {number}"
            county.terminals[name] = new_id()
            village = county.units["village"]
            session.add(Terminal(id=county.terminals[name], unit_id=village, name=name, kind="loudspeaker"))
    watch = Watch(county.db, county.clock, RULES)
    pass_time(county, watch, 300, *EVERYBODY, "horn 0", "horn 1")
    pass_time(county, watch, 400, "north_box", "north_horn", "wall")
    assert [alarm.name for alarm in alarms(county)] == ["西舍路镇"]


def test_whoever_took_leave_is_not_missed(county: County) -> None:
    watch = Watch(county.db, county.clock, RULES)
    pass_time(county, watch, 300, *EVERYBODY)
    with county.db.writing() as session:
        session.get_one(TerminalSeen, county.terminals["north_box"]).left_at = county.clock.now()
    pass_time(county, watch, 400, "south_box", "village_horn", "wall")
    assert not alarms(county), "what is left is one loudspeaker"


def test_two_processes_raise_one_alarm(county: County) -> None:
    first, second = (Watch(county.db, county.clock, RULES) for _ in range(2))
    pass_time(county, first, 100, *EVERYBODY)
    for _ in range(40):
        county.clock.advance(10)
        see(county, "south_box", "village_horn", "wall")
        first.once()
        second.once()
    assert kinds(county) == ["silence.raised"]


def test_only_who_is_on_duty_there_takes_note(county: County) -> None:
    watch = Watch(county.db, county.clock, RULES)
    pass_time(county, watch, 100, *EVERYBODY)
    pass_time(county, watch, 400, "south_box", "village_horn", "wall")
    (alarm,) = alarms(county)
    with pytest.raises(NotFound):
        county.do("stranger", lambda session, actor: acknowledge(session, county.clock, actor, alarm.id))
    with pytest.raises(Refused):
        county.do("issuer", lambda session, actor: acknowledge(session, county.clock, actor, alarm.id))


def test_telephones_that_the_network_does_not_find(county: County) -> None:
    """Two villages' people are off, their township's leader answers, elsewhere everybody is found."""
    found = villages(county, "south", ("甲村", "乙村"))
    with county.db.writing() as session:
        for person in (county.people["chief"], county.people["north_head"], county.people["south_head"]):
            session.get_one(Person, person).phone = f"138{person}"
    issued(county, kind="evacuation", area=AreaInput(divisions=(NORTH, SOUTH)))
    off = {f"139-{name}{deputy}": OFF for name in found for deputy in ("", "-b")}
    network = telephones(county, **off)
    work_for(county, network, 240)
    watch = Watch(county.db, county.clock, RULES)
    watch.once()
    assert [(alarm.name, alarm.counts) for alarm in alarms(county)] == [("西舍路镇", {"call": {"gone": 4, "of": 5}})]
    network.manners.clear()
    work_for(county, network, 1300)
    pass_time(county, watch, 100)
    assert all(alarm.ended_at is not None for alarm in alarms(county))
    with county.db.reading() as session:
        assert verify(session)[1] is None


def test_short_messages_that_arrive_nowhere_in_a_township(county: County) -> None:
    alert = issued(county, area=AreaInput(divisions=(NORTH, SOUTH)))
    for unit, delivered in (("north", 0), ("south", 5)):
        with county.db.writing() as session:
            query = select(Coverage).where(Coverage.alert_id == alert, Coverage.unit_id == county.units[unit])
            coverage = session.scalars(query).one()
            coverage.counts = {"channels": {"sms": {"sent": 8, "delivered": delivered}}}
    watch = Watch(county.db, county.clock, RULES)
    watch.once()
    assert not alarms(county), "the receipts may still come"
    county.clock.advance(301)
    watch.once()
    assert [(alarm.name, alarm.counts) for alarm in alarms(county)] == [("吕合镇", {"sms": {"gone": 8, "of": 8}})]


def test_a_loudspeaker_is_heard_by_its_signed_sign_of_life(county: County) -> None:
    horn, key = county.terminals["north_horn"], loudspeaker_key(b"master", county.terminals["north_horn"])
    now = county.clock.now()
    hear = SignsOfLife(county.db, county.clock)
    assert read_alive(write_alive(now, key), key, now) == now
    for payload, when in ((write_alive(now, key), now + timedelta(minutes=6)), (write_alive(now, b"-"), now)):
        with pytest.raises(BadCommand):
            read_alive(payload, key, when)
    hear(horn, now)
    hear(county.terminals["village_horn"], now)
    assert seen(county) == {horn: now}, "the second is written with the next"
    county.clock.advance(6)
    hear(horn, county.clock.now())
    hear(new_id(), county.clock.now())
    assert seen(county) == {horn: county.clock.now(), county.terminals["village_horn"]: now}


def seen(county: County) -> dict[str, datetime]:
    with county.db.reading() as session:
        return {row.terminal_id: row.seen_at for row in session.scalars(select(TerminalSeen))}
