"""Where a household stands does not hang on the order in which its reports arrive."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from command.evacuation.standing import (
    ABSENT,
    LATE,
    MOVED,
    NOT_MOVED,
    UNDONE,
    Told,
    counting,
    is_late,
    takes,
    totals,
    when_of,
)

START = datetime(2026, 11, 21, 3, tzinfo=UTC)


def told(name: str, to: str, minute: int, corrects: str | None = None) -> Told:
    at = START + timedelta(minutes=minute)
    return Told(name, to, at, at, corrects)


@st.composite
def histories(draw: st.DrawFn) -> list[Told]:
    found: list[Told] = []
    for n in range(draw(st.integers(0, 5))):
        struck = draw(st.sampled_from([None, *[one.id for one in found if one.to != UNDONE]]))
        to = UNDONE if struck else draw(st.sampled_from((MOVED, NOT_MOVED, ABSENT)))
        found.append(told(f"r{n}", to, draw(st.integers(0, 3)), struck))
    return found


@given(histories())
def test_any_order_of_arrival_comes_to_the_same(reports: list[Told]) -> None:
    found = {counting(order) for order in permutations(reports)}
    assert len(found) == 1
    last = found.pop()
    struck = {one.corrects for one in reports}
    live = [one for one in reports if one.to != UNDONE and one.id not in struck]
    assert (last is None) == (not live)
    assert last is None or all(one.when <= last.when for one in live)


def test_a_device_with_a_wrong_clock_does_not_overtake() -> None:
    arrival = START + timedelta(minutes=30)
    assert when_of(None, arrival, START) == arrival
    assert when_of(START + timedelta(minutes=5), arrival, START) == START + timedelta(minutes=5)
    assert when_of(START - timedelta(days=9), arrival, START) == START
    assert when_of(arrival + timedelta(minutes=4), arrival, START) == arrival


def test_who_may_return_has_been_moved() -> None:
    households = [
        {"people": 4, "status": "return_permitted"},
        {"people": 3, "status": "moved"},
        {"people": 2, "status": "absent"},
    ]
    found = totals([("south", households), ("north", [{"people": 1, "status": "to_move"}])])
    assert (found.all.households, found.all.moved_households, found.all.moved_people) == (4, 2, 7)
    assert (found.townships["north"].households, found.townships["north"].moved_households) == (1, 0)


def test_what_was_pressed_before_the_end_is_taken_for_a_day() -> None:
    end = START + timedelta(hours=1)
    before, after = end - timedelta(minutes=1), end + timedelta(minutes=1)
    assert takes(None, None, after)
    assert takes(end, before, after)
    assert takes(end, end, end + LATE - timedelta(seconds=1))
    assert not takes(end, before, end + LATE)
    assert not takes(end, after, after + timedelta(minutes=1))
    assert not takes(end, None, after), "nobody says when it was pressed"
    assert not is_late(None, after)
    assert [is_late(end, at) for at in (before, after)] == [False, True]
