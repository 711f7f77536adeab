"""A site that sends more than it may: the excess is dropped and told, and what is allowed comes again."""

from hypothesis import given
from hypothesis import strategies as st

from media.sfu.findings import findings
from media.sfu.policing import (
    BURST_S,
    CONNECTION_BURST_S,
    CONNECTION_OCTETS_S,
    MOST_BPS,
    REST_S,
    Allowance,
    Bucket,
)
from tests.media.packets import VP8, Meeting, Publisher, rtp, vp8

MOST = MOST_BPS["video"]


@given(st.lists(st.tuples(st.floats(0.02, 0.3), st.floats(0, 20)), max_size=200))
def test_no_more_passes_than_the_rate_and_one_burst(steps: list[tuple[float, float]]) -> None:
    bucket, now, came, passed, largest = Bucket(MOST), 0.0, 0, 0.0, 0.0
    bucket.step(now, came)
    for elapsed, load in steps:
        size = int(load * MOST / 8 * elapsed)
        now, came = now + elapsed, came + size
        passed += 0 if bucket.excess else size
        largest = max(largest, size)
        bucket.step(now, came)
        assert passed <= MOST / 8 * (now + BURST_S) + largest


def test_who_keeps_to_it_is_never_touched() -> None:
    bucket = Bucket(MOST)
    assert not any(bucket.step(number / 10, int(number * MOST / 80)) for number in range(1000))


Arrivals = st.lists(st.tuples(st.floats(0, 0.01), st.integers(40, 1500), st.booleans()), max_size=400)


@given(st.lists(Arrivals, min_size=1, max_size=4))
def test_no_more_of_a_connection_is_read_than_it_is_allowed(bursts: list[list[tuple[float, int, bool]]]) -> None:
    allowance, now, read, refused = Allowance(), 50.0, 0.0, 0
    for apart, octets, control in 8 * [one for burst in bursts for one in burst]:
        now += apart / 50
        if allowance.refuses(now, octets):
            refused += octets
            continue
        allowance.charge(now, octets, control=control)
        read += octets
        assert read <= CONNECTION_OCTETS_S * (now - 50 + CONNECTION_BURST_S) + 1500
    assert allowance.refused == refused
    assert not allowance.refuses(now + REST_S, 1)


def test_who_sends_as_much_as_its_pictures_and_its_speech_may_be_is_not_refused() -> None:
    allowance, most = Allowance(), sum(MOST_BPS.values()) / 8
    for number in range(100_000):
        at = 50 + number * 1200 / most
        assert not allowance.refuses(at, 1250)
        allowance.charge(at, 1250, control=False)


def test_a_flood_that_is_refused_is_told_while_it_lasts() -> None:
    at = Meeting()
    at.join("a")
    a = at.room.participants["a"]
    assert a.intake is not None
    told = []
    for flood in (0, 500_000, 0):
        a.intake.allowance.refused += flood
        at.pass_time(0.3)
        told.append([one.code for one in findings(at.now, at.room, a)])
    assert told == [[], ["uplink_excess"], []]


def test_a_flood_is_dropped_and_told_and_the_picture_comes_again() -> None:
    at = Meeting()
    flood = at.join("a")
    at.join("viewer")
    at.take(at.room.view(at.now, "viewer", ["a"]))
    show(at, flood, 3, 1)
    assert count(at) == 3
    at.sent.clear()
    began, a = at.now, at.room.participants["a"]
    assert show(at, flood, 60, 40) == {"uplink_excess"}
    assert a.video.excess_packets > 0
    passed = sum(packet.payload_end - packet.payload_start for packet in at.sent["viewer"])
    assert passed <= MOST / 8 * (at.now - began + BURST_S) + 2 * 40 * 60_000
    at.pass_time(20)
    assert not a.video.bucket.excess
    at.sent.clear()
    assert show(at, flood, 3, 1) == set()
    assert count(at) == 3


def show(at: Meeting, publisher: Publisher, pictures: int, packets: int) -> set[str]:
    """Key frames of so many packets each, ten a second; what is found to be wrong meanwhile."""
    found = set()
    for _ in range(pictures):
        publisher.picture_id += 1
        publisher.tl0 = (publisher.tl0 + 1) & 0xFF
        publisher.video_timestamp += 9000
        for _ in range(packets):
            publisher.video_sequence = (publisher.video_sequence + 1) & 0xFFFF
            start = vp8(publisher.picture_id & 0x7FFF, keyframe=True, start=True, tl0=publisher.tl0)
            payload = start + bytes(1200 if packets == 1 else 60_000)
            ssrc, timestamp = publisher.number * 1000 + 2, publisher.video_timestamp
            data = rtp(
                payload_type=VP8, sequence=publisher.video_sequence, timestamp=timestamp, ssrc=ssrc, payload=payload
            )
            at.rtp("a", data)
        at.pass_time(0.1)
        found |= {one.code for one in findings(at.now, at.room, at.room.participants["a"])}
    return {*found}


def count(at: Meeting) -> int:
    return sum(1 for packet in at.sent.get("viewer", []) if packet.payload_type == VP8)
