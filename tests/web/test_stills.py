"""Stills on weak lines: put together from parts, checked, paced, and forgotten."""

import io
from base64 import b64encode
from collections.abc import Iterator
from itertools import pairwise

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from command.kernel.values import State
from web.jpegs import size_of
from web.stills import (
    AIM_S,
    LATE_S,
    LATEST_S,
    LEAST_BPS,
    LEAST_OCTETS,
    MOST_BPS,
    MOST_OCTETS,
    MOST_PARTS,
    SENT_S,
    SOONEST_S,
    Assembly,
    Feed,
    Part,
    Still,
    ask_for,
    combined,
    fresh,
    pace,
    parts_of,
)


def jpeg(width: int = 320, height: int = 180) -> bytes:
    """A picture as an encoder makes it."""
    frame = av.VideoFrame(width, height, "yuvj420p")
    for plane in frame.planes:
        plane.update(b"\x80" * plane.buffer_size)
    out = io.BytesIO()
    with av.open(out, "w", format="mjpeg") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuvj420p"
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)
    return out.getvalue()


JPEG = jpeg()


def pieces(data: bytes, size: int = 600, still: int = 1) -> Iterator[Part]:
    chunks = [data[at : at + size] for at in range(0, len(data), size)]
    for number, chunk in enumerate(chunks):
        yield Part(still, number, len(chunks), b64encode(chunk).decode())


def test_the_size_of_a_jpeg_is_read() -> None:
    assert size_of(JPEG) == (320, 180)
    assert size_of(jpeg(160, 90)) == (160, 90)


@given(st.binary(max_size=300), st.integers(0, len(JPEG)), st.integers(0, 255))
def test_what_is_no_jpeg_is_none_and_nothing_raises(noise: bytes, cut: int, value: int) -> None:
    assert size_of(noise) is None
    assert size_of(JPEG[:cut]) is None or cut == len(JPEG)
    spoilt = JPEG[:cut] + bytes([value]) + JPEG[cut + 1 :]
    assert size_of(spoilt) is None or isinstance(size_of(spoilt), tuple)


def test_parts_become_a_still_as_old_as_its_first_part() -> None:
    assembly, found = Assembly(), None
    for number, part in enumerate(pieces(JPEG)):
        found = assembly.add(10.0 + number, part)
    assert found == Still(1, 10.0, JPEG)
    assert assembly.refused == 0


@pytest.mark.parametrize(
    "parts",
    [
        [Part(1, 0, 1, "not base64!")],
        [Part(1, 0, 1, b64encode(b"GIF89a and no JPEG").decode())],
        [Part(1, 1, 2, b64encode(JPEG[600:]).decode())],
        [Part(1, 0, MOST_PARTS + 1, b64encode(JPEG).decode())],
        [Part(1, 0, 3, b64encode(JPEG[:600]).decode()), Part(2, 1, 3, b64encode(JPEG[600:]).decode())],
        list(pieces(JPEG + bytes(MOST_OCTETS))),
        list(pieces(jpeg(1280, 720), 4_000)),
    ],
)
def test_anything_else_is_refused_and_the_next_still_comes(parts: list[Part]) -> None:
    assembly = Assembly()
    assert [assembly.add(0.0, part) for part in parts] == [None] * len(parts)
    assert assembly.refused
    assert [assembly.add(1.0, part) for part in pieces(JPEG, still=9)][-1] is not None


@given(st.lists(st.builds(Part, st.integers(0, 3), st.integers(0, 30), st.integers(0, 30), st.text(max_size=50))))
def test_nothing_that_a_sender_says_grows_or_raises(parts: list[Part]) -> None:
    assembly = Assembly()
    for part in parts:
        assert assembly.add(0.0, part) is None
    assert len(assembly._data) <= MOST_OCTETS  # the bound itself


def test_the_pace_leaves_room_for_speech() -> None:
    assert pace(100_000, 60_000) == pytest.approx(20_000)
    assert pace(40_000, 60_000) == LEAST_BPS
    assert pace(None, 60_000) == pace(9e6, 60_000) == MOST_BPS


@given(st.floats(LEAST_BPS, MOST_BPS), st.integers(1, 6))
def test_every_tile_gets_its_still_in_time(bps: float, tiles: int) -> None:
    """At the thinnest pace six tiles take longer; four have theirs within five seconds from 24 kbit/s on."""
    ask = ask_for(bps, tiles)
    assert LEAST_OCTETS <= ask.octets <= MOST_OCTETS
    assert SOONEST_S <= ask.every_s <= LATEST_S
    if bps / tiles >= 8 * LEAST_OCTETS * 1.1 / AIM_S:
        assert ask.octets * 8 * 1.1 * tiles / bps <= AIM_S + 0.1


def test_one_ask_serves_all_receivers() -> None:
    thin, fat = ask_for(24_000, 4), ask_for(MOST_BPS, 1)
    both = combined([thin, fat], MOST_BPS)
    assert both is not None
    assert both.octets == thin.octets
    assert both.every_s == fat.every_s
    assert combined([], MOST_BPS) is None
    slow = combined([fat], 16_000)
    assert slow is not None
    assert slow.octets < fat.octets
    assert slow.every_s == SENT_S


@given(st.floats(LEAST_BPS, MOST_BPS), st.integers(1, 6))
def test_a_still_is_small_enough_for_its_senders_line(uplink_bps: float, tiles: int) -> None:
    ask = combined([ask_for(MOST_BPS, tiles)], uplink_bps)
    assert ask is not None
    assert LEAST_OCTETS <= ask.octets <= MOST_OCTETS
    assert ask.octets * 8 * 1.1 / uplink_bps <= ask.every_s + 0.1 <= SENT_S + 0.1


def taken(feed: Feed, stills: dict[str, Still], seconds: float, *, answers: bool = True) -> list[tuple[float, State]]:
    """When which part went out; the receiver answers each whole still at once."""
    found = list[tuple[float, State]]()
    for step in range(round(seconds / 0.05)):
        now = 100 + step * 0.05
        message = feed.next(now, stills)
        if message is not None:
            found.append((now, message))
            if answers and message["part"] == int(str(message["of"])) - 1:
                feed.seen(str(message["site"]), int(str(message["still"])))
    return found


def test_parts_go_out_at_the_pace_and_in_turn() -> None:
    stills = {name: Still(1, 99.0, JPEG) for name in "abc"}
    feed = Feed(24_000, tuple(stills))
    sent = taken(feed, stills, 60)
    sites = [str(message["site"]) for _, message in sent if message["part"] == 0]
    assert sorted(sites) == ["a", "b", "c"]
    octets = 3 * len(JPEG)
    assert sent[-1][0] - sent[0][0] >= 8 * octets / 24_000 * 0.8
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(sent)]
    assert max(gaps) < 0.5


def test_the_next_still_waits_until_the_last_was_seen_or_is_believed_lost() -> None:
    stills = {"a": Still(1, 99.0, JPEG)}
    feed = Feed(MOST_BPS, ("a",))
    began = taken(feed, stills, 3, answers=False)
    newer = {"a": Still(2, 102.0, JPEG)}
    feed.seen("a", 7)
    assert taken(feed, newer, 1, answers=False) == []
    again = [at for at, _ in taken(feed, newer, LATE_S + 2)]
    assert began
    assert min(again) >= 100 + LATE_S


def test_a_still_is_told_with_its_age_and_forgotten_when_old() -> None:
    parts = parts_of("a", Still(3, 98.0, JPEG), 100.0, 24_000)
    assert {part["age_ms"] for part in parts} == {2_000}
    assert [part["part"] for part in parts] == list(range(len(parts)))
    stills = {"a": Still(1, 0.0, JPEG), "b": Still(1, 95.0, JPEG)}
    assert list(fresh(100.0, stills)) == ["b"]
