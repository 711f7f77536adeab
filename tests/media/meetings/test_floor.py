"""The floor: its queue, and that every microphone is as before when it ends, whatever happens in between."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from command.kernel.errors import Conflict, NotFound, Refused
from media.meetings.actions import chairing, convening, presence, speaking, taking_part
from media.meetings.floor import EMPTY, Asker, Floor
from media.meetings.model import Meeting, Mode
from tests.media.meetings.county import County, county_in, do, joined

SITES = ("a", "b", "c")
ACTS = ("ask", "grant", "drop", "end", "mute", "unmute")
NORTH, SOUTH, ROOM = "north_box", "south_box", "county_room"


def moved(floor: Floor, act: str, site: str) -> Floor:
    match act:
        case "ask":
            return floor.ask(Asker(site, site, "1"))
        case "grant":
            return floor.grant(site, "2")
        case "drop":
            return floor.drop(site)
    return floor.end()


@given(
    muted=st.fixed_dictionaries({site: st.booleans() for site in SITES}),
    acts=st.lists(st.tuples(st.sampled_from(ACTS), st.sampled_from(SITES)), max_size=30),
)
def test_the_floor_lies_over_the_mute_map_and_leaves_nothing_behind(
    muted: dict[str, bool], acts: list[tuple[str, str]]
) -> None:
    """Beside a model: what the chair said of each microphone, and whom it opened since the floor was given."""
    floor, opened, let = Floor(), dict.fromkeys(SITES, 0), set[str]()
    for act, site in acts:
        before = floor
        if act in ("mute", "unmute"):
            muted[site] = act == "mute"
            opened[site] = 0 if act == "mute" else floor.number
            let = let - {site} if act == "mute" else let | {site}
            floor = floor.drop(site) if act == "mute" and floor.held_by(site) else floor
        else:
            floor = moved(floor, act, site)
        let = let if floor.holder == before.holder else set()
        heard = {one for one in SITES if not floor.closes(one, muted[one], opened[one])}
        if floor.holder is None:
            assert heard == {one for one in SITES if not muted[one]}
        else:
            assert heard == {floor.holder.id} | let
        places = [one.id for one in (*floor.queue, floor.holder) if one is not None]
        assert len(places) == len(set(places))
        assert Floor.of(floor.state()) == floor


def test_who_asks_first_stands_first_and_keeps_its_place() -> None:
    floor = Floor().ask(Asker("a", "甲", "1")).ask(Asker("b", "乙", "2")).ask(Asker("a", "甲", "3"))
    assert [(one.id, one.at) for one in floor.queue] == [("a", "1"), ("b", "2")]
    floor = floor.grant("b", "4")
    assert (floor.holder, floor.ask(Asker("b", "乙", "5")), floor.grant("c", "5")) == (
        Asker("b", "乙", "4"),
        floor,
        floor,
    )
    assert [one.id for one in floor.queue] == ["a"]


def silent(county: County, meeting: str) -> dict[str, bool]:
    """Which microphones the bridge lets nothing through of."""
    with county.db.reading() as session:
        return {site.name: site.silent for site in session.get_one(Meeting, meeting).sites}


def three(county: County, mode: Mode = Mode.DISCUSSION) -> tuple[str, dict[str, str]]:
    """A meeting of three terminals and the chair's desk, all in; the sites' ids by name."""
    meeting = county.convene(NORTH, SOUTH, ROOM, mode=mode)
    do(county, lambda s: taking_part.enter(s, county.clock, county.actor("duty"), meeting))
    sites = {name: joined(county, meeting, name) for name in (NORTH, SOUTH, ROOM)}
    return meeting, {**sites, "duty": county.site(meeting, "duty")}


def ask(county: County, meeting: str, name: str) -> None:
    do(county, lambda s: speaking.ask(s, county.clock, county.actor(name), meeting))


def grant(county: County, meeting: str, site: str) -> None:
    do(county, lambda s: speaking.grant(s, county.clock, county.actor("duty"), meeting, site))


@pytest.mark.parametrize("mode", Mode)
def test_a_floor_from_asking_to_its_end(county: County, mode: Mode) -> None:
    meeting, sites = three(county, mode)
    duty = county.actor("duty")
    do(county, lambda s: chairing.mute(s, duty, meeting, sites[SOUTH], mode is Mode.DISCUSSION))
    before, head = silent(county, meeting), len(county.entries())
    for name in (SOUTH, NORTH, SOUTH):
        ask(county, meeting, name)
        county.clock.advance(5)
    queue = county.meeting(meeting)["floor"]["queue"]  # type: ignore[call-overload,index]
    assert [one["name"] for one in queue] == [SOUTH, NORTH]  # type: ignore[call-overload,index,union-attr]
    assert silent(county, meeting) == before
    for name in (SOUTH, NORTH):
        grant(county, meeting, sites[name])
        grant(county, meeting, sites[name])
        assert {one for one, closed in silent(county, meeting).items() if not closed} == {name, "duty"}
        assert county.meeting(meeting)["broadcast"] == sites[name]
    do(county, lambda s: speaking.end(s, duty, meeting))
    do(county, lambda s: speaking.end(s, duty, meeting))
    assert silent(county, meeting) == before
    assert (county.meeting(meeting)["broadcast"], county.meeting(meeting)["floor"]) == (None, {**EMPTY, "number": 2})
    told = ["asked", "asked", "granted", "ended", "granted", "ended"]
    assert county.kinds(head) == [f"meeting.floor_{one}" for one in told]
    assert [entry.body["floor"]["name"] for entry in county.entries(head)] == [SOUTH, NORTH, SOUTH, SOUTH, NORTH, NORTH]  # type: ignore[call-overload,index]


def test_newcomers_come_in_closed_and_lines_that_break_change_nothing(county: County) -> None:
    meeting, sites = three(county)
    for name in (NORTH, SOUTH):
        ask(county, meeting, name)
    grant(county, meeting, sites[NORTH])
    do(county, lambda s: taking_part.enter(s, county.clock, county.actor("leader"), meeting))
    floor = county.meeting(meeting)["floor"]
    for name in (NORTH, SOUTH):
        do(county, lambda s, name=name: presence.lost(s, county.clock, sites[name], "timeout"))  # type: ignore[misc]
        do(county, lambda s, name=name: presence.joined(s, county.clock, sites[name]))  # type: ignore[misc]
    assert county.meeting(meeting)["floor"] == floor
    assert silent(county, meeting) == {NORTH: False, SOUTH: True, ROOM: True, "duty": False, "leader": True}
    do(county, lambda s: speaking.withdraw(s, county.actor("north_operator"), meeting))
    assert not any(silent(county, meeting).values())


@pytest.mark.parametrize("how", ["leave", "remove", "mute", "mute_all", "ring"])
def test_who_is_gone_or_muted_has_no_floor(county: County, how: str) -> None:
    meeting, sites = three(county)
    duty, clock, south = county.actor("duty"), county.clock, sites[SOUTH]
    for name in (SOUTH, NORTH):
        ask(county, meeting, name)
    grant(county, meeting, south)
    if how == "ring":
        do(county, lambda s: presence.lost(s, clock, south, "timeout"))
    do(
        county,
        {
            "leave": lambda s: presence.leave(s, clock, south),
            "remove": lambda s: chairing.remove(s, clock, duty, meeting, south),
            "mute": lambda s: chairing.mute(s, duty, meeting, south, True),
            "mute_all": lambda s: chairing.mute_all(s, duty, meeting, True),
            "ring": lambda s: convening.ring(s, clock, duty, meeting, south),
        }[how],
    )
    closed = {"mute": {SOUTH}, "mute_all": {SOUTH, NORTH, ROOM}}.get(how, set())
    assert {name for name, is_closed in silent(county, meeting).items() if is_closed} == closed
    floor = Floor.of(county.meeting(meeting)["floor"])
    assert (floor.holder, [one.name for one in floor.queue]) == (None, [NORTH])
    assert county.meeting(meeting)["broadcast"] is None


def test_the_chair_opens_another_beside_the_holder_and_shows_whom_it_likes(county: County) -> None:
    meeting, sites = three(county)
    duty = county.actor("duty")
    ask(county, meeting, NORTH)
    grant(county, meeting, sites[NORTH])
    head = len(county.entries())
    do(county, lambda s: chairing.mute(s, duty, meeting, sites[SOUTH], False))
    do(county, lambda s: chairing.mute(s, duty, meeting, sites[SOUTH], False))
    assert county.kinds(head) == ["meeting.unmuted"]
    assert silent(county, meeting) == {NORTH: False, SOUTH: False, ROOM: True, "duty": False}
    do(county, lambda s: chairing.broadcast(s, duty, meeting, sites[ROOM]))
    do(county, lambda s: speaking.end(s, duty, meeting))
    assert county.meeting(meeting)["broadcast"] == sites[ROOM]
    ask(county, meeting, NORTH)
    grant(county, meeting, sites[NORTH])
    assert silent(county, meeting)[SOUTH]


def test_what_is_refused(county: County) -> None:
    meeting, sites = three(county)
    duty, clock = county.actor("duty"), county.clock
    do(county, lambda s: taking_part.enter(s, clock, county.actor("wall"), meeting))
    ask(county, meeting, NORTH)
    do(county, lambda s: presence.lost(s, clock, sites[NORTH], "timeout"))
    do(county, lambda s: speaking.withdraw(s, county.actor(SOUTH), meeting))
    head = len(county.entries())
    cases = (
        (lambda s: speaking.ask(s, clock, duty, meeting), Conflict, "meeting.chair_has_floor"),
        (lambda s: speaking.ask(s, clock, county.actor("wall"), meeting), Conflict, "meeting.watches_only"),
        (lambda s: speaking.ask(s, clock, county.actor(NORTH), meeting), Conflict, "meeting.not_joined"),
        (lambda s: speaking.ask(s, clock, county.actor("leader"), meeting), NotFound, "meeting.not_invited"),
        (lambda s: speaking.ask(s, clock, county.actor("stranger_duty"), meeting), NotFound, "meeting.unknown"),
        (lambda s: speaking.grant(s, clock, duty, meeting, sites[NORTH]), Conflict, "meeting.not_joined"),
        (lambda s: speaking.grant(s, clock, duty, meeting, sites[SOUTH]), Conflict, "meeting.not_asking"),
        (lambda s: speaking.refuse(s, duty, meeting, sites[SOUTH]), Conflict, "meeting.not_asking"),
        (lambda s: speaking.end(s, county.actor("leader"), meeting), Refused, "meeting.not_chair"),
    )
    for act, kind, code in cases:
        with pytest.raises(kind, match=code):
            do(county, act)
    assert county.kinds(head) == []
    do(county, lambda s: speaking.refuse(s, duty, meeting, sites[NORTH]))
    do(county, lambda s: convening.end(s, clock, duty, meeting))
    assert county.meeting(meeting)["floor"] == EMPTY


MEANWHILE = ("ask", "withdraw", "grant", "refuse", "lost", "joined", "leave", "broadcast", "enter")


@settings(max_examples=25, deadline=None)
@given(
    muted=st.sets(st.sampled_from((NORTH, SOUTH, ROOM))),
    acts=st.lists(st.tuples(st.sampled_from(MEANWHILE), st.sampled_from((NORTH, SOUTH, ROOM))), max_size=12),
)
def test_the_mute_map_comes_back_exactly(
    tmp_path_factory: pytest.TempPathFactory, muted: set[str], acts: list[tuple[str, str]]
) -> None:
    with county_in(tmp_path_factory.mktemp("floor")) as county:
        floor_comes_and_goes(county, muted, acts)


def floor_comes_and_goes(county: County, muted: set[str], acts: list[tuple[str, str]]) -> None:
    """Whenever nobody has the floor, the mutes are those of the beginning."""
    meeting, sites = three(county)
    duty, clock = county.actor("duty"), county.clock
    for name in muted:
        do(county, lambda s, name=name: chairing.mute(s, duty, meeting, sites[name], True))  # type: ignore[misc]
    before = silent(county, meeting)
    for act, name in (("ask", NORTH), ("grant", NORTH), *acts):
        actor, site = county.actor(name), sites[name]
        one = {
            "ask": lambda s, a=actor: speaking.ask(s, clock, a, meeting),
            "withdraw": lambda s, a=actor: speaking.withdraw(s, a, meeting),
            "grant": lambda s, i=site: speaking.grant(s, clock, duty, meeting, i),
            "refuse": lambda s, i=site: speaking.refuse(s, duty, meeting, i),
            "lost": lambda s, i=site: presence.lost(s, clock, i, "timeout"),
            "joined": lambda s, i=site: presence.joined(s, clock, i),
            "leave": lambda s, i=site: presence.leave(s, clock, i),
            "broadcast": lambda s, i=site: chairing.broadcast(s, duty, meeting, i),
            "enter": lambda s, a=actor: taking_part.answer(s, clock, a, meeting),
        }[act]
        try:
            do(county, one)
        except Conflict:
            continue
        with county.db.reading() as session:
            held = session.get_one(Meeting, meeting).turns.holder
        if held is None:
            assert silent(county, meeting) == before
    do(county, lambda s: speaking.end(s, duty, meeting))
    assert silent(county, meeting) == before
