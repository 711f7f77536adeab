"""Who comes back to a meeting by the same line soon begins where its former connection stood; nobody else does."""

from dataclasses import replace

import pytest

from media.rtp.rtcp import Remb
from media.sfu.budget import FLOOR_BPS
from media.sfu.link import Link
from media.sfu.standing import REMEMBERED_S
from media.sfu.tiers import BY_NAME, TOP
from tests.media.packets import Meeting, terms

THIN_BPS = 45_000
HERE, ELSEWHERE = 7, 8


@pytest.fixture
def at() -> Meeting:
    """Of "site" it is known by REMB alone that its line is thin, and it loses what it sends; "hall" is heard by it."""
    made = Meeting()
    for name in ("hall", "site"):
        made.join(name)
    connect(made, HERE)
    for _ in range(300):
        made.speak("hall", 0.02)
        made.rtp("site", made.publishers["site"].speech(20))
        made.publishers["site"].audio_sequence += 1  # every second packet is lost
        made.take(made.room.on_rtcp(made.now, "site", Remb(1, THIN_BPS, (2100,)).encode()))
    assert made.links["site"].ladder.tier is BY_NAME["one_voice"]
    return made


def connect(at: Meeting, line: int) -> Link:
    agreed = replace(terms(2), transport_cc=False)
    link = at.links["site"] = at.room.connect(at.now, "site", agreed, 7919, line)
    return link


def allowed(at: Meeting) -> int | None:
    intake = at.room.participants["site"].intake
    assert intake is not None
    return intake.allows


def test_the_same_site_goes_on_both_ways(at: Meeting) -> None:
    before = allowed(at)
    assert before is not None
    assert FLOOR_BPS <= before < 500_000
    at.room.disconnect(at.now, "site")
    at.now += REMEMBERED_S - 1
    link = connect(at, HERE)
    assert link.outflow.bitrate == THIN_BPS
    assert link.ladder.tier is BY_NAME["one_voice"]
    assert allowed(at) == before


def test_one_that_falls_before_anything_was_told_forgets_nothing(at: Meeting) -> None:
    connect(at, HERE)
    connect(at, HERE)
    link = connect(at, HERE)
    assert link.outflow.bitrate == THIN_BPS
    assert link.ladder.tier is BY_NAME["one_voice"]


@pytest.mark.parametrize("why", ["another line", "long ago", "removed"])
def test_others_begin_as_everybody_does(at: Meeting, why: str) -> None:
    at.room.disconnect(at.now, "site")
    if why == "long ago":
        at.now += REMEMBERED_S + 1
    if why == "removed":
        at.room.remove(at.now, "site")
        at.room.admit("site")
    link = connect(at, ELSEWHERE if why == "another line" else HERE)
    assert link.outflow.bitrate is None
    assert link.ladder.tier is TOP
    assert allowed(at) == 1_200_000
