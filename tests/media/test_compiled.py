"""The compiled step writes and sends what the step in Python does, byte for byte, on real sockets."""

import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.arrays.step import ArrayStep
from media.compiled import build
from media.compiled.gate import Gate, socket_address
from media.compiled.layout import CompiledArrivals, ffi, opened
from media.compiled.step import CompiledStep
from media.outlet import Outlet, PortCounters
from media.outlet import Path as Way
from media.rtp.packet import header, is_rtcp
from media.rtp.rtcp import Nack, Pli, ReceiverReport, Remb, ReportBlock, TransportFeedback, compound
from media.rtp.transport_cc import Feedback
from media.sfu.arrivals import Arrivals, Arrived
from media.sfu.estimate import START_BPS
from media.sfu.incoming import WINDOW, PlainSourceState, PlainStreamState
from media.sfu.layer import Unit
from media.sfu.room import Room
from media.sfu.spacing import PlainLeastState, PlainSpacingState, SpacingState
from media.sfu.speakers import AUDIBLE, SILENCE, SILENT_PAYLOAD
from media.sfu.state import NUMBERED, PlainFlowState, PlainRepairState, RepairState
from media.sfu.step import PythonStep
from media.sfu.tiers import BY_NAME
from media.steps import NodeStep, choose
from tests.fuzzing import dice
from tests.media.packets import OPUS, VP8, level, rtp
from tests.media.twins import PUBLISHERS, VIEWERS, Far, Play, Side, Twins, by_stream, publisher, redundant, viewer


@pytest.fixture(params=["in arrays", "out", "in and out"])
def twins(library: Path, request: pytest.FixtureRequest) -> Iterator[Twins]:
    """Slot by slot, and in arrays or compiled: that which goes out alone, or that which comes in too."""
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    plain = ffi.callback("int(void *, void *, int *)", lambda _context, _packet, _size: 0)
    address = int(ffi.cast("uintptr_t", plain))
    step: CompiledStep | ArrayStep = CompiledStep(library, counters, (address, address))
    if request.param == "in arrays":
        step = ArrayStep(counters, (plain, plain))
    compiled = Side(Room(step=step), step, together=3 if request.param == "in arrays" else 1)
    if request.param != "out":
        step.gate.open([outlet])
        compiled.gate = step.gate
    made = Twins((Side(Room(step=PythonStep()), together=compiled.together), compiled))
    for number, name in enumerate((*PUBLISHERS, *VIEWERS), 1):
        terms = publisher(number, name) if name in PUBLISHERS else viewer(number, name)
        for side in made.sides:
            side.room.admit(name)
            made.links.setdefault(name, []).append(side.connect(name, terms, number * 7919, outlet))
    yield made
    for far in compiled.far.values():
        assert far.route is not None
        far.route.close()
        far.socket.close()
    outlet.socket.close()


def played(twins: Twins, seed: int, steps: int) -> Play:
    """All have watched all for so many steps."""
    play = Play(twins, seed)
    for name in VIEWERS:
        twins.view(name, list(PUBLISHERS), [720] * len(PUBLISHERS))
    for number in range(steps):
        play.step(number)
    return play


@pytest.mark.parametrize("seed", range(1, 4))
def test_both_steps_send_the_same_bytes(twins: Twins, seed: int) -> None:
    play = played(twins, seed, 1_500)
    twins.tick()
    python, compiled = twins.sides
    for name in VIEWERS:
        assert len(python.sent[name]) > 300
        assert by_stream(python.sent[name]) == by_stream(compiled.sent[name]), name
    for name in (*VIEWERS, *PUBLISHERS):
        assert [d for d in python.sent[name] if is_rtcp(d)] == [d for d in compiled.sent[name] if is_rtcp(d)], name
    total, paced_too = sum(map(len, compiled.sent.values())), isinstance(compiled.step, CompiledStep)
    assert compiled.by_python < (0.5 if paced_too else 0.85) * total, "the step hardly took part"
    speech = [data for data in compiled.sent["numbered"] if data[1] & 0x7F == OPUS]
    assert len(speech) > 120
    assert compiled.spoken_by_python < (0.5 if paced_too else 0.8) * len(speech) * len(VIEWERS)
    if compiled.gate is not None:
        assert compiled.left_to_python < 0.7 * play.brought, "hardly anything was plain"
        assert compiled.redundant_left < 0.4 * play.spoken_twice, "hardly any redundant speech was plain"
        assert compiled.told_left < 0.9 * play.told, "no report was noted"
    if isinstance(compiled.gate, Gate):
        assert compiled.told_left < 0.75 * play.told, "no feedback was digested"
        assert compiled.nacks_left < play.asked - 40, "hardly any request was answered"
    told_by_reports = twins.links["plain"][1].outflow.reports
    assert told_by_reports.heard
    assert told_by_reports.bitrate != START_BPS, "nothing was made of what reports told"
    assert mended(python.room) == mended(compiled.room) > 0, "no copy was of use"
    compare_links(twins)
    for name in PUBLISHERS:
        compare_sources(python.room, compiled.room, name)


def mended(room: Room) -> int:
    """Packets of speech that were taken from the copies in later ones."""
    reception = room.participants["two"].audio.layers[0].reception
    assert reception is not None
    return reception.mended


def compare_links(twins: Twins) -> None:
    for former, latter in twins.links.values():
        for name in PlainFlowState.__slots__:
            assert getattr(former.outflow.sent.state, name) == getattr(latter.outflow.sent.state, name), name
        assert former.outflow.bitrate == latter.outflow.bitrate
        assert (former.reported, former.round_trip_s) == (latter.reported, latter.round_trip_s)
        compare_spacing(former.outflow.sent.spacing, latter.outflow.sent.spacing)
        assert former.outflow.sent.sizes == latter.outflow.sent.sizes
        assert former.outflow.sent.times == latter.outflow.sent.times
        assert [(slot.packets, slot.octets) for slot in former.video] == [(s.packets, s.octets) for s in latter.video]
        for slot, twin in zip(former.video, latter.video, strict=True):
            compare_repairs(slot.repair.state, twin.repair.state)


def compare_repairs(former: RepairState, latter: RepairState) -> None:
    for name in set(PlainRepairState.__slots__) - {"numbers", "at", "times", "stream"}:
        assert getattr(former, name) == getattr(latter, name), name
    assert list(former.numbers) == list(latter.numbers)
    assert list(former.at) == list(latter.at)
    assert list(former.times) == list(latter.times)


def compare_spacing(former: SpacingState, latter: SpacingState) -> None:
    for name in set(PlainSpacingState.__slots__) - {"at_ms", "value_ms", "base", "lately"}:
        assert getattr(former, name) == getattr(latter, name), name
    assert list(former.at_ms) == list(latter.at_ms)
    assert list(former.value_ms) == list(latter.value_ms)
    for name in PlainLeastState.__slots__:
        assert getattr(former.base, name) == getattr(latter.base, name), name
        assert getattr(former.lately, name) == getattr(latter.lately, name), name


def compare_sources(python: Room, compiled: Room, name: str) -> None:
    """Every number of what a participant sends, what is kept of it, and what was counted."""
    former, latter = python.participants[name], compiled.participants[name]
    assert former.intake is not None
    assert latter.intake is not None
    for field in ("malformed", "unknown", "tells_levels", "loss"):
        assert getattr(former.intake, field) == getattr(latter.intake, field), field
    for kind in ("audio", "video"):
        source, other = former.sources[kind], latter.sources[kind]
        for field in PlainSourceState.__slots__:
            assert getattr(source.state, field) == getattr(other.state, field), field
        for layer, twin in zip(source.layers, other.layers, strict=True):
            for field in set(PlainStreamState.__slots__) - {"fanned", "seen", "octets_by_temporal"}:
                assert getattr(layer.state, field) == getattr(twin.state, field), (name, kind, field)
            assert list(layer.state.seen) == list(twin.state.seen)
            assert layer.octets_by_temporal == twin.octets_by_temporal
            assert list(layer.kept.timestamps()) == list(twin.kept.timestamps())
            for index in range(layer.state.highest - WINDOW, layer.state.highest + 1):
                kept, again = layer.kept.get(index), twin.kept.get(index)
                assert kept is again is None or (kept and again and as_told(kept) == as_told(again))
    assert python.speakers._voices == compiled.speakers._voices


def as_told(unit: Unit) -> tuple[object, ...]:
    """All of a unit but whose it is."""
    return tuple(getattr(unit, field.name) for field in fields(Unit) if field.name != "layer")


@given(st.lists(st.tuples(st.integers(0, 65_535), st.integers(0, 9_000)), max_size=60), st.data())
def test_both_tell_the_same_of_what_came(library: Path, course: list[tuple[int, int]], data: st.DataObject) -> None:
    """However far sequence numbers and times jump, and whenever it is told."""
    state = ffi.new("struct door *")
    plain, compiled = Arrivals(), CompiledArrivals(opened(library), state)
    now, number = 70.0, 65_000
    for jump, wait_ms in course:
        number = (number + (jump if jump > 60_000 else jump % 40)) & 0xFFFF
        now += wait_ms / 1000 if wait_ms > 8_000 else wait_ms % 50 / 1000
        for arrivals in (plain, compiled):
            arrivals.add(now, number)
        if data.draw(st.integers(0, 9)) == 0:
            assert encoded(plain) == encoded(compiled)
    assert encoded(plain) == encoded(compiled)
    assert (plain.came, plain.lost) == (compiled.came, compiled.lost)


def encoded(arrivals: Arrived) -> list[bytes]:
    return [message.encode() for message in arrivals.feedback(7, 8)]


def test_speech_in_long_packets_is_the_same_on_both(twins: Twins) -> None:
    """On the lowest tier three frames leave as one packet: Python's work in either case."""
    for number in range(150):
        if number == 50:
            for link in (link for pair in twins.links.values() for link in pair):
                link.ladder.tier = BY_NAME["one_voice"]
                link.allocate(twins.now, [])
        twins.now += 0.02
        body = bytes((0x48,)) + bytes((number,)) * 20
        packet = rtp(
            payload_type=OPUS, sequence=number, timestamp=960 * number, ssrc=1001, payload=body, values=level(30)
        )
        twins.bring("one", packet)
        twins.tick()
    former, latter = (side.sent for side in twins.sides)
    assert former == latter
    for name in VIEWERS:
        assert [packet for packet in former[name] if b"\x4b\x83" in packet]


@pytest.mark.parametrize("seed", range(3))
def test_what_is_claimed_in_packets_of_silence_is_believed_by_neither(twins: Twins, seed: int) -> None:
    """Any claims in packets of any size, alone and with copies; then a loud one in packets of silence."""
    chance = dice(seed)

    def speak(number: int, dbov: int, size: int) -> None:
        twins.now += 0.02
        for name, ssrc in (("one", 1001), ("two", 2001)):
            body = bytes((number & 0xFF,)) * size
            packet = rtp(
                payload_type=OPUS,
                sequence=number,
                timestamp=960 * number,
                ssrc=ssrc,
                payload=body,
                values=level(dbov),
            )
            twins.bring(name, redundant(packet, b"c" * 40, body) if name == "two" else packet)
        twins.tick()

    for number in range(200):
        speak(number, chance.randrange(128), chance.randrange(1, 2 * SILENT_PAYLOAD))
    former, latter = (side.room.speakers for side in twins.sides)
    assert former._voices == latter._voices
    for number in range(200, 300):
        speak(number, 0, SILENT_PAYLOAD)
    assert former._voices == latter._voices
    for name in ("one", "two"):
        assert former._voices[name].loudness < SILENCE - AUDIBLE, name
        assert former.soundless_s(twins.now, name) == 0


@pytest.fixture(params=["arrays", "compiled"])
def make(library: Path, request: pytest.FixtureRequest) -> Callable[[PortCounters], NodeStep]:
    """Makes a step that sends."""
    return ArrayStep if request.param == "arrays" else lambda counters: CompiledStep(library, counters)


def test_more_packets_than_the_outbox_holds_leave_in_their_order(make: Callable[[PortCounters], NodeStep]) -> None:
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    step = make(counters)
    far = Far()
    far.path = Way(outlet, far.socket.getsockname())
    sent = step.sent()
    step.connect(far, sent)
    assert far.route is not None
    assert not far.route.send(header(VP8, False, 0, 0, 1), bytes(2_000)), "too big"
    for number in range(600):
        assert far.route.send(header(VP8, False, number, 0, 1), bytes([number & 0xFF]))
    assert far.route.send(header(VP8, False, 599, 0, 1), b"a number that was used")
    step.flush()
    far.take()
    assert [packet[-1] for packet in far.packets] == [number & 0xFF for number in range(600)]
    assert (counters.sent, counters.refused_by_srtp, counters.send_failed) == (600, 2, 0)
    far.route.send(header(VP8, False, 700, 0, 1), b"last")
    far.route.close()
    far.take()
    assert far.packets[-1][12:] == b"last", "nothing is left behind"
    assert not far.route.is_open
    far.socket.close()
    outlet.socket.close()


def test_what_the_system_refuses_is_counted(make: Callable[[PortCounters], NodeStep]) -> None:
    counters = PortCounters()
    outlet = Outlet("127.0.0.1", 0, counters)
    step = make(counters)
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


def test_both_families_of_addresses(make: Callable[[PortCounters], NodeStep]) -> None:
    counters = PortCounters()
    try:
        outlet = Outlet("::1", 0, counters)
    except OSError:
        pytest.skip("no IPv6 here")
    step = make(counters)
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
    assert isinstance(choose("auto", PortCounters()), ArrayStep)
    with pytest.raises(OSError):
        choose("compiled", PortCounters())


def test_the_setting_forces_either(library: Path) -> None:
    assert isinstance(choose("python", PortCounters()), ArrayStep)
    assert isinstance(choose("compiled", PortCounters()), CompiledStep)
    assert isinstance(choose("auto", PortCounters()), CompiledStep)


def test_set_up_goes_on_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("step.c", "step.h"):
        (tmp_path / name).write_bytes((build.FOLDER / name).read_bytes())
    monkeypatch.setattr(build, "FOLDER", tmp_path)
    for command in ("no-such-compiler", "false"):
        monkeypatch.setenv("CC", command)
        assert build.build() is None
        build.main()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["step.c", "step.h"]


@pytest.mark.parametrize("twins", ["in and out"], indirect=True)
def test_what_is_said_of_another_receivers_streams_does_nothing(twins: Twins) -> None:
    """RTCP counts for its own transport: nobody has others' packets sent again, their senders asked, their rate cut."""
    played(twins, 11, 120)
    for side, link in zip(twins.sides, twins.links["fat"], strict=True):
        before = {name: list(packets) for name, packets in side.sent.items()}
        rate, told = link.outflow.bitrate, dict(link.reported)
        slot = max(link.video, key=lambda one: one.packets)
        newest, ssrc = slot.splice.numbers.newest, slot.terms.ssrc
        numbers = tuple(newest - back & 0xFFFF for back in range(30))
        block = ReportBlock(ssrc, 250, 900, newest & 0xFFFF, 0, 0, 0)
        asked = compound([ReceiverReport(1, (block,)), Nack(1, ssrc, numbers), Pli(1, ssrc), Remb(1, 9_000, (ssrc,))])
        side.bring(twins.now, "plain", asked)
        assert side.sent == before
        assert (link.outflow.bitrate, link.reported) == (rate, told)
        side.bring(twins.now, "fat", asked)
        again = len(side.sent["fat"]) - len(before["fat"])
        assert again > 5, "its own are heeded"


@pytest.mark.parametrize("twins", ["in and out"], indirect=True)
def test_feedback_that_python_has_not_read_adds_up(twins: Twins) -> None:
    """What both tell together is what each tells, and nothing is left for Python to do but to read the sum."""
    played(twins, 7, 120)
    compiled = twins.sides[1]
    assert compiled.gate is not None
    former, latter = twins.links["fat"]
    latter.outflow.sent.state.way = NUMBERED
    notes = compiled.room.participants["fat"].intake
    assert notes is not None
    assert notes.notes is not None
    path, before = compiled.far["fat"].path, compiled.told_left
    assert path is not None
    told_by_python = []
    for begin in (60, 30):
        base = former.outflow.sent.next - begin
        feedback = Feedback(base & 0xFFFF, int(twins.now / 0.064), 0, (4, None, *(3,) * 26, None))
        told_by_python.append(former.outflow.sent.resolve(feedback))
        message = compound([ReceiverReport(1, ()), TransportFeedback(1, 2, feedback)])
        compiled.gate.inject(twins.now, path, message)
    compiled.gate.hand_over(compiled)
    assert compiled.told_left == before
    found = notes.notes.take_told()
    assert found is not None
    told = found[1]
    first, second = told_by_python
    assert (told.count, told.lost) == (first.count + second.count, first.lost + second.lost)
    assert told.count > 40
    assert (told.octets, told.arrived) == (first.octets + second.octets, first.arrived + second.arrived)
    assert (told.last, told.sent_at) == (second.last, second.sent_at)
    assert told.newest == pytest.approx(max(first.newest, second.newest), abs=1e-9)
    assert latter.outflow.sent.sizes == former.outflow.sent.sizes


@pytest.mark.parametrize("twins", ["in and out"], indirect=True)
def test_what_a_probe_brought_is_the_same_wherever_it_was_read(twins: Twins) -> None:
    """Lost ones, those before and after the cluster, and those told twice count for nothing."""
    played(twins, 13, 120)
    compiled = twins.sides[1]
    assert compiled.gate is not None
    former, latter = twins.links["fat"]
    for link in twins.links["fat"]:
        outflow = link.outflow
        outflow.sent.state.way = NUMBERED
        outflow.prober.on_tick(twins.now + 10)
        assert outflow.prober.begin(twins.now + 20, 1e6, 2e6, outflow.sent.next - 50, 0)
        outflow.sent.probe.end = outflow.sent.next - 10
    path = compiled.far["fat"].path
    assert path is not None
    for begin, deltas in ((60, (4, None, *(3, 0, 9) * 9, None)), (40, (2, *(5, 3) * 12))):
        base = former.outflow.sent.next - begin
        feedback = Feedback(base & 0xFFFF, int(twins.now / 0.064), 0, deltas)
        former.outflow.prober.feed(twins.now + 20, former.outflow.sent.resolve(feedback))
        compiled.gate.inject(twins.now, path, compound([TransportFeedback(1, 2, feedback)]))
    compiled.gate.hand_over(compiled)
    names = ("first", "end", "count", "octets", "size", "size_last", "left", "left_last", "came", "came_last")
    probes = [[getattr(link.outflow.sent.probe, name) for name in names] for link in (former, latter)]
    assert probes[0] == pytest.approx(probes[1])
    assert 0 < former.outflow.sent.probe.count < 40
