"""Senders' clocks: sound and picture of one stay together whatever the way does to reports, and lies stay bounded."""

import random
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import rtcp
from media.rtp.packet import Packet
from media.rtp.rtcp import SenderReport
from media.sfu.clock import NTP_UNIX_OFFSET_S, SenderClock, StreamClock, ntp_time, signed
from media.sfu.room import Room
from media.sfu.splice import MAX_EARLY_S, MAX_LATE_S, Splice
from media.sfu.state import PlainSlotState
from tests.media.packets import Meeting

AUDIO_HZ, VIDEO_HZ = 48_000, 90_000
UNIX = 1_760_000_000.0


@given(
    st.lists(st.tuples(st.sampled_from(("audio", "video")), st.floats(0.02, 2), st.floats(0, 0.4)), min_size=8),
    st.floats(-1e6, 1e6),
    st.floats(-200e-6, 200e-6),
    st.integers(0, 2**32 - 1),
)
def test_sound_and_picture_of_one_sender_stay_together(
    course: list[tuple[str, float, float]], ahead_s: float, drift: float, start: int
) -> None:
    """Reports wait on their way; the sender's clock is set wrong and runs too fast or too slow."""
    clock = SenderClock()
    streams = {"audio": StreamClock(AUDIO_HZ, clock), "video": StreamClock(VIDEO_HZ, clock)}
    rates = {"audio": AUDIO_HZ, "video": VIDEO_HZ}
    now, told = 0.0, set[str]()
    for kind, wait, on_its_way in course:
        now += wait
        timestamp = (start + int(now * rates[kind])) & 0xFFFFFFFF
        streams[kind].on_report(now + on_its_way, ntp_time(UNIX + ahead_s + now * (1 + drift)), timestamp)
        told.add(kind)
        captured = {}
        for name in told:
            found = streams[name].timestamp_at(now)
            assert found is not None
            captured[name] = signed(found - start - int(now * rates[name])) / rates[name]
        assert len(captured) < 2 or abs(captured["audio"] - captured["video"]) < 0.01
        assert all(-0.45 < late < 0.05 for late in captured.values())


@given(
    st.lists(
        st.tuples(st.integers(0, 2**64 - 1), st.integers(0, 2**32 - 1), st.floats(0.001, 4), st.booleans()), min_size=2
    )
)
def test_whatever_is_reported_a_slot_s_clock_is_bounded_and_never_goes_back(
    course: list[tuple[int, int, float, bool]],
) -> None:
    state, clock = PlainSlotState(), StreamClock(VIDEO_HZ, SenderClock())
    splice = Splice(state, 7, 4_000_000_000, VIDEO_HZ)
    now, before, held = 50.0, None, 0
    for index, (ntp, timestamp, wait, begins) in enumerate(course):
        now += wait
        clock.on_report(now, ntp, timestamp)
        if begins or not index:
            clock = StreamClock(VIDEO_HZ, SenderClock()) if timestamp % 2 else clock
            splice.begin(now, index, timestamp, clock)
            held = timestamp - int(now * VIDEO_HZ)
        splice.advance(now, index, (held + int(now * VIDEO_HZ)) & 0xFFFFFFFF)
        told = splice.reported(now)
        if before is not None:
            assert signed(told - before) > 0
        late = signed(told - state.timestamp) / VIDEO_HZ
        assert -MAX_EARLY_S - 0.001 <= late <= MAX_LATE_S + MAX_EARLY_S + 1.1
        before = told


def test_one_odd_report_is_not_believed_and_two_are() -> None:
    clock = StreamClock(AUDIO_HZ, SenderClock())
    clock.on_report(10.0, ntp_time(UNIX), 0)
    clock.on_report(11.0, ntp_time(UNIX + 1), 3 * AUDIO_HZ)
    assert clock.timestamp_at(11.0) == pytest.approx(AUDIO_HZ, abs=AUDIO_HZ / 1000)
    clock.on_report(12.0, ntp_time(UNIX + 2), 4 * AUDIO_HZ)
    assert clock.timestamp_at(12.0) == pytest.approx(4 * AUDIO_HZ, abs=AUDIO_HZ / 1000)


def test_a_clock_that_is_set_anew_voids_what_was_known() -> None:
    sender = SenderClock()
    sound, picture = StreamClock(AUDIO_HZ, sender), StreamClock(VIDEO_HZ, sender)
    for clock in (sound, picture):
        clock.on_report(10.0, ntp_time(UNIX), 0)
    sound.on_report(11.0, ntp_time(UNIX + 3600), AUDIO_HZ)
    assert picture.timestamp_at(11.0) is None
    assert sound.timestamp_at(11.0) == pytest.approx(AUDIO_HZ, abs=AUDIO_HZ / 1000)
    picture.on_report(12.0, ntp_time(UNIX + 3601), 2 * VIDEO_HZ)
    assert picture.timestamp_at(12.0) == pytest.approx(2 * VIDEO_HZ, abs=VIDEO_HZ / 1000)
    sound.on_report(13.0, 0, 5)
    assert sound.timestamp_at(12.0) == pytest.approx(2 * AUDIO_HZ, abs=AUDIO_HZ / 1000)


@dataclass
class Speaker:
    """Somebody whose pictures come `late` seconds after they were captured, and whose clock is `ahead` seconds."""

    name: str
    late: float
    ahead: float
    captured_sound: float = 0.0
    captured_picture: float = 0.0

    def report(self, at: Meeting) -> None:
        publisher = at.publishers[self.name]
        ntp = ntp_time(UNIX + at.now + self.ahead)
        sound = publisher.audio_timestamp + int((at.now - self.captured_sound) * AUDIO_HZ)
        picture = publisher.video_timestamp + int((at.now - self.captured_picture) * VIDEO_HZ)
        base = publisher.number * 1000
        for ssrc, timestamp in ((base + 1, sound), (base + 2, picture)):
            report = SenderReport(ssrc, ntp, timestamp & 0xFFFFFFFF, 1, 1)
            at.take(at.room.on_rtcp(at.now, self.name, rtcp.compound([report])))


def go_on(at: Meeting, speakers: list[Speaker], seconds: float, chance: random.Random) -> None:
    """Sound of every 20 ms and a picture of every 40 ms, which comes late; reports each second."""
    for tick in range(round(seconds / 0.02)):
        at.now += 0.02
        for one in speakers:
            publisher = at.publishers[one.name]
            one.captured_sound = at.now
            at.now += chance.random() * 0.004
            at.rtp(one.name, publisher.speech())
            at.now = one.captured_sound
            if tick % 2 == 0:
                one.captured_picture = at.now - one.late
                publisher.video_timestamp += 600
                at.rtp(one.name, *publisher.picture(keyframe=tick % 10 == 0))
            if tick % 50 == 0:
                one.report(at)
        at.take(at.room.on_tick(at.now))


def played_at(at: Meeting, ssrc: int, rate_hz: int) -> float:
    """Which time (Unix) a receiver takes for that of the newest packet of a slot, by the newest report."""
    packets = [packet for packet in at.sent["v"] if packet.ssrc == ssrc]
    reports = [r for r in at.requests("v", SenderReport) if isinstance(r, SenderReport) and r.ssrc == ssrc]
    newest: Packet = packets[-1]
    ahead = signed(newest.timestamp - reports[-1].timestamp) / rate_hz
    return reports[-1].ntp / 2**32 - NTP_UNIX_OFFSET_S + ahead


@pytest.mark.parametrize("seed", range(3))
def test_a_receiver_is_told_when_sound_and_picture_were_captured(seed: int) -> None:
    """Over switches between two whose pictures come late by other times and whose clocks differ by days."""
    chance = random.Random(seed)  # noqa: S311  # repeatable on purpose
    at, speakers = Meeting(Room(UNIX)), [Speaker("a", 0.3, 86_400.0), Speaker("b", 0.05, -5.5)]
    for name in ("a", "b", "v"):
        at.join(name)
    for shown in (speakers[0], speakers[1], speakers[0]):
        at.take(at.room.view(at.now, "v", [shown.name]))
        go_on(at, speakers, 5.0, chance)
        seats = at.links["v"].audio
        assert seats[0].source is at.room.participants[shown.name].audio
        sound = played_at(at, 3100, AUDIO_HZ) - shown.captured_sound
        picture = played_at(at, 3200, VIDEO_HZ) - shown.captured_picture
        assert abs(sound - picture) < 0.01
    lines = [
        signed(r.timestamp - int((r.ntp / 2**32 - NTP_UNIX_OFFSET_S - UNIX) * VIDEO_HZ)) / VIDEO_HZ
        for r in at.requests("v", SenderReport)
        if isinstance(r, SenderReport) and r.ssrc == 3200
    ]
    assert max(lines[1:]) - min(lines[1:]) < 0.3, "a switch bends the line no more than what is sent already makes it"


def test_reports_of_a_stream_that_rests_tell_nothing() -> None:
    """aiortc reports it as it was when it last sent, over and over."""
    sender = SenderClock()
    sound, picture = StreamClock(AUDIO_HZ, sender), StreamClock(VIDEO_HZ, sender)
    picture.on_report(0.0, ntp_time(UNIX), 90)
    for second in range(10):
        picture.on_report(float(second), ntp_time(UNIX), 90)
        sound.on_report(second + 0.5, ntp_time(UNIX + second + 0.5), second * AUDIO_HZ)
    assert sender.era == 1
    assert picture.lag is not None
