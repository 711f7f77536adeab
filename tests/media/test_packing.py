"""Frames of speech that leave as one packet: what a decoder makes of them, what the receiver's stream looks like."""

import random
from dataclasses import dataclass, field

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import opus
from media.sfu.packing import PACKED_MS
from media.sfu.tiers import BY_NAME
from tests.media.packets import OPUS, Meeting, level, rtp, steps

RATE = 48_000
TICKS = 960
SILK_20 = 0x48
"""Wide band, 20 ms, mono, one frame."""


def encoded(frames: int) -> list[bytes]:
    """A tone as 20 ms packets, as an encoder makes them."""
    codec = av.CodecContext.create("libopus", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = RATE, "mono", "s16", 16_000
    codec.options = {"application": "voip", "frame_duration": "20"}
    found, chance = [], random.Random(1)  # noqa: S311  # repeatable on purpose
    for number in range(frames + 10):
        frame = av.AudioFrame("s16", "mono", TICKS)
        samples = (int(9_000 * chance.uniform(-1, 1)) for _ in range(TICKS))
        frame.planes[0].update(b"".join(sample.to_bytes(2, "little", signed=True) for sample in samples))
        frame.sample_rate, frame.pts = RATE, number * TICKS
        found += [bytes(packet) for packet in codec.encode(frame)]
    return found[:frames]


def decoded(packets: list[bytes]) -> bytes:
    codec = av.CodecContext.create("libopus", "r")
    codec.sample_rate, codec.layout = RATE, "mono"
    frames = [frame for packet in packets for frame in codec.decode(av.Packet(packet))]
    return b"".join(bytes(frame.planes[0])[: frame.samples * 2 * len(frame.layout.channels)] for frame in frames)


def test_a_decoder_hears_the_very_same() -> None:
    packets = encoded(12)
    assert {opus.frame_ms(packet[0]) for packet in packets} == {20.0}
    assert all(opus.single(packet) for packet in packets)
    joined = [opus.join(packets[at : at + 3]) for at in range(0, 12, 3)]
    assert decoded(joined) == decoded(packets)
    assert sum(map(len, joined)) <= sum(map(len, packets)) + 4 * 3


@pytest.mark.parametrize(
    ("toc", "ms"), [(0x00, 10), (0x08, 20), (0x10, 40), (0x18, 60), (0x60, 10), (0x78, 20), (0x80, 2.5), (0xF8, 20)]
)
def test_the_length_of_a_frame_stands_in_its_first_byte(toc: int, ms: float) -> None:
    assert opus.frame_ms(toc) == ms


@given(st.lists(st.binary(max_size=opus.MOST_FRAME), min_size=2, max_size=6))
def test_lengths_are_told_as_the_rule_says(frames: list[bytes]) -> None:
    """Read back as RFC 6716 3.2.5 has it."""
    packed = opus.join([bytes((SILK_20,)) + frame for frame in frames])
    assert packed[0] == SILK_20 | 3
    assert packed[1] == 0x80 | len(frames)
    at, sizes = 2, []
    for _ in frames[:-1]:
        size = packed[at]
        at += 1
        if size >= 252:
            size += 4 * packed[at]
            at += 1
        sizes.append(size)
    assert sizes == [len(frame) for frame in frames[:-1]]
    assert packed[at:] == b"".join(frames)


def test_what_has_several_frames_is_not_joined() -> None:
    assert not opus.single(b"")
    assert not opus.single(bytes((SILK_20 | 1, 1, 1)))
    assert opus.single(bytes((SILK_20, 1)))


@dataclass
class Room:
    """`a` speaks, `b` stands on the tier of one packed voice."""

    meeting: Meeting = field(default_factory=Meeting)
    sequence: int = 60_000
    timestamp: int = 1_000

    def __post_init__(self) -> None:
        for name in "ab":
            self.meeting.join(name)
        self.say(20)
        self.stand("one_voice")
        self.meeting.sent.clear()

    def stand(self, tier: str) -> None:
        link = self.meeting.links["b"]
        link.ladder.tier = BY_NAME[tier]
        link.allocate(self.meeting.now, [])

    def packet(self, toc: int = SILK_20) -> bytes:
        self.sequence = self.sequence + 1 & 0xFFFF
        self.timestamp += TICKS
        return self.made(bytes((toc,)) + self.sequence.to_bytes(2, "big") * 10)

    def made(self, body: bytes) -> bytes:
        return rtp(
            payload_type=OPUS,
            sequence=self.sequence,
            timestamp=self.timestamp,
            ssrc=1001,
            payload=body,
            values=level(30),
        )

    def say(self, count: int, toc: int = SILK_20, lost: frozenset[int] = frozenset()) -> None:
        for number in range(count):
            self.meeting.now += 0.02
            packet = self.packet(toc)
            if number not in lost:
                self.meeting.rtp("a", packet)
            self.meeting.take(self.meeting.room.on_tick(self.meeting.now))

    def numbers(self) -> list[int]:
        """The sequence numbers under which the frames that were heard came in."""
        found = []
        for _, _, payload in self.heard():
            count = payload[1] & 0x3F if payload[0] & 3 else 1
            first = 1 if count == 1 else 1 + count
            found += [int.from_bytes(payload[at : at + 2], "big") for at in range(first, first + 20 * count, 20)]
        return found

    def heard(self) -> list[tuple[int, int, bytes]]:
        slot = next(slot for slot in self.meeting.links["b"].audio if slot.packets)
        stream = self.meeting.stream("b", slot.terms.ssrc)
        return [(packet.sequence, packet.timestamp, packet.payload) for packet in stream]


def test_three_frames_leave_as_one_packet() -> None:
    room = Room()
    room.say(30)
    heard = room.heard()
    assert len(heard) == 10
    assert steps([sequence for sequence, _, _ in heard], 16) == {1}
    assert steps([timestamp for _, timestamp, _ in heard], 32) == {3 * TICKS}
    assert room.numbers() == list(range(room.sequence - 29, room.sequence + 1))
    assert {(payload[0], payload[1]) for _, _, payload in heard} == {(SILK_20 | 3, 0x83)}


def test_a_lost_packet_and_another_kind_of_frame_end_a_packet_early() -> None:
    room = Room()
    room.say(9, lost=frozenset({4}))
    room.say(3, toc=SILK_20 | 4)
    room.say(3)
    kinds = [(payload[0] & 3, payload[1] & 0x3F if payload[0] & 3 else 1) for _, _, payload in room.heard()]
    assert kinds == [(3, 3), (0, 1), (3, 3), (0, 1), (3, 3), (3, 3)]
    assert all(0 < step < 3 for step in steps([sequence for sequence, _, _ in room.heard()], 16))


def test_packets_of_sixty_milliseconds_pass_as_they_are() -> None:
    room = Room()
    long = 0x58
    assert opus.frame_ms(long) == PACKED_MS
    room.say(5, toc=long)
    assert [payload[0] for _, _, payload in room.heard()] == [long] * 5


def test_the_end_of_the_tier_leaves_nothing_behind() -> None:
    room = Room()
    room.say(2)
    room.stand("720p")
    room.say(10)
    heard = room.heard()
    assert len(room.numbers()) == 12
    assert steps([sequence for sequence, _, _ in heard], 16) == {1}


def test_what_waited_when_a_mute_came_is_never_heard() -> None:
    room = Room()
    room.say(2)
    room.meeting.take(room.meeting.room.mute(room.meeting.now, "a", "audio", True))
    room.say(5)
    room.meeting.take(room.meeting.room.mute(room.meeting.now, "a", "audio", False))
    opened = room.sequence
    room.say(60)
    assert room.numbers()
    assert min(room.numbers()) > opened


@given(st.lists(st.tuples(st.booleans(), st.binary(max_size=40)), max_size=60))
def test_nothing_that_comes_makes_it_raise_and_numbers_go_on(course: list[tuple[bool, bytes]]) -> None:
    room = Room()
    for lost, body in course:
        room.sequence, room.timestamp = room.sequence + 1 & 0xFFFF, room.timestamp + TICKS
        room.meeting.now += 0.02
        if not lost:
            room.meeting.rtp("a", room.made(body))
    seen = [sequence for sequence, _, _ in room.heard()]
    assert len(seen) == len(set(seen))
