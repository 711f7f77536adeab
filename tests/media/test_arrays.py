"""The tables of the step in arrays: who leaves gives rows back, who finds none left has numbers of its own."""

import gc
from itertools import accumulate

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.arrays import step as arrays
from media.arrays.sent import ArraySent, Columns
from media.arrays.step import ArrayStep
from media.arrays.tables import Table
from media.outlet import PortCounters
from media.rtp.transport_cc import Feedback
from media.sfu.delay import DelayDetector
from media.sfu.link import Link
from media.sfu.room import Room
from media.sfu.sent import CAPACITY, Row, Sent, Told
from media.sfu.spacing import PlainSpacingState
from media.sfu.state import PlainFlowState, PlainSlotState, SlotState
from tests.media.packets import Publisher, terms


def joined(step: ArrayStep, names: str) -> Room:
    """All of them see the first one's picture."""
    room = Room(step=step)
    for number, name in enumerate(names, 1):
        room.admit(name)
        room.connect(0.0, name, terms(number), number)
    for name in names[1:]:
        room.view(0.0, name, [names[0]])
    return room


def states(link: Link) -> list[SlotState]:
    return [*(slot.state for slot in link.audio), *(slot.state for slot in link.video)]


def test_who_leaves_gives_rows_back() -> None:
    step = ArrayStep(PortCounters())
    room = joined(step, "abc")
    used = step.links.used, step.slots.used
    assert used == (3, 15)
    state = room.participants["b"].link
    assert state is not None
    state.outflow.sent.add(1.0, 100)
    row = step.links.row(state.outflow.sent.state)
    del state
    for _ in range(20):
        room.disconnect(1.0, "b")
        gc.collect()
        again = room.connect(1.0, "b", terms(2), 2)
        assert step.links.row(again.outflow.sent.state) == row
        assert (again.outflow.sent.octets, again.outflow.sent.in_flight) == (0, 0)
        assert again.outflow.sent.sent_at(0) == 0, "what a former link sent is forgotten"
        again.outflow.sent.add(1.0, 100)
        del again
    assert (step.links.used, step.slots.used) == used


def test_who_finds_no_row_is_served_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrays, "LINKS", 2)
    monkeypatch.setattr(arrays, "SLOTS", 7)
    room = joined(ArrayStep(PortCounters()), "abc")
    links = [room.participants[name].link for name in "abc"]
    assert [isinstance(link.outflow.sent.state, PlainFlowState) for link in links if link] == [False, False, True]
    slots = [isinstance(state, PlainSlotState) for link in links if link for state in states(link)]
    assert slots == [False] * 7 + [True] * 8
    sent = [send for data in Publisher(1).picture(keyframe=True) for send in room.on_rtp(0.1, "a", data)]
    assert {link.participant for link, head, _ in sent if head[1] & 0x7F == 96} == {"b", "c"}


def test_a_table_is_columns_and_structures_of_the_same_memory() -> None:
    table = Table("slot", 3)
    state = table.at(table.take())
    state.highest, state.sent_at, state.pictures.shift = 7, 1.5, -2
    row = table.rows[table.row(state)]
    assert (row["highest"], row["sent_at"], row["pictures"]["shift"]) == (7, 1.5, -2)
    table.give_back(0)
    assert table.at(table.take()).highest == 0


gaps = st.lists(
    st.tuples(st.sampled_from((0.0, 0.0, 0.001, 0.004, 0.02)), st.integers(0, 255)), min_size=1, max_size=80
)


@given(st.lists(gaps, min_size=1, max_size=4))
def test_bursts_pile_up_what_their_packets_do(trains: list[list[tuple[float, int]]]) -> None:
    one_by_one, by_bursts = DelayDetector(), DelayDetector()
    left, came = 0.0, 50.0
    for train in trains:
        sent = [*accumulate((gap for gap, _ in train), initial=left)][1:]
        arrived = [*accumulate((ticks * 0.00025 for _, ticks in train), initial=came)][1:]
        left, came = sent[-1], arrived[-1]
        one_by_one.feed(Row(range(len(train)), sent, arrived, [100] * len(train)).bursts)
        columns = np.array(sent), np.array(arrived), np.full(len(train), 100, np.uint16)
        by_bursts.feed(Columns(0, *columns).bursts)
        for name in PlainSpacingState.__slots__:
            told = [getattr(detector.state, name) for detector in (one_by_one, by_bursts)]
            if name in {"base", "lately"}:
                told = [(least.newer, least.newer_at, least.older) for least in told]
            assert told[0] == told[1], name
        assert one_by_one.usage == by_bursts.usage


@given(st.integers(0, CAPACITY - 1), st.lists(gaps, min_size=1, max_size=3), st.booleans())
def test_feedback_tells_the_same_by_columns(start: int, trains: list[list[tuple[float, int]]], again: bool) -> None:
    plain = Sent()
    columns = ArraySent(PlainFlowState(), np.zeros(CAPACITY), np.zeros(CAPACITY, np.uint16))
    now = 0.0
    for sent in (plain, columns):
        now = 0.0
        for number in range(start + sum(map(len, trains))):
            now += 0.001
            sent.add(now, 100 + number % 1000)
    base = start
    for train in trains:
        feedback = Feedback(base & 0xFFFF, 8, 0, bytes(ticks for _, ticks in train))
        for _ in range(1 + again):
            told = [sent.resolve(feedback) for sent in (plain, columns)]
            assert [*told[0].came[0]] == [*told[1].came[0]]
            assert len({(t.count, t.sent_at, t.lost, t.octets, t.arrived, t.newest, t.last) for t in told}) == 1
        base += len(train)
        assert plain.in_flight == columns.in_flight


def test_several_feedbacks_together_tell_what_each_does() -> None:
    parts, sent = [], Sent()
    for number in range(9):
        sent.add(number * 0.01, 100 + number)
    for base, deltas in ((0, (4, 3)), (2, (None, None)), (4, (9, None, 1)), (7, (None, None))):
        parts.append(sent.resolve(Feedback(base, 8, 0, deltas)))
    told = Told.together(parts)
    assert [arrival for row in told.came for arrival in row] == [each for part in parts for each in part.came[0]]
    assert (told.count, told.lost, told.last, told.sent_at) == (4, 5, 8, 0.06)
    assert (told.octets, told.arrived) == (936, 100 + 101 + 104 + 106)
    assert told.newest == max(part.newest for part in parts)
    assert Told.together(parts[:1]) is parts[0]
