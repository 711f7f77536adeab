"""What a receiver misses around a change of picture: holes filled, clocks told at once, key frames asked for again."""

from media.rtp.packet import Packet
from media.rtp.rtcp import Nack, Pli, SenderReport
from tests.media.packets import Meeting, steps

PADDING_FLAG = 0x20
PICTURE = 3200
FRAME_S = 0.033


def meeting() -> Meeting:
    """`viewer` sees `one` in its first slot; `two` could be seen."""
    at = Meeting()
    for name in ("one", "two", "viewer"):
        at.join(name)
    show(at, "one")
    return at


def show(at: Meeting, name: str) -> None:
    """See `name` from a key frame on."""
    at.take(at.room.view(at.now, "viewer", [name]))
    picture(at, name, keyframe=True)


def picture(at: Meeting, name: str, *, keyframe: bool = False, packets: int = 2) -> list[bytes]:
    at.now += FRAME_S
    made = at.publishers[name].picture(keyframe=keyframe, packets=packets)
    at.rtp(name, *made)
    return made


def ask(at: Meeting, *sequences: int) -> list[Packet]:
    """What `viewer` gets for a NACK."""
    at.sent.clear()
    at.now += 0.03
    request = Nack(1, PICTURE, tuple(sequence & 0xFFFF for sequence in sequences))
    at.take(at.room.on_rtcp(at.now, "viewer", request.encode()))
    return at.sent.get("viewer", [])


def hole_before_a_switch(at: Meeting) -> int:
    """A packet of `one` is lost, then `two` is shown; the outgoing number that is missing."""
    at.now += FRAME_S
    _first, lost, last = at.publishers["one"].picture(packets=3)
    at.rtp("one", _first, last)
    missing = at.stream("viewer", PICTURE)[-1].sequence - 1
    show(at, "two")
    at.rtp("one", lost)
    return missing


def test_a_hole_of_the_former_picture_is_filled_once() -> None:
    at = meeting()
    missing = hole_before_a_switch(at)
    assert missing not in {packet.sequence for packet in at.stream("viewer", PICTURE)}
    found = ask(at, missing)
    assert [(packet.ssrc, packet.sequence) for packet in found] == [(PICTURE, missing)]
    assert found[0].data[0] & PADDING_FLAG
    assert found[0].payload == b""
    assert ask(at, missing) == [], "no number goes out twice"


def test_holes_that_may_still_come_are_not_filled() -> None:
    at = meeting()
    at.now += FRAME_S
    first, lost, last = at.publishers["one"].picture(packets=3)
    at.rtp("one", first, last)
    missing = at.stream("viewer", PICTURE)[-1].sequence - 1
    assert ask(at, missing) == []
    at.rtp("one", lost)
    assert [packet.sequence for packet in at.stream("viewer", PICTURE)] == [missing]


def test_numbers_that_went_out_or_never_were_are_not_filled() -> None:
    at = meeting()
    missing = hole_before_a_switch(at)
    newest = at.stream("viewer", PICTURE)[-1].sequence
    at.take(at.room.mute(at.now, "two", "video", True))
    assert ask(at, missing, newest, newest + 1, newest - 300, newest + 30_000) == []


def test_a_change_of_picture_tells_the_new_clock_at_once() -> None:
    at = meeting()
    at.pass_time(1.0)
    at.control.clear()
    show(at, "two")
    at.pass_time(0.03)
    reports = [report for report in at.requests("viewer", SenderReport) if isinstance(report, SenderReport)]
    assert [report.ssrc for report in reports] == [PICTURE]
    ticks = (reports[0].timestamp - at.stream("viewer", PICTURE)[-1].timestamp) / 90_000
    assert 0 <= ticks < 0.05


def test_a_new_voice_tells_its_clock_at_once() -> None:
    at = Meeting()
    for name in ("one", "viewer"):
        at.join(name)
    at.pass_time(1.0)
    at.control.clear()
    at.speak("one", 0.3)
    ssrcs = [report.ssrc for report in at.requests("viewer", SenderReport) if isinstance(report, SenderReport)]
    assert ssrcs == [2100]


def test_a_key_frame_whose_beginning_was_lost_is_shown_when_that_was_repaired() -> None:
    """With all that came meanwhile: another one would take a thin line half a second."""
    at = meeting()
    at.take(at.room.view(at.now, "viewer", ["two"]))
    at.now += 0.1
    first, *rest = at.publishers["two"].picture(keyframe=True, packets=3)
    at.rtp("two", *rest)
    picture(at, "two")
    at.pass_time(0.05)
    at.control.clear()
    before = at.stream("viewer", PICTURE)
    at.rtp("two", at.publishers["two"].repaired(first))
    assert not at.requests("two", Pli)
    picture(at, "two")
    found = at.stream("viewer", PICTURE)[len(before) - 1 :]
    assert len(found) == 1 + 3 + 2 + 2
    assert steps([packet.sequence for packet in found], 16) == {1}


def test_a_key_frame_that_is_not_whole_is_asked_for_again_at_once() -> None:
    at = meeting()
    at.take(at.room.view(at.now, "viewer", ["two"]))
    at.now += 0.1
    first, *rest = at.publishers["two"].picture(keyframe=True, packets=3)
    at.rtp("two", *rest, at.publishers["two"].padding())
    at.pass_time(0.05)
    at.control.clear()
    at.rtp("two", at.publishers["two"].repaired(first))
    assert len(at.requests("two", Pli)) == 1, "the throttle of half a second is for key frames that may still come"
    picture(at, "two", keyframe=True)
    assert at.stream("viewer", PICTURE)[-1].payload.endswith(b"x" * 40)
    assert at.links["viewer"].video[0].source is at.room.participants["two"].video


def test_a_key_frame_ends_the_search_for_what_lies_before_it() -> None:
    at = meeting()
    at.now += FRAME_S
    at.rtp("one", at.publishers["one"].picture(packets=3)[0], at.publishers["one"].picture(packets=1)[0])
    picture(at, "one", keyframe=True)
    at.control.clear()
    at.pass_time(1.0)
    assert not at.requests("one", Nack)
