"""Which codec each site sends: the rule's properties, and what a room does with it."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from media.rtp import rtcp
from media.rtp.packet import header
from media.sfu.codecs import Ability, CodecsChanged, settle
from media.sfu.room import Room
from media.sfu.terms import PREFERENCE, PayloadTypes, Publication, SlotTerms, Terms, VideoCodec
from tests.media.test_h264 import IDR, PPS, SLICE, SPS

KEY = b"\x90\x80\x81\x00\x10\x02\x00\x9d\x01\x2a\x40\x01\xb4\x00"
some = st.frozensets(st.sampled_from(PREFERENCE))
rooms = st.dictionaries(st.text("abcdefgh", min_size=1, max_size=2), st.builds(Ability, some, some), max_size=8)


def blind(room: dict[str, Ability], sender: str, codec: VideoCodec) -> set[str]:
    return {name for name, able in room.items() if name != sender and able.takes and codec not in able.takes}


@given(rooms)
def test_everybody_sends_what_it_can_and_the_fewest_miss_it(room: dict[str, Ability]) -> None:
    found = settle(room)
    assert found.sends.keys() == {name for name, able in room.items() if able.sends}
    for name, codec in found.sends.items():
        assert codec in room[name].sends
        assert set(found.unseen.get(name, ())) == blind(room, name, codec)
        assert all(len(blind(room, name, codec)) <= len(blind(room, name, other)) for other in room[name].sends)


@given(rooms)
def test_a_codec_that_all_take_is_seen_by_all(room: dict[str, Ability]) -> None:
    found = settle(room)
    for name, codec in found.sends.items():
        if found.common in room[name].sends:
            assert name not in found.unseen
        if all(able.takes in (frozenset(), frozenset(PREFERENCE)) for able in room.values()):
            assert codec == next(one for one in PREFERENCE if one in room[name].sends)


@given(rooms, st.randoms())
def test_the_order_of_coming_makes_no_difference(room: dict[str, Ability], chance: Random) -> None:
    names = list(room)
    chance.shuffle(names)
    assert settle({name: room[name] for name in names}) == settle(room)


@given(rooms)
def test_whoever_does_as_asked_is_not_asked_again(room: dict[str, Ability]) -> None:
    sends = settle(room).sends
    obeyed = {
        name: Ability(frozenset([sends[name]]) if name in sends else frozenset(), able.takes)
        for name, able in room.items()
    }
    assert settle(obeyed).sends == sends


# -- in a room --------------------------------------------------------------------------------------

BOTH = SlotTerms("video", "1", 8000, 96, 8001, 97, h264=PayloadTypes(102, 103))
ONLY_VP8 = SlotTerms("video", "1", 7000, 96, 7001, 97)
ONLY_H264 = SlotTerms("video", "1", 6000, 102, 6001, 103, h264=PayloadTypes(102, 103))
CAMERA: dict[VideoCodec, Publication] = {
    "vp8": Publication("video", "0", 96, 97, 5, 6),
    "h264": Publication("video", "0", 102, 103, 5, 6, codec="h264"),
}


def page(room: Room, name: str, slot: SlotTerms) -> VideoCodec:
    """Somebody joins whose browser can send both; what it was answered."""
    codec = room.codecs.preferred(name, frozenset(PREFERENCE))
    room.admit(name)
    room.connect(0.0, name, Terms((CAMERA[codec],), (slot,), choices=frozenset(PREFERENCE)), 1)
    return codec


def encoder(room: Room, name: str) -> None:
    room.admit(name)
    room.connect(0.0, name, Terms((CAMERA["h264"],)), 2)


def told(room: Room) -> list[CodecsChanged]:
    return [event for event in room.take_events() if isinstance(event, CodecsChanged)]


def test_an_encoder_of_h264_alone_leaves_the_others_with_vp8() -> None:
    room = Room()
    assert [page(room, name, BOTH) for name in ("a", "b")] == ["vp8", "vp8"]
    encoder(room, "camera")
    assert told(room) == []


def test_a_page_without_h264_is_told_as_one_that_cannot_see_the_encoder() -> None:
    room = Room()
    page(room, "a", BOTH)
    encoder(room, "camera")
    page(room, "firefox", ONLY_VP8)
    assert told(room) == [CodecsChanged("vp8", (), {"camera": ("firefox",)})]
    room.disconnect(1.0, "firefox")  # it may come back: nothing changes for the others
    assert told(room) == []
    room.remove(2.0, "firefox")
    assert told(room) == [CodecsChanged("vp8", (), {})]


def test_a_page_without_vp8_has_the_others_asked_once_until_they_obey() -> None:
    room = Room()
    page(room, "a", BOTH)
    page(room, "b", BOTH)
    assert page(room, "old", ONLY_H264) == "vp8"
    assert told(room) == [CodecsChanged("h264", ("a", "b"), {})]
    for number, name in enumerate(("a", "b"), start=1):
        codec = room.codecs.preferred(name, frozenset(PREFERENCE))
        room.renew(name, Terms((CAMERA[codec],), (BOTH,), choices=frozenset(PREFERENCE)))
        assert told(room) == [CodecsChanged("h264", ("a", "b")[number:], {})]
    assert page(room, "late", BOTH) == "h264"
    room.remove(1.0, "old")
    assert told(room) == [CodecsChanged("vp8", ("a", "b", "late"), {})]


def test_no_codec_for_all_is_said_with_whom_who_cannot_see() -> None:
    room = Room()
    page(room, "firefox", ONLY_VP8)
    page(room, "old", ONLY_H264)
    [now] = told(room)
    assert now.common is None
    assert now.asked == ("firefox",)  # the one who can see it takes H.264 alone
    assert now.unseen == {}


def test_a_stream_goes_on_in_another_codec_with_its_next_key_frame() -> None:
    room = Room()
    page(room, "a", BOTH)
    page(room, "b", BOTH)
    room.view(0.0, "b", ("a",))
    room.view(0.0, "a", ())
    sent = room.on_rtp(0.1, "a", header(96, True, 10, 3000, 5) + KEY)
    assert [(head[1] & 0x7F, body) for _link, head, body in sent] == [(96, KEY[4:])]
    room.renew("a", Terms((CAMERA["h264"],), (BOTH,), choices=frozenset(PREFERENCE)))
    requests = [rtcp.parse(head) for _link, head, _body in room.on_tick(0.7)]
    assert any(isinstance(one, rtcp.Pli) for compound in requests for one in compound or ())
    late = header(96, True, 11, 6000, 5) + KEY  # on its way when the codec was changed
    resent = header(97, True, 1, 6000, 6) + (12).to_bytes(2, "big") + KEY
    assert room.on_rtp(0.8, "a", late) == room.on_rtp(0.8, "a", resent) == []
    payloads = [SLICE, SPS, PPS, IDR, SLICE]
    sends = [
        send
        for number, payload in enumerate(payloads)
        for send in room.on_rtp(0.9, "a", header(102, True, 13 + number, 9000, 5) + payload)
    ]
    assert [(head[1] & 0x7F, body) for _link, head, body in sends] == [(102, one) for one in payloads[1:]]
    numbers = [int.from_bytes(head[2:4], "big") for _link, head, _body in sends]
    assert numbers == list(range(numbers[0], numbers[0] + 4))
