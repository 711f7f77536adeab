"""The same conference on the step in Python and on the compiled one, with receivers on real sockets."""

import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from media.arrays.gate import ArrayGate
from media.compiled.gate import Gate
from media.ice import Address, Credentials
from media.outlet import Outlet
from media.outlet import Path as Way
from media.rtp import red
from media.rtp.packet import header, is_rtcp, parse
from media.rtp.rtcp import RR, RTPFB, Fir, Nack, Pli, ReceiverReport, ReportBlock, Rtcp, TransportFeedback, compound
from media.rtp.transport_cc import Feedback
from media.sfu.clock import ntp_time
from media.sfu.layer import Unit
from media.sfu.link import Link
from media.sfu.receiver import Receiver, Send
from media.sfu.room import Room
from media.sfu.shedding import OPEN, STAGES, Stage
from media.sfu.slot import AudioSlot
from media.sfu.terms import Kind, PayloadTypes, Publication, SlotTerms, Terms
from media.sfu.video_slot import VideoSlot
from media.srtp import Inbound, Keys, Outbound, Scratch
from media.steps import NodeStep
from media.transport import Entrance, PeerParameters, Route, Routed
from tests.media.packets import IDS, OPUS, RTX, VP8, Publisher

AES128_GCM = 7
RED = 63
KEYS = Keys(AES128_GCM, bytes(range(28)), bytes(range(28)))
VIEWERS = ("plain", "numbered", "thin", "filtered", "silent", "fat")
GIVE_FEEDBACK = ("plain", "thin", "filtered", "fat")
FAT_BPS = 20_000_000
PUBLISHERS = ("one", "two", "h264")


@dataclass
class Far:
    """A receiver's end: what reached it, decrypted. Stands in for the peer on our side too."""

    address: str = "127.0.0.1"
    packets: list[bytes] = field(default_factory=list)
    parameters: PeerParameters = field(default_factory=lambda: PeerParameters(Credentials("", ""), (), "server"))
    route: Route | None = None

    def __post_init__(self) -> None:
        family = socket.AF_INET6 if ":" in self.address else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_000_000)
        self.socket.bind((self.address, 0))
        self.socket.setblocking(False)
        self.scratch = Scratch()
        self.outbound: Outbound | None = Outbound(KEYS, Scratch())
        self.decrypt = Inbound(KEYS, self.scratch)
        self.inbound: Inbound | None = self.decrypt
        self.path: Way | None = None
        self.paths: list[Way] = []
        self.door: Entrance | None = None

    def take(self) -> None:
        """Whatever lies in the socket."""
        while True:
            try:
                size = self.socket.recv_into(self.scratch.view)
            except BlockingIOError:
                return
            control = is_rtcp(self.scratch.view[:2])
            plain = self.decrypt.unprotect_rtcp(size) if control else self.decrypt.unprotect(size)
            assert plain is not None
            self.packets.append(plain)


@dataclass
class Side:
    """A room on one of the steps, and all that left it, by receiver and in order.

    So many packets are taken `together` before they are sent on, unless something else happens first: speech before
    pictures, as a gate of arrays does.
    """

    room: Room
    step: NodeStep | None = None
    sent: dict[str, list[bytes]] = field(default_factory=dict)
    far: dict[str, Far] = field(default_factory=dict)
    gate: Gate[Routed] | ArrayGate[Routed] | None = None
    by_python: int = 0
    left_to_python: int = 0
    redundant_left: int = 0
    told_left: int = 0
    nacks_left: int = 0
    spoken_by_python: int = 0
    together: int = 1
    unsent: int = 0
    came: list[tuple[float, str, bytes]] = field(default_factory=list)
    once: set[bytes] = field(default_factory=set)

    def connect(self, name: str, terms: Terms, seed: int, outlet: Outlet | None, now: float = 100.0) -> Link:
        link = self.room.connect(now, name, terms, seed)
        if self.step is not None and outlet is not None:
            far = self.far[name] = Far()
            far.path = Way(outlet, far.socket.getsockname())
            far.paths.append(far.path)
            self.step.connect(far, link.outflow.sent)
            intake = self.room.participants[name].intake
            assert intake is not None
            self.step.admit(far, link.outflow.sent, intake)
        return link

    def bring(self, now: float, name: str, data: bytes) -> None:
        """One plain packet of a participant's."""
        if self.gate is None:
            self.came.append((now, name, data))
        else:
            path = self.far[name].path
            assert path is not None
            self.gate.inject(now, path, data)
        self.unsent += 1
        if self.unsent % self.together == 0 or is_rtcp(data):
            self.settle()

    def on_packet(self, now: float, name: str, is_control: bool, data: bytes) -> None:
        if is_control:
            self.send()
            self.put(self.room.on_rtcp(now, name, data))
        else:
            self.put(self.room.on_rtp(now, name, data))
        if is_control or self.together == 1:
            self.send()

    def on_raw(self, now: float, outlet: Outlet, address: Address, datagram: bytes) -> None:
        """What begins as no packet of RTP or RTCP does."""
        assert not 128 <= datagram[0] <= 191

    def on_plain(self, now: float, peer: Routed, is_control: bool, packet: bytes) -> None:
        self.left_to_python += not is_control
        self.redundant_left += packet[1] & 0x7F == RED
        self.told_left += is_control and packet[1] == RR
        self.nacks_left += is_control and packet[1] == RTPFB
        self.on_packet(now, self.name(peer), is_control, packet)

    def on_unit(self, now: float, peer: Routed, unit: Unit, place: int) -> None:
        self.put(self.room.go_on(now, self.name(peer), unit, place))
        if self.together == 1:
            self.send()

    def name(self, peer: Routed) -> str:
        return next(name for name, far in self.far.items() if far is peer)

    def take(self, sends: list[Send]) -> None:
        self.put(sends)
        self.settle()

    def put(self, sends: list[Send]) -> None:
        """To be sent when several packets have come."""
        if self.step is None:
            for link, head, body in sends:
                self.sent.setdefault(link.participant, []).append(head + body)
            return
        for link, head, body in sends:
            far = self.far[link.participant]
            assert far.route is not None
            if self._is_again(link, head):
                self.send()
                far.packets.append(head + body)
                continue
            assert far.route.send(head, body)
            self.by_python += 1
            self.spoken_by_python += head[1] & 0x7F == OPUS

    def _is_again(self, link: Receiver, head: bytes) -> bool:
        """Whether it goes out for the second time: a peer sends its ciphertext again, which `Far` would refuse."""
        if head[1] & 0x7F not in link.outflow.twice.types or is_rtcp(head):
            return False
        known = head in self.once
        self.once.add(head)
        return known

    def settle(self) -> None:
        """All that has come so far is taken and sent."""
        came, self.came = self.came, []
        for now, name, data in sorted(came, key=lambda one: turn(one[2])):
            if 128 <= data[0] <= 191:
                self.on_packet(now, name, is_rtcp(data), data)
        if self.gate is not None:
            self.gate.hand_over(self)
            for participant in self.room.participants.values():
                self.room.catch_up(participant)
        self.send()

    def send(self) -> None:
        """All that was taken so far is sent."""
        if self.step is None:
            return
        self.step.flush()
        for name, far in self.far.items():
            far.take()
            self.sent[name] = far.packets


def by_stream(packets: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    """In the order of sending within each stream; several streams may leave in any."""
    found: dict[bytes, list[bytes]] = {}
    for data in packets:
        found.setdefault(data[4:8] if is_rtcp(data) else data[8:12], []).append(data)
    return found


def turn(data: bytes) -> int:
    """Of what comes together speech is taken first, then pictures, then control."""
    return 2 if is_rtcp(data) else int(len(data) > 1 and data[1] & 0x7F == VP8)


def viewer(number: int, name: str) -> Terms:
    cc = 0 if name == "plain" else IDS.transport_cc
    base = number * 1000
    slots = [SlotTerms("audio", mid, base + 20 * n, OPUS, transport_cc=cc) for n, mid in enumerate("ab")]
    for place in range(len(PUBLISHERS)):
        types = PayloadTypes(102, 103)
        slots.append(SlotTerms("video", f"v{place}", base + 1 + place, VP8, base + 50 + place, RTX, types, cc))
    return Terms((), tuple(slots), IDS)


def publisher(number: int, name: str) -> Terms:
    codec = Publication("video", "1", VP8, RTX, number * 1000 + 2, number * 1000 + 3)
    video = replace(codec, codec="h264") if name == "h264" else codec
    redundant = RED if name == "two" else None
    return Terms((Publication("audio", "0", OPUS, None, number * 1000 + 1, red_payload_type=redundant), video), (), IDS)


def described(data: bytes, last: int, *, keyed: bool) -> bytes:
    """A packet whose descriptor ends with this byte; without a KEYIDX, as today's Chromium sends it, if not `keyed`."""
    packet = parse(data)
    assert packet is not None
    changed, at = bytearray(data), packet.payload_start
    changed[at + 1] &= 0xFF if keyed else 0xEF
    changed[at + 5] = last
    return bytes(changed)


def redundant(data: bytes, former: bytes, own: bytes) -> bytes:
    """A packet of speech as Chromium sends it where that was agreed: the frame before in it once more (RFC 2198)."""
    packet = parse(data)
    assert packet is not None
    head = bytearray(data[: packet.payload_start])
    head[1] = RED | head[1] & 0x80
    return bytes(head) + red.build([red.Block(OPUS, 960, former)], OPUS, own)


def told(now: float, link: Link, chance: random.Random, slow: bool) -> bytes:
    """A report, and feedback on what the link sent lately: nearly all came, for a slow one later and later."""
    sent = link.outflow.sent
    count = min(sent.next, 40)
    deltas = [one_delta(chance, slow) for _ in range(count)] or [0]
    slots: list[AudioSlot | VideoSlot] = [*link.audio, *link.video]
    slot = chance.choice(slots)
    newest = slot.splice.numbers.newest - chance.randrange(3)
    last_sr = (ntp_time(now) >> 16) - chance.randrange(40_000)
    lost, seen, delay = chance.randrange(60), chance.choice((0, last_sr)), chance.randrange(9_000)
    block = ReportBlock(slot.terms.ssrc, lost, 0, newest & 0xFFFF, newest % 977, seen & 0xFFFFFFFF, delay)
    report = ReceiverReport(1, (block,) * chance.randrange(3))
    feedback = Feedback(sent.next - count & 0xFFFF, int(now / 0.064), 0, tuple(deltas))
    messages: list[Rtcp] = [report, TransportFeedback(1, 2, feedback)]
    return compound(messages if sent.next and chance.random() < 0.8 else messages[:1])


def one_delta(chance: random.Random, slow: bool) -> int | None:
    """250 us ticks after the packet before; now and then lost, late or overtaken."""
    luck = chance.random()
    if luck < 0.06:
        return None if luck < 0.03 else chance.choice((-3, 300))
    return chance.choice((2, 3, 4)) + 60 * slow


@dataclass
class Twins:
    """The same happens on both sides."""

    sides: tuple[Side, Side]
    now: float = 100.0
    links: dict[str, list[Link]] = field(default_factory=dict)

    def bring(self, name: str, data: bytes) -> None:
        for side in self.sides:
            side.bring(self.now, name, data)

    def tick(self) -> None:
        for side in self.sides:
            side.settle()
            side.take(side.room.on_tick(self.now))

    def view(self, name: str, view: list[str], heights: list[int]) -> None:
        for side in self.sides:
            side.settle()
            side.take(side.room.view(self.now, name, view, heights))

    def shed(self, stage: Stage) -> None:
        for side in self.sides:
            side.settle()
            side.room.shed(self.now, stage)

    def fall_silent(self, name: str) -> None:
        for side in self.sides:
            side.settle()
            side.room.pause(self.now, name)

    def come_back(self) -> None:
        """Whoever fell silent."""
        for side in self.sides:
            side.settle()
            for name, participant in side.room.participants.items():
                if participant.away:
                    side.room.resume(self.now, name)

    def mute(self, name: str, kind: Kind, muted: bool) -> None:
        for side in self.sides:
            side.settle()
            side.take(side.room.mute(self.now, name, kind, muted))


class Play:
    """A random conference: packets lost, late, doubled, spoiled; changes of view, mutes, requests, slow receivers."""

    def __init__(self, twins: Twins, seed: int) -> None:
        self.twins = twins
        self.chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.late: list[tuple[str, bytes]] = []
        self.brought = self.told = self.asked = self.spoken_twice = 0
        self.publishers = {name: Publisher(number) for number, name in enumerate(PUBLISHERS, 1)}
        for publisher in self.publishers.values():
            publisher.transport = 65_000

    def step(self, number: int) -> None:
        self.twins.now += 0.005
        for name in PUBLISHERS:
            for data in self.packets(name, number):
                self.deliver(name, data)
        if number % 4 == 0:
            self.twins.bring("one", self.publishers["one"].speech(30))
            self.speak_twice(number)
        if self.late and self.chance.random() < 0.3:
            self.twins.bring(*self.late.pop(self.chance.randrange(len(self.late))))
        if number % 5 == 0:
            self.twins.tick()
        if number % 10 == 0:
            self.twins.come_back()
            self.twins.shed(OPEN)
        if number % 100 == 0:
            self.widen()
        if number % 20 == 0:
            self.feedback()
        self.disturb()

    def packets(self, name: str, number: int) -> list[bytes]:
        key = self.chance.random() < 0.05
        if name == "h264":
            sequence, kind = 65_000 + number & 0xFFFF, b"\x67" if key else b"\x41"
            return [header(VP8, True, sequence, number * 3000 & 0xFFFFFFFF, 3002) + kind + bytes([number & 0xFF]) * 50]
        made = self.publishers[name].picture(keyframe=key, packets=self.chance.randrange(1, 4))
        temporal = (0, 2, 1, 2)[number % 4]
        sync = 0x20 * (self.chance.random() < 0.5)
        return [described(one, temporal << 6 | sync | number & 0x1F, keyed=name == "one") for one in made]

    def deliver(self, name: str, data: bytes) -> None:
        luck = self.chance.random()
        self.brought += 1
        if luck < 0.02:
            return
        if luck < 0.04:
            self.late.append((name, data))
            return
        self.twins.bring(name, self.spoiled(data) if luck < 0.045 else data)
        if luck > 0.99:
            self.twins.bring(name, data)

    def speak_twice(self, number: int) -> None:
        former, own = bytes([number - 4 & 0xFF]) * 40, bytes([number & 0xFF]) * 40
        self.spoken_twice += 1
        self.deliver("two", redundant(self.publishers["two"].speech(30), former, own))

    def spoiled(self, data: bytes) -> bytes:
        """With a few other bits, or cut short."""
        changed = bytearray(data[: self.chance.randrange(1, len(data))] if self.chance.random() < 0.2 else data)
        for _ in range(3):
            changed[self.chance.randrange(min(24, len(changed)))] ^= 1 << self.chance.randrange(8)
        return bytes(changed)

    def widen(self) -> None:
        """The way to one of them carries whatever there is."""
        for link in self.twins.links["fat"]:
            link.outflow.estimator.lift(FAT_BPS)

    def feedback(self) -> None:
        for name in GIVE_FEEDBACK:
            self.told += 1
            self.twins.bring(name, told(self.twins.now, self.twins.links[name][0], self.chance, name == "thin"))

    def disturb(self) -> None:
        chance, twins = self.chance, self.twins
        luck = chance.random()
        name = chance.choice(VIEWERS)
        if luck < 0.02:
            heights = [chance.choice((0, 180, 720, 720)) for _ in PUBLISHERS]
            twins.view(name, chance.sample(PUBLISHERS, len(PUBLISHERS)), heights)
        elif luck < 0.04:
            most = chance.randrange(4)
            for side in twins.sides:
                side.settle()
                side.room.participants["filtered"].temporal = most
        elif luck < 0.05:
            twins.mute(chance.choice(PUBLISHERS), "video", chance.random() < 0.3)
        elif luck < 0.06:
            twins.mute("one", "audio", chance.random() < 0.2)
        elif luck < 0.3:
            slot = twins.links[name][0].video[chance.randrange(len(PUBLISHERS))]
            newest = slot.splice.numbers.newest
            asked = tuple(newest - chance.randrange(80) & 0xFFFF for _ in range(4))
            self.asked += 1
            twins.bring(name, Nack(1, slot.terms.ssrc, asked).encode())
        elif luck < 0.32:
            slot = twins.links[name][0].video[chance.randrange(len(PUBLISHERS))]
            wish = Pli(1, slot.terms.ssrc) if luck < 0.31 else Fir(1, ((slot.terms.ssrc, chance.randrange(256)),))
            twins.bring(name, wish.encode())
        elif luck < 0.325:
            twins.shed(chance.choice(STAGES))
        elif luck < 0.33:
            twins.fall_silent(name)
