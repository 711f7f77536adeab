"""The voice of a headless terminal: small, smaller, packed, and heard without a break while that changes."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from aiortc.codecs.opus import OpusDecoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.audio.frame import AudioFrame
from hypothesis import given
from hypothesis import strategies as st

from media.encoders import encoder_for
from media.sfu.tiers import BY_NAME, TIERS, Tier
from media.voice import PACKED, SMALL_VOICE, WHOLE, Form, Voice, VoiceEncoder, asking, form_for

RATE = 48_000
FRAME = 960
TONE = (8_000 * np.sin(np.arange(RATE * 4) * 2 * np.pi * 220 / RATE)).astype(np.int16)

Packets = list[tuple[int, bytes]]


def spoken(encoder: VoiceEncoder, frames: range) -> Packets:
    """(timestamp, packet) of so many frames of a tone in stereo."""
    found: Packets = []
    for number in frames:
        part = np.repeat(TONE[number * FRAME : (number + 1) * FRAME], 2)
        frame = AudioFrame.from_ndarray(part.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, number * FRAME, Fraction(1, RATE)
        payloads, timestamp = encoder.encode(frame)
        found += [(timestamp, payload) for payload in payloads]
    return found


def heard(packets: Packets) -> list[float]:
    """How loud each piece is."""
    decoder = OpusDecoder()
    frames = [one for at, payload in packets for one in decoder.decode(JitterFrame(payload, at))]
    return [float(np.abs(one.to_ndarray().astype(int)).mean()) for one in frames if isinstance(one, AudioFrame)]


@pytest.mark.parametrize(("form", "most_bps"), [(WHOLE, 32_000), (SMALL_VOICE, 18_000), (PACKED, 15_000)])
def test_speech_is_small_and_can_be_heard(form: Form, most_bps: int) -> None:
    packets = spoken(VoiceEncoder(Voice(form)), range(150))
    assert sum(len(payload) for _, payload in packets) * 8 / 3 < most_bps
    steps = {later - earlier for (earlier, _), (later, _) in pairwise(packets)}
    assert steps == {form.packet_ms * RATE // 1000}
    assert min(heard(packets)[10:]) > 3_000


def test_another_form_is_taken_at_once_and_time_goes_on() -> None:
    voice = Voice()
    encoder = VoiceEncoder(voice)
    packets: Packets = []
    for number, form in enumerate((WHOLE, PACKED, SMALL_VOICE, WHOLE)):
        voice.form = form
        packets += spoken(encoder, range(45 * number, 45 * (number + 1)))
    times = [at for at, _ in packets]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert min(gaps) == FRAME
    assert max(gaps) <= 2 * PACKED.packet_ms * RATE // 1000, "no more than what stood in the former one is lost"
    assert gaps.count(PACKED.packet_ms * RATE // 1000) >= 10
    assert 180 * FRAME - times[-1] <= 2 * FRAME
    assert min(heard(packets)[10:]) > 1_000


@given(st.sampled_from(TIERS), st.sampled_from(TIERS), st.booleans())
def test_a_thinner_line_never_has_more_of_the_voice(one: Tier, other: Tier, small: bool) -> None:
    thin, wide = (one, other) if one.level >= other.level else (other, one)
    assert form_for(thin, small).bps <= form_for(wide, small).bps
    assert form_for(thin, True).bps <= min(16_000, form_for(thin, False).bps)
    assert (form_for(thin, small).packet_ms == 60) == thin.packed


def test_the_sender_s_encoder_is_that_of_its_voice_and_hears_what_the_bridge_allows() -> None:
    voice = Voice(form_for(BY_NAME["one_voice"], small=False))
    token = asking.set(voice)
    encoder = encoder_for(RTCRtpCodecParameters(mimeType="audio/opus", clockRate=RATE, channels=2))
    asking.reset(token)
    assert isinstance(encoder, VoiceEncoder)
    encoder.target_bitrate = 90_000
    assert voice.told == encoder.target_bitrate == 90_000
    assert len(spoken(encoder, range(31))) == 10
