"""H.264: what begins a key frame, and who gets a stream of it."""

from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import answer, sdp
from media.ice import Credentials
from media.rtp import h264, sps
from media.rtp.packet import header
from media.rtp.rtcp import Nack
from media.sfu.room import Room
from media.sfu.terms import LayerTerms, PayloadTypes, Publication, SlotTerms, Terms, VideoCodec
from tests.media.test_sdp import CHROMIUM

SPS, PPS, IDR, SLICE = b"\x67\x42\x00\x0c", b"\x68\xce", b"\x65\x88", b"\x41\x9a"
STAP_A = b"\x78\x00\x04" + SPS + b"\x00\x02" + PPS
FU_START, FU_REST = b"\x7c\x85\x88\x00", b"\x7c\x05\x00\x00"
VP8_ONLY = SlotTerms("video", "0", 7000, 96)
BOTH = SlotTerms("video", "0", 8000, 96, 8001, 97, h264=PayloadTypes(102, 103))


@pytest.mark.parametrize(
    ("payload", "start", "keyframe"),
    [
        (SPS, True, True),
        (STAP_A, True, True),
        (PPS, True, False),
        (IDR, True, False),
        (SLICE, True, False),
        (FU_START, True, False),
        (FU_REST, False, False),
    ],
)
def test_what_a_packet_begins(payload: bytes, start: bool, keyframe: bool) -> None:
    found = h264.parse(payload)
    assert found is not None
    assert (found.start, found.keyframe, found.raw) == (start, keyframe, b"")


@pytest.mark.parametrize("payload", [b"", b"\x00", b"\x7c", b"\x78", b"\x78\x00\x09\x67", b"\x78\x00\x00", b"\x7f\x01"])
def test_malformed_payloads_are_none(payload: bytes) -> None:
    assert h264.parse(payload) is None


@given(st.binary(max_size=40))
def test_no_payload_raises(payload: bytes) -> None:
    h264.parse(payload)
    assert sps.height(payload) >= 0


@pytest.mark.parametrize("height", [90, 180, 270, 360, 540, 720, 1080])
@pytest.mark.parametrize(
    "options",
    [
        {"profile": "baseline"},
        {"profile": "main"},
        {"profile": "high", "x264-params": "cqm=jvt"},
        {"profile": "high422", "pixel": "yuv422p"},
        {"profile": "high444", "pixel": "yuv444p"},
    ],
)
def test_a_key_frame_tells_how_high_it_is(height: int, options: dict[str, str]) -> None:
    found = h264.parse(parameters(height, **options))
    assert found is not None
    assert (found.keyframe, found.height) == (True, height)


@pytest.mark.parametrize("height", [180, 540, 1080])
def test_so_does_one_of_two_fields(height: int) -> None:
    assert sps.height(parameters(height, **{"x264-params": "interlaced=1"})) == height


def test_a_parameter_set_that_is_cut_short_tells_nothing() -> None:
    whole = parameters(540, profile="main")
    assert {sps.height(whole[:size]) for size in range(len(whole))} <= {0, 540}


def test_layers_of_h264_stand_in_order_of_their_own_heights() -> None:
    """Whatever the order of the offer, and whatever heights most cameras have."""
    room = Room()
    layers = tuple(LayerTerms(ssrc=5 + n) for n in range(3))
    room.admit("encoder")
    room.connect(0.0, "encoder", Terms((Publication("video", "0", 106, simulcast=layers, codec="h264"),)), 1)
    for ssrc, height in zip((5, 6, 7), (540, 270, 136), strict=True):
        room.on_rtp(0.1, "encoder", header(106, True, 10, 3000, ssrc) + parameters(height, profile="baseline"))
    assert [layer.height for layer in room.participants["encoder"].video.layers] == [136, 270, 540]


def parameters(height: int, pixel: str = "yuv420p", **options: str) -> bytes:
    """The sequence parameter set of a real encoder."""
    context: Any = av.CodecContext.create("libx264", "w")
    context.width, context.height, context.pix_fmt, context.framerate = 320, height, pixel, 25
    context.options = options
    data = b"".join(map(bytes, [*context.encode(av.VideoFrame(320, height, pixel)), *context.encode(None)]))
    units = (unit.rstrip(b"\0") for unit in data.split(b"\0\0\1"))
    return next(unit for unit in units if unit and unit[0] & 0x1F == 7)


def test_a_stream_goes_as_it_is_to_whoever_takes_h264() -> None:
    room = Room()
    for name, terms in (
        ("encoder", Terms((Publication("video", "0", 106, 105, 5, 6, codec="h264"),))),
        ("both", Terms(slots=(BOTH,))),
        ("vp8", Terms(slots=(VP8_ONLY,))),
    ):
        room.admit(name)
        room.connect(0.0, name, terms, 1)
    for name in ("both", "vp8"):
        room.view(0.0, name, ("encoder",))
    sent = []
    for number, payload in enumerate([SLICE, SPS, PPS, IDR, SLICE]):
        sent += room.on_rtp(0.1 + number / 100, "encoder", header(106, True, 10 + number, 3000, 5) + payload)
    assert [(link.participant, head[1] & 0x7F, body) for link, head, body in sent] == [
        ("both", 102, payload) for payload in (SPS, PPS, IDR, SLICE)
    ]


@pytest.mark.parametrize(("codec", "sent", "resent"), [("h264", 102, 103), ("vp8", 96, 97)])
def test_a_lost_packet_is_resent_with_the_codecs_own_rtx(codec: VideoCodec, sent: int, resent: int) -> None:
    room = Room()
    for name, terms in (
        ("encoder", Terms((Publication("video", "0", 106, 105, 5, 6, codec=codec),))),
        ("viewer", Terms(slots=(BOTH,))),
    ):
        room.admit(name)
        room.connect(0.0, name, terms, 1)
    room.view(0.0, "viewer", ("encoder",))
    payload = SPS if codec == "h264" else b"\x10\x00\x00"
    sends = room.on_rtp(0.1, "encoder", header(106, True, 10, 3000, 5) + payload)
    assert [head[1] & 0x7F for _link, head, _body in sends] == [sent]
    lost = int.from_bytes(sends[0][1][2:4], "big")
    again = room.on_rtcp(0.2, "viewer", Nack(1, BOTH.ssrc, (lost, lost + 1)).encode())
    assert [(head[1] & 0x7F, head[12:] + body) for _link, head, body in again] == [(resent, sends[0][1][2:4] + payload)]


def test_an_encoder_that_has_only_h264_is_taken() -> None:
    only = CHROMIUM.replace("VP8", "VP9X")
    offer = sdp.parse_offer(only)
    numbers = iter(range(5000, 6000))
    terms = answer.agree(offer, lambda: next(numbers))
    video = next(publication for publication in terms.publications if publication.kind == "video")
    assert (video.codec, video.payload_type) == ("h264", 102)


def test_whoever_sends_both_is_answered_with_what_the_others_can_show() -> None:
    offer, numbers = sdp.parse_offer(CHROMIUM), iter(range(5000, 6000))
    terms = answer.agree(
        offer, lambda: next(numbers), choose=lambda offered: max(offered, key=lambda one: one == "h264")
    )
    video = next(publication for publication in terms.publications if publication.kind == "video")
    assert (video.codec, video.payload_type, video.rtx_payload_type) == ("h264", 102, 103)
    assert terms.choices == {"vp8", "h264"}


def test_a_slot_without_vp8_is_a_slot_for_h264() -> None:
    offer, numbers = sdp.parse_offer(CHROMIUM.replace("VP8", "VP9X")), iter(range(5000, 6000))
    terms = answer.agree(offer, lambda: next(numbers))
    slot = next(slot for slot in terms.slots if slot.kind == "video")
    assert (slot.payload_type, slot.types("vp8"), slot.types("h264")) == (102, None, PayloadTypes(102, 103))
    assert terms.showable == {"h264"}
    local = answer.Local(Credentials("u", "p"), "AA", "passive", ("127.0.0.1",), 5000, 1)
    text = answer.render(offer, terms, local).split("m=video")[-1]
    assert text.startswith(" 9 UDP/TLS/RTP/SAVPF 102 103\r\n")
    assert text.count("a=rtpmap:102 H264/90000") == 1
