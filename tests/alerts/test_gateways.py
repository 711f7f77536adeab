"""Gateways: what a worker sees of them, what all of them make of it; before a real message centre and broker."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.channels.drill import DrillChannel
from alerts.channels.mqtt import MqttChannel, MqttConfig
from alerts.channels.port import Connected
from alerts.channels.sms import SmsChannel
from alerts.channels.sms_gateway import gateway_of
from alerts.gateways.queries import board_gateways, channels_away
from alerts.gateways.rule import AWAY_AFTER, COUNTS_FOR, Look, View, Views, away_since, looked, renewed
from alerts.gateways.watch import GatewayWatch
from alerts.model import Alert
from alerts.senders import senders
from alerts.wake import BrokerConfig
from alerts.worker import Worker, WorkerConfig
from command.directory.queries import sight_of
from command.kernel.clock import SystemClock
from command.kernel.timeline import Entry, read_after
from tests.alerts.county import County
from tests.alerts.gateway import Gateway
from tests.alerts.smsc import MessageCentre
from tests.alerts.steps import issued
from tests.peers.mosquitto import mosquitto
from tests.waiting import until

NOW = datetime(2026, 11, 20, 19, 12, tzinfo=UTC)
SMS, OTHER = ("sms", "county@10.0.0.8:2775"), ("sms", "county@10.0.0.9:2775")


def alive(_owner: str) -> bool:
    return False


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 14)), max_size=8))
def test_a_worker_says_away_after_ten_seconds_without_a_break_and_back_at_once(runs: list[tuple[bool, int]]) -> None:
    look: Look | None = None
    views: Views = {}
    was: datetime | None = None
    down = 0
    for second, stands in enumerate(stands for stands, length in runs for _ in range(length)):
        now = NOW + timedelta(seconds=second)
        look = looked(look, stands, now)
        views = renewed(views, "a/one#1", look, now, alive)
        was = away_since(views.values(), was)
        down = 0 if stands else down + 1
        began = now - timedelta(seconds=down - 1)
        assert was == (began if now - began >= AWAY_AFTER and down else None)


def test_it_is_away_where_no_worker_that_lives_has_it() -> None:
    lost = View(NOW - timedelta(minutes=5), NOW)
    later, stands = View(NOW - timedelta(minutes=2), NOW), View(None, NOW)
    assert away_since([lost, stands], None) is None
    assert away_since([lost, later], None) == later.away_since, "it went with the last who had it"
    assert away_since([lost, later], lost.away_since) == lost.away_since, "who comes later has not seen since when"
    assert away_since([], lost.away_since) == lost.away_since, "nobody can say yet"
    stale = View(None, NOW - COUNTS_FOR)
    views = {"a/one#1": lost, "a/two#2": stands, "b/one#1": stale}
    own = Look(False, NOW - timedelta(minutes=5))
    assert renewed(views, "a/one#1", own, NOW, lambda owner: owner == "a/two#2") == {"a/one#1": lost}


class Eyes:
    """A worker's watch, and what stands for it."""

    def __init__(self, county: County, owner: str, is_dead: Callable[[str], bool] = alive) -> None:
        self.up = {SMS: True, OTHER: True}
        self.watch = GatewayWatch(county.db, county.clock, owner, is_dead, lambda: self.up)


def told(county: County) -> list[Entry]:
    with county.db.reading() as session:
        return [one for one in read_after(session, 0, 500) if one.kind.startswith("gateway.")]


def gateway(entry: Entry) -> dict[str, Any]:
    state = entry.body["gateway"]
    assert isinstance(state, dict)
    return state


def board(county: County, name: str = "duty") -> list[Any]:
    return county.see(name, lambda session, actor: board_gateways(session, sight_of(session, actor)))


def test_what_all_workers_lost_is_told_once_to_the_county_until_one_has_it(either: County) -> None:
    county = either
    first, second = Eyes(county, "a/one#1"), Eyes(county, "b/two#2")

    def rounds(seconds: int) -> None:
        for _ in range(seconds):
            county.clock.advance(1)
            first.watch.look()
            second.watch.look()

    rounds(1)
    first.up = {SMS: False, OTHER: True}
    rounds(20)
    assert (told(county), board(county)) == ([], []), "the other worker has it"
    went = county.clock.now() + timedelta(seconds=1)
    second.up = {SMS: False, OTHER: True}
    rounds(10)
    assert told(county) == []
    rounds(200)
    (away,) = board(county)
    assert (away["name"], away["away_since"]) == (
        SMS[1],
        went.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    )
    assert away["workers"] == ["a/one", "b/two"]
    assert [board(county, name) for name in ("south_operator", "stranger")] == [[], []]
    with county.db.reading() as session:
        assert channels_away(session) == frozenset(), "the other gateway stands"
    second.up = {SMS: True, OTHER: True}
    rounds(1)
    assert ([one.kind for one in told(county)], board(county)) == (["gateway.away", "gateway.back"], [])
    state = gateway(told(county)[1])
    assert (state["away_since"], state["workers"]) == (away["away_since"], ["b/two"])


def test_a_worker_that_is_gone_has_no_word_and_one_that_begins_anew_waits_before_it_has(county: County) -> None:
    dead = set[str]()
    first, second = Eyes(county, "a/one#1", dead.__contains__), Eyes(county, "a/two#2", dead.__contains__)
    second.up = first.up = {SMS: True}
    second.watch.look()
    first.up = {SMS: False}
    for _ in range(15):
        county.clock.advance(1)
        first.watch.look()
    assert board(county) == []
    dead.add("a/two#2")
    first.watch.look()
    (away,) = board(county)
    dead.add("a/one#1")
    again = Eyes(county, "a/one#3", dead.__contains__)
    again.up = {SMS: False}
    for _ in range(30):
        again.watch.look()
        assert board(county) == [away]
        county.clock.advance(1)
    again.up = {}
    again.watch.look()
    assert ([one.kind for one in told(county)], board(county)) == (["gateway.away", "gateway.dropped"], [])


def test_an_idle_round_takes_no_write_lock(county: County) -> None:
    eyes = Eyes(county, "a/one#1")
    eyes.watch.look()
    county.clock.advance(30)
    with county.db.writing():
        eyes.watch.look()
    assert told(county) == []


def test_an_exercise_and_whoever_keeps_no_connection_have_nothing_to_say() -> None:
    assert not isinstance(DrillChannel("sms"), Connected)
    assert senders({}).standing() == {}


@pytest.fixture
def centre() -> Iterator[MessageCentre]:
    centre = MessageCentre()
    yield centre
    centre.stop()


def test_a_worker_tells_of_a_message_centre_that_stops_and_comes_back(county: County, centre: MessageCentre) -> None:
    url = centre.url()
    wrong = url.replace(":secret@", ":wrong@").replace("county", "other")
    channel = SmsChannel([gateway_of(one) for one in (url, wrong)], lambda _: {}, lambda _: True, lambda *_: True)
    name, other = (f"{one}@127.0.0.1:{centre.port}" for one in ("county", "other"))
    config = replace(WorkerConfig(BrokerConfig()), sweep_s=0.02)
    worker = Worker(county.db, county.clock, senders({"sms": channel}), "a/one#1", "a", config)

    def away() -> set[str]:
        county.clock.advance(1)
        return {one["name"] for one in board(county)}

    until(lambda: channel.standing() == {name: True, other: False})
    worker.start()
    try:
        until(lambda: away() == {other})
        centre.go_away()
        until(lambda: away() == {name, other})
        with county.db.reading() as session:
            assert channels_away(session) == {"sms"}
        centre.come_back()
        until(lambda: away() == {other})
    finally:
        worker.stop()
    county.clock.advance(60)
    assert [(one.kind, gateway(one)["name"]) for one in told(county)] == [
        ("gateway.away", other),
        ("gateway.away", name),
        ("gateway.back", name),
    ]


class Faulty(Gateway):
    """Takes what it gets; asked how it stands, it breaks. `asked` counts how often it was."""

    asked = 0

    def standing(self) -> dict[str, bool]:
        self.asked += 1
        raise RuntimeError("a bug")


def test_a_gateway_with_a_fault_does_not_end_the_sweeper(county: County) -> None:
    channel = Faulty("sms")
    config = replace(WorkerConfig(BrokerConfig()), sweep_s=0.02)
    worker = Worker(county.db, county.clock, senders({"sms": channel}), "a/one#1", "a", config)
    alert = issued(county)

    def status() -> str:
        with county.db.reading() as session:
            return session.get_one(Alert, alert).status

    worker.start()
    try:
        until(lambda: channel.asked)
        county.clock.advance(timedelta(hours=7).total_seconds())
        until(lambda: status() == "expired")
    finally:
        worker.stop()


def test_a_broker_that_stops_is_seen() -> None:
    with ExitStack() as stack:
        server = stack.enter_context(mosquitto())
        config = MqttConfig(server.url.replace("//", "//user:secret@"), b"master", "fengsui-test")
        channel = MqttChannel(config, SystemClock(), lambda _: True)
        name = f"{server.host}:{server.port}"
        assert channel.standing() == {name: False}
        channel.start()
        try:
            until(lambda: channel.standing() == {name: True})
            stack.close()
            until(lambda: channel.standing() == {name: False})
        finally:
            channel.stop()
