"""The signalling socket without a media node: who enters, what is told, how it ends, what is bounded."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy

import pytest
from pydantic import SecretStr
from websockets.exceptions import ConnectionClosed

from command.directory.accounts import set_locked
from command.kernel.actor import system_actor
from command.kernel.clock import ManualClock
from media.meetings.actions.convening import Call, convene
from tests.waiting import until
from tests.web.talk import Party
from tests.web.world import World
from web.settings import Settings
from web.signal_messages import MOST_BYTES
from web.wiring import Core, build_core

Parties = Callable[[str], Party]


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(datetime(2026, 11, 20, 6, 3, tzinfo=UTC))


@pytest.fixture
def core(
    request: pytest.FixtureRequest, prepared: tuple[Path, World], tmp_path: Path, clock: ManualClock
) -> Iterator[Core]:
    """The database of this test, under a clock that goes only when told; settings may be given as its parameter."""
    copy(prepared[0], tmp_path / "fengsui.db")
    core = build_core(Settings(data=tmp_path, **getattr(request, "param", {})), clock)
    yield core
    core.engine.dispose()


@pytest.fixture
def party(live: str, world: World) -> Iterator[Parties]:
    """`party("duty")`: somebody at the running server."""
    with ExitStack() as open_things:
        yield lambda name: Party(live, world, name, open_things)


@pytest.fixture
def meeting(party: Parties, world: World) -> str:
    """A meeting that rings both townships."""
    made = party("duty").convene(world.terminals["north_box"], world.terminals["south_box"])
    return str(made["id"])


@pytest.mark.parametrize("core", [{"media_recordings": "recordings"}], indirect=True)
def test_who_enters_is_told_that_the_meeting_is_recorded(party: Parties, meeting: str) -> None:
    assert party("duty").talk(meeting).until("welcome")["recorded"] is True


def test_a_desk_a_wall_and_a_terminal_enter(party: Parties, meeting: str) -> None:
    desk = party("duty").talk(meeting)
    welcome = desk.until("welcome")
    assert (welcome["name"], welcome["muted"], welcome["slots"]) == ("duty", False, {"audio": 5, "video": 25})
    assert welcome["ice_servers"] == []
    assert welcome["recorded"] is False
    assert desk.said == [welcome]
    desk.everybody(duty="answered", north_box="ringing", south_box="ringing")
    assert desk.until("speaker")["participant"] is None
    wall = party("wall").talk(meeting)
    assert wall.until("welcome")["muted"]
    desk.everybody(wall="answered")
    party("north_box").answer(meeting)
    desk.everybody(north_box="answered")
    box = party("north_operator").talk(meeting)
    assert box.until("welcome")["name"] == "north_box"
    listed = box.everybody(duty="answered", wall="answered")["participants"]
    assert {one["name"]: one["publishing"] for one in listed}["duty"] == {"audio": False, "video": False}


RELAY = "turn:10.0.0.1:3478"


@pytest.mark.parametrize("core", [{"turn_urls": (RELAY,), "turn_secret": SecretStr("shared")}], indirect=True)
def test_credentials_of_minutes_are_renewed_as_long_as_somebody_is_in(
    party: Parties, meeting: str, clock: ManualClock
) -> None:
    """A connection that is made anew after hours goes by the relay too."""
    desk = party("duty").talk(meeting)
    (first,) = desk.until("welcome")["ice_servers"]
    for minutes in (4, 2, 120):
        clock.advance(60 * minutes)
        desk.say(type="ping", at=minutes)
        desk.until("pong")
    renewed = [said["ice_servers"][0] for said in desk.said if said["type"] == "relays"]
    ends = [int(one["username"].partition(":")[0]) - int(clock.now().timestamp()) for one in (first, *renewed)]
    assert ends == [(10 - 126) * 60, (10 - 120) * 60, 10 * 60]
    assert all(one["urls"] == [RELAY] for one in renewed)


def test_strangers_and_the_uninvited_are_turned_away(party: Parties, meeting: str) -> None:
    assert party("duty").dial(meeting, {"Authorization": "Bearer no such token"}).closed() == 4401
    assert party("stranger_duty").talk(meeting).closed() == 4404
    assert party("keeper").talk(meeting).closed() == 4404
    assert party("north_box").talk(meeting).closed() == 4404
    assert party("duty").talk("not-a-meeting").closed() == 4404
    uninvited = party("north_box").talk(meeting)
    uninvited.closed()
    assert uninvited.said[0]["code"] == "meeting.not_answered"
    assert uninvited.said[0]["sentences"] == {"zh": "请先接听", "en": "Answer the ring first"}


def test_a_page_opens_with_its_cookie_or_a_subprotocol(live: str, party: Parties, meeting: str) -> None:
    duty = party("duty")
    pair = duty.dial(meeting, {}, ("fengsui", duty.token))
    assert pair.socket.subprotocol == "fengsui"
    pair.until("welcome")
    cookie = {"Cookie": f"fengsui={duty.token}"}
    duty.dial(meeting, {**cookie, "Origin": f"http://{live}"}).until("welcome")
    assert duty.dial(meeting, {**cookie, "Origin": "https://elsewhere.example"}).closed() == 4401


def test_bad_words_are_answered_and_the_socket_stays(party: Parties, meeting: str) -> None:
    desk = party("duty").talk(meeting)
    cases: list[tuple[str | bytes, str]] = [
        ("not json", "signal.bad_message"),
        ("[1]", "signal.bad_message"),
        ("[" * 20_000, "signal.bad_message"),
        ('{"type": 7}', "signal.bad_message"),
        ('{"type": "dance"}', "signal.unknown_type"),
        ('{"type": "view", "slots": "all"}', "signal.bad_message"),
        ('{"type": "view", "slots": [], "heights": [-1]}', "signal.bad_message"),
        ('{"type": "view", "slots": [], "heights": [20000]}', "signal.bad_message"),
        ('{"type": "view", "slots": [], "heights": [1.5]}', "signal.bad_message"),
        (json.dumps({"type": "view", "slots": [], "heights": [1] * 26}), "signal.bad_message"),
        ('{"type": "view", "slots": [], "pinned": [1]}', "signal.bad_message"),
        (json.dumps({"type": "view", "slots": [], "pinned": [True] * 26}), "signal.bad_message"),
        ('{"type": "refresh", "slot": 99}', "signal.bad_message"),
        (b"\x00\x01", "signal.bad_message"),
    ]
    for sent, code in cases:
        desk.socket.send(sent)
        assert desk.until("error")["code"] == code, sent
    desk.say(type="offer", id=3, sdp=7)
    assert desk.until("error")["id"] == 3
    desk.say(type="ping", at=12345)
    assert desk.until("pong")["at"] == 12345


def test_without_a_node_an_offer_is_asked_again_later(party: Parties, meeting: str) -> None:
    desk = party("duty").talk(meeting)
    desk.say(type="view", slots=["speaker", None], heights=[720, None])
    desk.say(type="offer", id=1, sdp="v=0", slots={"audio": 1, "video": 1})
    error = desk.until("error")
    assert (error["id"], error["code"]) == (1, "media.unavailable")
    assert error["sentences"] == {
        "zh": "媒体节点暂时不在，正在重连",
        "en": "No media node at the moment; it is being dialled",
    }


def test_a_flood_and_a_giant_are_closed(party: Parties, meeting: str) -> None:
    duty = party("duty")
    flood = duty.talk(meeting)
    with suppress(ConnectionClosed):
        for _ in range(5_000):
            flood.say(type="ping")
    assert flood.closed() in {1008, 1006}
    giant = duty.talk(meeting)
    giant.until("welcome")
    giant.socket.send("x" * (MOST_BYTES + 1))
    assert giant.closed() == 1009


def test_a_second_socket_replaces_the_first(party: Parties, meeting: str) -> None:
    duty = party("duty")
    first = duty.talk(meeting)
    site = first.until("welcome")["participant"]
    second = duty.talk(meeting)
    assert second.until("welcome")["participant"] == site
    assert first.closed() == 4409
    second.say(type="ping")
    second.until("pong")
    assert duty.kinds().count("answered duty") == 1


def test_mute_removal_and_the_end_are_told(party: Parties, meeting: str) -> None:
    duty = party("duty")
    sites = {name: party(name).answer(meeting)["id"] for name in ("north_box", "south_box")}
    north, south = party("north_box").talk(meeting), party("south_box").talk(meeting)
    north.until("welcome")
    south.until("welcome")
    duty.control(meeting, "mute", site=sites["north_box"])
    assert north.until("muted")["muted"]
    duty.control(meeting, "unmute_all")
    assert not north.until("muted")["muted"]
    duty.control(meeting, "remove", site=sites["south_box"])
    south.until("removed")
    assert south.closed() == 4403
    assert party("south_box").talk(meeting).closed() == 4403
    north.everybody(south_box="removed")
    duty.control(meeting, "end")
    north.until("ended")
    assert north.closed() == 4410
    assert party("north_box").talk(meeting).closed() == 4410


def test_who_leaves_has_left(party: Parties, meeting: str) -> None:
    desk = party("duty").talk(meeting)
    party("north_box").answer(meeting)
    north = party("north_box").talk(meeting)
    north.until("welcome")
    north.say(type="leave")
    assert north.closed() == 1000
    desk.everybody(north_box="left")
    assert party("north_box").answer(meeting)["state"] == "answered"


def test_who_is_back_at_once_is_not_sent_away_by_the_former_socket(party: Parties, meeting: str) -> None:
    """The former socket's farewell must be over once, however it and the return overlap."""
    box, desk = party("north_box"), party("duty").talk(meeting)
    box.answer(meeting)
    for _ in range(15):
        desk.say(type="ping")  # who says nothing for long is taken for gone
        former = box.talk(meeting)
        former.until("welcome")
        former.say(type="leave")
        desk.everybody(north_box="left")
        box.answer(meeting)
        newer = box.talk(meeting)
        newer.until("welcome")
        assert former.closed() in {1000, 4409}
        newer.say(type="ping")
        newer.until("pong")
        assert box.states(meeting)["north_box"] == "answered"
        newer.close()


def test_a_ring_runs_out_by_the_clock(party: Parties, meeting: str, clock: ManualClock) -> None:
    duty = party("duty")
    desk = duty.talk(meeting)
    clock.advance(30)
    party("north_box").answer(meeting)
    desk.everybody(north_box="answered", south_box="ringing")
    clock.advance(16)
    desk.everybody(north_box="answered", south_box="timed_out")
    assert duty.kinds()[-1] == "timed_out south_box"
    late = party("south_box").answer(meeting)
    assert (late["state"], late["answer_by"]) == ("answered", None)


def test_a_locked_account_leaves_its_meeting(party: Parties, meeting: str, core: Core, world: World) -> None:
    duty = party("duty")
    leader = party("leader").talk(meeting)
    leader.until("welcome")
    with core.db.writing() as session:
        set_locked(session, system_actor(world.units["county"]), world.users["leader"], True)
    assert leader.closed() == 4401
    until(lambda: duty.states(meeting)["leader"] == "left", why=lambda: duty.states(meeting))


def test_rings_that_ran_out_while_no_process_ran_end_at_the_start(
    core: Core, clock: ManualClock, world: World, request: pytest.FixtureRequest
) -> None:
    with core.db.writing() as session:
        call = Call("防汛会商", terminals=[world.terminals["north_box"]])
        meeting = convene(session, clock, world.actor(session, "duty"), call).id
    clock.advance(60)
    duty = request.getfixturevalue("party")("duty")
    until(lambda: duty.states(meeting) == {"north_box": "timed_out"}, why=lambda: duty.states(meeting))
