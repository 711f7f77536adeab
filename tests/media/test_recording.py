"""A recorded session sends the same again, byte for byte: one of real Chromium, on both steps, and made ones."""

import random
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from media.arrays.step import ArrayStep
from media.compiled.layout import ffi
from media.compiled.step import CompiledStep
from media.outlet import Outlet, PortCounters
from media.recording import Call, RecordedRoom, Sent, blanked, contents_to, play, read
from media.rtp import red
from media.rtp.packet import is_rtcp, parse
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.sfu.step import PythonStep
from media.transport import Routed
from tests.media.packets import OPUS, RTX, VP8, Meeting, rtp
from tests.media.twins import Side, by_stream

SPEECH = (111, 63)
SESSION = Path(__file__).parent / "sessions" / "chromium.xz"


@dataclass
class Faster(Side):
    """A session on the compiled step or on arrays, packets coming in by its gate."""

    outlet: Outlet | None = None
    now: float = 0.0
    taken: dict[str, int] = field(default_factory=dict)
    spoken: int = 0
    pictures_left: int = 0

    def play(self, calls: list[Call]) -> Iterator[tuple[Call, list[Sent]]]:
        for call in calls:
            self.now = call.arguments[0] if isinstance(call.arguments[0], float) else self.now
            if call.name == "connect":
                now, name, terms, seed = call.arguments
                self.connect(name, terms, seed, self.outlet, now)
            elif call.name in ("on_rtp", "on_rtcp"):
                self._come(*call.arguments)
            else:
                found = getattr(self.room, call.name)(*call.arguments)
                self.take(found if isinstance(found, list) else [])
            yield call, list(self._left())

    def _come(self, now: float, name: str, data: bytes, arrived: float | None = None) -> None:
        assert self.gate is not None
        path = self.far[name].path
        assert path is not None
        self.gate.inject(now, path, data, arrived)
        self.gate.hand_over(self)
        self.room.catch_up(self.room.participants[name])
        self.take([])

    def take(self, sends: list[Send]) -> None:
        self.spoken += sum(not is_rtcp(head + body) and head[1] & 0x7F in SPEECH for _, head, body in sends)
        super().take(sends)

    def on_plain(self, now: float, peer: Routed, is_control: bool, packet: bytes) -> None:
        self.pictures_left += packet[1] & 0x7F == VP8
        name = self.name(peer)
        if is_control:
            self.take(self.room.on_rtcp(now, name, packet))
        else:
            self.take(self.room.on_rtp(self.now, name, packet, now))

    def _left(self) -> Iterator[Sent]:
        for name, packets in self.sent.items():
            for packet in packets[self.taken.get(name, 0) :]:
                yield name, blanked(packet, contents_to(self.room, name))
            self.taken[name] = len(packets)


def test_the_step_in_python_sends_what_was_sent() -> None:
    unix_offset, calls = read(SESSION)
    room = Room(unix_offset)
    for number, (call, sent) in enumerate(play(room, calls)):
        assert sent == list(call.sent), f"call {number}, {call.name}"


@pytest.mark.parametrize("compiled", [True, False], ids=["in C", "in arrays"])
def test_the_faster_steps_send_what_was_sent(library: Path, compiled: bool) -> None:
    unix_offset, calls = read(SESSION)
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    plain = ffi.callback("int(void *, void *, int *)", lambda _context, _packet, _size: 0)
    address = int(ffi.cast("uintptr_t", plain))
    step: CompiledStep | ArrayStep = (
        CompiledStep(library, counters, (address, address)) if compiled else ArrayStep(counters, (plain, plain))
    )
    step.gate.open([outlet])
    side = Faster(Room(unix_offset, step), step, gate=step.gate, outlet=outlet)
    with ExitStack() as stack:
        stack.callback(outlet.socket.close)
        for number, (call, sent) in enumerate(side.play(calls)):
            assert streams(sent) == streams(call.sent), f"call {number}, {call.name}"
        for far in side.far.values():
            stack.callback(far.socket.close)
            assert far.route is not None
            stack.callback(far.route.close)
    speech = [data for data in side.sent["viewer"] if not is_rtcp(data) and data[1] & 0x7F in SPEECH]
    assert side.spoken < 0.9 * len(speech), "the step hardly took part"
    pictures = [call for call in calls if call.name == "on_rtp" and call.arguments[2][1] & 0x7F == VP8]
    assert side.pictures_left < 0.5 * len(pictures), "hardly a picture was plain"


def streams(sent: Iterable[Sent]) -> dict[str, dict[bytes, list[bytes]]]:
    """What each receiver was sent, by stream."""
    found: dict[str, list[bytes]] = {}
    for name, packet in sent:
        found.setdefault(name, []).append(packet)
    return {name: by_stream(packets) for name, packets in found.items()}


def test_the_session_has_something_of_everything() -> None:
    """And neither speech nor pictures, and little of it."""
    _, calls = read(SESSION)
    sent = [data for call in calls for name, data in call.sent if name == "viewer" and not is_rtcp(data)]
    came = [call.arguments[2] for call in calls if call.name == "on_rtp"]
    types = {packet.payload_type for data in sent if (packet := parse(data))}
    assert {111, 63, 96, 97} <= types, "speech, redundant speech, pictures and their repair"
    assert {"mute", "view", "disconnect"} <= {call.name for call in calls}
    assert SESSION.stat().st_size < 300_000
    for data in (*came, *sent):
        packet = parse(data)
        assert packet is not None
        said = [block.data for block in red.parse(packet.payload) or ()] if packet.payload_type == 63 else []
        said += [packet.payload] if packet.payload_type == 111 else []
        assert not any(any(body[1:]) for body in said)
        assert packet.payload_type in SPEECH or not any(packet.payload[66:])


def test_a_changed_packet_is_noticed() -> None:
    unix_offset, calls = read(SESSION)
    place, call = next((n, c) for n, c in enumerate(calls) if c.name == "on_rtp" and c.sent)
    now, name, data, *rest = call.arguments
    calls[place] = Call(call.name, (now, name, data[:7] + bytes([data[7] ^ 1]) + data[8:], *rest), call.sent)
    assert any(sent != list(one.sent) for one, sent in play(Room(unix_offset), calls))


@pytest.mark.parametrize("seed", range(3))
def test_any_session_that_is_recorded_plays_again(tmp_path: Path, seed: int) -> None:
    chance, path = random.Random(seed), tmp_path / "made.xz"  # noqa: S311  # repeatable on purpose
    room = RecordedRoom(1_760_000_000.0, PythonStep(), path)
    at = Meeting(room)
    for name in ("a", "b", "v"):
        at.join(name)
    for _ in range(300):
        at.now += 0.01
        for name in ("a", "b"):
            at.rtp(name, at.publishers[name].speech(chance.randrange(20, 90)))
            if chance.random() < 0.5:
                at.rtp(
                    name, *at.publishers[name].picture(keyframe=chance.random() < 0.1, packets=chance.randrange(1, 4))
                )
        if chance.random() < 0.1:
            at.take(room.view(at.now, "v", [chance.choice(("a", "b")), "speaker"], [chance.randrange(800)]))
        if chance.random() < 0.05:
            at.take(room.mute(at.now, chance.choice("ab"), "audio", chance.random() < 0.5))
        at.take(room.on_tick(at.now))
    room.remove(at.now, "b")
    room.close()
    unix_offset, calls = read(path)
    assert sum(len(call.sent) for call in calls) > 500
    assert all(sent == list(call.sent) for call, sent in play(Room(unix_offset), calls))


def test_a_full_disk_ends_the_recording_and_nothing_else() -> None:
    room = RecordedRoom(0.0, PythonStep(), Path("/dev/full"))
    at = Meeting(room)
    for name in ("a", "b"):
        at.join(name)
    for number in range(20_000):
        room.view(at.now, "b", [random.Random(number).randbytes(40).hex()])  # noqa: S311  # repeatable on purpose
    at.speak("a", 0.2)
    room.close()
    assert len(at.stream("b", 2100)) > 5


def test_what_is_kept_of_a_packet() -> None:
    contents = {OPUS: "speech", 63: "redundant", VP8: "picture", RTX: "picture"}

    def kept(payload_type: int, payload: bytes) -> bytes:
        data = rtp(payload_type=payload_type, sequence=1, timestamp=2, ssrc=3, payload=payload, padding=4)
        found = parse(blanked(data, contents))  # type: ignore[arg-type]  # a plain dict
        assert found is not None
        return found.payload

    assert kept(OPUS, b"secret") == b"s" + bytes(5)
    assert kept(VP8, b"v" * 100) == b"v" * 66 + bytes(34)
    assert kept(99, b"unknown") == bytes(7)
    blocks = red.build([red.Block(OPUS, 960, b"before")], OPUS, b"words")
    assert kept(63, blocks) == blocks[:5] + b"b" + bytes(5) + b"w" + bytes(4)
    assert red.parse(kept(63, b"\xef\xff\xff\xffxyz")) is None, "what was malformed stays so"
    assert blanked(b"\x80\xc8words", {}) == b"\x80\xc8words", "control packets hold no speech"
    assert parse(blanked(b"no packet at all, but words", {})) is None
    assert b"words" not in blanked(b"no packet at all, but words", {})
