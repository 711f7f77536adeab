"""The pure parts of the conference: orders to the node, what waits on a socket, how fast it may talk."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from media.meetings.floor import EMPTY
from media.meetings.model import Meeting, Site
from media.meetings.moves import SiteState
from media.messages import Admit, CloseRoom, OpenRoom, Remove, WantedParticipant
from media.sfu.terms import Part
from web.open_lines import OpenLines
from web.rooms import Order, Room, SiteView, next_ring_end, orders, room_of, wanted_rooms
from web.signal_line import BEHIND, MOST_WAITING, REMOVED, REPLACED, Budget, Health, Line

NOON = datetime(2026, 11, 20, 4, 0, tzinfo=UTC)
Node = dict[str, dict[str, WantedParticipant]]

PARTS: tuple[Part, ...] = ("site", "chair", "broadcast")
parts = st.sampled_from(PARTS)
members = st.dictionaries(st.sampled_from("abc"), st.tuples(st.booleans(), st.booleans(), parts), max_size=3).map(
    lambda flags: {
        n: WantedParticipant(participant=n, muted=a, video_muted=v, part=part) for n, (a, v, part) in flags.items()
    }
)
nodes = st.dictionaries(st.sampled_from("xyz"), members, max_size=3)


def carry_out(node: Node, order: Order) -> None:
    """What a node does with an order."""
    match order:
        case OpenRoom():
            node.setdefault(order.room, {}).update({one.participant: one for one in order.participants})
        case CloseRoom():
            node.pop(order.room, None)
        case Admit():
            node[order.room][order.participant] = WantedParticipant.model_validate(order.model_dump())
        case Remove():
            node[order.room].pop(order.participant, None)


@given(held=nodes, wanted=nodes)
def test_orders_bring_a_node_to_what_is_wanted(held: Node, wanted: Node) -> None:
    node = {room: dict(inside) for room, inside in held.items()}
    for order in orders(held, wanted):
        carry_out(node, order)
    assert node == wanted
    assert orders(wanted, wanted) == []


def site(name: str, state: SiteState, kind: str = "terminal", answer_by: datetime | None = None) -> SiteView:
    return SiteView(name, name, kind, state, False, answer_by)


def test_only_who_is_in_is_let_in_and_a_wall_never_sends() -> None:
    sites = [site(state.value, state) for state in SiteState] + [site("wall", SiteState.JOINED, "wall")]
    wanted = wanted_rooms([Room("m", {one.id: one for one in sites})])["m"]
    assert set(wanted) == {"answered", "joined", "lost", "wall"}
    assert (wanted["wall"].muted, wanted["wall"].video_muted) == (True, True)
    assert not wanted["joined"].muted


def test_the_bridge_is_told_who_chairs_and_who_is_broadcast() -> None:
    """The chair's desk, not what the chair merely watches with; the broadcast site whoever it is."""
    kinds = (("desk", "chief"), ("viewer", "chief"), ("terminal", None), ("desk", "other"))
    sites = [
        Site(id=str(n), kind=kind, user_id=user, site_state="joined", name="", muted=False)
        for n, (kind, user) in enumerate(kinds)
    ]
    meeting = Meeting(id="m", chair_id="chief", broadcast="2", floor=EMPTY, sites=sites)
    parts = {one.participant: one.part for one in wanted_rooms([room_of(meeting)])["m"].values()}
    assert parts == {"0": "chair", "1": "site", "2": "broadcast", "3": "site"}


def test_the_next_ring_to_end_is_the_earliest_of_all_rooms() -> None:
    late = site("late", SiteState.RINGING, answer_by=NOON + timedelta(seconds=40))
    early = site("early", SiteState.RINGING, answer_by=NOON + timedelta(seconds=5))
    rooms = [Room("a", {"late": late}), Room("b", {"early": early, "in": site("in", SiteState.JOINED)})]
    assert next_ring_end(rooms) == NOON + timedelta(seconds=5)
    assert next_ring_end([]) is None


def test_who_is_no_longer_in_sends_nothing() -> None:
    room = Room("m", {"a": site("a", SiteState.JOINED)}, publishing={"a": (True, True)})
    room.update(Room("m", {"a": site("a", SiteState.LEFT)}))
    assert room.publishing == {}


def test_whose_own_microphone_is_closed_is_told_when_that_changes() -> None:
    """Of who sends no sound at all it changes nothing."""
    room = Room("m", {name: site(name, SiteState.JOINED) for name in "ab"}, publishing={"a": (True, True)})
    closed, opened = Health("none", 0, 0.0, microphone=False), Health("none", 0, 0.0)
    changed = [room.note_microphones({"a": one, "b": one}) for one in (opened, closed, closed, opened)]
    assert changed == [False, True, False, True]
    listed: Any = room.participants()["participants"]
    assert [one["microphone"] for one in listed] == [True, False]


def line() -> Line:
    return Line("m", "s", "t", muted=False)


async def drained(one: Line) -> list[object]:
    """Everything up to the close code."""
    got: list[object] = []
    async with asyncio.timeout(1):
        while not got or not isinstance(got[-1], int):
            got.append(await one.next())
    return got


async def test_a_slow_reader_gets_the_newest_list_and_every_answer() -> None:
    one = line()
    for number in range(100):
        one.send({"type": "participants", "participants": [number]})
        if number < 3:
            one.send({"type": "answer", "id": number})
    one.close(REPLACED)
    one.send({"type": "answer", "id": 99})
    one.close(REMOVED)
    answers = [{"type": "answer", "id": number} for number in range(3)]
    assert await drained(one) == [*answers, {"type": "participants", "participants": [99]}, REPLACED]


@given(st.permutations(range(1, 6)))
def test_the_highest_seat_stays_in_whatever_order_they_come(seats: list[int]) -> None:
    lines, came = OpenLines(), []
    for seat in seats:
        came.append(Line("m", "s", "t", muted=False, seat=seat))
        lines.add(came[-1])
    assert [one.seat for one in came if not one.closing] == [5]
    assert [one.seat for one in lines] == [5]


async def test_a_reader_that_never_reads_is_closed() -> None:
    one = line()
    for number in range(MOST_WAITING + 1):
        one.send({"type": "pong", "at": number})
    assert await drained(one) == [BEHIND]


@given(gaps=st.lists(st.floats(0, 2), max_size=60))
def test_a_budget_allows_the_burst_and_then_the_rate(gaps: list[float]) -> None:
    budget, now, taken = Budget(rate=5, burst=10, now=0.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += budget.take(now)
        assert taken <= 10 + 5 * now + 1e-6
    now += 2
    assert all(budget.take(now) for _ in range(9))
