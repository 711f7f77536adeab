"""Offers as clients make them, and the bridge's answers."""

import itertools
import random
from pathlib import Path

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, VideoStreamTrack
from aiortc.sdp import SessionDescription

from media import answer, sdp
from media.errors import BridgeError
from media.ice import Credentials
from media.rtp.extensions import TRANSPORT_CC_URI
from media.sfu.terms import LayerTerms, PayloadTypes, SlotTerms, Terms

OFFERS = Path(__file__).parent / "offers"
CHROMIUM = (OFFERS / "chromium.sdp").read_text(encoding="ascii")
SIMULCAST = (OFFERS / "simulcast.sdp").read_text(encoding="ascii")
ENCODER = (OFFERS / "encoder.sdp").read_text(encoding="ascii")


def agree(text: str, former: Terms | None = None, layers: tuple[str, ...] = ()) -> tuple[sdp.Offer, Terms]:
    numbers = itertools.count(5000)
    offer = sdp.parse_offer(text)
    return offer, answer.agree(offer, lambda: next(numbers), former, layers=layers)


def rendered(offer: sdp.Offer, terms: Terms, setup: str = "passive") -> str:
    local = answer.Local(Credentials("ours", "secret" * 4), "AB:CD", setup, ("127.0.0.1", "fd00::2"), 40000, 7)
    return answer.render(offer, terms, local)


def section(text: str, mid: str) -> list[str]:
    parts = text.split("\r\nm=")
    return next(part.split("\r\n") for part in parts if f"a=mid:{mid}" in part.split("\r\n"))


def test_chromium_publishes_two_streams_and_has_two_slots() -> None:
    _offer, terms = agree(CHROMIUM)
    audio, video = terms.publications
    assert (audio.kind, audio.mid, audio.payload_type, audio.ssrc) == ("audio", "0", 111, 992258276)
    assert audio.red_payload_type == 63
    assert not audio.nack
    assert (video.kind, video.mid, video.payload_type, video.rtx_payload_type) == ("video", "1", 96, 97)
    assert video.ssrc is not None
    assert video.rtx_ssrc is not None
    assert terms.slots == (
        SlotTerms("audio", "2", 5000, 111, transport_cc=3, red_payload_type=63),
        SlotTerms("video", "3", 5001, 96, 5002, 97, h264=PayloadTypes(102, 103), transport_cc=3),
    )
    assert terms.transport_cc
    assert (terms.extensions.audio_level, terms.extensions.mid, terms.extensions.transport_cc) == (1, 4, 3)


def test_the_answer_says_so() -> None:
    offer, terms = agree(CHROMIUM)
    text = rendered(offer, terms)
    assert "a=ice-lite\r\n" in text
    assert "a=group:BUNDLE 0 1 2 3\r\n" in text
    camera = section(text, "1")
    assert camera[0] == "video 9 UDP/TLS/RTP/SAVPF 96 97"
    assert {"a=recvonly", "a=setup:passive", "a=rtcp-mux", "a=rtcp-fb:96 nack pli"} <= set(camera)
    assert "a=rtcp-fb:96 transport-cc" in camera
    assert "a=rtcp-fb:96 goog-remb" not in camera
    picture = section(text, "3")
    for lines in (picture, section(text, "2")):
        assert any(wish.endswith(" transport-cc") for wish in lines)
        assert [line for line in lines if "extmap" in line] == [f"a=extmap:3 {TRANSPORT_CC_URI}"]
    assert {"a=sendonly", "a=ssrc-group:FID 5001 5002", "a=fmtp:97 apt=96"} <= set(picture)
    assert "a=candidate:1 1 udp 2130706431 127.0.0.1 40000 typ host" in picture
    assert "a=candidate:2 1 udp 2130706175 fd00::2 40000 typ host" in picture


def test_slots_of_one_number_are_played_in_time() -> None:
    more = "".join("m=" + part for part in CHROMIUM.split("m=")[3:])
    again = more.replace("a=mid:2", "a=mid:4").replace("a=mid:3", "a=mid:5")
    offer, terms = agree(CHROMIUM.replace("BUNDLE 0 1 2 3", "BUNDLE 0 1 2 3 4 5") + again)
    text = rendered(offer, terms)
    streams = {mid: next(line.split()[0] for line in section(text, mid) if "msid:" in line) for mid in "2345"}
    assert streams["2"] == streams["3"] != streams["4"] == streams["5"]
    names = {mid: {line.split("cname:")[1] for line in section(text, mid) if "cname:" in line} for mid in "2345"}
    assert [len(found) for found in names.values()] == [1, 1, 1, 1]
    assert names["2"] == names["3"] != names["4"] == names["5"], "RFC 3550 6.5.1: one clock, one name"


def test_every_answer_is_readable_by_another_implementation() -> None:
    for text in (CHROMIUM, ENCODER, SIMULCAST):
        offer, terms = agree(text)
        parsed = SessionDescription.parse(rendered(offer, terms))
        assert len(parsed.media) == len(offer.sections)


def test_an_encoder_that_waits_is_called() -> None:
    offer, terms = agree(ENCODER)
    assert offer.setup == "passive"
    assert [publication.ssrc for publication in terms.publications] == [1111, 2222]
    assert not terms.transport_cc
    assert "a=setup:active" in section(rendered(offer, terms, "active"), "0")


def test_a_restart_keeps_the_slots() -> None:
    _offer, former = agree(CHROMIUM)
    _again, terms = agree(CHROMIUM.replace("a=ice-ufrag:VXXo", "a=ice-ufrag:other"), former)
    assert terms.slots == former.slots


def test_lines_that_the_bridge_does_not_serve_are_refused() -> None:
    data = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\na=mid:4\na=sctp-port:5000\n"
    offer, terms = agree(CHROMIUM.replace("VP8", "VP9X").replace("H264", "H265") + data)
    text = rendered(offer, terms)
    assert section(text, "4")[0] == "application 0 UDP/DTLS/SCTP webrtc-datachannel"
    assert section(text, "3")[0].startswith("video 0 ")
    assert [publication.kind for publication in terms.publications] == ["audio"]
    assert "a=group:BUNDLE 0 2\r\n" in text


def test_an_inactive_line_stays_inactive() -> None:
    offer, terms = agree(CHROMIUM.replace("a=sendonly", "a=inactive"))
    assert terms.publications == ()
    assert "a=inactive" in section(rendered(offer, terms), "0")
    assert section(rendered(offer, terms), "0")[0].startswith("audio 9 ")


async def test_aiortc_s_offer_is_understood() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTransceiver("audio", direction="sendonly")
    connection.addTransceiver("video", direction="recvonly")
    offer, terms = agree((await connection.createOffer()).sdp)
    assert [p.kind for p in terms.publications] == ["audio"]
    assert [(s.kind, s.rtx_payload_type is not None) for s in terms.slots] == [("video", True)]
    assert len(offer.fingerprints) >= 1
    await connection.close()


def test_chromium_s_three_layers_are_taken_and_answered() -> None:
    offer, terms = agree(SIMULCAST)
    video = terms.publications[0]
    assert [layer.rid for layer in video.layers] == ["q", "h", "f"]
    assert (video.ssrc, video.rtx_ssrc) == (None, None)
    assert (terms.extensions.rid, terms.extensions.repaired_rid) == (10, 11)
    camera = section(rendered(offer, terms), "0")
    assert [line for line in camera if line.startswith(("a=rid", "a=simulcast"))] == [
        "a=rid:q recv",
        "a=rid:h recv",
        "a=rid:f recv",
        "a=simulcast:recv q;h;f",
    ]
    assert "a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id" in camera
    assert "a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id" in camera
    assert not any("rid" in line or "simulcast" in line for line in section(rendered(offer, terms), "1"))


@pytest.mark.parametrize(
    ("simulcast", "rids"),
    [
        ("a=simulcast:send q;h;f", ["q", "h", "f"]),
        ("a=simulcast:send q,h;~f", ["q", "f"]),
        ("a=simulcast:recv q send h;f", ["h", "f"]),
        ("a=simulcast:send q;q;f", ["q", "f"]),
        ("a=simulcast:send q;unknown", [None]),
        ("a=simulcast:recv q;h;f", [None]),
        ("a=simulcast:send", [None]),
        ("a=simulcast:", [None]),
        ("a=simulcast:send " + ";".join("qhf" * 40), ["q", "h", "f"]),
    ],
)
def test_whatever_the_simulcast_line_says_one_layer_is_always_taken(simulcast: str, rids: list[str | None]) -> None:
    offer, terms = agree(SIMULCAST.replace("a=simulcast:send q;h;f", simulcast))
    assert [layer.rid for layer in terms.publications[0].layers] == rids
    if rids == [None]:
        assert "a=simulcast" not in rendered(offer, terms)


def test_layers_of_another_codec_and_more_than_the_bridge_takes() -> None:
    for_codec = SIMULCAST.replace("a=rid:q send", "a=rid:q send pt=102").replace(
        "a=rid:h send", "a=rid:h send pt=96,102"
    )
    offer, terms = agree(for_codec)
    assert [layer.rid for layer in terms.publications[0].layers] == ["h", "f"]
    assert "a=rid:h recv pt=96" in section(rendered(offer, terms), "0")
    four = SIMULCAST.replace("a=rid:f send", "a=rid:f send\na=rid:g send").replace("q;h;f", "q;h;f;g")
    assert [layer.rid for layer in agree(four)[1].publications[0].layers] == ["q", "h", "f"]
    without = SIMULCAST.replace("sdes:rtp-stream-id", "sdes:other")
    assert [layer.rid for layer in agree(without)[1].publications[0].layers] == [None]


def test_layers_that_are_told_by_ssrc() -> None:
    """The older way: a group of SSRCs, each with its own RTX."""
    ssrcs = "".join(f"a=ssrc:{n} cname:x\na=ssrc:{n + 10} cname:x\na=ssrc-group:FID {n} {n + 10}\n" for n in (1, 2, 3))
    older = SIMULCAST.replace("a=rid:q send\na=rid:h send\na=rid:f send\na=simulcast:send q;h;f\n", ssrcs)
    offer, terms = agree(older.replace("a=ssrc:1 ", "a=ssrc-group:SIM 1 2 3\na=ssrc:1 "))
    assert [(layer.ssrc, layer.rtx_ssrc) for layer in terms.publications[0].layers] == [(1, 11), (2, 12), (3, 13)]
    assert "a=rid" not in rendered(offer, terms)


def test_signalled_ssrcs_do_not_stand_against_rids() -> None:
    """Firefox names the SSRCs of its layers besides: the RIDs bind."""
    text = SIMULCAST.replace("a=rid:q send", "a=ssrc:7 cname:x\na=ssrc:8 cname:x\na=ssrc:9 cname:x\na=rid:q send")
    layers = agree(text)[1].publications[0].layers
    assert [(layer.rid, layer.ssrc) for layer in layers] == [("q", None), ("h", None), ("f", None)]


@pytest.mark.parametrize(
    ("change", "to"),
    [
        ("a=ice-ufrag:aBcD\n", ""),
        ("a=fingerprint", "a=finger"),
        ("a=setup:passive", "a=setup:holdconn"),
        ("a=mid:1", "a=mid:0"),
        ("a=group:BUNDLE 0 1", "a=group:BUNDLE 0"),
        ("a=rtpmap:101 VP8/90000", "a=rtpmap:abc VP8"),
        ("m=video 9", "m=video"),
        ("a=ssrc:2222 cname:x", "a=ssrc:"),
    ],
)
def test_a_bad_offer_is_refused_with_its_code(change: str, to: str) -> None:
    assert change in ENCODER
    with pytest.raises(BridgeError) as refused:
        agree(ENCODER.replace(change, to))
    assert refused.value.code == "media.bad_offer"


def test_more_slots_than_the_bridge_serves() -> None:
    head, *sections = CHROMIUM.split("m=")
    receiving = sections[3]
    many = [receiving.replace("a=mid:3", f"a=mid:{number}") for number in range(100, 126)]
    mids = " ".join(str(number) for number in range(100, 126))
    text = "m=".join([head.replace("BUNDLE 0 1 2 3", f"BUNDLE {mids}"), *many])
    with pytest.raises(BridgeError) as refused:
        agree(text)
    assert refused.value.code == "media.too_many_slots"


def test_no_text_makes_the_parser_raise_anything_else() -> None:
    chance = random.Random(8)  # noqa: S311  # repeatable on purpose
    refused = 0
    for _ in range(3000):
        lines = chance.choice((CHROMIUM, SIMULCAST)).splitlines()
        for _ in range(chance.randrange(1, 6)):
            at = chance.randrange(len(lines))
            cut = chance.randrange(len(lines[at]) + 1)
            lines[at] = chance.choice(
                [lines[at][:cut], lines[at] + " 9", "", lines[chance.randrange(len(lines))], "a=ssrc-group:FID 1"]
            )
        try:
            offer, terms = agree("\n".join(lines))
            rendered(offer, terms)
        except BridgeError:
            refused += 1
    assert 0 < refused < 3000


async def two_pictures() -> str:
    """An offer of two lines of video that send, with mids 0 and 1, from a client that cannot simulcast."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    for _ in range(2):
        connection.addTransceiver(VideoStreamTrack(), direction="sendonly")
    await connection.setLocalDescription(await connection.createOffer())
    text = connection.localDescription.sdp
    await connection.close()
    return text


async def test_lines_that_are_named_as_sizes_of_one_picture_are_its_layers() -> None:
    text = await two_pictures()
    offer, terms = agree(text, layers=("1", "0"))
    (picture,) = terms.publications
    ssrcs = [(s.ssrcs[0], s.fid[s.ssrcs[0]]) for s in reversed(offer.sections)]
    assert picture.layers == tuple(LayerTerms(None, *ssrc, mid) for ssrc, mid in zip(ssrcs, "10", strict=True))
    assert picture.mid == "0"
    answered = rendered(offer, terms)
    assert all("a=recvonly" in section(answered, mid) for mid in "01")
    assert len(SessionDescription.parse(answered).media) == 2


async def test_a_second_picture_that_is_not_named_is_no_layer() -> None:
    offer, terms = agree(await two_pictures())
    (picture,) = terms.publications
    assert len(picture.layers) == 1
    assert section(rendered(offer, terms), "1")[0].startswith("video 0 ")


async def test_layers_are_different_lines_of_video_with_the_same_payload_types() -> None:
    text = await two_pictures()
    session, first, second = text.split("m=video")
    other = "m=video".join((session, first, second.replace("apt=", "apt=1")))
    for offer, layers in ((text, ("0", "0")), (text, ("1", "7")), (text, ("1",)), (other, ("0", "1"))):
        with pytest.raises(BridgeError, match="layers"):
            agree(offer, layers=layers)
