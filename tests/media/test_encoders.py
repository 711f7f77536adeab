"""What pictures a headless terminal makes: those that fit, that are wanted, key frames when asked for."""

from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from aiortc.codecs.vpx import Vp8Encoder
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from av.video.frame import PictureType, VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from media.encoders import FEW_FRAMES, LEAST_BPS, SIZES, PictureEncoder, encoder_for, falls_short, fitting, install
from media.layers import LARGE, LARGE_BPS, SMALL, SMALL_BPS, SMALL_HEIGHT, Layers, Share, asking
from media.rtp import vp8
from media.sfu.budget import CEILING_BPS, FLOOR_BPS
from media.sfu.tiers import TIERS, Tier

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
        layers.told, layers.active = bitrate, (True, wanted)
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


def test_an_uplink_of_few_frames_has_few_and_one_of_stills_none() -> None:
    layers = Layers()
    both = pair(layers)
    both[0].target_bitrate = 1_500_000
    sent = {}
    for number, tier in enumerate(TIERS):
        layers.tier = tier
        numbers = range(2 * number * FPS, 2 * (number + 1) * FPS)
        sent[tier.name] = [sum(bool(one.encode(camera(at))[0]) for at in numbers) / 2 for one in both]
    assert sent["720p"] == sent["180p"] == [FPS / 2, FPS]
    assert sent["fewer_frames"] == [FEW_FRAMES, FEW_FRAMES]
    assert sent["stills"] == sent["audio"] == sent["one_voice"] == [0, 0]


@given(st.integers(FLOOR_BPS, CEILING_BPS), st.integers(90, 1080), st.booleans(), st.sampled_from(TIERS))
def test_more_never_falls_short_where_less_does_not(bitrate: int, height: int, wanted: bool, tier: Tier) -> None:
    short = falls_short(Layers(bitrate, (True, wanted), tier), height)
    assert short or not falls_short(Layers(bitrate + 100_000, (True, wanted), tier), height)
    assert short or not falls_short(Layers(bitrate, (True, wanted), tier), height - 1)
    assert not short or falls_short(Layers(bitrate, (True, True), tier), height)
    assert short or tier.moves


def test_a_line_that_carries_all_that_is_wanted_does_not_fall_short() -> None:
    assert not falls_short(Layers(1_500_000), 1080)
    assert falls_short(Layers(400_000), 720)
    assert not falls_short(Layers(400_000, (True, False)), 720)
    assert not falls_short(Layers(100_000), 180)
    assert falls_short(Layers(45_000), 180)


def test_the_library_s_floor_is_gone() -> None:
    encoder = Vp8Encoder()
    encoder.target_bitrate = 10_000
    assert encoder.target_bitrate == LEAST_BPS
