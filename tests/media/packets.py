"""Making packets for tests, and a room whose clock the test moves."""

from dataclasses import dataclass, field
from itertools import pairwise

from media.rtp import extensions, rtcp
from media.rtp.extensions import ExtensionIds
from media.rtp.packet import Packet, header, is_rtcp, parse
from media.rtp.rtcp import Rtcp
from media.sfu.link import Link
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.sfu.terms import Publication, SlotTerms, Terms

OPUS, VP8, RTX = 111, 96, 97
IDS = ExtensionIds(mid=4, audio_level=1, transport_cc=3)


def rtp(
    *,
    payload_type: int,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    marker: bool = False,
    values: dict[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    """A plain RTP packet with one-byte header extensions `values` and so many bytes of padding."""
    head = bytearray(header(payload_type, marker, sequence, timestamp, ssrc))
    block = b""
    if values:
        head[0] |= 0x10
        block = extensions.build_one_byte(values)
    tail = b""
    if padding:
        head[0] |= 0x20
        tail = bytes(padding - 1) + bytes([padding])
    return bytes(head) + block + payload + tail


def vp8(picture_id: int, *, keyframe: bool = False, start: bool = True, tl0: int = 0, body: bytes = b"x" * 40) -> bytes:
    """A VP8 payload with a 15-bit picture id, TL0PICIDX, TID and KEYIDX, as Chromium sends them."""
    first = 0x90 if start else 0x80
    descriptor = bytes([first, 0xF0, 0x80 | picture_id >> 8 & 0x7F, picture_id & 0xFF, tl0 & 0xFF, 0x20])
    return descriptor + bytes([0x10 if keyframe else 0x11]) + body


def level(value: int) -> dict[int, bytes]:
    return {IDS.audio_level: bytes([value])}


def terms(number: int, *, audio_slots: int = 3, video_slots: int = 2, rtx: bool = True) -> Terms:
    """What participant `number` and the bridge agreed on: SSRCs are readable from the number."""
    base = number * 1000
    publications = (
        Publication("audio", "0", OPUS, None, base + 1),
        Publication("video", "1", VP8, RTX, base + 2, base + 3),
    )
    slots = [SlotTerms("audio", f"a{n}", base + 100 + n, OPUS) for n in range(audio_slots)]
    for n in range(video_slots):
        repair = (base + 300 + n, RTX) if rtx else (None, None)
        slots.append(SlotTerms("video", f"v{n}", base + 200 + n, VP8, *repair))
    return Terms(publications, tuple(slots), IDS, transport_cc=True)


@dataclass
class Publisher:
    """A participant's sending side: counters that go on by themselves."""

    number: int
    audio_sequence: int = 65_500
    audio_timestamp: int = 4_294_900_000
    video_sequence: int = 65_000
    video_timestamp: int = 1_000
    picture_id: int = 32_700
    tl0: int = 250
    rtx_sequence: int = 1
    transport: int | None = None

    def speech(self, dbov: int = 30) -> bytes:
        self.audio_sequence = (self.audio_sequence + 1) & 0xFFFF
        self.audio_timestamp = (self.audio_timestamp + 960) & 0xFFFFFFFF
        return rtp(
            payload_type=OPUS,
            sequence=self.audio_sequence,
            timestamp=self.audio_timestamp,
            ssrc=self.number * 1000 + 1,
            payload=b"o" * 60,
            values=level(dbov) | self._numbered(),
        )

    def picture(self, *, keyframe: bool = False, packets: int = 1) -> list[bytes]:
        self.video_timestamp = (self.video_timestamp + 3000) & 0xFFFFFFFF
        self.picture_id = (self.picture_id + 1) & 0x7FFF
        self.tl0 = (self.tl0 + 1) & 0xFF
        made = []
        for number in range(packets):
            payload = vp8(self.picture_id, keyframe=keyframe, start=number == 0, tl0=self.tl0)
            made.append(self._video(payload, marker=number == packets - 1))
        return made

    def padding(self) -> bytes:
        return self._video(b"", padding=200)

    def _video(self, payload: bytes, *, marker: bool = False, padding: int = 0) -> bytes:
        self.video_sequence = (self.video_sequence + 1) & 0xFFFF
        return rtp(
            payload_type=VP8,
            sequence=self.video_sequence,
            timestamp=self.video_timestamp,
            ssrc=self.number * 1000 + 2,
            payload=payload,
            marker=marker,
            values=self._numbered(),
            padding=padding,
        )

    def _numbered(self) -> dict[int, bytes]:
        """The transport-wide sequence number, where they are counted."""
        if self.transport is None:
            return {}
        self.transport = (self.transport + 1) & 0xFFFF
        return {IDS.transport_cc: self.transport.to_bytes(2, "big")}

    def repaired(self, lost: bytes) -> bytes:
        """The RTX packet for a lost one."""
        packet = parse(lost)
        assert packet is not None
        self.rtx_sequence += 1
        return rtp(
            payload_type=RTX,
            sequence=self.rtx_sequence,
            timestamp=packet.timestamp,
            ssrc=self.number * 1000 + 3,
            payload=packet.sequence.to_bytes(2, "big") + packet.payload,
            marker=packet.marker,
        )


@dataclass
class Meeting:
    """A room, its clock and everything it sent, by receiver."""

    room: Room = field(default_factory=Room)
    now: float = 100.0
    publishers: dict[str, Publisher] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    sent: dict[str, list[Packet]] = field(default_factory=dict)
    control: dict[str, list[Rtcp]] = field(default_factory=dict)

    def join(self, name: str, wanted: Terms | None = None) -> Publisher:
        number = len(self.publishers) + 1
        self.room.admit(name)
        publisher = self.publishers.setdefault(name, Publisher(number))
        agreed = wanted or terms(publisher.number)
        self.links[name] = self.room.connect(self.now, name, agreed, publisher.number * 7919)
        return publisher

    def take(self, sends: list[Send]) -> list[Send]:
        for link, head, body in sends:
            data = head + body
            if is_rtcp(data):
                found = rtcp.parse(data)
                assert found is not None
                self.control.setdefault(link.participant, []).extend(found)
            else:
                packet = parse(data)
                assert packet is not None
                self.sent.setdefault(link.participant, []).append(packet)
        return sends

    def rtp(self, name: str, *packets: bytes) -> None:
        for data in packets:
            self.take(self.room.on_rtp(self.now, name, data))

    def pass_time(self, seconds: float, step: float = 0.025) -> None:
        end = self.now + seconds
        while self.now < end:
            self.now += step
            self.take(self.room.on_tick(self.now))

    def speak(self, name: str, seconds: float, dbov: int = 30) -> None:
        """Speech at 20 ms packets, with the ticks of the node."""
        for _ in range(round(seconds / 0.02)):
            self.now += 0.02
            self.rtp(name, self.publishers[name].speech(dbov))
            self.take(self.room.on_tick(self.now))

    def stream(self, receiver: str, ssrc: int) -> list[Packet]:
        return [packet for packet in self.sent.get(receiver, []) if packet.ssrc == ssrc]

    def requests(self, name: str, kind: type[Rtcp]) -> list[Rtcp]:
        return [packet for packet in self.control.get(name, []) if isinstance(packet, kind)]


def steps(values: list[int], bits: int) -> set[int]:
    """The differences between neighbours, modulo 2^bits."""
    return {(second - first) & ((1 << bits) - 1) for first, second in pairwise(values)}
