"""What was sent is made again from the layers' packets: the same bytes, and nothing that was not sent."""

import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.rtcp import Nack, ReceiverReport, ReportBlock
from media.sfu.clock import ntp_time
from media.sfu.kept import CAPACITY, KEPT_S, Kept
from media.sfu.layer import Layer, Unit
from media.sfu.numbering import Numbering
from media.sfu.outflow import REPAIR_SHARE
from media.sfu.repair import MAX_RESENDS
from media.sfu.source import Source
from media.sfu.state import PlainRow
from tests.media.packets import RTX, Meeting


@given(st.lists(st.tuples(st.sampled_from(("take", "skip", "lose")), st.integers(1, 5)), max_size=60))
def test_a_place_leads_back_to_its_number(events: list[tuple[str, int]]) -> None:
    numbers = Numbering(PlainRow(), 65_530)
    numbers.begin(100)
    at, lost = 100, list[int]()
    for event, count in events:
        if event == "skip":
            numbers.skip(at, at + count - 1)
        elif event == "lose":
            lost += range(at, at + count)
        else:
            assert [numbers.find(numbers.place(number) or 0) for number in range(at, at + count)] == list(
                range(at, at + count)
            )
        at += count
    places = {number: numbers.place(number) for number in range(100, numbers.row.highest + 1)}
    for number, place in places.items():
        assert place is None or numbers.find(place) == number
    given_out = {place for place in places.values() if place is not None}
    assert numbers.find(numbers.newest + 1) is None
    assert numbers.find(min(given_out, default=65_531) - 1) is None
    assert all(places.get(number) is not None for number in lost if number <= numbers.row.highest)


def test_packets_are_kept_for_a_while_and_a_number_of_them() -> None:
    kept: Kept[Unit] = Kept()
    layer = Layer(Source("a", "video"), 0)
    for index in range(2 * CAPACITY):
        kept.add(1.0, Unit(layer, index, 0, False, b""))
    assert len(kept) == CAPACITY
    assert kept.get(CAPACITY - 1) is None
    assert kept.get(CAPACITY) is not None
    kept.add(1.1 + KEPT_S, Unit(layer, 9_998, 9_999, False, b""))
    assert list(kept.timestamps()) == [9_999]


def test_repairs_are_what_was_sent_over_changes_of_source_and_left_out_frames() -> None:
    chance = random.Random(5)  # noqa: S311  # repeatable on purpose
    meeting = Meeting()
    for name in ("a", "b", "viewer"):
        meeting.join(name)
    asked = 0
    for step in range(1_500):
        meeting.now += 0.01
        if step % 100 == 0:
            shown = "ab"[step // 100 % 2]
            meeting.take(meeting.room.view(meeting.now, "viewer", [shown]))
            meeting.room.participants["viewer"].temporal = chance.randrange(4)
        for name in "ab":
            for data in meeting.publishers[name].picture(keyframe=chance.random() < 0.1, packets=3):
                # TID in the descriptor's last byte: half of the frames are above 0.
                tid = meeting.publishers[name].picture_id % 2
                meeting.rtp(name, data[:17] + bytes([tid << 6 | 0x20 | data[17] & 0x1F]) + data[18:])
        stream = meeting.stream("viewer", 3200)
        if stream and chance.random() < 0.3:
            wanted = chance.choice(stream[-60:])
            before = len(meeting.stream("viewer", 3300))
            meeting.take(meeting.room.on_rtcp(meeting.now, "viewer", Nack(1, 3200, (wanted.sequence,)).encode()))
            again = meeting.stream("viewer", 3300)[before:]
            assert [(one.payload_type, one.marker, one.timestamp, one.payload) for one in again] == [
                (RTX, wanted.marker, wanted.timestamp, wanted.sequence.to_bytes(2, "big") + wanted.payload)
            ] * len(again)
            asked += len(again)
        if step % 3 == 0:
            meeting.take(meeting.room.on_tick(meeting.now))
    assert asked > 200


def test_a_receiver_cannot_ask_for_what_went_out_before_a_mute() -> None:
    meeting = Meeting()
    for name in ("a", "b"):
        meeting.join(name)
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=3))
    before = meeting.stream("b", 2200)
    for muted in (True, False):
        meeting.take(meeting.room.mute(meeting.now, "a", "video", muted))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=3))
    sequences = tuple(packet.sequence for packet in before)
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", Nack(1, 2200, sequences).encode()))
    assert len(meeting.stream("b", 2200)) == 6
    assert meeting.stream("b", 2300) == []


def test_whoever_asks_for_everything_gets_half_of_it_again_at_most() -> None:
    """A receiver that asks again and again for all it was sent makes us send half as much again, and no more."""
    at = Meeting()
    for name in "ab":
        at.join(name)
    at.take(at.room.view(at.now, "b", ["a"]))
    at.rtp("a", *at.publishers["a"].picture(keyframe=True, packets=3))
    at.sent.clear()
    link = at.room.participants["b"].link
    assert link is not None
    for _ in range(400):
        at.pass_time(1 / 30, 1 / 30)
        at.rtp("a", *at.publishers["a"].picture(packets=30))
        newest = link.video[0].splice.numbers.newest
        wanted = tuple((newest - back) & 0xFFFF for back in range(100))
        at.take(at.room.on_rtcp(at.now, "b", Nack(1, 2200, wanted).encode()))
    sent, again = at.stream("b", 2200), at.stream("b", 2300)
    assert len(sent) == 12_000
    assert 0.8 * REPAIR_SHARE * len(sent) <= len(again) <= REPAIR_SHARE * len(sent) + 100


@pytest.mark.parametrize("round_trip_s", [0.0, 0.1, 0.4])
def test_nothing_is_sent_again_while_it_may_still_be_on_its_way(round_trip_s: float) -> None:
    """Asked for every 10 ms: once in a round trip, and a few times in all."""
    at = Meeting()
    for name in "ab":
        at.join(name)
    at.take(at.room.view(at.now, "b", ["a"]))
    at.rtp("a", *at.publishers["a"].picture(keyframe=True, packets=3))
    lost = at.stream("b", 2200)[1].sequence
    last_sr = (ntp_time(at.now) >> 16) - round(round_trip_s * 65536) & 0xFFFFFFFF
    told = ReportBlock(2200, 0, 0, lost, 0, last_sr, 0)
    at.take(at.room.on_rtcp(at.now, "b", ReceiverReport(1, (told,)).encode()))
    times = []
    for _ in range(140):
        at.now += 0.01
        before = len(at.stream("b", 2300))
        at.take(at.room.on_rtcp(at.now, "b", Nack(1, 2200, (lost,)).encode()))
        times += [at.now] * (len(at.stream("b", 2300)) - before)
    assert len(times) == min(MAX_RESENDS, 1 + int(1.39 / max(0.02, 0.9 * round_trip_s)))
    assert min(later - earlier for earlier, later in pairwise(times)) > 0.9 * round_trip_s - 0.001
