"""Switching layers, sources and temporal limits: what a receiver gets stays one unbroken stream."""

import random
from dataclasses import dataclass, field
from itertools import groupby, pairwise

import pytest

from media.rtp import vp8
from media.rtp.packet import Packet
from media.rtp.rtcp import Pli
from media.rtp.sequence import unwrap
from media.sfu.video_slot import HANDOVER_S, RETRY_S, SWITCH_S, SYNC_WAIT_S, VideoSlot
from tests.media.packets import Meeting
from tests.media.simulcast import FRAME_S, HEIGHTS, Camera, Sent, disturbed, name_of, terms

SWITCHES = 250


@dataclass
class Stage:
    """Two cameras and a viewer whose first slot is watched. `order` says when each packet was handed in."""

    chance: random.Random
    loss: float = 0.0
    overtaking: float = 0.0
    reports: bool = False
    meeting: Meeting = field(default_factory=Meeting)
    cameras: dict[str, Camera] = field(default_factory=dict)
    sent: dict[tuple[int, int], Sent] = field(default_factory=dict)
    order: dict[tuple[int, int], int] = field(default_factory=dict)
    out: list[tuple[int, Packet]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for number, name in enumerate(("a", "b"), 1):
            self.meeting.join(name, terms(number))
            self.cameras[name] = Camera(number, self.chance)
        self.meeting.join("v", terms(3))

    @property
    def slot(self) -> VideoSlot:
        return self.meeting.links["v"].video[0]

    def view(self, name: str | None, height: int | None = None) -> None:
        heights = () if height is None else (height,)
        self.meeting.take(self.meeting.room.view(self.meeting.now, "v", [name], heights))

    def limit(self, temporal: int) -> None:
        self.meeting.room.participants["v"].temporal = temporal
        self.slot.aim(self.meeting.now, self.slot.wanted, temporal)

    def run(self, seconds: float) -> None:
        """Capture, send and tick for so long; cameras answer PLI with a key frame in their next picture."""
        for _ in range(round(seconds / FRAME_S)):
            self.meeting.now += FRAME_S
            self._obey_requests()
            for name, camera in self.cameras.items():
                packets = camera.frame(self.meeting.now)
                self.sent |= {(one.ssrc, one.number): one for one in packets}
                for one in disturbed(packets, self.chance, self.loss, self.overtaking):
                    self.hand_in(name, one)
                if self.reports:
                    for encoder in camera.encoders:
                        self.meeting.room.on_rtcp(self.meeting.now, name, encoder.report(self.meeting.now))
            self.meeting.take(self.meeting.room.on_tick(self.meeting.now))

    def picture(self, name: str, layer: int) -> list[Sent]:
        """The next picture's packets of one layer, to be handed in."""
        self.meeting.now += FRAME_S
        packets = [one for one in self.cameras[name].frame(self.meeting.now) if one.layer == layer]
        self.sent |= {(one.ssrc, one.number): one for one in packets}
        return packets

    def hand_in(self, name: str, one: Sent) -> None:
        before = len(self.meeting.stream("v", 3200))
        self.order[one.ssrc, one.number] = len(self.order)
        self.meeting.rtp(name, one.data)
        for packet in self.meeting.stream("v", 3200)[before:]:
            self.out.append((len(self.order), packet))
        self.meeting.sent.clear()

    def _obey_requests(self) -> None:
        for name, camera in self.cameras.items():
            wanted = {pli.media_ssrc for pli in self.meeting.requests(name, Pli) if isinstance(pli, Pli)}
            for encoder in camera.encoders:
                encoder.keyframe = encoder.keyframe or encoder.ssrc in wanted
        self.meeting.control.clear()

    def by_sequence(self) -> list[tuple[int, Packet]]:
        """What went out in its order, sequence numbers unwrapped."""
        found: list[tuple[int, Packet]] = []
        newest = self.out[0][1].sequence
        for _, packet in self.out:
            index = unwrap(newest, packet.sequence)
            newest = max(newest, index)
            found.append((index, packet))
        assert len({index for index, _ in found}) == len(found), "a sequence number went out twice"
        return sorted(found, key=lambda one: one[0])


def is_filling(packet: Packet) -> bool:
    return packet.payload_start == packet.payload_end


def origin(stage: Stage, packet: Packet) -> Sent:
    return stage.sent[name_of(packet.payload)]


def check_stream(stage: Stage) -> None:
    """No hole but for what was lost on the way in, picture ids that only grow, key frames where layers begin."""
    ordered = stage.by_sequence()
    pictures = [(index, packet, origin(stage, packet)) for index, packet in ordered if not is_filling(packet)]
    filled = {index for index, packet in ordered if is_filling(packet)}
    for _, group in groupby(pictures, key=lambda one: one[2].ssrc):
        assert is_keyframe(next(group)[1]), "a change begins with a key frame"
    begins = [stage.order[sent.ssrc, sent.number] for _, packet, sent in pictures if is_keyframe(packet)]
    for one, two in pairwise(pictures):
        missing = len(set(range(one[0] + 1, two[0])) - filled)
        if missing:
            changed = one[2].ssrc != two[2].ssrc or is_keyframe(two[1])
            last = one[2].number + 12 if changed else two[2].number
            assert missing <= absent(stage, one[2], last, begins), "a hole that no loss explains"
    check_pictures([(vp8.parse(packet.payload), sent) for _, packet, sent in pictures])


def is_keyframe(packet: Packet) -> bool:
    descriptor = vp8.parse(packet.payload)
    return descriptor is not None and descriptor.keyframe


def absent(stage: Stage, one: Sent, last: int, begins: list[int]) -> int:
    """How many packets after `one`, before the number `last`, were lost, or came after the next change."""
    now = stage.order[one.ssrc, one.number]
    end = next((begin for begin in begins if begin > now), len(stage.order))
    return sum(1 for number in range(one.number + 1, last) if stage.order.get((one.ssrc, number), end) >= end)


def check_pictures(pictures: list[tuple[vp8.Descriptor | None, Sent]]) -> None:
    frames: dict[int, tuple[int, int]] = {}
    newest: int | None = None
    for descriptor, sent in pictures:
        assert descriptor is not None
        assert descriptor.picture_id is not None
        picture = descriptor.picture_id if newest is None else unwrap(newest, descriptor.picture_id, 15)
        assert newest is None or picture >= newest, "picture ids only grow"
        newest = picture
        assert frames.setdefault(picture, (sent.ssrc, sent.picture)) == (sent.ssrc, sent.picture)


def random_acts(stage: Stage, switches: int) -> None:
    for _ in range(switches):
        act = stage.chance.randrange(6)
        if act < 4:
            name = stage.chance.choice(("a", "b"))
            stage.view(name, stage.chance.choice((None, 150, 300, 700)))
        elif act == 4:
            stage.limit(stage.chance.randrange(4))
        else:
            camera = stage.cameras[stage.chance.choice(("a", "b"))]
            camera.active = {0, *(n for n in (1, 2) if stage.chance.random() < 0.7)}
        stage.run(stage.chance.choice((0.03, 0.1, 0.3, 0.7)))


@pytest.mark.parametrize(("loss", "overtaking"), [(0.0, 0.0), (0.0, 0.1), (0.05, 0.0), (0.05, 0.1)])
@pytest.mark.parametrize("reports", [False, True])
def test_a_thousand_random_switches_leave_one_stream(loss: float, overtaking: float, reports: bool) -> None:
    chance = random.Random(f"{loss} {overtaking} {reports}")  # noqa: S311  # repeatable on purpose
    stage = Stage(chance, loss, overtaking, reports)
    stage.view("a")
    stage.run(0.5)
    random_acts(stage, SWITCHES)
    assert len(stage.out) > 2000
    check_stream(stage)


def test_what_is_sent_can_be_decoded() -> None:
    """On a good line every frame's references went out before it, and picture ids have no gap."""
    stage = Stage(random.Random(5), reports=True)  # noqa: S311  # repeatable on purpose
    stage.view("a")
    stage.run(0.5)
    random_acts(stage, SWITCHES)
    shown = [(vp8.parse(packet.payload), origin(stage, packet)) for _, packet in stage.by_sequence()]
    newest: dict[int, int] = {}
    for _, sent in shown:
        if sent.keyframe:
            newest = dict.fromkeys(range(3), sent.picture)
        for temporal in range(1 if sent.sync else sent.temporal + 1):
            assert newest[temporal] >= last_before(stage, sent, temporal), "a frame it refers to was left out"
        newest[sent.temporal] = sent.picture
    ids = [descriptor.picture_id for descriptor, _ in shown if descriptor is not None]
    assert {(two - one) & 0x7FFF for one, two in pairwise(ids) if one is not None and two is not None} == {0, 1}


def last_before(stage: Stage, sent: Sent, temporal: int) -> int:
    """The newest picture of this temporal id, or of a key frame, before that of `sent`; -1 for a key frame itself."""
    number = sent.number
    while not sent.keyframe:
        number -= 1
        one = stage.sent[sent.ssrc, number]
        if one.keyframe or (one.temporal == temporal and one.picture != sent.picture):
            return one.picture
    return -1


def test_sender_reports_keep_the_picture_s_clock_over_any_number_of_switches() -> None:
    stage = Stage(random.Random(6), reports=True)  # noqa: S311  # repeatable on purpose
    stage.view("a", 700)
    stage.run(0.5)
    for _ in range(100):
        stage.view("a", stage.chance.choice((150, 300, 700)))
        stage.run(stage.chance.choice((0.1, 0.2)))
    lags = [
        (packet.timestamp - round(origin(stage, packet).captured * 90_000)) & 0xFFFFFFFF
        for order, packet in stage.out
        if origin(stage, packet).captured > 101 and came_at(stage, packet) == order
    ]
    assert max(lags) - min(lags) < 90_000 * 0.002


def came_at(stage: Stage, packet: Packet) -> int:
    """The place in which it was handed in: before that of going out where a picture began with what was kept."""
    sent = origin(stage, packet)
    return stage.order[sent.ssrc, sent.number] + 1


def heights_shown(stage: Stage, seconds: float = 0.5) -> set[int]:
    """The heights of the layers that go out in the next stretch of time."""
    stage.out.clear()
    stage.run(seconds)
    return {HEIGHTS[origin(stage, packet).layer] for _, packet in stage.out}


@pytest.fixture
def stage() -> Stage:
    made = Stage(random.Random(7))  # noqa: S311  # repeatable on purpose
    made.view("a", 700)
    made.run(1.0)
    return made


def test_the_tile_s_height_chooses_the_layer(stage: Stage) -> None:
    for tile, layer in ((150, 180), (220, 180), (230, 360), (450, 360), (460, 720), (2000, 720)):
        stage.view("a", tile)
        stage.run(0.2)
        assert heights_shown(stage) == {layer}
    stage.view("a", 0)
    assert heights_shown(stage) == set(), "a tile that nobody sees costs nothing"
    stage.view("a")
    stage.run(0.2)
    assert heights_shown(stage) == {720}, "a client that tells no heights gets the biggest"


def test_a_layer_that_stopped_is_replaced_by_the_next_lower_one(stage: Stage) -> None:
    camera = stage.cameras["a"]
    camera.active = {0, 1}
    stage.run(1.2)
    assert heights_shown(stage) == {360}
    camera.active = {0}
    stage.run(1.2)
    assert heights_shown(stage) == {180}
    camera.active = {0, 1, 2}
    camera.encoders[2].keyframe = True
    stage.run(0.1)
    assert heights_shown(stage) == {720}, "it is taken again from its first picture on"


def test_a_break_of_the_line_changes_no_layer(stage: Stage) -> None:
    stage.cameras["a"].active = set()
    stage.run(1.5)
    stage.cameras["a"].active = {0, 1, 2}
    assert heights_shown(stage) == {720}


def test_the_former_layer_goes_on_when_the_wanted_one_brings_no_key_frame(stage: Stage) -> None:
    stage.view("a", 300)
    stage.run(0.2)
    for encoder in stage.cameras["a"].encoders:
        encoder.keyframe = False
    stage.meeting.control.clear()
    stage.view("a", 700)
    asked = 0
    for _ in range(round((SWITCH_S + HANDOVER_S) / FRAME_S)):
        stage.meeting.control.pop("a", None)
        frames = stage.cameras["a"].frame(stage.meeting.now)
        stage.meeting.now += FRAME_S
        before = len(stage.out)
        for one in frames:
            stage.sent[one.ssrc, one.number] = one
            stage.hand_in("a", one)
        assert all(origin(stage, packet).layer == 1 for _, packet in stage.out[before:])
        stage.meeting.take(stage.meeting.room.on_tick(stage.meeting.now))
        asked += len(stage.meeting.requests("a", Pli))
    assert SWITCH_S / 0.5 - 1 <= asked <= SWITCH_S / 0.5 + 1, "asked every half second, and not for ever"
    stage.meeting.control.clear()
    stage.run(RETRY_S)
    assert heights_shown(stage) == {720}, "tried again later"


def test_muting_silences_every_layer_and_unmuting_begins_with_a_key_frame(stage: Stage) -> None:
    stage.meeting.take(stage.meeting.room.mute(stage.meeting.now, "a", "video", True))
    for tile in (150, 700):
        stage.view("a", tile)
        assert heights_shown(stage) == set()
    stage.meeting.take(stage.meeting.room.mute(stage.meeting.now, "a", "video", False))
    assert heights_shown(stage) == {720}
    assert is_keyframe(stage.out[0][1])


def test_fewer_temporal_layers_leave_out_whole_frames_and_come_back(stage: Stage) -> None:
    everything = shown_temporal(stage)
    assert set(everything) == {0, 1, 2}
    stage.limit(0)
    assert set(shown_temporal(stage)) == {0}
    stage.limit(1)
    stage.run(0.4)
    assert set(shown_temporal(stage)) == {0, 1}
    stage.limit(3)
    stage.run(0.5)
    assert set(shown_temporal(stage)) == {0, 1, 2}


def test_where_no_frame_offers_to_begin_a_key_frame_is_asked_for(stage: Stage) -> None:
    for encoder in stage.cameras["a"].encoders:
        encoder.syncs = False
    stage.limit(0)
    stage.run(0.5)
    stage.limit(3)
    assert set(shown_temporal(stage)) == {0}
    stage.run(SYNC_WAIT_S)
    assert set(shown_temporal(stage)) == {0, 1, 2}


def test_an_overtaken_packet_of_a_frame_that_is_left_out_becomes_padding(stage: Stage) -> None:
    stage.limit(0)
    stage.run(0.5)
    left_out, kept = stage.picture("a", 2), stage.picture("a", 2)
    while kept[0].temporal or not left_out[0].temporal:
        for one in left_out:
            stage.hand_in("a", one)
        left_out, kept = kept, stage.picture("a", 2)
    stage.out.clear()
    for one in [*kept, *left_out]:
        stage.hand_in("a", one)
    shown, late = stage.out[: len(kept)], stage.out[len(kept) :]
    assert [origin(stage, packet).number for _, packet in shown] == [one.number for one in kept]
    assert all(is_filling(packet) for _, packet in late)
    sequences = sorted(packet.sequence for _, packet in stage.out)
    assert {two - one for one, two in pairwise(sequences)} == {1}


def shown_temporal(stage: Stage) -> list[int]:
    stage.out.clear()
    stage.run(0.6)
    return [origin(stage, packet).temporal for _, packet in stage.out]


def test_the_rest_of_a_layer_s_name_is_not_needed_after_its_first_packets(stage: Stage) -> None:
    """Browsers carry MID and RID only in the first packets: the binding holds for the connection's life."""
    for name, camera in stage.cameras.items():
        for one in camera.frame(stage.meeting.now + FRAME_S, named=False):
            stage.sent[one.ssrc, one.number] = one
            stage.hand_in(name, one)
    intake = stage.meeting.room.participants["a"].intake
    assert intake is not None
    assert intake.unknown == 0
