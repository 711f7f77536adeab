"""Sharing a second picture: one site at a time, the chair takes it over, and it ends with its site."""

import pytest

from command.kernel.errors import Conflict, NotFound, Refused
from media.meetings.actions import chairing, convening, presence, sharing, taking_part
from tests.media.meetings.county import County, do, joined

NORTH, SOUTH = "north_box", "south_box"


def meet(county: County) -> tuple[str, dict[str, str]]:
    """A meeting of two terminals and the chair's desk, all in; the sites' ids by name."""
    meeting = county.convene(NORTH, SOUTH)
    do(county, lambda s: taking_part.enter(s, county.clock, county.actor("duty"), meeting))
    sites = {name: joined(county, meeting, name) for name in (NORTH, SOUTH)}
    sites["duty"] = county.site(meeting, "duty")
    do(county, lambda s: presence.joined(s, county.clock, sites["duty"]))
    return meeting, sites


def share(county: County, meeting: str, name: str) -> None:
    do(county, lambda s: sharing.share(s, county.clock, county.actor(name), meeting))


def holder(county: County, meeting: str) -> object:
    content = county.meeting(meeting)["content"]
    return content["name"] if isinstance(content, dict) else None


def test_one_shares_at_a_time_and_the_chair_takes_it_over(county: County) -> None:
    meeting, _ = meet(county)
    head = len(county.entries())
    share(county, meeting, NORTH)
    share(county, meeting, NORTH)
    with pytest.raises(Conflict, match=r"meeting\.content_held"):
        share(county, meeting, SOUTH)
    assert holder(county, meeting) == NORTH
    share(county, meeting, "duty")
    assert holder(county, meeting) == "duty"
    do(county, lambda s: sharing.unshare(s, county.actor(NORTH), meeting))
    assert holder(county, meeting) == "duty"
    do(county, lambda s: sharing.unshare(s, county.actor("duty"), meeting))
    share(county, meeting, SOUTH)
    do(county, lambda s: sharing.end(s, county.actor("duty"), meeting))
    assert holder(county, meeting) is None
    told = [(entry.kind[16:], entry.body["content"]) for entry in county.entries(head)]
    assert told == [
        ("begun", {"name": NORTH, "former": None}),
        ("taken", {"name": "duty", "former": NORTH}),
        ("ended", {"name": None, "former": "duty"}),
        ("begun", {"name": SOUTH, "former": None}),
        ("ended", {"name": None, "former": SOUTH}),
    ]


@pytest.mark.parametrize("how", ["lost", "leave", "remove", "end"])
def test_it_ends_with_its_site_but_not_with_its_line(county: County, how: str) -> None:
    meeting, sites = meet(county)
    clock, duty, north = county.clock, county.actor("duty"), sites[NORTH]
    share(county, meeting, NORTH)
    do(
        county,
        {
            "lost": lambda s: presence.lost(s, clock, north, "timeout"),
            "leave": lambda s: presence.leave(s, clock, north),
            "remove": lambda s: chairing.remove(s, clock, duty, meeting, north),
            "end": lambda s: convening.end(s, clock, duty, meeting),
        }[how],
    )
    assert holder(county, meeting) == (NORTH if how == "lost" else None)


def test_who_cannot_share(county: County) -> None:
    meeting, sites = meet(county)
    do(county, lambda s: taking_part.enter(s, county.clock, county.actor("wall"), meeting))
    do(county, lambda s: presence.lost(s, county.clock, sites[SOUTH], "timeout"))
    for name, kind, code in (
        ("wall", Conflict, "meeting.watches_only"),
        (SOUTH, Conflict, "meeting.not_joined"),
        ("leader", NotFound, "meeting.not_invited"),
    ):
        with pytest.raises(kind, match=code):
            share(county, meeting, name)
    with pytest.raises(Refused, match=r"meeting\.not_chair"):
        do(county, lambda s: sharing.end(s, county.actor("leader"), meeting))
    assert holder(county, meeting) is None
