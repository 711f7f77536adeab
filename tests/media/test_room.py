"""The packet core: who gets what, unbroken streams over every change, mutes that hold, nothing that makes it raise."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp import rtcp, vp8
from media.rtp.packet import Packet, parse
from media.rtp.rtcp import Nack, Pli, ReceiverReport, ReportBlock, SenderReport
from media.sfu.events import PublishingChanged, SpeakerChanged
from media.sfu.receiver import Send
from media.sfu.room import Room
from tests.fuzzing import PACKETS, dice, fuzz
from tests.media.packets import RTX, Meeting, steps, terms


@pytest.fixture
def meeting() -> Meeting:
    """Three participants who have spoken, so that everybody is heard."""
    made = Meeting()
    for name in ("a", "b", "c"):
        made.join(name)
    for name in ("a", "b", "c"):
        made.speak(name, 0.3)
    return made


def pictures(stream: list[Packet]) -> list[vp8.Descriptor]:
    found = [vp8.parse(packet.payload) for packet in stream]
    return [descriptor for descriptor in found if descriptor is not None]


def test_speech_reaches_everybody_but_the_speaker(meeting: Meeting) -> None:
    meeting.sent.clear()
    meeting.speak("a", 0.2)
    assert {name: len(packets) for name, packets in meeting.sent.items()} == {"b": 10, "c": 10}
    slot = next(slot for slot in meeting.links["b"].audio if slot.packets)
    heard = meeting.stream("b", slot.terms.ssrc)
    assert steps([packet.sequence for packet in heard], 16) == {1}
    assert steps([packet.timestamp for packet in heard], 32) == {960}
    assert {packet.payload for packet in heard} == {b"o" * 60}


def test_a_view_starts_with_a_key_frame_that_was_asked_for(meeting: Meeting) -> None:
    publisher = meeting.publishers["a"]
    meeting.rtp("a", *publisher.picture(keyframe=True))
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    assert len(meeting.requests("a", Pli)) == 1
    meeting.rtp("a", *publisher.picture(), *publisher.picture())
    assert meeting.stream("b", 2200) == []
    meeting.rtp("a", *publisher.picture(keyframe=True, packets=3), *publisher.picture())
    shown = meeting.stream("b", 2200)
    assert [d.keyframe for d in pictures(shown)] == [True, False, False, False]
    assert steps([packet.sequence for packet in shown], 16) == {1}


def test_a_slot_that_shows_the_content_shows_whoever_shares_it(meeting: Meeting) -> None:
    meeting.take(meeting.room.view(meeting.now, "b", ["content", "speaker"]))
    for sharer in ("content-a", "content-c"):
        before = len(meeting.stream("b", 2200))
        publisher = meeting.join(sharer)
        meeting.room.take_part(meeting.now, sharer, "content")
        meeting.rtp(sharer, *publisher.picture(keyframe=True))
        meeting.pass_time(0.1)
        meeting.rtp(sharer, *publisher.picture(keyframe=True), *publisher.picture())
        shown = meeting.stream("b", 2200)
        assert len(shown) > before
        assert steps([packet.sequence for packet in shown], 16) == {1}
        content, speaker = (slot.shows for slot in meeting.links["b"].video[:2])
        assert content is meeting.room.participants[sharer].video
        assert speaker is None  # nobody else has a picture, and this is nobody's face
        meeting.room.remove(meeting.now, sharer)
        assert meeting.links["b"].video[0].shows is None


def test_key_frames_are_asked_for_at_most_every_half_second(meeting: Meeting) -> None:
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True))
    for name in ("b", "c"):
        meeting.take(meeting.room.view(meeting.now, name, ["a"]))
    for _ in range(40):
        meeting.take(meeting.room.on_rtcp(meeting.now, "b", Pli(1, 2200).encode()))
        meeting.take(meeting.room.on_rtcp(meeting.now, "c", rtcp.Fir(1, ((3200, 1),)).encode()))
        meeting.pass_time(0.05)
    assert 4 <= len(meeting.requests("a", Pli)) <= 5


def test_a_switch_is_unbroken_for_the_decoder(meeting: Meeting) -> None:
    meeting.publishers["b"].picture_id, meeting.publishers["b"].tl0 = 77, 9
    for name in ("a", "b"):
        meeting.rtp(name, *meeting.publishers[name].picture(keyframe=True))
    for target in ("a", "b", "a", "b"):
        meeting.take(meeting.room.view(meeting.now, "c", [target]))
        for number in range(4):
            for name in ("a", "b"):
                meeting.rtp(name, *meeting.publishers[name].picture(keyframe=number == 1, packets=2))
            meeting.pass_time(0.033)
    shown = meeting.stream("c", 3200)
    found = pictures(shown)
    assert len(shown) >= 24
    assert steps([packet.sequence for packet in shown], 16) == {1}
    assert steps([d.picture_id for d in found if d.picture_id is not None], 15) == {0, 1}
    assert steps([d.tl0picidx for d in found if d.tl0picidx is not None], 8) == {0, 1}
    forward = [(b.timestamp - a.timestamp) & 0xFFFFFFFF for a, b in pairwise(shown)]
    assert all(step < 90_000 for step in forward), "timestamps never go back and never leap"


def test_the_former_source_goes_on_until_the_key_frame_but_not_for_ever(meeting: Meeting) -> None:
    a, b = meeting.publishers["a"], meeting.publishers["b"]
    meeting.take(meeting.room.view(meeting.now, "c", ["a"]))
    meeting.rtp("a", *a.picture(keyframe=True))
    meeting.rtp("b", *b.picture())
    meeting.take(meeting.room.view(meeting.now, "c", ["b"]))
    meeting.rtp("a", *a.picture())
    assert len(meeting.stream("c", 3200)) == 2
    meeting.pass_time(1.3)
    meeting.rtp("a", *a.picture())
    assert len(meeting.stream("c", 3200)) == 2
    meeting.take(meeting.room.view(meeting.now, "c", [None]))
    meeting.rtp("b", *b.picture(keyframe=True))
    assert len(meeting.stream("c", 3200)) == 2


def test_padding_is_left_out_and_the_gap_closed(meeting: Meeting) -> None:
    publisher = meeting.publishers["a"]
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *publisher.picture(keyframe=True), publisher.padding(), publisher.padding())
    late = publisher.picture()
    meeting.rtp("a", publisher.padding(), *publisher.picture(), *late, *publisher.picture())
    assert sorted(p.sequence for p in meeting.stream("b", 2200))[0] == meeting.stream("b", 2200)[0].sequence
    assert steps(sorted(p.sequence for p in meeting.stream("b", 2200)), 16) == {1}


def test_a_lost_packet_is_answered_by_rtx(meeting: Meeting) -> None:
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=5))
    lost = meeting.stream("b", 2200)[2]
    request = Nack(1, 2200, (lost.sequence, (lost.sequence + 900) & 0xFFFF)).encode()
    for _ in range(30):
        meeting.take(meeting.room.on_rtcp(meeting.now, "b", request))
        meeting.now += 0.03
    again = meeting.stream("b", 2300)
    assert len(again) == 5, "a packet is resent a bounded number of times"
    assert steps([packet.sequence for packet in again], 16) == {1}
    assert {packet.payload_type for packet in again} == {RTX}
    assert again[0].payload == lost.sequence.to_bytes(2, "big") + lost.payload
    assert (again[0].timestamp, again[0].marker) == (lost.timestamp, lost.marker)


def test_a_client_without_rtx_gets_the_very_packet_again() -> None:
    meeting = Meeting()
    meeting.join("a")
    meeting.join("b", terms(2, rtx=False))
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=3))
    first = meeting.stream("b", 2200)[1]
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", Nack(1, 2200, (first.sequence,)).encode()))
    assert meeting.stream("b", 2200)[-1].data == first.data


def test_what_a_publisher_lost_is_asked_for_and_forwarded_in_its_place(meeting: Meeting) -> None:
    publisher = meeting.publishers["a"]
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *publisher.picture(keyframe=True))
    first, lost, last = publisher.picture(packets=3)
    meeting.rtp("a", first, last)
    meeting.pass_time(0.1)
    packet = parse(lost)
    assert packet is not None
    requests = meeting.requests("a", Nack)
    assert requests
    assert isinstance(requests[0], Nack)
    assert (requests[0].media_ssrc, requests[0].sequences) == (1002, (packet.sequence,))
    meeting.rtp("a", publisher.repaired(lost), lost)
    shown = meeting.stream("b", 2200)
    assert len(shown) == 4
    assert steps(sorted(packet.sequence for packet in shown), 16) == {1}
    assert shown[-1].sequence == shown[-3].sequence + 1, "the recovered packet takes the place that was kept"


def test_what_cannot_be_repaired_costs_a_key_frame(meeting: Meeting) -> None:
    publisher = meeting.publishers["a"]
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *publisher.picture(keyframe=True))
    meeting.pass_time(1)
    meeting.control.clear()
    publisher.picture(packets=3)
    meeting.rtp("a", *publisher.picture())
    meeting.pass_time(2)
    assert 1 <= len(meeting.requests("a", Nack)) <= 8
    assert meeting.requests("a", Pli)


@settings(max_examples=40)
@given(st.lists(st.sampled_from(["talk", "mute", "unmute", "rejoin", "view"]), min_size=1, max_size=25))
def test_a_muted_participant_never_reaches_anybody(course: list[str]) -> None:
    meeting = Meeting()
    for name in ("a", "b"):
        meeting.join(name)
    meeting.speak("a", 0.3)
    muted = False
    for act in course:
        if act in ("mute", "unmute"):
            muted = act == "mute"
            meeting.take(meeting.room.mute(meeting.now, "a", "audio", muted))
        elif act == "rejoin":
            meeting.join("a")
        elif act == "view":
            meeting.take(meeting.room.view(meeting.now, "b", ["a", "speaker"]))
        before = len(meeting.sent.get("b", []))
        meeting.speak("a", 0.3)
        assert not muted or len(meeting.sent.get("b", [])) == before


def test_the_first_packets_after_unmuting_are_dropped_too(meeting: Meeting) -> None:
    meeting.take(meeting.room.mute(meeting.now, "a", "audio", True))
    meeting.speak("a", 0.2)
    meeting.take(meeting.room.mute(meeting.now, "a", "audio", False))
    meeting.sent.clear()
    meeting.speak("a", 0.04)
    assert meeting.sent == {}
    meeting.speak("a", 0.4)
    assert meeting.sent["b"]


def test_muted_video_is_not_repaired_either(meeting: Meeting) -> None:
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True, packets=3))
    known = meeting.stream("b", 2200)[1].sequence
    meeting.take(meeting.room.mute(meeting.now, "a", "video", True))
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", Nack(1, 2200, (known,)).encode()))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True))
    assert len(meeting.stream("b", 2200)) == 3
    assert meeting.stream("b", 2300) == []


def test_a_publisher_who_comes_back_goes_on_in_the_same_slots(meeting: Meeting) -> None:
    meeting.take(meeting.room.view(meeting.now, "b", ["a"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True))
    meeting.room.disconnect(meeting.now, "a")
    meeting.pass_time(3)
    publisher = meeting.join("a")
    publisher.video_sequence, publisher.video_timestamp, publisher.picture_id = 7, 99, 3
    meeting.rtp("a", *publisher.picture(), *publisher.picture(keyframe=True), *publisher.picture())
    shown = meeting.stream("b", 2200)
    assert steps([packet.sequence for packet in shown], 16) == {1}
    assert [d.keyframe for d in pictures(shown)] == [True, True, False]
    assert 2.5 * 90_000 < ((shown[1].timestamp - shown[0].timestamp) & 0xFFFFFFFF) < 4 * 90_000


def test_publishers_are_told_what_came(meeting: Meeting) -> None:
    report = SenderReport(1001, 0x1122334455667788, 5, 1, 1).encode()
    meeting.take(meeting.room.on_rtcp(meeting.now, "a", report))
    meeting.speak("a", 1.2)
    blocks = [b for r in meeting.requests("a", ReceiverReport) if isinstance(r, ReceiverReport) for b in r.reports]
    assert {block.ssrc for block in blocks} >= {1001}
    newest = [block for block in blocks if block.ssrc == 1001][-1]
    assert (newest.fraction_lost, newest.cumulative_lost, newest.last_sr) == (0, 0, 0x33445566)
    assert newest.delay_since_last_sr > 0


def test_what_a_receiver_tells_of_each_stream_is_kept_for_itself(meeting: Meeting) -> None:
    blocks = tuple(ReportBlock(ssrc, lost, 0, 9, lost + 1, 0, 0) for ssrc, lost in ((2100, 0), (2200, 64), (1200, 200)))
    meeting.take(meeting.room.on_rtcp(meeting.now, "b", ReceiverReport(1, blocks).encode()))
    reported = meeting.links["b"].reported
    assert {ssrc: (one[2], one[6]) for ssrc, one in reported.items()} == {2100: (0, 1), 2200: (64, 65)}, "its own"


def test_receivers_get_sender_reports_on_the_bridge_s_clock(meeting: Meeting) -> None:
    meeting.control.clear()
    meeting.speak("a", 4.2)
    reports = [r for r in meeting.requests("b", SenderReport) if isinstance(r, SenderReport) and r.packets > 50]
    assert len(reports) >= 2
    first, second = reports[-2:]
    seconds = (second.ntp - first.ntp) / 2**32
    assert ((second.timestamp - first.timestamp) & 0xFFFFFFFF) / 48_000 == pytest.approx(seconds, abs=0.03)


def test_events_say_who_publishes_and_who_speaks(meeting: Meeting) -> None:
    meeting.room.take_events()
    meeting.speak("b", 2.5, dbov=20)
    meeting.pass_time(3)
    events = meeting.room.take_events()
    assert any(isinstance(e, SpeakerChanged) and e.participant == "b" for e in events)
    assert PublishingChanged("b", False, False) in events


@pytest.mark.parametrize("ends", ["muted", "gone"])
def test_all_are_told_that_a_speaker_speaks_no_more(meeting: Meeting, ends: str) -> None:
    meeting.speak("b", 2.5, dbov=20)
    assert [e for e in meeting.room.take_events() if isinstance(e, SpeakerChanged)][-1].participant == "b"
    if ends == "muted":
        meeting.take(meeting.room.mute(meeting.now, "b", "audio", True))
    else:
        meeting.room.remove(meeting.now, "b")
    meeting.pass_time(0.3)
    told = [e for e in meeting.room.take_events() if isinstance(e, SpeakerChanged)]
    assert [(e.participant, "b" in e.loudest) for e in told] == [(None, False)]


def test_a_room_forgets_who_is_removed(meeting: Meeting) -> None:
    meeting.take(meeting.room.view(meeting.now, "b", ["a", "speaker"]))
    meeting.rtp("a", *meeting.publishers["a"].picture(keyframe=True))
    meeting.room.remove(meeting.now, "a")
    meeting.pass_time(0.5)
    assert set(meeting.room.participants) == {"b", "c"}
    for link in (meeting.links["b"], meeting.links["c"]):
        sources = [*(slot.source for slot in link.audio), *(slot.source for slot in link.video)]
        assert "a" not in {source.participant for source in sources if source is not None}


@fuzz
def test_nothing_that_comes_in_makes_a_room_raise() -> None:
    """Good packets with bytes changed, and noise, from two participants who see each other."""
    chance = dice(3)
    meeting = Meeting()
    for name in ("a", "b"):
        meeting.join(name)
        meeting.room.view(meeting.now, name, ["speaker", "a" if name == "b" else "b"])
    for number in range(PACKETS):
        name = chance.choice(("a", "b"))
        meeting.now += 0.0005
        data = bytearray(_something(meeting, name, chance))
        if chance.random() < 0.5:
            data[chance.randrange(len(data))] = chance.randrange(256)
        if chance.random() < 0.1:
            data = data[: chance.randrange(len(data))]
        target = meeting.room.on_rtcp if chance.random() < 0.3 else meeting.room.on_rtp
        _check(target(meeting.now, name, bytes(data)))
        if number % 50 == 0:
            _check(meeting.room.on_tick(meeting.now))
    assert meeting.room.participants["a"].malformed_rtcp > 0


def _something(meeting: Meeting, name: str, chance: random.Random) -> bytes:
    publisher = meeting.publishers[name]
    match chance.randrange(5):
        case 0:
            return publisher.speech(chance.randrange(128))
        case 1:
            return publisher.picture(keyframe=chance.random() < 0.1)[0]
        case 2:
            return publisher.repaired(publisher.picture()[0])
        case 3:
            sequences = tuple(chance.randrange(65536) for _ in range(5))
            return Nack(1, publisher.number * 1000 + 200, sequences).encode() + Pli(1, 2200).encode()
        case _:
            return publisher.padding()


def _check(sends: list[Send]) -> None:
    for _link, head, body in sends:
        assert len(head) >= 8
        assert len(head) + len(body) < 1500


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 9)), min_size=5, max_size=120))
def test_no_ssrc_and_sequence_goes_out_twice(course: list[tuple[str, int]]) -> None:
    """Whatever comes late, twice, padded, muted or switched: encryption never meets the same number again."""
    meeting = Meeting()
    for name in ("a", "b", "c"):
        meeting.join(name)
    held: list[tuple[str, bytes]] = []
    for name, act in course:
        _act(meeting, name, act, held)
        meeting.now += 0.01
    for name, data in held:
        meeting.rtp(name, data, data)
    for packets in meeting.sent.values():
        numbers = [(packet.ssrc, packet.sequence) for packet in packets]
        assert len(numbers) == len(set(numbers))


def _act(meeting: Meeting, name: str, act: int, held: list[tuple[str, bytes]]) -> None:
    publisher = meeting.publishers[name]
    match act:
        case 0:
            meeting.take(meeting.room.view(meeting.now, "c", [name, "speaker"]))
        case 1:
            meeting.rtp(name, publisher.padding())
        case 2:
            held.append((name, publisher.picture()[0]))
        case 3:
            meeting.rtp(name, *publisher.picture(keyframe=True, packets=3))
        case 4:
            meeting.take(meeting.room.mute(meeting.now, name, "video", True))
            meeting.take(meeting.room.mute(meeting.now, name, "video", False))
        case 5 if held:
            meeting.rtp(*held.pop())
        case 6:
            newest = meeting.links["c"].video[0].splice.numbers.newest
            lately = tuple((newest - back) & 0xFFFF for back in range(-5, 95))
            meeting.take(meeting.room.on_rtcp(meeting.now, "c", Nack(1, 3200, lately).encode()))
        case 7:
            meeting.speak(name, 0.06)
        case _:
            meeting.rtp(name, *publisher.picture(packets=2))


def test_an_empty_room_ticks() -> None:
    assert Room().on_tick(1.0) == []
