"""What is said of a connection: loss each way before any repair, a thin link, silence of a machine."""

from media.rtp.rtcp import TransportFeedback
from media.sfu.findings import SOUNDLESS_S, findings
from media.sfu.speakers import SILENCE
from tests.media.packets import IDS, OPUS, Meeting, rtp, terms


def codes(at: Meeting, name: str) -> dict[str, int]:
    return {one.code: one.value for one in findings(at.now, at.room, at.room.participants[name])}


def send(at: Meeting, seconds: float, dbov: int = 40, every: int = 0) -> None:
    """Speech of `one` with transport-cc numbers; of `every` so many packets one is lost."""
    for _ in range(round(seconds / 0.02)):
        at.now += 0.02
        speaker = at.publishers["one"]
        speaker.speech()
        number = speaker.audio_sequence
        data = rtp(
            payload_type=OPUS,
            sequence=number,
            timestamp=speaker.audio_timestamp,
            ssrc=1001,
            payload=b"o" * 60,
            values={IDS.audio_level: bytes([dbov]), IDS.transport_cc: number.to_bytes(2, "big")},
        )
        if not every or number % every:
            at.rtp("one", data)
        at.take(at.room.on_tick(at.now))


def meeting() -> Meeting:
    at = Meeting()
    at.join("one", terms(1))
    at.join("other", terms(2))
    return at


def test_all_is_well() -> None:
    at = meeting()
    send(at, 15)
    assert codes(at, "one") == {}
    assert codes(at, "other") == {}


def test_the_loss_of_the_uplink_is_that_before_repair() -> None:
    at = meeting()
    send(at, 8, every=5)
    assert codes(at, "one") == {"uplink_loss": 20}
    assert codes(at, "other") == {}
    send(at, 30)
    assert codes(at, "one") == {}
    assert at.requests("one", TransportFeedback)


def test_a_microphone_without_any_sound_is_told_of_and_a_quiet_room_is_not() -> None:
    at = meeting()
    send(at, SOUNDLESS_S + 1, dbov=90)
    assert codes(at, "one") == {}
    send(at, SOUNDLESS_S + 1, dbov=SILENCE)
    assert codes(at, "one") == {"microphone_silent": round(SOUNDLESS_S + 1)}
    at.take(at.room.mute(at.now, "one", "audio", True))
    assert codes(at, "one") == {}, "who is muted is silent by the chair's will"


def test_a_thin_downlink_is_told_with_what_it_carries() -> None:
    at = meeting()
    at.rtp("one", *at.publishers["one"].picture(keyframe=True))
    at.take(at.room.view(at.now, "other", ["one"], [240]))
    link = at.links["other"]
    link.outflow.reports.on_remb(90_000)
    at.pass_time(0.5)
    assert codes(at, "other") == {"downlink_thin": 90}
    assert codes(at, "one") == {}


def test_who_is_gone_has_no_findings() -> None:
    at = meeting()
    send(at, 8, every=5)
    at.room.disconnect(at.now, "one")
    assert codes(at, "one") == {}
