"""Links that number what they send: each packet has its number, none goes out twice, and nothing makes them raise."""

import random
from dataclasses import replace

import pytest

from media.rtp import extensions
from media.rtp.packet import Packet
from media.rtp.rtcp import Nack, Pli, Remb, TransportFeedback
from media.rtp.transport_cc import Feedback
from media.sfu.outflow import DEAF_AFTER_S
from media.sfu.terms import Terms
from media.sfu.voices import Voices
from tests.media.packets import IDS, RTX, Meeting, steps, terms

NUMBER = IDS.transport_cc


def numbered(number: int, *, rtx: bool = True) -> Terms:
    agreed = terms(number, rtx=rtx)
    return replace(agreed, slots=tuple(replace(slot, transport_cc=NUMBER) for slot in agreed.slots))


def a_meeting() -> Meeting:
    """Two sites that see and hear each other; b's link is numbered."""
    meeting = Meeting()
    meeting.join("a")
    meeting.join("b", numbered(2))
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.speak("a", 0.3)
    return meeting


def transport_numbers(packets: list[Packet]) -> list[int]:
    found = [extensions.read(packet, IDS).transport_sequence for packet in packets]
    assert None not in found
    return [number for number in found if number is not None]


def test_speech_pictures_and_repairs_are_numbered_in_one_row() -> None:
    meeting = a_meeting()
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=3))
    lost = meeting.stream("b", 2200)[1]
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", Nack(1, 2200, (lost.sequence,)).encode()))
    meeting.pass_time(0.1)
    meeting.speak("a", 0.1)
    sent = meeting.sent["b"]
    assert transport_numbers(sent) == list(range(len(sent)))
    assert {packet.payload_type for packet in sent} >= {RTX, 96, 111}
    again = meeting.stream("b", 2300)[0]
    assert again.payload == lost.sequence.to_bytes(2, "big") + lost.payload


def test_what_a_packet_waited_for_us_is_in_neither_estimate() -> None:
    meeting = a_meeting()
    publisher = meeting.publishers["a"]
    publisher.transport = 0
    meeting.pass_time(0.3)
    came = meeting.now
    for number, data in enumerate(publisher.picture(keyframe=True, packets=3)):
        meeting.now += 0.05
        meeting.take(meeting.room.on_rtp(meeting.now, "a", data, came + 0.01 * number))
    sent = meeting.links["b"].outflow.sent
    assert sent.sent_at(sent.next - 1) == meeting.now
    meeting.pass_time(0.2)
    told = meeting.requests("a", TransportFeedback)[-1]
    assert isinstance(told, TransportFeedback)
    spaced = [delta for delta in told.feedback.deltas[1:] if delta is not None]
    assert all(abs(delta - 40) <= 1 for delta in spaced), "10 ms, as it came"
    assert len(spaced) == 2


def test_a_client_without_rtx_gets_the_number_that_its_ciphertext_has() -> None:
    meeting = Meeting()
    meeting.join("a")
    meeting.join("b", numbered(2, rtx=False))
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=3))
    first = meeting.stream("b", 2200)[1]
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", Nack(1, 2200, (first.sequence,)).encode()))
    meeting.speak("a", 0.3)
    assert meeting.stream("b", 2200)[3].sequence == first.sequence
    numbers = [extensions.read(packet, IDS).transport_sequence for packet in meeting.sent["b"]]
    given = [number for number in numbers if number is not None]
    assert given == list(range(len(given))), "no number is spent on a packet that goes out as it was"


def test_who_agreed_to_feedback_and_gives_none_is_not_limited() -> None:
    meeting = a_meeting()
    for _ in range(300):
        meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=20))
        meeting.pass_time(0.03)
    before = len(meeting.stream("b", 2200))
    assert meeting.now > 100 + DEAF_AFTER_S
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=20))
    assert len(meeting.stream("b", 2200)) == before + 20


def test_a_mute_reaches_what_waits() -> None:
    meeting = a_meeting()
    for _ in range(3):
        meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=60))
    assert meeting.links["b"].outflow.pacer.waiting > 0
    meeting.take(meeting.room.mute(meeting.now, "a", "video", True))
    before = len(meeting.stream("b", 2200))
    meeting.pass_time(1)
    assert len(meeting.stream("b", 2200)) == before


@pytest.mark.parametrize("leaves", [False, True])
def test_a_mute_reaches_what_waits_of_a_slot_that_went_on_and_nobody_else_s(leaves: bool) -> None:
    meeting = a_meeting()
    meeting.join("c")
    meeting.speak("c", 0.3)
    for _ in range(2):
        meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=60))
    before = meeting.stream("b", 2200)
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", Nack(1, 2200, (before[-1].sequence,)).encode()))
    meeting.take(meeting.room.view(meeting.now, "b", ["c"]))
    meeting.rtp("c", *meeting.publishers["c"].picture(keyframe=True, packets=4))
    waiting = meeting.links["b"].outflow.pacer.waiting
    if leaves:
        meeting.room.remove(meeting.now, "a")
    else:
        meeting.take(meeting.room.mute(meeting.now, "a", "video", True))
    assert 0 < meeting.links["b"].outflow.pacer.waiting < waiting
    meeting.pass_time(1)
    later = meeting.stream("b", 2200)[len(before) :]
    assert len(later) == 4
    assert not meeting.stream("b", 2300), "what was asked for again waited, too"


def test_whatever_a_receiver_tells_nothing_raises_and_no_number_repeats() -> None:
    chance = random.Random(11)  # noqa: S311  # repeatable on purpose
    meeting = a_meeting()
    publisher = meeting.publishers["a"]
    for step in range(6_000):
        meeting.now += 0.005
        if step % 4 == 0:
            meeting.rtp("a", publisher.speech(30))
        meeting.rtp("a", *publisher.picture(keyframe=chance.random() < 0.05, packets=chance.randrange(1, 6)))
        if chance.random() < 0.3:
            meeting.take(meeting.room.on_rtcp(meeting.now, "b", _told(chance, meeting)))
        meeting.take(meeting.room.on_tick(meeting.now) if step % 5 == 0 else meeting.room.flush(meeting.now))
    sent = meeting.sent["b"]
    numbers = transport_numbers(sent)
    assert steps(numbers, 16) == {1}
    assert len({(packet.ssrc, packet.sequence) for packet in sent}) == len(sent)
    link = meeting.links["b"].outflow
    assert link.sent.in_flight >= 0
    assert link.pacer.waiting < 200_000


def _told(chance: random.Random, meeting: Meeting) -> bytes:
    """True feedback, feedback that makes no sense, requests, and noise."""
    sent = meeting.links["b"].outflow.sent
    match chance.randrange(6):
        case 0 | 1:
            base = max(0, sent.next - chance.randrange(1, 60))
            deltas = tuple(chance.choice((None, 2, 8, 40)) for _ in range(sent.next - base)) or (0,)
            reference = int(meeting.now / 0.064)
            return TransportFeedback(1, 2, Feedback(base & 0xFFFF, reference, 0, deltas)).encode()
        case 2:
            deltas = tuple(chance.choice((None, -3000, 0, 30000)) for _ in range(chance.randrange(1, 400)))
            return TransportFeedback(
                1, 2, Feedback(chance.randrange(65536), chance.getrandbits(24), 0, deltas)
            ).encode()
        case 3:
            newest = meeting.stream("b", 2200)
            lost = newest[-1].sequence if newest else 0
            return Nack(1, 2200, tuple((lost - n) & 0xFFFF for n in range(20))).encode()
        case 4:
            return Pli(1, 2200).encode() + Remb(1, chance.getrandbits(40), (2200,)).encode()
        case _:
            return bytes([0x8F, 205, 0, chance.randrange(12)]) + chance.randbytes(44)


def test_voices_that_do_not_fit_are_left_out_but_never_the_speaker_s() -> None:
    """Three speak to one whose link falls to 60 kbit/s."""
    meeting = Meeting()
    for name in ("a", "c", "d"):
        meeting.join(name)
    meeting.join("b", numbered(4))
    meeting.speak("c", 1.5, dbov=15)

    def all_speak(seconds: float) -> None:
        for _ in range(round(seconds / 0.02)):
            for name in ("a", "d"):
                meeting.rtp(name, meeting.publishers[name].speech(30))
            meeting.speak("c", 0.02, dbov=15)

    all_speak(1.0)
    assert meeting.room.speakers.speaker == "c"

    def heard() -> set[str]:
        return {slot.source.participant for slot in meeting.links["b"].audio if slot.source is not None}

    assert heard() == {"a", "c", "d"}
    estimator = meeting.links["b"].outflow.estimator
    estimator.heard, estimator.loss.rate = True, 60_000.0
    all_speak(0.6)
    assert heard() == {"c"}


def test_voices_come_back_one_by_one_when_there_has_been_room() -> None:
    voices = Voices(3)
    voices.wanted = 3
    assert not voices.fit(0.0, None, 150_000)
    assert voices.fit(0.2, 120_000, 150_000)
    assert (voices.count, voices.missing_bps) == (2, 50_000)
    assert voices.fit(0.4, 30_000, 100_000)
    assert voices.count == 1
    counts = []
    for step in range(30):
        voices.fit(0.6 + step * 0.2, 1e6, voices.count * 50_000)
        counts.append(voices.count)
    assert counts[:9] == [1] * 9
    assert counts[-1] == 3
    assert voices.missing_bps == 0
