"""RTP and RTCP on the wire: what is built is read back, and no bytes at all make a parser raise."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import extensions, h264, opus, packet, red, rtcp, sequence, transport_cc, vp8
from media.rtp.extensions import ExtensionIds
from media.rtp.rtcp import Bye, Fir, Nack, Pli, ReceiverReport, Remb, ReportBlock, SenderReport, TransportFeedback
from tests.fuzzing import PACKETS, dice, fuzz
from tests.media import packets

u8, u16, u32 = st.integers(0, 255), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
block = st.builds(ReportBlock, u32, u8, st.integers(-0x800000, 0x7FFFFF), u32, u32, u32, u32)
blocks = st.lists(block, max_size=4).map(tuple)
reports = st.one_of(
    st.builds(SenderReport, u32, st.integers(0, 2**64 - 1), u32, u32, u32, blocks),
    st.builds(ReceiverReport, u32, blocks),
    st.builds(Bye, st.lists(u32, max_size=5).map(tuple)),
    st.builds(Pli, u32, u32),
    st.builds(Fir, u32, st.lists(st.tuples(u32, u8), max_size=4).map(tuple)),
)
delta = st.one_of(st.none(), st.integers(0, 255), st.integers(-0x8000, 0x7FFF))
feedbacks = st.builds(
    transport_cc.Feedback, u16, st.integers(0, 0xFFFFFF), u8, st.lists(delta, min_size=1, max_size=300).map(tuple)
)


@given(u16, u32, u32, st.integers(0, 127), st.booleans(), st.binary(max_size=50), st.integers(0, 8))
def test_header_fields_are_read_back(
    seq: int, timestamp: int, ssrc: int, payload_type: int, marker: bool, payload: bytes, padding: int
) -> None:
    data = packets.rtp(
        payload_type=payload_type,
        sequence=seq,
        timestamp=timestamp,
        ssrc=ssrc,
        payload=payload,
        marker=marker,
        padding=padding,
        values={1: b"\x05", 14: b"0123456789abcdef"},
    )
    found = packet.parse(data)
    assert found is not None
    assert (found.sequence, found.timestamp, found.ssrc) == (seq, timestamp, ssrc)
    assert (found.payload_type, found.marker, found.payload) == (payload_type, marker, payload)


def test_rewrite_in_place_touches_only_the_header_fields() -> None:
    buffer = bytearray(packets.Publisher(1).speech())
    before = bytes(buffer)
    packet.rewrite(buffer, payload_type=120, marker=True, sequence=70_000, timestamp=2**32 + 5, ssrc=9)
    found = packet.parse(bytes(buffer))
    assert found is not None
    assert (found.payload_type, found.marker, found.sequence, found.timestamp, found.ssrc) == (120, True, 4464, 5, 9)
    assert bytes(buffer[:1] + buffer[12:]) == before[:1] + before[12:]


@given(st.dictionaries(st.integers(1, 14), st.binary(min_size=1, max_size=16), max_size=6))
def test_one_byte_extensions_are_found(values: dict[int, bytes]) -> None:
    data = packets.rtp(payload_type=111, sequence=1, timestamp=2, ssrc=3, payload=b"p", values=values)
    found = packet.parse(data)
    assert found is not None
    assert {number: data[at : at + size] for number, at, size in extensions.elements(found)} == values


def test_known_extensions_are_read() -> None:
    ids = ExtensionIds(mid=1, rid=2, audio_level=3, transport_cc=4, abs_send_time=5)
    values = {1: b"0", 2: b"hi", 3: bytes([0x80 | 42]), 4: b"\x12\x34", 5: b"\x01\x02\x03"}
    data = packets.rtp(payload_type=111, sequence=1, timestamp=2, ssrc=3, payload=b"p", values=values)
    parsed = packet.parse(data)
    assert parsed is not None
    found = extensions.read(parsed, ids)
    assert (found.mid, found.rid, found.audio_level, found.voice) == ("0", "hi", 42, True)
    assert (found.transport_sequence, found.abs_send_time) == (0x1234, 0x010203)


def test_two_byte_extensions_are_found() -> None:
    elements = bytes([1, 2, 0x12, 0x34, 0, 20, 1, 7])
    head = bytearray(packet.header(111, False, 1, 2, 3))
    head[0] |= 0x10
    data = bytes(head) + struct.pack("!HH", 0x1000, len(elements) // 4) + elements + b"payload"
    found = packet.parse(data)
    assert found is not None
    assert [(number, data[at : at + size]) for number, at, size in extensions.elements(found)] == [
        (1, b"\x12\x34"),
        (20, b"\x07"),
    ]


@given(st.lists(reports, min_size=1, max_size=5))
def test_rtcp_compounds_are_read_back(messages: list[rtcp.Rtcp]) -> None:
    assert rtcp.parse(rtcp.compound(messages)) == messages


@given(st.sets(st.integers(0, 0xFFFF), min_size=1, max_size=60))
def test_nack_names_every_sequence_once(lost: set[int]) -> None:
    parsed = rtcp.parse(Nack(1, 2, tuple(sorted(lost))).encode())
    assert parsed is not None
    assert isinstance(parsed[0], Nack)
    assert sorted(parsed[0].sequences) == sorted(lost)


@given(st.integers(0, 2**40), st.lists(u32, max_size=3).map(tuple))
def test_remb_keeps_the_rate_to_18_bits(bitrate: int, ssrcs: tuple[int, ...]) -> None:
    parsed = rtcp.parse(Remb(1, bitrate, ssrcs).encode())
    assert parsed is not None
    assert isinstance(parsed[0], Remb)
    assert parsed[0].ssrcs == ssrcs
    assert parsed[0].bitrate <= bitrate < parsed[0].bitrate + (1 << max(0, bitrate.bit_length() - 18)) + 1


@given(feedbacks)
def test_transport_feedback_is_read_back(feedback: transport_cc.Feedback) -> None:
    message = TransportFeedback(5, 6, feedback)
    parsed = rtcp.parse(message.encode())
    assert parsed is not None
    (read,) = parsed
    assert isinstance(read, TransportFeedback)
    assert replace(read, feedback=replace(read.feedback, deltas=tuple(read.feedback.deltas))) == message
    assert len(message.encode()) % 4 == 0


@given(feedbacks, st.binary(min_size=1, max_size=400))
def test_feedback_is_the_same_however_its_deltas_are_held(feedback: transport_cc.Feedback, deltas: bytes) -> None:
    held = replace(feedback, deltas=deltas)
    assert transport_cc.encode(held) == transport_cc.encode(replace(held, deltas=tuple(deltas)))
    assert transport_cc.parse(transport_cc.encode(held)) == held


@given(st.integers(0, 0x7FFF), st.integers(0, 0x7FFF), u8, st.integers(0, 31), st.booleans())
def test_vp8_counters_are_replaced(old: int, new: int, tl0: int, key: int, keyframe: bool) -> None:
    payload = packets.vp8(old, keyframe=keyframe)
    found = vp8.parse(payload)
    assert found is not None
    assert (found.picture_id, found.keyframe, found.start) == (old, keyframe, True)
    other = vp8.parse(vp8.rewritten(found, new, tl0, key) + payload[len(found.raw) :])
    assert other is not None
    assert (other.picture_id, other.tl0picidx, other.keyidx) == (new, tl0, key)
    assert (other.keyframe, other.temporal_layer, len(other.raw)) == (keyframe, 0, len(found.raw))


@pytest.mark.parametrize(
    ("payload", "picture_id", "raw"),
    [
        (bytes([0x10, 0x00]), None, 1),
        (bytes([0x90, 0x80, 0x05, 0x00]), 5, 3),
        (bytes([0x90, 0x20, 0x40, 0x00]), None, 3),
    ],
)
def test_short_vp8_descriptors(payload: bytes, picture_id: int | None, raw: int) -> None:
    found = vp8.parse(payload)
    assert found is not None
    assert (found.picture_id, len(found.raw), found.keyframe) == (picture_id, raw, True)
    assert len(vp8.rewritten(found, 77, 1, 1)) == raw


@given(st.integers(0, 2**40), st.integers(-30_000, 30_000))
def test_unwrap_is_the_nearest(reference: int, step: int) -> None:
    assert sequence.unwrap(reference, (reference + step) & 0xFFFF) == reference + step


@fuzz
def test_no_bytes_make_a_parser_raise() -> None:
    """Random packets, and good ones with bytes changed, cut or added."""
    chance = dice(20261120)
    publisher = packets.Publisher(1)
    good = [publisher.speech(), *publisher.picture(keyframe=True, packets=3), publisher.padding()]
    good.append(rtcp.compound([SenderReport(1, 2, 3, 4, 5), Nack(1, 2, (5, 9, 40)), Remb(1, 10**6, (1,))]))
    good.append(TransportFeedback(1, 2, transport_cc.Feedback(1, 2, 3, (0, None, 300, 5))).encode())
    for _ in range(PACKETS):
        data = bytearray(chance.choice(good))
        for _ in range(chance.randrange(1, 5)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        data = data[: chance.randrange(len(data) + 1)] if chance.random() < 0.3 else data
        _parse_everything(bytes(data))
        _parse_everything(chance.randbytes(chance.randrange(40)))


def _parse_everything(data: bytes) -> None:
    found = packet.parse(data)
    if found is not None:
        assert 12 <= found.payload_start <= found.payload_end <= len(data)
        extensions.read(found, packets.IDS)
        vp8.parse(found.payload)
    for payload in (data, data[12:]):
        vp8.parse(payload)
        h264.parse(payload)
        assert not opus.single(payload) or 2.5 <= opus.frame_ms(payload[0]) <= 60
        blocks, own = red.parse(payload), red.own_start(payload, 0, len(payload))
        assert own is None or 0 < own <= len(payload)
        assert blocks is None or sum(len(block.data) for block in blocks) < len(payload)
    rtcp.parse(data)


def test_feedback_that_claims_more_than_anybody_sent_is_malformed() -> None:
    """A dozen bytes can claim to tell of 65,535 packets."""
    body = struct.pack("!HHIHHHHHHHHH", 0, 65_535, 0, *[0x1FFF] * 9)
    assert rtcp.parse(struct.pack("!BBHII", 0x8F, 205, (8 + len(body) + 2) // 4, 1, 2) + body + bytes(2)) is None
    with pytest.raises(ValueError, match="too many"):
        transport_cc.parse(body)
