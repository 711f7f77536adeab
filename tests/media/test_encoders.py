"""What a headless terminal encodes: speech first, pictures that fit, key frames when asked for."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from aiortc.codecs.opus import OpusDecoder
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.audio.frame import AudioFrame
from av.video.frame import PictureType, VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from media.encoders import LEAST_BPS, SIZES, PictureEncoder, VoiceEncoder, encoder_for, fitting, install
from media.layers import LARGE, LARGE_BPS, SMALL, SMALL_BPS, SMALL_HEIGHT, Layers, Share, asking
from media.rtp import vp8

FPS = 30


@pytest.fixture(autouse=True)
def installed() -> None:
    install()


def camera(number: int, height: int = 360) -> VideoFrame:
    """A picture that moves and is not easy to encode."""
    dice = np.random.default_rng(1)
    rough = dice.integers(0, 255, (height // 8, height * 2 // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
    frame = VideoFrame.from_ndarray(np.dstack([np.roll(rough, 6 * number, 1)] * 3), format="rgb24")
    frame.pts, frame.time_base = number * 90_000 // FPS, Fraction(1, 90_000)
    return frame


def picture_encoder() -> PictureEncoder:
    found = encoder_for(RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000))
    assert isinstance(found, PictureEncoder)
    return found


@pytest.mark.parametrize(("bps", "height"), [(1_500_000, 360), (400_000, 360), (150_000, 180), (60_000, 180)])
def test_pictures_take_what_they_are_given(bps: int, height: int) -> None:
    encoder = picture_encoder()
    encoder.target_bitrate = bps
    sent = [payload for number in range(8 * FPS) for payload in encoder.encode(camera(number))[0]]
    late = [payload for number in range(8 * FPS, 12 * FPS) for payload in encoder.encode(camera(number))[0]]
    assert sum(map(len, late)) * 8 / 4 < 1.3 * bps
    first = vp8.parse(sent[0])
    assert first is not None
    assert first.keyframe
    assert first.height == height


def test_a_camera_s_word_for_its_pictures_makes_no_key_frames() -> None:
    """Raw pictures and MJPEG are each called a key frame."""
    encoder, keyframes = picture_encoder(), 0
    for number in range(10):
        frame = camera(number)
        frame.pict_type = PictureType.I
        payloads, _ = encoder.encode(frame)
        first = vp8.parse(payloads[0]) if payloads else None
        keyframes += first is not None and first.keyframe
    assert keyframes == 1


def test_below_the_last_size_nothing_moves_and_it_begins_again_with_a_key_frame() -> None:
    encoder = picture_encoder()
    encoder.target_bitrate = 45_000
    assert not any(encoder.encode(camera(number))[0] for number in range(FPS))
    assert encoder.encode(camera(FPS), force_keyframe=True)[0] == []
    encoder.target_bitrate = 200_000
    begun = vp8.parse(encoder.encode(camera(2 * FPS))[0][0])
    assert begun is not None
    assert begun.keyframe, "it was asked for while nothing was sent"


def test_a_few_pictures_are_evenly_spaced() -> None:
    encoder = picture_encoder()
    encoder.target_bitrate = 70_000
    taken = [number for number in range(4 * FPS) if encoder.encode(camera(number))[0]]
    assert {after - before for before, after in pairwise(taken)} == {FPS // 5}


def pair(layers: Layers) -> list[PictureEncoder]:
    """The encoders of both sizes."""
    found = []
    for place in (SMALL, LARGE):
        token = asking.set(Share(layers, place))
        found.append(picture_encoder())
        asking.reset(token)
    return found


def heights(encoders: list[PictureEncoder], number: int, height: int = 720) -> list[int]:
    """How high the key frames are that both make of a picture, 0 for none."""
    found = []
    for encoder in encoders:
        payloads, _ = encoder.encode(camera(number, height), force_keyframe=True)
        first = vp8.parse(payloads[0]) if payloads else None
        found.append(first.height if first is not None else 0)
    return found


def test_two_sizes_share_what_there_is_and_what_nobody_wants_is_not_made() -> None:
    layers = Layers()
    both = pair(layers)
    small, large = both
    large.target_bitrate = 1_500_000
    assert heights(both, 0) == [SMALL_HEIGHT, 720]
    layers.active = (True, False)
    assert heights(both, FPS) == [SMALL_HEIGHT, 0]
    layers.active = (True, True)
    small.target_bitrate = 450_000
    assert heights(both, 2 * FPS) == [SMALL_HEIGHT, 360]
    small.target_bitrate = 200_000
    assert heights(both, 3 * FPS) == [SMALL_HEIGHT, 0]
    small.target_bitrate = 1_500_000
    assert heights(both, 4 * FPS, 176) == [176, 0], "the same twice is of no use"


@given(st.lists(st.tuples(st.integers(40_000, 3_000_000), st.booleans()), min_size=1, max_size=20))
def test_the_shares_of_both_sizes_are_no_more_than_there_is(course: list[tuple[int, bool]]) -> None:
    layers = Layers()
    for bitrate, wanted in course:
        layers.bitrate, layers.active = bitrate, (True, wanted)
        small, large = layers.share(SMALL), layers.share(LARGE)
        assert 0 < small <= small + large <= bitrate
        assert not large or (wanted and large >= LARGE_BPS and SMALL_BPS[0] <= small <= SMALL_BPS[1])
        assert (layers.share(SMALL), layers.share(LARGE)) == (small, large), "asking changes nothing"


@given(st.lists(st.integers(0, 3_000_000), min_size=1, max_size=30))
def test_what_is_taken_fits_and_small_changes_change_nothing(bitrates: list[int]) -> None:
    now = SIZES[-1]
    for bitrate in bitrates:
        now = fitting(bitrate, now)
        assert now.bps <= bitrate
        assert fitting(bitrate, now) is now
        assert fitting(round(bitrate * 1.1), now) in (now, fitting(round(bitrate * 1.1), SIZES[-1]))


def test_speech_is_small_and_can_be_heard() -> None:
    encoder, decoder = VoiceEncoder(), OpusDecoder()
    tone = (8_000 * np.sin(np.arange(48_000 * 3) * 2 * np.pi * 220 / 48_000)).astype(np.int16)
    octets, heard = 0, list[AudioFrame]()
    for number in range(150):
        part = np.repeat(tone[number * 960 : (number + 1) * 960], 2)
        frame = AudioFrame.from_ndarray(part.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 960, Fraction(1, 48_000)
        payloads, timestamp = encoder.encode(frame)
        for payload in payloads:
            octets += len(payload)
            decoded = decoder.decode(JitterFrame(payload, timestamp))
            heard += [one for one in decoded if isinstance(one, AudioFrame)]
    assert octets * 8 / 3 < 32_000
    loudness = [np.abs(frame.to_ndarray().astype(int)).mean() for frame in heard[10:]]
    assert min(loudness) > 3_000


def test_the_library_s_floor_is_gone() -> None:
    encoder = Vp8Encoder()
    encoder.target_bitrate = 10_000
    assert encoder.target_bitrate == LEAST_BPS
