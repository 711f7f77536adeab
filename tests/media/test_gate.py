"""The way in by C, or in arrays: what it cannot judge reaches Python in order, what it can lies until asked for."""

import asyncio
import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from media.arrays.step import ArrayStep
from media.compiled.gate import address, socket_address
from media.compiled.step import CompiledStep
from media.ice import Address
from media.loop import PacketLoop, run
from media.outlet import Path as Way
from media.rtp.packet import header, is_rtcp
from media.rtp.rtcp import Pli, ReceiverReport, ReportBlock, TransportFeedback
from media.rtp.transport_cc import Feedback
from media.sfu.policing import Allowance
from media.sfu.state import NUMBERED, PACED
from media.srtp import Outbound, Scratch
from tests.media.gated import Meeting, close, opened
from tests.media.packets import Publisher
from tests.media.twins import KEYS


@pytest.fixture(params=["127.0.0.1", "::1"])
def host(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


@pytest.fixture(params=["compiled", "arrays"])
def meeting(library: Path, host: str, request: pytest.FixtureRequest) -> Iterator[Meeting]:
    compiled = request.param == "compiled"
    try:
        made = opened(lambda counters: CompiledStep(library, counters) if compiled else ArrayStep(counters), host)
    except OSError:
        pytest.skip("no IPv6 here")
    yield made
    close(made)


def test_packets_over_real_sockets_are_forwarded_while_the_loop_waits(meeting: Meeting) -> None:
    """Key frame to Python, what follows to C; a forged packet is counted, an unknown address left to Python."""
    outbound, maker = Outbound(KEYS, Scratch()), Publisher(1)
    to = meeting.outlet.socket.getsockname()
    sender, viewers = meeting.far["one"], [meeting.far[name] for name in ("plain", "numbered")]

    async def play() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, PacketLoop)
        assert meeting.step.gate.attach(loop.packets, [])
        loop.add_reader(meeting.outlet.socket.fileno(), meeting.step.gate.hand_over, meeting)
        for number in range(60):
            for data in maker.picture(keyframe=number == 0, packets=2):
                protected = outbound.protect(data, b"")
                assert protected is not None
                sender.socket.sendto(protected, to)
            await asyncio.sleep(0.002)
        sender.socket.sendto(bytes([0x80, 96]) + bytes(60), to)
        sender.socket.sendto(b"\x00\x01 a check", to)
        with socket.socket(meeting.outlet.socket.family, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"\x80nobody", to)
            await meeting.heard_two.wait()
        meeting.step.gate.detach(loop.packets)

    run(asyncio.wait_for(play(), 20))
    for far in viewers:
        far.take()
        pictures = [data for data in far.packets if not is_rtcp(data)]
        assert len(pictures) == 120
    assert len(meeting.plain) < 20, "hardly anything was plain"
    meeting.count()
    assert (meeting.counters.received, meeting.counters.not_authentic) == (123, 1)
    assert [data for _, data in meeting.raw] == [b"\x00\x01 a check", b"\x80nobody"]
    assert meeting.raw[0][0] == sender.socket.getsockname()[:2]


SPACING_S = 0.0005
STEADY = 400
TRIES = 5


def send_steadily(sender: socket.socket, to: Address) -> None:
    """Datagrams that nobody can decrypt, half a millisecond apart."""
    began = time.monotonic()
    for number in range(STEADY):
        sender.sendto(bytes([0x80, 96]) + bytes(60), to)
        time.sleep(max(0.0, began + (number + 1) * SPACING_S - time.monotonic()))


async def wakes_for_each(meeting: Meeting) -> bool:
    """Whether a steady stream woke the loop as often as it brought a datagram; a timer goes off in time meanwhile."""
    loop = asyncio.get_running_loop()
    assert isinstance(loop, PacketLoop)
    assert meeting.step.gate.attach(loop.packets, [])
    loop.add_reader(meeting.outlet.socket.fileno(), meeting.step.gate.hand_over, meeting)
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
    far = meeting.far["one"].socket
    sending = loop.run_in_executor(None, send_steadily, far, meeting.outlet.socket.getsockname())
    turns = 0
    while not sending.done():
        await asyncio.wait([sending], timeout=0.01)
        turns += 1
    meeting.step.gate.detach(loop.packets)
    assert turns > 1, "timers wait for the traffic to end"
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw - before - turns > 0.8 * STEADY


def test_a_steady_stream_is_taken_by_twos(meeting: Meeting) -> None:
    """To wake up costs more than to take one datagram. On a busy machine it may need more than one look."""
    woken = (run(asyncio.wait_for(wakes_for_each(meeting), 20)) for _ in range(TRIES))
    assert not all(woken)
    meeting.count()
    assert meeting.counters.not_authentic % STEADY == 0
    assert meeting.counters.not_authentic > 0


def test_who_left_is_let_in_no_more(meeting: Meeting) -> None:
    far = meeting.far["one"]
    assert far.path is not None
    assert far.door is not None
    far.door.close()
    meeting.step.gate.inject(100.0, far.path, b"\x80 as it came")
    meeting.step.gate.hand_over(meeting)
    assert [data for _, data in meeting.raw] == [b"\x80 as it came"]


@pytest.mark.parametrize("octets", [60, 1200])
def test_who_brings_too_much_is_refused_unread(meeting: Meeting, octets: int) -> None:
    """Until it has paid; nobody else has to, nor does what a stranger sends in its name count."""
    outbound, allowance, forged = Outbound(KEYS, Scratch()), Allowance(), bytes([0x80, 96]) + bytes(octets)
    (first, second), ways = (meeting.room.participants[name].intake for name in ("one", "two")), meeting.far
    there, other = ways["one"].path, ways["two"].path
    assert first is not None
    assert second is not None
    assert there is not None
    assert other is not None
    for number in range(20_000):
        at = 100.0 + number / 40_000
        meeting.step.gate.inject(at, other, forged)
        sealed = outbound.protect(header(96, False, number & 0xFFFF, 0, 7), bytes(octets))
        assert sealed is not None
        meeting.step.gate.inject(at, there, bytes(sealed))
        if not allowance.refuses(at, len(sealed)):
            allowance.charge(at, len(sealed), control=False)
        if number % 16 == 0:
            meeting.step.gate.hand_over(meeting)
    meeting.step.gate.hand_over(meeting)
    meeting.count()
    assert first.refused == allowance.refused > 10_000 * octets
    assert second.refused == 0
    assert meeting.counters.not_authentic == 20_000


def test_reports_lie_until_they_are_asked_for(meeting: Meeting) -> None:
    """No more of them than there is room for; what is none, whatever it claims, is left to Python."""
    far, participant, outbound = meeting.far["fat"], meeting.room.participants["fat"], Outbound(KEYS, Scratch())
    assert far.path is not None
    assert participant.link is not None
    ssrc = participant.link.video[0].terms.ssrc
    reports = [ReceiverReport(1, (ReportBlock(ssrc, 0, 0, highest, 0, 0, 0),)).encode() for highest in range(100)]
    for report in (*reports, reports[-1] + bytes(4), b"\xa1" + reports[-1][1:], b"\x82" + reports[-1][1:]):
        sealed = outbound.protect_rtcp(report)
        assert sealed is not None
        meeting.step.gate.inject(100.0, far.path, bytes(sealed))
        meeting.step.gate.hand_over(meeting)
    assert meeting.plain[0] == reports[64]
    assert len(meeting.plain) == 4
    assert participant.malformed_rtcp == 2
    assert participant.link.reported[ssrc][3] == 99


def test_addresses_are_found_again_among_many(meeting: Meeting) -> None:
    """Also after others were forgotten, and none beyond the room there is."""
    door = meeting.far["one"].door
    assert door is not None
    hosts = ("10.0.%d.%d", "2001:db8::%x:%x")
    form = hosts[":" in meeting.host]
    ways = [Way(meeting.outlet, (form % (number // 200 + 1, number % 200 + 1), 5_000)) for number in range(9_000)]
    for way in ways:
        door.know(way)
    for way in ways[::2]:
        door.unknow(way)
    for way in ways[:64]:
        meeting.step.gate.inject(100.0, way, bytes([0x80, 96]) + bytes(40))
        meeting.step.gate.hand_over(meeting)
    assert [found for found, _ in meeting.raw] == [way.address for way in ways[:64:2]]
    meeting.count()
    assert meeting.counters.not_authentic == 32


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7", "fe80::1%3"])
def test_addresses_are_the_same_in_both_forms(host: str) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    assert address(socket_address(family, (host, 5_004))) == (host, 5_004)


def test_feedback_lies_until_it_is_asked_for(meeting: Meeting) -> None:
    """Where nothing waits for it, with the reports around it; else, and where it is none, it is Python's at once."""
    far, link, outbound = meeting.far["fat"], meeting.room.participants["fat"].link, Outbound(KEYS, Scratch())
    assert far.path is not None
    assert link is not None
    sent = link.outflow.sent
    for _ in range(60):
        sent.add(100.0, 1_000)
    report, told = ReceiverReport(1, ()).encode(), []
    for number, deltas in enumerate(((4, 3, 2), (5, None, 300), (1, 1, 1), (9, 9, 9), (2, 2, 2))):
        base = sent.next - 60 + 10 * number
        message = TransportFeedback(1, 2, Feedback(base & 0xFFFF, 8, number, deltas)).encode()
        told.append(report + message if number % 2 else message)
    cut = told[0][:3] + b"\x03" + told[0][4:16]

    def bring(control: bytes) -> int:
        """How many Python got, with it."""
        sealed = outbound.protect_rtcp(control)
        assert sealed is not None
        assert far.path is not None
        meeting.step.gate.inject(100.5, far.path, bytes(sealed))
        meeting.step.gate.hand_over(meeting)
        return len(meeting.plain)

    sent.state.way = NUMBERED
    assert [bring(each) for each in told[:3]] == [0, 0, 0]
    assert sent.in_flight == 37_000, "it is no longer on its way when it is told of"
    assert bring(cut) == 1
    assert meeting.room.participants["fat"].malformed_rtcp == 1
    assert not link.outflow.estimator.heard
    sent.state.way = PACED
    assert bring(told[3]) == 2
    assert link.outflow.estimator.heard
    assert link.outflow.estimator.loss._came + link.outflow.estimator.loss._lost == 12
    assert bring(Pli(1, 2).encode() + told[4]) == 3
    assert sent.in_flight == 17_000
