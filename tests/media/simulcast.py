"""A camera that sends three sizes with three temporal layers each, and a line that loses and overtakes."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field

from media.rtp.extensions import ExtensionIds
from media.rtp.rtcp import SenderReport
from media.sfu.terms import LayerTerms, Publication, SlotTerms, Terms
from tests.media.packets import RTX, VP8, rtp

IDS = ExtensionIds(mid=4, rid=10, repaired_rid=11, transport_cc=3)
RIDS = ("q", "h", "f")
HEIGHTS = (180, 360, 720)
FRAME_S = 1 / 30
TICKS = 3000
# Temporal id and whether the frame refers to none but the last one of id 0: eight frames, then anew.
PATTERN = ((0, False), (2, True), (1, True), (2, False), (0, False), (2, False), (1, False), (2, False))


def terms(number: int, *, layers: int = 3, video_slots: int = 2) -> Terms:
    """What participant `number` and the bridge agreed on; nothing but RIDs tells the layers apart."""
    base = number * 1000
    simulcast = tuple(LayerTerms(rid) for rid in RIDS[:layers]) if layers > 1 else ()
    publications = (Publication("video", "1", VP8, RTX, simulcast=simulcast),)
    slots = tuple(SlotTerms("video", f"v{n}", base + 200 + n, VP8, base + 300 + n, RTX) for n in range(video_slots))
    return Terms(publications, slots, IDS, transport_cc=True)


@dataclass(frozen=True, slots=True)
class Sent:
    """One packet as it left the camera. `name` stands in its payload, so that it is known again."""

    data: bytes
    ssrc: int
    layer: int
    number: int
    picture: int
    temporal: int
    sync: bool
    keyframe: bool
    captured: float


@dataclass
class Encoder:
    """One layer's counters. One that does not `sync` never sets the Y bit."""

    layer: int
    ssrc: int
    chance: random.Random
    sequence: int = 0
    timestamp_base: int = 0
    picture: int = 0
    tl0: int = 0
    turn: int = 0
    keyframe: bool = True
    syncs: bool = True
    made: int = 0

    def __post_init__(self) -> None:
        self.sequence = self.chance.randrange(65536)
        self.timestamp_base = self.chance.randrange(2**32)
        self.picture = self.chance.randrange(2**15)
        self.tl0 = self.chance.randrange(256)

    def frame(self, now: float, *, named: bool) -> list[Sent]:
        """The packets of one frame captured at `now`; `named` ones carry MID and RID."""
        if self.keyframe:
            self.turn = 0
        temporal, sync = PATTERN[self.turn % len(PATTERN)]
        sync = sync and self.syncs
        self.turn += 1
        self.picture += 1
        self.tl0 += temporal == 0
        keyframe, self.keyframe = self.keyframe, False
        count = self.chance.randrange(1, 4) + keyframe
        return [
            self._packet(now, number, count, temporal, sync, keyframe=keyframe, named=named) for number in range(count)
        ]

    def _packet(
        self, now: float, number: int, count: int, temporal: int, sync: bool, *, keyframe: bool, named: bool
    ) -> Sent:
        self.sequence += 1
        self.made += 1
        start = number == 0
        payload = descriptor(self.picture, self.tl0, temporal, sync=sync, start=start)
        payload += _vp8_data(HEIGHTS[self.layer], keyframe=keyframe, start=start) + self._name(self.made)
        values = {IDS.mid: b"1", IDS.rid: RIDS[self.layer].encode()} if named else None
        data = rtp(
            payload_type=VP8,
            sequence=self.sequence & 0xFFFF,
            timestamp=self.timestamp(now),
            ssrc=self.ssrc,
            payload=payload,
            marker=number == count - 1,
            values=values,
        )
        return Sent(data, self.ssrc, self.layer, self.made, self.picture, temporal, sync, keyframe, now)

    def padding(self, now: float) -> Sent:
        self.sequence += 1
        self.made += 1
        data = rtp(
            payload_type=VP8,
            sequence=self.sequence & 0xFFFF,
            timestamp=self.timestamp(now),
            ssrc=self.ssrc,
            payload=b"",
            padding=100,
        )
        return Sent(data, self.ssrc, self.layer, self.made, self.picture, 0, False, False, now)

    def timestamp(self, now: float) -> int:
        return (self.timestamp_base + round(now * 90_000)) & 0xFFFFFFFF

    def report(self, now: float) -> bytes:
        """A sender report, as the camera's own clock tells it."""
        return SenderReport(self.ssrc, int((now + 3_000_000_000) * 2**32), self.timestamp(now), 1, 1).encode()

    def _name(self, number: int) -> bytes:
        return b"#" + self.ssrc.to_bytes(4, "big") + number.to_bytes(4, "big")


def descriptor(picture: int, tl0: int, temporal: int, *, sync: bool, start: bool) -> bytes:
    """The six bytes that browsers send: picture id of 15 bits, TL0PICIDX, TID, Y and KEYIDX."""
    return bytes(
        [
            0x90 if start else 0x80,
            0xF0,
            0x80 | picture >> 8 & 0x7F,
            picture & 0xFF,
            tl0 & 0xFF,
            temporal << 6 | sync << 5,
        ]
    )


def _vp8_data(height: int, *, keyframe: bool, start: bool) -> bytes:
    if not (keyframe and start):
        return b"\x11" + bytes(9)
    width = height * 16 // 9
    return b"\x10\x00\x00\x9d\x01\x2a" + width.to_bytes(2, "little") + height.to_bytes(2, "little")


def name_of(payload: bytes) -> tuple[int, int]:
    """(SSRC, number) of the packet that a forwarded payload came from."""
    at = len(payload) - 9
    assert payload[at : at + 1] == b"#"
    return int.from_bytes(payload[at + 1 : at + 5], "big"), int.from_bytes(payload[at + 5 :], "big")


@dataclass
class Camera:
    """All layers of one participant; `active` says which ones send."""

    number: int
    chance: random.Random
    layers: int = 3
    active: set[int] = field(default_factory=lambda: {0, 1, 2})
    encoders: list[Encoder] = field(init=False)

    def __post_init__(self) -> None:
        self.encoders = [Encoder(n, self.number * 1000 + 10 + n, self.chance) for n in range(self.layers)]

    def frame(self, now: float, *, named: bool = True) -> list[Sent]:
        """What goes on the line for one captured picture: small layers first."""
        return [sent for e in self.encoders if e.layer in self.active for sent in e.frame(now, named=named)]


def disturbed(packets: list[Sent], chance: random.Random, loss: float, overtaking: float) -> Iterator[Sent]:
    """The packets as they arrive: some never, some up to five places late."""
    waiting: list[tuple[int, Sent]] = []
    for place, sent in enumerate(packets):
        if chance.random() >= loss:
            late = chance.randrange(1, 6) if chance.random() < overtaking else 0
            waiting.append((place + late, sent))
        due = [one for one in waiting if one[0] <= place]
        waiting = [one for one in waiting if one[0] > place]
        yield from (one for _, one in due)
    yield from (one for _, one in waiting)
