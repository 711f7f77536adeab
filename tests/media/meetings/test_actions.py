"""Single acts in a meeting, on SQLite and PostgreSQL."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy.orm import Session

from command.directory.model import Terminal
from command.directory.sessions import terminal_actor
from command.kernel.clock import to_text
from command.kernel.errors import Conflict, NotFound, Refused
from command.kernel.ids import new_id
from command.kernel.timeline import verify
from media.meetings.actions import chairing, convening, presence, taking_part
from media.meetings.actions.convening import Call
from media.meetings.model import Mode, layout_for
from media.meetings.moves import Way
from media.sfu.tiers import BY_NAME
from tests.media.meetings.county import County, do, joined


def test_an_entry_of_a_site_is_for_its_unit_and_the_chairs(county: County) -> None:
    meeting = county.convene("north_box", "south_box")
    convened, *rung = county.entries()
    units = county.world.units
    assert (convened.kind, convened.unit, set(convened.shared)) == (
        "meeting.convened",
        units["county"],
        {units["north"], units["south"]},
    )
    assert set(convened.body) == {"meeting"}
    assert [(one.kind, one.unit) for one in rung] == [("meeting.rung", units["county"])] * 2
    assert {one.shared for one in rung} == {(units["north"],), (units["south"],)}
    assert [set(one.body) for one in rung] == [{"site", "meeting"}] * 2
    assert rung[0].body["meeting"] == county.meeting(meeting)


def test_in_a_briefing_microphones_begin_closed(county: County) -> None:
    meeting = county.convene("north_box", mode=Mode.BRIEFING)
    assert county.sites(meeting)["north_box"]["muted"]
    actor = county.actor("duty")
    do(county, lambda s: taking_part.enter(s, county.clock, actor, meeting))
    assert not county.sites(meeting)["duty"]["muted"]
    do(county, lambda s: chairing.mute_all(s, actor, meeting, False))
    do(county, lambda s: chairing.mute_all(s, actor, meeting, True))
    assert {name: site["muted"] for name, site in county.sites(meeting).items()} == {"north_box": True, "duty": False}


def test_a_broadcast_ends_with_its_site_and_outlives_a_broken_line(county: County) -> None:
    duty = county.actor("duty")
    meeting = county.convene("north_box", "south_box")
    north, south = joined(county, meeting, "north_box"), joined(county, meeting, "south_box")
    do(county, lambda s: chairing.broadcast(s, duty, meeting, north))
    do(county, lambda s: chairing.broadcast(s, duty, meeting, south))
    assert county.meeting(meeting)["broadcast"] == south
    do(county, lambda s: presence.lost(s, county.clock, south, "timeout"))
    assert county.meeting(meeting)["broadcast"] == south
    head = len(county.entries())
    do(county, lambda s: presence.leave(s, county.clock, south))
    assert county.meeting(meeting)["broadcast"] is None
    assert county.kinds(head) == ["meeting.left", "meeting.broadcast"]


def test_what_the_bridge_repeats_is_told_once(county: County) -> None:
    meeting = county.convene("north_box")
    site = joined(county, meeting, "north_box")
    head = len(county.entries())
    for _ in range(2):
        do(county, lambda s: presence.joined(s, county.clock, site))
    for _ in range(2):
        do(county, lambda s: presence.lost(s, county.clock, site, "timeout"))
    do(county, lambda s: presence.joined(s, county.clock, new_id()))
    assert county.kinds(head) == ["meeting.lost"]
    assert county.entries()[-1].actor["kind"] == "system"
    assert county.sites(meeting)["north_box"]["reason"] == "timeout"


def test_where_a_line_stands_is_told_once_and_ends_with_the_connection(county: County) -> None:
    meeting = county.convene("north_box")
    site = joined(county, meeting, "north_box")
    head = len(county.entries())

    def stands(way: Way, tier: str, why: str) -> None:
        do(county, lambda s: presence.stands(s, county.clock, site, way, BY_NAME[tier], why))

    for name in ("stills", "stills", "720p", "audio"):
        stands("down", name, "thin")
    passed = [(BY_NAME["360p"], county.clock.now()), (BY_NAME["stills"], county.clock.now())]
    do(county, lambda s: presence.stands(s, county.clock, site, "up", BY_NAME["stills"], "lossy", passed))
    assert county.kinds(head) == ["meeting.weakened", "meeting.recovered", "meeting.weakened", "meeting.weakened"]
    last = county.entries()[-1]
    rungs = [{"tier": name, "at": to_text(county.clock.now())} for name in ("360p", "stills")]
    assert last.body["line"] == {"way": "up", "tier": "stills", "former": "720p", "why": "lossy", "rungs": rungs}
    assert last.actor["kind"] == "system"
    assert county.sites(meeting)["north_box"]["line"] == {"down": "audio", "up": "stills"}
    do(county, lambda s: presence.lost(s, county.clock, site, "timeout"))
    stands("down", "stills", "thin")
    assert county.sites(meeting)["north_box"]["line"] == {"down": "720p", "up": "720p"}
    assert county.kinds(head)[4:] == ["meeting.lost"]


def test_refusals_of_the_chair(county: County) -> None:
    duty, clock = county.actor("duty"), county.clock
    meeting = county.convene("north_box")
    do(county, lambda s: taking_part.enter(s, clock, duty, meeting))
    do(county, lambda s: taking_part.enter(s, clock, county.actor("wall"), meeting))
    own, wall, north = (county.site(meeting, name) for name in ("duty", "wall", "north_box"))
    cases: list[tuple[Callable[[Session], object], type[Exception], str]] = [
        (lambda s: chairing.remove(s, clock, duty, meeting, own), Conflict, "meeting.not_yourself"),
        (lambda s: chairing.mute(s, duty, meeting, wall, False), Conflict, "meeting.watches_only"),
        (lambda s: convening.ring(s, clock, duty, meeting, wall), Conflict, "meeting.cannot_ring"),
        (lambda s: chairing.broadcast(s, duty, meeting, north), Conflict, "meeting.not_joined"),
        (lambda s: chairing.mute(s, duty, meeting, new_id(), True), NotFound, "meeting.site_unknown"),
        (lambda s: chairing.mute(s, county.actor("leader"), meeting, north, True), Refused, "meeting.not_chair"),
    ]
    head = len(county.entries())
    for act, kind, code in cases:
        with pytest.raises(kind, match=code):
            do(county, act)
    assert county.kinds(head) == []


def test_thirty_terminals_answer_at_once(county: County) -> None:
    with county.db.writing() as session:
        boxes = [
            Terminal(id=new_id(), unit_id=county.world.units["north"], name=f"box {n}", kind="headless")
            for n in range(30)
        ]
        session.add_all(boxes)
        session.flush()
        actors = [terminal_actor(session, box) for box in boxes]
        call = Call("点名", terminals=[actor.id for actor in actors])
        meeting = convening.convene(session, county.clock, county.actor("duty"), call).id
    sites = {str(site["terminal"]): str(site["id"]) for site in county.sites(meeting).values()}

    def come(index: int) -> None:
        actor = actors[index]
        do(county, lambda s: taking_part.answer(s, county.clock, actor, meeting))
        do(county, lambda s: presence.joined(s, county.clock, sites[actor.id]))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(come, range(len(actors))))
    assert set(county.states(meeting).values()) == {"joined"}
    assert county.kinds().count("meeting.joined") == 30
    with county.db.reading() as session:
        assert verify(session)[1] is None


@pytest.mark.parametrize(("pictures", "kind"), [(1, "1"), (5, "6"), (8, "9"), (16, "16"), (26, "25")])
def test_a_layout_has_a_cell_for_every_picture(pictures: int, kind: str) -> None:
    assert layout_for(pictures) == {"kind": kind, "cells": []}
