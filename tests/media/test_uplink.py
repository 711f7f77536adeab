"""What a headless terminal says of its line: what the server understands, whatever the statistics hold."""

import json

from hypothesis import given
from hypothesis import strategies as st

from media.uplink import QUEUED_STEP_MS, Queue, Uplink
from web.signal_messages import HealthReport, understood

UPLINKS = st.builds(
    Uplink,
    st.none() | st.integers(0, 1_000_000_000),
    st.floats(-1, 2),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
SECONDS = st.floats(0, 900)


@given(UPLINKS, st.lists(st.lists(st.none() | SECONDS, max_size=3), min_size=1, max_size=9))
def test_the_server_understands_it(uplink: Uplink, round_trips: list[list[float | None]]) -> None:
    queue = Queue()
    for known in round_trips:
        said = understood(json.dumps(uplink.message(queue.note(*known))))
        assert isinstance(said, HealthReport)
        assert (said.microphone, said.camera) == (uplink.microphone, uplink.camera)
        assert said.uplink_kbps == round((uplink.allowed or 0) / 1000)
        assert (said.limited == "bandwidth") == (uplink.limited and uplink.allowed is not None)


@given(st.lists(SECONDS, min_size=1, max_size=20))
def test_a_queue_is_what_the_way_takes_longer_than_at_its_best(round_trips: list[float]) -> None:
    queue = Queue()
    for number, seconds in enumerate(round_trips):
        told = queue.note(seconds)
        assert told is not None
        assert told % QUEUED_STEP_MS == 0
        assert abs(told - 1000 * (seconds - min(round_trips[: number + 1]))) <= QUEUED_STEP_MS / 2 + 1e-6


@given(SECONDS, SECONDS)
def test_the_longest_of_what_is_known_counts(one: float, other: float) -> None:
    by_both, by_one = Queue(), Queue()
    for queue in (by_both, by_one):
        assert queue.note(None, None) is None
        queue.note(0.0)
    assert by_both.note(one, None, other) == by_one.note(max(one, other))
