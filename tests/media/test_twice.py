"""Speech goes out twice to who loses packets and takes no redundant audio: the very datagrams, within the budget."""

import asyncio
import random
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from aiortc.jitterbuffer import JitterBuffer
from aiortc.mediastreams import MediaStreamTrack
from aiortc.rtp import RtpPacket
from av.frame import Frame
from av.packet import Packet as Encoded
from hypothesis import given
from hypothesis import strategies as st

from media.attendance import Attendance, Seat
from media.bridge import Bridge
from media.playback import AudioPlayback
from media.rtp.packet import header
from media.rtp.rtcp import ReceiverReport, Remb, ReportBlock
from media.sfu.link import Link
from media.sfu.terms import Terms
from media.sfu.twice import LATER_S, SETTLED_S, Twice
from media.steps import Choice
from tests.media.fakes import write_wav
from tests.media.node_process import NodeProcess
from tests.media.packets import IDS, Meeting, steps, terms
from tests.media.relay import Relay
from tests.media.reporting import Reported
from tests.media.signal_server import ROOM, SignalServer, until
from tests.media.test_sdp import CHROMIUM
from tests.media.test_without_rtx import connected, raw
from tests.media.twins import Far
from tests.media.watching import Watching
from tests.media.wire import Uniform, Wire

RED = 63
VOICE = 2100
NAMES = ("speaker", "listener")
TOKEN = "node-control"
WITHOUT_RED = re.sub("a=(rtpmap:63 red|extmap:3 |rtcp-fb:111 transport-cc).*\n", "", CHROMIUM)


def plain(number: int = 2) -> Terms:
    return terms(number, audio_slots=1, video_slots=0)


def redundant(number: int = 2) -> Terms:
    agreed = plain(number)
    return replace(agreed, slots=tuple(replace(slot, red_payload_type=RED) for slot in agreed.slots))


def numbered(number: int = 2) -> Terms:
    agreed = plain(number)
    return replace(agreed, slots=tuple(replace(slot, transport_cc=IDS.transport_cc) for slot in agreed.slots))


class Listening(Meeting):
    """`one` speaks to `other`, who reports once a second that so much was lost. `at` is when each packet went out."""

    def __init__(self, agreed: Terms) -> None:
        super().__init__()
        self.join("one")
        self.join("other", agreed)
        self.at: list[tuple[float, bytes]] = []

    @property
    def link(self) -> Link:
        return self.links["other"]

    def talk(self, seconds: float, loss: float) -> None:
        for step in range(round(seconds / 0.02)):
            if step % 50 == 0:
                self._report(loss)
            before = len(self.stream("other", VOICE))
            self.speak("one", 0.02)
            self.at += [(self.now, bytes(packet.data)) for packet in self.stream("other", VOICE)[before:]]

    def _report(self, loss: float) -> None:
        sent = self.stream("other", VOICE)
        highest = sent[-1].sequence if sent else 0
        block = ReportBlock(VOICE, round(loss * 256), 0, highest, 0, 0, 0)
        self.take(self.room.on_rtcp(self.now, "other", ReceiverReport(1, (block,)).encode()))


def test_who_loses_packets_gets_each_one_twice_a_little_later() -> None:
    at = Listening(plain())
    at.talk(3, 0.0)
    assert set(Counter(data for _, data in at.at).values()) == {1}
    at.talk(8, 0.1)
    at.at.clear()
    at.talk(2, 0.1)
    times: dict[bytes, list[float]] = {}
    for when, data in at.at:
        times.setdefault(data, []).append(when)
    whole = [found for found in times.values() if found[0] < at.now - 0.1 and found[0] > at.now - 1.9]
    assert {len(found) for found in whole} == {2}
    assert all(LATER_S - 1e-6 <= again - first <= 0.06 for first, again in whole)
    assert steps(sorted({int.from_bytes(data[2:4]) for _, data in at.at}), 16) == {1}


def test_it_ends_with_the_loss() -> None:
    at = Listening(plain())
    at.talk(10, 0.1)
    assert at.link.outflow.twice.types
    at.talk(30, 0.0)
    assert not at.link.outflow.twice.types
    at.at.clear()
    at.talk(1, 0.0)
    assert set(Counter(data for _, data in at.at).values()) == {1}


@pytest.mark.parametrize("agreed", [redundant(), numbered()])
def test_who_takes_copies_or_has_its_speech_numbered_gets_nothing_twice(agreed: Terms) -> None:
    at = Listening(agreed)
    at.talk(12, 0.2)
    assert at.link.copies or agreed == numbered()
    assert set(Counter(data for _, data in at.at).values()) == {1}


def test_a_line_without_room_is_sent_nothing_twice() -> None:
    """Behind that loss is a want of room: a voice of 50 kbit/s twice is more than SPEECH_SHARE of 90."""
    at = Listening(plain())
    at.take(at.room.on_rtcp(at.now, "other", Remb(1, 90_000, (VOICE,)).encode()))
    at.talk(12, 0.1)
    assert not at.link.outflow.twice.types


def test_nothing_waits_for_who_is_away() -> None:
    at = Listening(plain())
    at.talk(10, 0.1)
    at.speak("one", 0.02)
    at.room.pause(at.now, "other")
    before = len(at.stream("other", VOICE))
    at.pass_time(1)
    assert len(at.stream("other", VOICE)) == before


@given(st.floats(0.02, 0.6), st.integers(0, 2**32))
def test_the_way_s_own_loss_is_found_behind_what_is_told_of_packets_sent_twice(share: float, seed: int) -> None:
    chance, twice, packets = random.Random(seed), Twice({111}), 20_000  # noqa: S311  # repeatable on purpose
    twice.follow(0.0, 1, share)
    missed = sum(chance.random() < share and chance.random() < share for _ in range(packets))
    came, lost = twice.loss(SETTLED_S, 111, packets - missed, missed)
    assert came + lost == pytest.approx(packets)
    assert lost / packets == pytest.approx(share, abs=0.03)
    assert twice.loss(SETTLED_S, 96, 90, 10) == (90, 10), "of pictures nothing goes out twice"


def played(at: Listening, loss: float) -> float:
    """The share of the frames that aiortc's jitter buffer hands out, of what was said in the last ten seconds."""
    chance, buffer, taken, seen = random.Random(3), JitterBuffer(16, prefetch=4), 0, set[int]()  # noqa: S311
    at.at.clear()
    at.talk(10, loss * loss if at.link.outflow.twice.types else loss)
    for _, data in at.at:
        packet = RtpPacket.parse(data)
        if chance.random() < loss or packet.sequence_number in seen:
            continue
        seen.add(packet.sequence_number)
        vars(packet)["_data"] = packet.payload
        taken += buffer.add(packet)[1] is not None
    return taken / 500


@pytest.mark.parametrize(("loss", "once", "twice"), [(0.3, 0.35, 0.5), (0.2, 0.5, 0.7), (0.1, 0.7, 0.85)])
def test_aiortc_s_buffer_hands_out_more(loss: float, once: float, twice: float) -> None:
    alone, repeated = Listening(numbered()), Listening(plain())
    for at in (alone, repeated):
        at.talk(20, loss)
    assert played(alone, loss) < once
    assert played(repeated, loss) > twice


@pytest.mark.parametrize("step", ["python", "compiled"])
async def test_each_datagram_comes_again_as_it_was_encrypted(step: Choice) -> None:
    """Before, meanwhile and after: nothing is encrypted twice, and no number is left out."""
    bridge = Bridge("127.0.0.1", 0, ("127.0.0.1",), lambda *_told, **_more: None, step)
    running = asyncio.create_task(bridge.run())
    bridge.open_room("m")
    listener, other = Far(), Far()
    try:
        one = connected(bridge, "one", CHROMIUM, other)
        two = connected(bridge, "two", WITHOUT_RED, listener)
        link = bridge.connections.by_peer[two].link
        voice = bridge.connections.by_peer[one].terms.publications[0]
        assert link is not None
        slot = link.audio[0]
        assert two.route is not None
        assert not link.outflow.numbers_speech

        def send(number: int) -> None:
            head = header(voice.payload_type, False, number, number * 960, voice.ssrc or 0)
            bridge.port.handlers.on_rtp(one, bridge.now(), head + bytes(60))
            bridge.step.flush()

        send(0)
        await until(lambda: slot.source is not None, 10)
        for wanted in (False, True, False):
            before = slot.packets
            link.outflow.twice.follow(bridge.now(), int(wanted), 1.0)
            slot.note_copies()
            for number in range(before + 10, before + 20):
                send(number)
            await until(lambda: not link.outflow.twice.waits, 10)
            came = [packet for packet in raw(listener) if int.from_bytes(packet[8:12], "big") == slot.terms.ssrc]
            assert set(Counter(came).values()) == {1 + wanted}
            assert len({packet[2:4] for packet in came}) == len(set(came)) == slot.packets - before
        assert bridge.port.counters.refused_by_srtp == 0
    finally:
        running.cancel()
        for far in (listener, other):
            far.socket.close()
        await bridge.close()


def test_what_a_full_queue_loses_is_not_made_worse() -> None:
    """A line that has fallen loses what its queue has no room for: more of it would come of sending more."""
    found = Reported(Wire(lambda t: 1e6 if t < 110 else 250_000, 0.03))
    found.run(40)
    assert not found.viewer.outflow.twice.types
    radio = Reported(Wire(lambda _: 3e6, 0.03, Uniform(0.3)))
    radio.run(40)
    assert radio.viewer.outflow.twice.types


async def until_repeated(server: SignalServer) -> None:
    """Until the bridge has found that the listener's line loses packets by itself."""
    async with asyncio.timeout(90):
        while not await _copies(server):
            pass


async def _copies(server: SignalServer) -> int:
    stats = await server.node.stats(ROOM)
    way = next(one["way"] for one in stats["rooms"][0]["participants"] if one["participant"] == "listener")
    copies: int = way["copies"]
    return copies


class Frames(Watching):
    """Counts the frames of sound that a client hands out."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def take(self, frame: Frame | Encoded) -> None:  # type: ignore[type-arg]  # as aiortc declares it
        self.count += 1


@pytest.mark.weak
async def test_a_headless_terminal_hears_on_a_line_that_loses_a_third(tmp_path: Path) -> None:
    """aiortc takes no copies and asks for no sound again: of each second it handed out 3 to 11 frames of 50 before."""
    write_wav(tmp_path / "tone.wav", 440)
    node, frames = NodeProcess(TOKEN), Frames()
    node.start()
    try:
        async with (
            SignalServer(node.url, TOKEN, NAMES, tmp_path) as server,
            Relay(node.udp_port) as relay,
        ):
            server.udp_port, server.announce_port, server.relayed = node.udp_port, relay.port, {"listener"}

            def tone() -> list[MediaStreamTrack]:
                return [AudioPlayback(str(tmp_path / "tone.wav"))]

            both = [
                Attendance(Seat(server.url("speaker"), "t"), tone),
                Attendance(Seat(server.url("listener"), "t", audio_slots=1), list, frames.on_track),
            ]
            attending = [asyncio.create_task(one.attend()) for one in both]
            await until(lambda: frames.count > 50, 30)
            relay.down = Wire(lambda _: 3e6, 0.02, Uniform(0.3))
            await until_repeated(server)
            before, began = frames.count, asyncio.get_running_loop().time()
            await asyncio.sleep(20)
            heard = (frames.count - before) / (asyncio.get_running_loop().time() - began)
            assert heard >= 30
            for task in attending:
                task.cancel()
            await asyncio.gather(*attending, *frames.tasks, return_exceptions=True)
    finally:
        node.kill()
