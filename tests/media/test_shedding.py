"""A node that is late: what it gives up, in which order, and that it takes it back."""

import asyncio
import socket
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.bench.client import Client, Line, outgoing, types_of
from media.bridge import Bridge
from media.errors import BridgeError
from media.outlet import Outlet, PortCounters
from media.overload import Overload
from media.sfu.shedding import CALM_S, FULL_S, LONGEST_REST_S, OPEN, REST_S, SHED_S, STAGES, WINDOW_S, Load, Stage
from tests.media import signal_server
from tests.media.packets import OPUS, VP8, Meeting
from tests.waiting import until

TICK_S = 0.025
LATE = 2 * SHED_S


def play(load: Load, begin: float, seconds: float, lag_s: float, overflowed: bool = False) -> tuple[float, list[Stage]]:
    """The time after so long a stretch of the same lateness, and the stages that were taken in it."""
    seen = []
    for number in range(1, round(seconds / TICK_S) + 1):
        if load.step(begin + number * TICK_S, lag_s, overflowed=overflowed):
            seen.append(load.stage)
    return begin + seconds, seen


def test_stages_give_up_more_and_more_and_sound_last() -> None:
    assert [stage.level for stage in STAGES] == list(range(len(STAGES)))
    assert [stage.tier.level for stage in STAGES] == sorted(stage.tier.level for stage in STAGES)
    for stage in STAGES:
        assert stage.voices is None or not stage.tier.moves


def test_a_queue_that_stands_is_answered_step_by_step() -> None:
    load = Load(0.0)
    _now, seen = play(load, 0.0, 10.0, LATE)
    assert seen == list(STAGES[1:])


def test_bursts_are_not() -> None:
    load, now = Load(0.0), 0.0
    for _ in range(100):
        now, seen = play(load, now, WINDOW_S - 2 * TICK_S, LATE)
        assert seen == []
        now, seen = play(load, now, 2 * TICK_S, 0.0)
        assert seen == []


def test_a_little_late_keeps_newcomers_out_and_takes_nothing_from_those_who_are_in() -> None:
    load = Load(0.0)
    _now, seen = play(load, 0.0, 20.0, (FULL_S + SHED_S) / 2)
    assert [stage.name for stage in seen] == ["full"]
    assert not load.lets_in


def test_newcomers_come_in_as_soon_as_what_was_given_up_is_enough() -> None:
    load = Load(0.0)
    now, seen = play(load, 0.0, 1.0, LATE)
    assert seen[-1].level > 1
    assert not load.lets_in
    play(load, now, WINDOW_S, (CALM_S + FULL_S) / 2)
    assert load.lets_in
    assert load.stage is not OPEN


def test_a_socket_that_overflows_counts_however_short_its_queue() -> None:
    load = Load(0.0)
    now, seen = play(load, 0.0, WINDOW_S, 0.0)
    assert seen == []
    load.step(now + TICK_S, 0.0, overflowed=True)
    now, seen = play(load, now + TICK_S, WINDOW_S, 0.0)
    assert [stage.name for stage in seen] == ["full"]
    assert not load.lets_in
    play(load, now, WINDOW_S, 0.0)
    assert load.lets_in


def test_all_is_taken_back_and_who_repents_rests_longer() -> None:
    load = Load(0.0)
    now, _seen = play(load, 0.0, 10.0, LATE)
    now, seen = play(load, now, len(STAGES) * (REST_S + 1), 0.0)
    assert seen == list(reversed(STAGES[:-1]))
    rests = []
    for _ in range(3):
        while load.stage is OPEN:
            now, _seen = play(load, now, TICK_S, LATE)
        assert load.stage.name == "full"
        began = now
        while load.stage is not OPEN:
            now, _seen = play(load, now, TICK_S, 0.0)
        rests.append(now - began)
    assert rests[0] < rests[1] < rests[2] <= LONGEST_REST_S + 1


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0.001, 0.2), st.booleans()), max_size=200))
def test_it_goes_by_single_steps_and_never_too_fast(measured: list[tuple[float, float, bool]]) -> None:
    load, now, changed_at = Load(0.0), 0.0, float("-inf")
    for lag, elapsed, overflowed in measured:
        now += elapsed
        before = load.stage
        if load.step(now, lag, overflowed=overflowed):
            assert abs(load.stage.level - before.level) == 1
            assert load.stage.level > before.level or lag <= CALM_S
            assert load.stage.level < before.level or now - changed_at >= WINDOW_S
            changed_at = now if load.stage.level > before.level else changed_at


# -- what it means for a room -----------------------------------------------------------------------


def conference() -> Meeting:
    """Two sites with cameras and voices, seen by a viewer that holds on to the first."""
    at = Meeting()
    for name in ("a", "b", "viewer"):
        at.join(name)
    at.take(at.room.view(at.now, "viewer", ["a", "b"], [360, 180], [True, False]))
    go_on(at, 1.0)
    return at


def go_on(at: Meeting, seconds: float) -> None:
    """Both speak and send pictures, each of which would do to begin with."""
    for _ in range(round(seconds / 0.1)):
        for name in ("a", "b"):
            at.rtp(name, *at.publishers[name].picture(keyframe=True))
        for name in ("a", "b"):
            for _ in range(5):
                at.rtp(name, at.publishers[name].speech())
        at.pass_time(0.1)


def received(at: Meeting, stage: Stage) -> tuple[int, int]:
    """(pictures, voices) that reach the viewer on a stage."""
    at.room.shed(at.now, stage)
    go_on(at, 0.3)
    at.sent.clear()
    go_on(at, 0.5)
    streams = {(packet.payload_type, packet.ssrc) for packet in at.sent.get("viewer", [])}
    kinds = [kind for kind, _ssrc in streams]
    return kinds.count(VP8), kinds.count(OPUS)


def test_stage_by_stage_pictures_go_and_voices_stay_and_all_comes_back() -> None:
    at = conference()
    found = [received(at, stage) for stage in STAGES]
    assert found == [(2, 2), (2, 2), (2, 2), (2, 2), (2, 2), (1, 2), (0, 2), (0, 1)]
    assert received(at, OPEN) == (2, 2)


# -- a real node ------------------------------------------------------------------------------------


def test_what_waits_in_a_socket_and_what_it_had_no_room_for() -> None:
    outlet, sender = Outlet("127.0.0.1", 0, PortCounters()), socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with outlet.socket, sender:
        assert (outlet.oldest(), outlet.overflows()) == (None, 0)
        before = time.time()
        sender.sendto(b"first", ("127.0.0.1", outlet.port))
        until(lambda: outlet.oldest() is not None)
        oldest = outlet.oldest()
        assert oldest is not None
        assert before <= oldest <= time.time()
        outlet.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        for _ in range(50):
            sender.sendto(bytes(1000), ("127.0.0.1", outlet.port))
        until(lambda: outlet.overflows() > 0)
        assert outlet.oldest() == oldest
        overload = Overload([outlet], 0.0)
        assert [overload.tick(number * TICK_S, 0.0) for number in (1, WINDOW_S / TICK_S)] == [False, True]
        assert overload.load.stage.name == "full"


@pytest.mark.parametrize(("wanted", "told"), [(64 * 1024, 0), (1 << 30, 2)])
def test_a_kernel_that_gives_less_room_than_is_asked_for_is_told_of(
    wanted: int, told: int, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("media.outlet.SOCKET_BUFFER", wanted)
    Outlet("127.0.0.1", 0, PortCounters()).socket.close()
    assert len([one for one in caplog.messages if "net.core." in one]) == told


async def test_a_late_node_takes_nobody_new_takes_back_who_was_there_and_opens_soon() -> None:
    told: list[dict[str, object]] = []
    bridge = Bridge("127.0.0.1", 0, ("127.0.0.1",), lambda kind, room, who, **more: told.append({kind: more}))
    running = asyncio.create_task(bridge.run())
    try:
        bridge.open_room("r")
        for name in ("old", "new"):
            bridge.admit("r", name, False, False)
        first = Client("127.0.0.1", outgoing(1, ()))
        await first.connect(bridge.negotiation.offer("r", "old", first.describe(lines(first)), None))
        began = bridge.now()
        while bridge.overload.load.stage is OPEN:
            hold_up()
            await asyncio.sleep(0)
            assert bridge.now() - began < 10
        assert {"load"} in [set(one) for one in told]
        late = Client("127.0.0.1", outgoing(2, ()))
        with pytest.raises(BridgeError, match="late") as refused:
            bridge.negotiation.offer("r", "new", late.describe(lines(late)), None)
        assert refused.value.code == "media.busy"
        again = Client("127.0.0.1", outgoing(3, ()))
        await again.connect(bridge.negotiation.offer("r", "old", again.describe(lines(again)), None))
        await signal_server.until(lambda: bridge.overload.load.lets_in, within_s=60)
        await late.connect(bridge.negotiation.offer("r", "new", late.describe(lines(late)), None))
        for client in (first, late, again):
            await client.close()
    finally:
        running.cancel()
        await bridge.close()


def hold_up() -> None:
    """The fault: the loop is kept from its turns."""
    time.sleep(2 * SHED_S)


def lines(client: Client) -> list[Line]:
    return [Line("0", "audio", "recvonly", types_of("audio"))]
