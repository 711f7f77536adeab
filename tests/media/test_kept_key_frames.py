"""Who wants a picture begins with its last key frame and all that came since, where that is young, whole and small."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from media.rtp import vp8
from media.rtp.packet import Packet
from media.rtp.rtcp import Nack, Pli, Remb
from tests.media.packets import IDS, Meeting, Publisher, steps, terms

PICTURE = 3200
FRAME_S, FRAME_TICKS = 0.033, 3000
SINCE = 8


def meeting(*, paced: bool = False) -> Meeting:
    """`other` watches `two`, `viewer` watches `one`, where pictures are `paced` if it says what comes."""
    at = Meeting()
    for name in ("one", "two"):
        at.join(name)
    agreed = terms(3)
    if paced:
        numbered = tuple(replace(slot, transport_cc=IDS.transport_cc) for slot in agreed.slots)
        agreed = replace(agreed, slots=numbered)
    at.join("viewer", agreed)
    at.join("other")
    for watcher, watched in (("viewer", "one"), ("other", "two")):
        at.take(at.room.view(at.now, watcher, [watched]))
        picture(at, watched, keyframe=True)
    return at


def picture(at: Meeting, name: str, *, keyframe: bool = False) -> None:
    at.now += FRAME_S
    at.rtp(name, *at.publishers[name].picture(keyframe=keyframe, packets=3 if keyframe else 2))


def some_pictures(at: Meeting) -> None:
    """A key frame of `two`, and what followed."""
    at.pass_time(0.6)
    picture(at, "two", keyframe=True)
    for _ in range(SINCE):
        picture(at, "two")
    at.control.clear()


def change(at: Meeting) -> list[Packet]:
    """What `viewer` gets when it asks for `two` and another picture comes."""
    before = len(at.stream("viewer", PICTURE))
    at.take(at.room.view(at.now, "viewer", ["two"]))
    picture(at, "two")
    return at.stream("viewer", PICTURE)[before:]


def described(packet: Packet) -> vp8.Descriptor:
    descriptor = vp8.parse(packet.payload)
    assert descriptor is not None
    return descriptor


def test_a_picture_begins_at_once_and_goes_on_unbroken() -> None:
    at = meeting()
    some_pictures(at)
    (last,) = at.stream("viewer", PICTURE)[-1:]
    found = change(at)
    assert not at.requests("two", Pli), "nobody else pays for it"
    assert len(found) == 3 + 2 * (SINCE + 1)
    assert described(found[0]).keyframe
    assert steps([packet.sequence for packet in (last, *found)], 16) == {1}
    pictures = [described(packet).picture_id or 0 for packet in (last, *found)]
    assert steps(pictures, 15) == {0, 1}
    assert [packet.marker for packet in found[:5]] == [False, False, True, False, True]


def test_the_past_is_played_in_fast_motion_and_the_present_in_time() -> None:
    at = meeting()
    at.pass_time(1.0)
    picture(at, "one")
    some_pictures(at)
    (last,) = at.stream("viewer", PICTURE)[-1:]
    began = at.now
    found = change(at)
    picture(at, "two")
    found.append(at.stream("viewer", PICTURE)[-1])
    stamps = list(dict.fromkeys(packet.timestamp for packet in found))
    assert len(stamps) == SINCE + 3
    ahead = steps(stamps[:-1], 32)
    assert max(ahead) <= FRAME_TICKS // 300 + 1
    assert min(ahead) >= 1
    assert stamps[-1] - stamps[-2] == FRAME_TICKS
    elapsed = at.now - began + 0.6 + (SINCE + 1) * FRAME_S
    assert stamps[-1] - last.timestamp == pytest.approx(elapsed * 90_000, abs=0.1 * 90_000)


def test_what_went_out_so_can_be_had_again_as_it_was() -> None:
    at = meeting()
    some_pictures(at)
    found = change(at)
    at.now += 0.3
    at.take(at.room.on_tick(at.now))
    at.sent.clear()
    asked = tuple(packet.sequence for packet in found[1:6])
    at.take(at.room.on_rtcp(at.now, "viewer", Nack(1, PICTURE, asked).encode()))
    again = {int.from_bytes(packet.payload[:2], "big"): packet for packet in at.sent["viewer"]}
    for packet in found[1:6]:
        assert (again[packet.sequence].timestamp, again[packet.sequence].payload[2:]) == (
            packet.timestamp,
            packet.payload,
        )


def lies_back(at: Meeting) -> None:
    at.now += 1.1


def has_gaps_that_are_none(at: Meeting) -> None:
    at.rtp("two", at.publishers["two"].padding())


def is_too_much(at: Meeting) -> None:
    at.take(at.room.on_rtcp(at.now, "viewer", Remb(1, 20_000, (PICTURE,)).encode()))


@pytest.mark.parametrize("spoil", [lies_back, has_gaps_that_are_none, is_too_much])
def test_else_a_key_frame_is_asked_for(spoil: Callable[[Meeting], None]) -> None:
    at = meeting()
    some_pictures(at)
    at.pass_time(0.4)
    spoil(at)
    assert change(at) == []
    assert at.requests("two", Pli)
    picture(at, "two", keyframe=True)
    assert described(at.stream("viewer", PICTURE)[-1]).picture_id is not None


@pytest.mark.parametrize("opened_again", [True, False])
def test_nothing_from_before_a_mute_is_shown(opened_again: bool) -> None:
    at = meeting()
    some_pictures(at)
    at.take(at.room.mute(at.now, "two", "video", True))
    if opened_again:
        at.take(at.room.mute(at.now, "two", "video", False))
    assert change(at) == []


def test_nothing_of_a_former_connection_is_shown() -> None:
    at = meeting()
    some_pictures(at)
    at.join("two")
    assert change(at) == []


def test_many_who_come_at_once_need_one_key_frame() -> None:
    at = meeting()
    some_pictures(at)
    newcomers = [f"new-{number}" for number in range(20)]
    for name in newcomers:
        at.join(name)
        at.take(at.room.view(at.now, name, ["two"]))
        picture(at, "two")
    assert not at.requests("two", Pli)
    for name in newcomers:
        ssrc = at.publishers[name].number * 1000 + 200
        assert described(at.stream(name, ssrc)[0]).keyframe


def test_a_wide_way_takes_it_one_after_the_other() -> None:
    """Before what comes next, and not all at once."""
    at = meeting(paced=True)
    at.links["viewer"].outflow.estimator.lift(2_000_000)
    large(at.publishers["two"])
    some_pictures(at)
    found = change(at)
    picture(at, "two")
    assert 0 < len(found) == len(at.stream("viewer", PICTURE)) - 3 < 2 * SINCE
    for _ in range(100):
        at.now += 0.005
        at.take(at.room.flush(at.now))
    all_of_it = at.stream("viewer", PICTURE)[3:]
    assert len(all_of_it) == 3 + 2 * (SINCE + 2)
    assert steps([packet.sequence for packet in all_of_it], 16) == {1}


def expelled(at: Meeting) -> None:
    at.room.remove(at.now, "two")


def camera_closed(at: Meeting) -> None:
    at.take(at.room.mute(at.now, "two", "video", True))


def content_stopped(at: Meeting) -> None:
    at.room.remove(at.now, "two")
    at.take(at.room.view(at.now, "viewer", ["content"]))


def viewer_left(at: Meeting) -> None:
    at.room.remove(at.now, "viewer")


def viewer_came_back(at: Meeting) -> None:
    at.room.remove(at.now, "viewer")
    at.join("viewer")


@pytest.mark.parametrize("end", [expelled, camera_closed, content_stopped, viewer_left, viewer_came_back])
def test_what_waits_of_a_picture_ends_with_it(end: Callable[[Meeting], None]) -> None:
    """Neither the past that is on its way nor what is asked for again goes out when it may not be seen any more."""
    at = meeting(paced=True)
    at.links["viewer"].outflow.estimator.lift(2_000_000)
    large(at.publishers["two"])
    some_pictures(at)
    if end is content_stopped:
        at.room.take_part(at.now, "two", "content")
        at.take(at.room.view(at.now, "viewer", ["content"]))
        picture(at, "two")
        began = at.stream("viewer", PICTURE)
    else:
        began = change(at)
    assert 0 < len(began) < 3 + 2 * SINCE, "the rest waits"
    end(at)
    before = len(at.sent["viewer"])
    for _ in range(200):
        at.now += 0.005
        at.take(at.room.on_tick(at.now))
    if "viewer" in at.room.participants:
        asked = tuple(packet.sequence for packet in began)
        at.take(at.room.on_rtcp(at.now, "viewer", Nack(1, PICTURE, asked).encode()))
    late = [len(packet.payload) for packet in at.sent["viewer"][before:] if len(packet.payload) > 300]
    assert late == []


def large(publisher: Publisher) -> None:
    """Its packets are as big as those of a camera."""
    make = publisher._video
    publisher._video = lambda payload, **more: make(payload + bytes(1_000), **more)  # type: ignore[method-assign]
