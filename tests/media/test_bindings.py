"""Which layer an SSRC is: by the names in its first packets, for as long as the connection lasts."""

import random

from media.rtp.packet import parse
from media.rtp.rtcp import Nack
from media.sfu.bindings import MAX_STREAMS
from media.sfu.terms import LayerTerms, Publication, Terms
from tests.fuzzing import PACKETS, dice, fuzz
from tests.media.packets import RTX, VP8, Meeting, rtp
from tests.media.simulcast import IDS, RIDS, Camera, Encoder, descriptor, terms
from tests.media.test_layers import Stage


def repaired(lost: bytes, ssrc: int, rid: str | None, sequence: int = 1) -> bytes:
    """The RTX packet for a lost one; with the layer's name where one is given."""
    packet = parse(lost)
    assert packet is not None
    values = {IDS.mid: b"1", **({IDS.repaired_rid: rid.encode()} if rid else {})}
    return rtp(
        payload_type=RTX,
        sequence=sequence,
        timestamp=packet.timestamp,
        ssrc=ssrc,
        payload=packet.sequence.to_bytes(2, "big") + packet.payload,
        values=values,
    )


def joined(agreed: Terms | None = None) -> tuple[Meeting, Camera]:
    meeting = Meeting()
    meeting.join("a", agreed or terms(1))
    return meeting, Camera(1, random.Random(1))  # noqa: S311  # repeatable on purpose


def received(meeting: Meeting) -> list[int]:
    return [layer.packets for layer in sorted(meeting.room.participants["a"].video.layers, key=lambda one: one.place)]


def unknown(meeting: Meeting) -> int:
    intake = meeting.room.participants["a"].intake
    assert intake is not None
    return intake.unknown


def test_layers_are_told_apart_by_rid_and_then_by_ssrc() -> None:
    meeting, camera = joined()
    for one in camera.frame(meeting.now):
        meeting.rtp("a", one.data)
    first = received(meeting)
    assert all(first)
    for one in camera.frame(meeting.now, named=False):
        meeting.rtp("a", one.data)
    assert all(later > before for before, later in zip(first, received(meeting), strict=True))
    assert unknown(meeting) == 0


def test_a_stream_without_a_name_waits_for_one() -> None:
    meeting, camera = joined()
    for one in camera.frame(meeting.now, named=False):
        meeting.rtp("a", one.data)
    assert received(meeting) == [0, 0, 0]
    assert unknown(meeting) > 0
    meeting.rtp("a", *(one.data for one in camera.frame(meeting.now)))
    assert all(received(meeting))


def test_a_resent_packet_finds_its_layer_by_the_repaired_rid() -> None:
    meeting, camera = joined()
    meeting.rtp("a", *(one.data for one in camera.frame(meeting.now)))
    lost = camera.encoders[1].frame(meeting.now, named=False)
    before = received(meeting)
    meeting.rtp("a", repaired(lost[0].data, 77, None))
    assert received(meeting) == before, "without a name it could be of any layer"
    meeting.rtp("a", repaired(lost[0].data, 77, "h"))
    assert received(meeting) == [before[0], before[1] + 1, before[2]]
    for place, one in enumerate(lost[1:], 2):
        meeting.rtp("a", repaired(one.data, 77, None, place))
    assert received(meeting)[1] == before[1] + len(lost), "bound by now"


def test_each_layer_s_losses_are_asked_for() -> None:
    meeting, camera = joined()
    meeting.rtp("a", *(one.data for one in camera.frame(meeting.now)))
    for encoder in camera.encoders:
        encoder.frame(meeting.now, named=False)
    meeting.rtp("a", *(one.data for one in camera.frame(meeting.now)))
    meeting.pass_time(0.05)
    asked = {nack.media_ssrc for nack in meeting.requests("a", Nack) if isinstance(nack, Nack)}
    assert asked == {encoder.ssrc for encoder in camera.encoders}


def test_layers_that_the_offer_names_by_ssrc_need_no_names() -> None:
    layers = tuple(LayerTerms(None, 1010 + place, 1110 + place) for place in range(3))
    meeting, camera = joined(Terms((Publication("video", "1", VP8, RTX, simulcast=layers),), (), IDS))
    meeting.rtp("a", *(one.data for one in camera.frame(meeting.now, named=False)))
    assert all(received(meeting))


def lines() -> Terms:
    """A picture's sizes on a line each, told apart by MID."""
    layers = tuple(LayerTerms(mid=mid) for mid in "12")
    return Terms((Publication("video", "1", VP8, RTX, simulcast=layers),), (), IDS)


def on_line(mid: bytes | None, ssrc: int, sequence: int, payload_type: int = VP8) -> bytes:
    payload = descriptor(1, 1, 0, sync=False, start=True) + bytes([0x11]) + bytes(9)
    values = {IDS.mid: mid} if mid else None
    return rtp(payload_type=payload_type, sequence=sequence, timestamp=9, ssrc=ssrc, payload=payload, values=values)


def test_layers_on_lines_of_their_own_are_told_apart_by_mid() -> None:
    meeting, _ = joined(lines())
    meeting.rtp("a", on_line(None, 7, 1), on_line(b"3", 7, 1), on_line(b"3", 9, 1))
    assert (received(meeting), unknown(meeting)) == ([0, 0], 3)
    meeting.rtp("a", on_line(b"2", 7, 1), on_line(b"1", 8, 1), on_line(None, 7, 2), on_line(None, 7, 3))
    assert received(meeting) == [1, 3]
    meeting.rtp("a", on_line(None, 77, 1, RTX))
    assert received(meeting) == [1, 3], "without a name it could be of any layer"


def test_a_stream_comes_back_after_another_in_its_place_fell_silent() -> None:
    meeting, _ = joined(lines())
    meeting.rtp("a", on_line(b"1", 8, 1))
    meeting.now += 1.1
    meeting.rtp("a", on_line(b"1", 9, 1), on_line(None, 8, 2))
    assert (received(meeting), unknown(meeting)) == ([2, 0], 1), "one at a time"
    meeting.now += 1.1
    meeting.rtp("a", on_line(None, 8, 3, VP8 + 9))
    assert unknown(meeting) == 2, "as something else it does not"
    meeting.rtp("a", on_line(None, 8, 4), on_line(None, 9, 2), on_line(None, 8, 5))
    assert (received(meeting), unknown(meeting)) == ([4, 0], 3)


def test_made_up_names_and_numbers_fill_no_table() -> None:
    meeting, _ = joined()
    chance = random.Random(2)  # noqa: S311  # repeatable on purpose
    for ssrc in range(1, 4 * MAX_STREAMS):
        encoder = Encoder(ssrc % 3, ssrc * 17, chance)
        meeting.rtp("a", *(one.data for one in encoder.frame(meeting.now, named=True)))
        meeting.now += 1.1
    assert sum(1 for layer in meeting.room.participants["a"].video.layers if layer.packets) == len(RIDS)
    assert unknown(meeting) > 2 * MAX_STREAMS


@fuzz
def test_nothing_that_comes_in_layers_makes_a_room_raise() -> None:
    """Good packets with bytes changed or cut off, resent, overtaken and unnamed, while a viewer changes its mind."""
    chance = dice(4)
    stage = Stage(chance)
    meeting, held = stage.meeting, list[bytes]()
    for number in range(PACKETS // 30):
        meeting.now += 0.01
        for name, camera in stage.cameras.items():
            for one in camera.frame(meeting.now, named=chance.random() < 0.5):
                held.append(one.data)
                meeting.room.on_rtp(meeting.now, name, spoiled(one.data, chance))
                if chance.random() < 0.3:
                    again = repaired(chance.choice(held), one.ssrc + 100, chance.choice((None, "q", "h", "zz")), number)
                    meeting.room.on_rtp(meeting.now, name, spoiled(again, chance))
        del held[:-50]
        if chance.random() < 0.1:
            stage.view(chance.choice(("a", "b", None)), chance.choice((None, 0, 100, 300, 900)))
            stage.limit(chance.randrange(4))
        meeting.room.on_tick(meeting.now)
        meeting.control.clear()
    layers = [layer for name in ("a", "b") for layer in meeting.room.participants[name].video.layers]
    assert all(layer.packets for layer in layers)
    assert sum(layer.malformed for layer in layers) > 0


def spoiled(data: bytes, chance: random.Random) -> bytes:
    """The packet as it is, with a byte changed, or cut short."""
    act = chance.random()
    if act < 0.9:
        return data
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed if act < 0.98 else changed[: chance.randrange(len(changed))])
