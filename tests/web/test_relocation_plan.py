"""When meetings go to another node: silence, doubt, draining, one after the other. No clock but the one given."""

from datetime import UTC, datetime, timedelta

import pytest

from media.meetings.moves import SiteState
from media.nodes.choice import choose
from media.nodes.model import MediaNode
from web.relocation_plan import (
    DOUBT,
    MOVE_WITHIN,
    TOLD_AFTER,
    Act,
    Contradict,
    Move,
    Seen,
    Settle,
    StopNode,
    TellAway,
    Trust,
    acts,
    unsettled,
)
from web.rooms import Place, Room, SiteView, content_of

NOW = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
HERE, AWAY = Seen("run"), Seen(None)


def node(away: timedelta | None = None, *, draining: bool = False, told: bool = False) -> MediaNode:
    since = None if away is None else NOW - away
    return MediaNode(name="", run="run", away_since=since, told=told, draining=draining, at_once=False, stage="open")


def room(name: str, at: str, former: str | None = None, since: timedelta = timedelta()) -> Room:
    sites = {name + "1": SiteView(name + "1", "", "terminal", SiteState.JOINED, False, None)}
    return Room(name, sites, Place(at, former, 7, NOW - since))


def due(rooms: list[Room], nodes: dict[str, MediaNode], seen: dict[str, Seen]) -> list[Act]:
    return acts(NOW, rooms, nodes, seen)


def test_a_node_that_is_gone_beyond_doubt_gives_its_meetings_away_at_once() -> None:
    seen = {"a": AWAY, "b": HERE}
    rooms = [room("m", "a"), room("n", "b"), room("o", "a")]
    assert due(rooms, {"a": node(DOUBT / 2), "b": node()}, seen) == []
    found = due(rooms, {"a": node(DOUBT), "b": node()}, seen)
    assert found == [Move("m", 7, gently=False), Move("o", 7, gently=False)]
    assert due([room("m", "a")], {"a": node(DOUBT)}, {"a": AWAY}) == [], "nobody takes it"


def test_a_node_that_the_settings_do_not_have_any_more_is_gone() -> None:
    assert due([room("m", "old")], {"a": node()}, {"a": HERE}) == [Move("m", 7, gently=False)]


def test_processes_that_see_different_nodes_believe_the_one_that_sees() -> None:
    assert due([], {"a": node(DOUBT)}, {"a": HERE}) == [Contradict("a", "run")]
    assert due([room("m", "a")], {"a": node(), "b": node()}, {"a": AWAY, "b": HERE}) == [Trust("a")]


def test_people_are_told_of_a_node_that_stays_away_once() -> None:
    assert due([], {"a": node(TOLD_AFTER)}, {"a": AWAY}) == [TellAway("a")]
    assert due([], {"a": node(TOLD_AFTER, told=True)}, {"a": AWAY}) == []
    assert unsettled([], {"a": node(DOUBT)})
    assert not unsettled([room("m", "a")], {"a": node(TOLD_AFTER, told=True), "b": node()})


def test_a_node_that_drains_gives_one_meeting_after_the_other() -> None:
    nodes, seen = {"a": node(draining=True), "b": node()}, {"a": HERE, "b": HERE}
    assert due([room("m", "a"), room("n", "a")], nodes, seen) == [Move("m", 7, gently=True)]
    assert due([room("m", "b", former="a"), room("n", "a")], nodes, seen) == []
    arrived = {**seen, "b": Seen("run", {"m1"})}
    assert due([room("m", "b", former="a"), room("n", "a")], nodes, arrived) == [Settle("m", 7)]
    silent = {**arrived, "a": Seen("run", {"m1"}, {"m1": (True, True)})}
    assert due([room("m", "b", former="a")], nodes, silent) == [], "it sends nothing there yet"
    heard = {**silent, "b": Seen("run", {"m1"}, {"m1": (True, True)})}
    assert due([room("m", "b", former="a")], nodes, heard) == [Settle("m", 7)]
    assert due([room("m", "b", former="a", since=MOVE_WITHIN)], nodes, seen) == [Settle("m", 7)]
    session = {**seen, "a": Seen("run", {"m1"}, {"m1": (True, True)}, {"m1"})}
    assert due([room("m", "b", former="a")], nodes, session) == [Settle("m", 7)], "its client does not move by itself"


def test_a_move_waits_for_the_content_that_is_shared() -> None:
    nodes = {"a": node(draining=True), "b": node()}
    sharing, shared = room("m", "b", former="a"), content_of("m1")
    sharing.content = "m1"
    seen = {"a": Seen("run", {"m1", shared}, {shared: (False, True)}), "b": Seen("run", {"m1"})}
    assert due([sharing], nodes, seen) == []
    assert due([sharing], nodes, {**seen, "b": Seen("run", {"m1", shared})}) == [], "it sends nothing there yet"
    there = Seen("run", {"m1", shared}, {shared: (False, True)})
    assert due([sharing], nodes, {**seen, "b": there}) == [Settle("m", 7)]
    assert due([sharing], nodes, {"a": Seen("run", {"m1"}), "b": Seen("run", {"m1"})}) == [Settle("m", 7)]


def test_a_node_stops_when_nothing_holds_it_or_at_once() -> None:
    drains, seen = {"a": node(draining=True)}, {"a": HERE}
    assert due([], drains, seen) == [StopNode("a")]
    assert due([room("m", "a")], drains, seen) == []
    assert due([room("m", "b", former="a")], drains, {**seen, "b": HERE}) != [StopNode("a")]
    assert due([], drains, {"a": Seen("another")}) == [], "that was another process"
    drains["a"].at_once = True
    assert due([room("m", "a")], drains, seen) == [StopNode("a")]


def test_a_node_that_drains_keeps_its_meetings_while_nobody_takes_them() -> None:
    assert due([room("m", "a")], {"a": node(draining=True)}, {"a": HERE}) == []
    late = node()
    late.stage = "audio"
    assert due([room("m", "a")], {"a": node(draining=True), "b": late}, {"a": HERE, "b": HERE}) == []
    both = {"a": node(draining=True), "b": node(draining=True)}
    assert due([room("m", "a")], both, {"a": HERE, "b": HERE}) == [StopNode("b")]


@pytest.mark.parametrize(
    ("loads", "draining", "leaving", "needy", "chosen"),
    [
        ({"a": 9, "b": 2, "c": 2}, set(), None, True, "b"),
        ({"a": 9, "b": 2}, {"b"}, None, True, "a"),
        ({"a": 9}, {"a"}, None, True, "a"),
        ({"a": 9, "b": 2}, {"b"}, "a", True, "b"),
        ({"a": 9, "b": 2}, {"b"}, "a", False, None),
        ({"a": 9}, set(), "a", True, None),
        ({}, set(), None, True, None),
    ],
)
def test_the_node_with_the_fewest_sites_takes_a_meeting(
    loads: dict[str, int], draining: set[str], leaving: str | None, needy: bool, chosen: str | None
) -> None:
    assert choose(loads, draining, leaving, needy=needy) == chosen
