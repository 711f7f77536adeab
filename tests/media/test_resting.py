"""Which pictures rest, as it is told to who looks for them: for its line, for the node; nothing where none is sent."""

from media.sfu.shedding import OPEN, STAGE_BY_NAME
from media.sfu.standing import RestsChanged
from tests.media.packets import Meeting
from tests.media.test_heavy_pictures import Watched


def told(meeting: Meeting, name: str) -> list[dict[str, str]]:
    events = meeting.room.take_events()
    return [dict(event.sites) for event in events if isinstance(event, RestsChanged) and event.participant == name]


def three() -> Meeting:
    """`c` looks at `a` and `b`, of whom `a` has the larger tile."""
    meeting = Meeting()
    for name in ("a", "b", "c"):
        meeting.join(name)
    for _ in range(50):
        for name in ("a", "b"):
            meeting.rtp(name, *meeting.publishers[name].picture(keyframe=True))
        meeting.pass_time(0.04)
    meeting.take(meeting.room.view(meeting.now, "c", ["a", "b"], [720, 180]))
    return meeting


def film(meeting: Meeting) -> None:
    for name in ("a", "b"):
        meeting.rtp(name, *meeting.publishers[name].picture())
    meeting.pass_time(0.3)


def test_for_a_line_that_carries_less() -> None:
    meeting = Watched(rtx=False)
    meeting.run(3)
    assert told(meeting, "late") == [{"drone": "line"}]


def test_for_a_node_that_is_late_and_until_it_is_not() -> None:
    meeting = three()
    assert told(meeting, "c") == []
    meeting.room.shed(meeting.now, STAGE_BY_NAME["first_pictures"])
    assert told(meeting, "c") == [{"b": "node"}]
    meeting.room.shed(meeting.now, OPEN)
    film(meeting)
    assert told(meeting, "c") == [{}]


def test_it_is_told_anew_to_who_says_anew_what_it_looks_for() -> None:
    meeting = three()
    meeting.room.shed(meeting.now, STAGE_BY_NAME["audio"])
    both = {"a": "node", "b": "node"}
    assert told(meeting, "c") == [both]
    film(meeting)
    assert told(meeting, "c") == []
    meeting.take(meeting.room.view(meeting.now, "c", ["a", "b"], [720, 180]))
    film(meeting)
    assert told(meeting, "c") == [both]
    meeting.take(meeting.room.view(meeting.now, "c", ["a", "b"], [720, 0]))
    film(meeting)
    assert told(meeting, "c") == [{"a": "node"}]
    meeting.take(meeting.room.view(meeting.now, "c", [None, None]))
    film(meeting)
    assert told(meeting, "c") == [{}]
