"""The compiled step writes and sends what the step in Python does, byte for byte, on real sockets."""

import random
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from media.compiled import build
from media.compiled.step import CompiledStep, socket_address
from media.ice import Credentials
from media.outlet import Outlet, PortCounters
from media.outlet import Path as Way
from media.rtp.packet import header, is_rtcp
from media.rtp.rtcp import Nack, TransportFeedback
from media.rtp.transport_cc import Feedback
from media.sfu.link import Link
from media.sfu.room import Room
from media.sfu.source import Send
from media.sfu.state import PlainFlowState
from media.sfu.step import PythonStep
from media.sfu.terms import PayloadTypes, Publication, SlotTerms, Terms
from media.srtp import Inbound, Keys, Outbound, Scratch
from media.steps import UncompiledStep, choose
from media.transport import PeerParameters, Route
from tests.media.packets import IDS, OPUS, RTX, VP8, Publisher

AES128_GCM = 7
KEYS = Keys(AES128_GCM, bytes(range(28)), bytes(range(28)))
VIEWERS = ("plain", "numbered", "thin", "filtered", "silent")
GIVE_FEEDBACK = ("thin", "filtered")
PUBLISHERS = ("one", "two", "h264")


@pytest.fixture(scope="module")
def library() -> Path:
    built = build.build()
    if built is None:
        pytest.skip("no C compiler here")
    return built


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
        self.inbound = Inbound(KEYS, self.scratch)
        self.path: Way | None = None

    def take(self) -> None:
        """Whatever lies in the socket."""
        while True:
            try:
                size = self.socket.recv_into(self.scratch.view)
            except BlockingIOError:
                return
            control = is_rtcp(self.scratch.view[:2])
            plain = self.inbound.unprotect_rtcp(size) if control else self.inbound.unprotect(size)
            assert plain is not None
            self.packets.append(plain)


@dataclass
class Side:
    """A room on one of the steps, and all that left it, by receiver and in order."""

    room: Room
    step: CompiledStep | None = None
    sent: dict[str, list[bytes]] = field(default_factory=dict)
    far: dict[str, Far] = field(default_factory=dict)
    by_python: int = 0
    spoken_by_python: int = 0

    def connect(self, name: str, terms: Terms, seed: int, outlet: Outlet | None) -> Link:
        link = self.room.connect(100.0, name, terms, seed)
        if self.step is not None and outlet is not None:
            far = self.far[name] = Far()
            far.path = Way(outlet, far.socket.getsockname())
            self.step.connect(far, link.outflow.sent)
        return link

    def take(self, sends: list[Send]) -> None:
        if self.step is None:
            for link, head, body in sends:
                self.sent.setdefault(link.participant, []).append(head + body)
            return
        for link, head, body in sends:
            route = self.far[link.participant].route
            assert route is not None
            assert route.send(head, body)
            self.by_python += 1
            self.spoken_by_python += head[1] & 0x7F == OPUS
        self.step.flush()
        for name, far in self.far.items():
            far.take()
            self.sent[name] = far.packets


def viewer(number: int, name: str) -> Terms:
    cc = 0 if name == "plain" else IDS.transport_cc
    base = number * 1000
    slots = [SlotTerms("audio", "a", base, OPUS, transport_cc=cc)]
    for place in range(len(PUBLISHERS)):
        types = PayloadTypes(102, 103)
        slots.append(SlotTerms("video", f"v{place}", base + 1 + place, VP8, base + 50 + place, RTX, types, cc))
    return Terms((), tuple(slots), IDS)


def publisher(number: int, name: str) -> Terms:
    codec = Publication("video", "1", VP8, RTX, number * 1000 + 2, number * 1000 + 3)
    video = replace(codec, codec="h264") if name == "h264" else codec
    return Terms((Publication("audio", "0", OPUS, None, number * 1000 + 1), video), (), IDS)


def told(now: float, link: Link, chance: random.Random, slow: bool) -> bytes:
    """Feedback on what the link sent lately: all came, for a slow one later and later."""
    sent = link.outflow.sent
    count = min(sent.next, 40)
    deltas = tuple(chance.choice((2, 3, 4)) + 60 * slow for _ in range(count)) or (0,)
    return TransportFeedback(1, 2, Feedback(sent.next - count & 0xFFFF, int(now / 0.064), 0, deltas)).encode()


@dataclass
class Twins:
    """The same happens on both sides."""

    sides: tuple[Side, Side]
    now: float = 100.0
    links: dict[str, list[Link]] = field(default_factory=dict)

    def rtp(self, name: str, data: bytes) -> None:
        for side in self.sides:
            side.take(side.room.on_rtp(self.now, name, data))

    def rtcp(self, name: str, data: bytes) -> None:
        for side in self.sides:
            side.take(side.room.on_rtcp(self.now, name, data))

    def tick(self) -> None:
        for side in self.sides:
            side.take(side.room.on_tick(self.now))

    def view(self, name: str, view: list[str], heights: list[int]) -> None:
        for side in self.sides:
            side.take(side.room.view(self.now, name, view, heights))

    def mute(self, name: str, muted: bool) -> None:
        for side in self.sides:
            side.take(side.room.mute(self.now, name, "video", muted))


@pytest.fixture
def twins(library: Path) -> Iterator[Twins]:
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    step = CompiledStep(library, counters)
    made = Twins((Side(Room(step=PythonStep())), Side(Room(step=step), step)))
    for number, name in enumerate((*PUBLISHERS, *VIEWERS), 1):
        terms = publisher(number, name) if name in PUBLISHERS else viewer(number, name)
        for side in made.sides:
            side.room.admit(name)
            made.links.setdefault(name, []).append(side.connect(name, terms, number * 7919, outlet))
    yield made
    for far in made.sides[1].far.values():
        assert far.route is not None
        far.route.close()
        far.socket.close()
    outlet.socket.close()


class Play:
    """A random conference: packets lost, late, doubled, spoiled; changes of view, mutes, requests, slow receivers."""

    def __init__(self, twins: Twins, seed: int) -> None:
        self.twins = twins
        self.chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
        self.late: list[tuple[str, bytes]] = []
        self.publishers = {name: Publisher(number) for number, name in enumerate(PUBLISHERS, 1)}

    def step(self, number: int) -> None:
        self.twins.now += 0.005
        for name in PUBLISHERS:
            for data in self.packets(name, number):
                self.deliver(name, data)
        if number % 4 == 0:
            self.twins.rtp("one", self.publishers["one"].speech(30))
        if self.late and self.chance.random() < 0.3:
            self.twins.rtp(*self.late.pop(self.chance.randrange(len(self.late))))
        if number % 5 == 0:
            self.twins.tick()
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
        return [one[:17] + bytes([temporal << 6 | sync | number & 0x1F]) + one[18:] for one in made]

    def deliver(self, name: str, data: bytes) -> None:
        luck = self.chance.random()
        if luck < 0.02:
            return
        if luck < 0.04:
            self.late.append((name, data))
            return
        self.twins.rtp(name, self.spoiled(data) if luck < 0.045 else data)
        if luck > 0.99:
            self.twins.rtp(name, data)

    def spoiled(self, data: bytes) -> bytes:
        """With a few other bits, or cut short."""
        changed = bytearray(data[: self.chance.randrange(1, len(data))] if self.chance.random() < 0.2 else data)
        for _ in range(3):
            changed[self.chance.randrange(min(24, len(changed)))] ^= 1 << self.chance.randrange(8)
        return bytes(changed)

    def feedback(self) -> None:
        for name in GIVE_FEEDBACK:
            self.twins.rtcp(name, told(self.twins.now, self.twins.links[name][0], self.chance, name == "thin"))

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
                side.room.participants["filtered"].temporal = most
        elif luck < 0.05:
            twins.mute(chance.choice(PUBLISHERS), chance.random() < 0.3)
        elif luck < 0.3:
            slot = twins.links[name][0].video[chance.randrange(len(PUBLISHERS))]
            newest = slot.splice.numbers.newest
            asked = tuple(newest - chance.randrange(80) & 0xFFFF for _ in range(4))
            twins.rtcp(name, Nack(1, slot.terms.ssrc, asked).encode())


@pytest.mark.parametrize("seed", range(3))
def test_both_steps_send_the_same_bytes(twins: Twins, seed: int) -> None:
    play = Play(twins, seed)
    for name in VIEWERS:
        twins.view(name, list(PUBLISHERS), [720] * len(PUBLISHERS))
    for number in range(1_500):
        play.step(number)
    python, compiled = twins.sides
    for name in VIEWERS:
        assert len(python.sent[name]) > 300
        assert sorted(python.sent[name]) == sorted(compiled.sent[name]), name
        assert [d for d in python.sent[name] if is_rtcp(d)] == [d for d in compiled.sent[name] if is_rtcp(d)]
    total = sum(map(len, compiled.sent.values()))
    assert compiled.by_python < 0.5 * total, "the step in C hardly took part"
    speech = [data for data in compiled.sent["numbered"] if data[1] & 0x7F == OPUS]
    assert len(speech) > 300
    assert compiled.spoken_by_python < 0.5 * len(speech) * len(VIEWERS)
    for former, latter in twins.links.values():
        for name in PlainFlowState.__slots__:
            assert getattr(former.outflow.sent.state, name) == getattr(latter.outflow.sent.state, name), name
        assert former.outflow.sent.sizes == latter.outflow.sent.sizes
        assert former.outflow.sent.times == latter.outflow.sent.times
        assert [(slot.packets, slot.octets) for slot in former.video] == [(s.packets, s.octets) for s in latter.video]


def test_more_packets_than_the_outbox_holds_leave_in_their_order(library: Path) -> None:
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    step = CompiledStep(library, counters)
    far = Far()
    far.path = Way(outlet, far.socket.getsockname())
    sent = step.sent()
    step.connect(far, sent)
    assert far.route is not None
    assert not far.route.send(header(VP8, False, 0, 0, 1), bytes(2_000)), "too big"
    for number in range(200):
        assert far.route.send(header(VP8, False, number, 0, 1), bytes([number]))
    assert far.route.send(header(VP8, False, 7, 0, 1), b"a number that was used")
    step.flush()
    far.take()
    assert [packet[-1] for packet in far.packets] == list(range(200))
    assert (counters.sent, counters.refused_by_srtp, counters.send_failed) == (200, 2, 0)
    far.route.send(header(VP8, False, 300, 0, 1), b"last")
    far.route.close()
    far.take()
    assert far.packets[-1][12:] == b"last", "nothing is left behind"
    assert not far.route.is_open
    far.socket.close()
    outlet.socket.close()


def test_what_the_system_refuses_is_counted(library: Path) -> None:
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    step = CompiledStep(library, counters)
    far = Far()
    far.path = Way(outlet, ("127.0.0.1", 0))
    step.connect(far, step.sent())
    assert far.route is not None
    for number in range(3):
        far.route.send(header(VP8, False, number, 0, 1), b"to no port")
    step.flush()
    assert (counters.sent, counters.send_failed) == (0, 3)
    far.socket.close()
    outlet.socket.close()


def test_both_families_of_addresses(library: Path) -> None:
    counters = PortCounters()
    try:
        outlet = Outlet("::1", 0, counters)
    except OSError:
        pytest.skip("no IPv6 here")
    step = CompiledStep(library, counters)
    far = Far("::1")
    far.path = Way(outlet, far.socket.getsockname()[:2])
    step.connect(far, step.sent())
    assert far.route is not None
    far.route.send(header(VP8, False, 1, 0, 1), b"over IPv6")
    step.flush()
    far.take()
    assert [packet[12:] for packet in far.packets] == [b"over IPv6"]
    assert socket_address(socket.AF_INET6, ("fe80::1%3", 7))[-4:] == (3).to_bytes(4, sys.byteorder)
    far.socket.close()
    outlet.socket.close()


def test_a_node_goes_without_it_unless_it_must_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "path", lambda: tmp_path / "none.so")
    assert isinstance(choose("auto", PortCounters()), UncompiledStep)
    with pytest.raises(OSError):
        choose("compiled", PortCounters())


def test_the_setting_forces_either(library: Path) -> None:
    assert isinstance(choose("python", PortCounters()), UncompiledStep)
    assert isinstance(choose("compiled", PortCounters()), CompiledStep)
    assert isinstance(choose("auto", PortCounters()), CompiledStep)


def test_set_up_goes_on_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("step.c", "step.h"):
        (tmp_path / name).write_bytes((build.FOLDER / name).read_bytes())
    for name, path in (("FOLDER", tmp_path), ("SOURCE", tmp_path / "step.c"), ("HEADER", tmp_path / "step.h")):
        monkeypatch.setattr(build, name, path)
    for command in ("no-such-compiler", "false"):
        monkeypatch.setenv("CC", command)
        assert build.build() is None
        build.main()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step.c", "step.h"]
