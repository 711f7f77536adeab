"""Which voice sits in which audio slot: nobody is moved but the stage's voice, and that while nobody says anything."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.sfu.seats import PATIENCE_S
from tests.media.packets import Meeting, terms


def seats(at: Meeting) -> list[str | None]:
    """Who comes by each of the viewer's audio slots."""
    return [slot.source.participant if slot.source is not None else None for slot in at.links["v"].audio]


@pytest.fixture
def meeting() -> Meeting:
    """Three who speak and send pictures, and a viewer with three audio slots and two of video."""
    at = Meeting()
    for name in ("a", "b", "c", "v"):
        at.join(name)
    return at


def go_on(at: Meeting, seconds: float, *, talking: str = "") -> None:
    """Everybody sends; those in `talking` say something."""
    for tick in range(round(seconds / 0.02)):
        at.now += 0.02
        for name in "abc":
            at.rtp(name, at.publishers[name].speech(30 if name in talking else 90))
            if tick % 2 == 0:
                at.rtp(name, *at.publishers[name].picture(keyframe=True))
        at.take(at.room.on_tick(at.now))


def show(at: Meeting, *names: str | None) -> None:
    at.take(at.room.view(at.now, "v", list(names)))


def test_the_first_slot_is_left_to_the_stage_s_voice(meeting: Meeting) -> None:
    show(meeting, "c", "a")
    meeting.speak("a", 0.5)
    meeting.speak("b", 0.5)
    assert seats(meeting) == [None, "a", "b"]
    go_on(meeting, 0.5, talking="c")
    assert seats(meeting) == ["c", "a", "b"]


def test_where_there_is_no_stage_voices_come_as_they_come(meeting: Meeting) -> None:
    meeting.speak("a", 0.5)
    meeting.speak("b", 0.5)
    assert seats(meeting) == ["a", "b", None]


def test_two_change_places_when_both_pause(meeting: Meeting) -> None:
    show(meeting, "a")
    go_on(meeting, 1.0, talking="abc")
    first, *others = seats(meeting)
    assert first == "a"
    place = others.index("b") + 1
    show(meeting, "b")
    go_on(meeting, PATIENCE_S - 1.0, talking="ab")
    assert seats(meeting)[0] == "a", "in mid-word"
    go_on(meeting, 0.3, talking="c")
    assert (seats(meeting)[0], seats(meeting)[place]) == ("b", "a")
    go_on(meeting, 2 * PATIENCE_S, talking="abc")
    assert (seats(meeting)[0], seats(meeting)[place]) == ("b", "a"), "and there they stay"


def test_who_never_pauses_is_moved_after_a_while(meeting: Meeting) -> None:
    show(meeting, "a")
    go_on(meeting, 1.0, talking="abc")
    show(meeting, "b")
    go_on(meeting, PATIENCE_S + 1.0, talking="abc")
    assert seats(meeting)[0] == "b"


def test_a_voice_that_moves_loses_no_packet(meeting: Meeting) -> None:
    show(meeting, "a")
    go_on(meeting, 1.0, talking="abc")
    before = sum(packet.payload_type == 111 for packet in meeting.sent["v"])
    show(meeting, "b")
    go_on(meeting, PATIENCE_S + 1.0, talking="abc")
    after = sum(packet.payload_type == 111 for packet in meeting.sent["v"])
    assert after - before == 3 * round((PATIENCE_S + 1.0) / 0.02)


@given(st.lists(st.tuples(st.sampled_from("abc_"), st.sampled_from(("", "a", "bc", "abc"))), max_size=8))
def test_whatever_is_shown_everybody_is_heard_once(course: list[tuple[str, str]]) -> None:
    at = Meeting()
    for name in ("a", "b", "c"):
        at.join(name)
    at.join("v", terms(4))
    go_on(at, 0.6, talking="abc")
    for shown, talking in course:
        show(at, None if shown == "_" else shown)
        go_on(at, 0.6, talking=talking)
        assert sorted(one or "" for one in seats(at)) == ["a", "b", "c"]
