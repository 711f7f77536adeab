"""No picture takes the room that a wanted voice lacks: on simulated lines, and whatever is estimated."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from itertools import count, pairwise
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.rtp.extensions import ExtensionIds, read
from media.rtp.packet import is_rtcp, parse
from media.sfu.allocate import Allocator, Decision, Step, Want
from media.sfu.arrivals import Arrivals
from media.sfu.link import Link
from media.sfu.outflow import Outflow
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.sfu.sent import OVERHEAD
from media.sfu.voices import SHARE, VOICE_BPS
from tests.media.packets import Publisher, terms
from tests.media.wire import Wire

STEP_S = 0.005
NUMBERED = ExtensionIds(transport_cc=3)
SITES = ("a", "b", "c")
PICTURE = (Step(0, 0, 60_000), Step(0, 2, 120_000))

Says = Callable[[str, float], bool]
"""Whether somebody talks at a time; who does not sends a packet of comfort noise every 0.4 s."""


def always(_site: str, _at: float) -> bool:
    return True


def by_turns(site: str, at: float) -> bool:
    """Each talks for 4 s; the next one begins half a second before."""
    return (at - 4 * SITES.index(site)) % 12 < 4.5


class Seen(NamedTuple):
    """What goes out at a time: so many voices, bit/s of pictures, and whether a voice that is wanted lacks room."""

    at: float
    voices: int
    pictures: float
    lacks: bool


@dataclass
class Hall:
    """Three sites with a picture of some 80 kbit/s each, and a viewer of the first one behind `wire`."""

    wire: Wire
    says: Says = always
    now: float = 100.0
    seen: list[Seen] = field(default_factory=list)
    late: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.room = Room()
        self.sites = {name: Publisher(number) for number, name in enumerate(SITES, 1)}
        self._arrivals = Arrivals()
        self._told: list[tuple[float, bytes]] = []
        self._steps = count(1)
        for name, site in self.sites.items():
            self.room.admit(name)
            self.room.connect(self.now, name, terms(site.number), site.number)
        self.room.admit("viewer")
        agreed = terms(9, audio_slots=3, video_slots=1)
        numbered = tuple(replace(slot, transport_cc=3) for slot in agreed.slots)
        self.link: Link = self.room.connect(self.now, "viewer", replace(agreed, slots=numbered), 9)
        self._take(self.room.view(self.now, "viewer", ["a"], [180]))

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step()

    def step(self) -> None:
        self.now += STEP_S
        step = next(self._steps)
        for at, data in self.wire.take(self.now):
            assert isinstance(data, bytes)
            self._arrive(at, data)
        while self._told and self._told[0][0] <= self.now:
            self._take(self.room.on_rtcp(self.now, "viewer", self._told.pop(0)[1]))
        for name, site in self.sites.items():
            if step % 4 == 0:
                talks = self.says(name, self.now)
                # Words go up and down by 10 dB every 0.2 s: what never varies is taken for no voice.
                said = site.speech(30 + 10 * (step // 40 % 2) if talks else 90)
                if talks or step % 80 == 0:
                    self._take(self.room.on_rtp(self.now, name, said if talks else said[: 20 + 8]))
            if step % 7 == 0:
                for data in site.picture(keyframe=step % 700 == 0, packets=3):
                    self._take(self.room.on_rtp(self.now, name, data))
        if step % 5 == 0:
            self._take(self.room.on_tick(self.now))
            self._look()
        if step % 20 == 0:
            told = [message.encode() for message in self._arrivals.feedback(1, 9_200)]
            self._told += [(self.now + 0.03, data) for data in told]
        if self.room.busy:
            self._take(self.room.flush(self.now))

    def _arrive(self, at: float, data: bytes) -> None:
        packet = parse(data)
        assert packet is not None
        number = read(packet, NUMBERED).transport_sequence
        assert number is not None
        self._arrivals.add(at, number)

    def _take(self, sends: list[Send]) -> None:
        for link, head, body in sends:
            if link is not self.link or is_rtcp(head):
                continue
            size = len(head) + len(body) + OVERHEAD
            ssrc = int.from_bytes(head[8:12], "big")
            if 9_100 <= ssrc < 9_200:
                self.late.append(self.wire.queued(self.now) * 8 / self.wire.rate(self.now))
            self.wire.put(self.now, size, head + body)

    def _look(self) -> None:
        outflow = self.link.outflow
        bitrate, voices = outflow.bitrate or 0.0, outflow.voices
        pictures = sum(decision.step.bitrate for decision in self.link.decisions.values() if decision.step)
        lacks = voices.sent < voices.wanted and bitrate * SHARE - outflow.speech.bitrate >= VOICE_BPS
        self.seen.append(Seen(self.now, voices.sent, pictures, lacks))

    def since(self, at: float) -> list[Seen]:
        return [seen for seen in self.seen if seen.at >= at]


def after_a_fall(bps: float, says: Says) -> Hall:
    """A line of a megabit that carries `bps` from the tenth second on, a minute and a half later."""
    found = Hall(Wire(lambda t: bps if t > 110 else 1e6, 0.03), says)
    found.run(100)
    return found


@pytest.mark.parametrize("bps", [100e3, 112e3, 124e3, 155e3, 170e3])
@pytest.mark.parametrize("says", [always, by_turns])
def test_a_picture_never_goes_out_where_a_voice_lacks_room(bps: float, says: Says) -> None:
    found = after_a_fall(bps, says)
    assert not [seen for seen in found.since(112) if seen.lacks and seen.pictures]
    assert found.late[int(0.95 * len(found.late))] < 0.3, "and none is late for it"


@pytest.mark.parametrize(("bps", "says"), [(124e3, by_turns), (155e3, by_turns), (170e3, always), (170e3, by_turns)])
def test_all_voices_go_out_on_a_line_that_carries_them(bps: float, says: Says) -> None:
    """Two that are quiet take next to nothing: room for the third is what is left, not what two might take."""
    seen = after_a_fall(bps, says).since(135)
    assert sum(one.voices for one in seen) > 2.95 * len(seen)
    assert sum(one.voices != other.voices for one, other in pairwise(seen)) <= 2


@pytest.mark.parametrize("bps", [100e3, 112e3, 124e3, 140e3, 155e3])
def test_voices_on_the_edge_do_not_come_and_go(bps: float) -> None:
    seen = after_a_fall(bps, always).since(115)
    assert sum(one.voices != other.voices for one, other in pairwise(seen)) <= 10
    assert sum((one.pictures > 0) != (other.pictures > 0) for one, other in pairwise(seen)) <= 2


def test_the_reason_tells_of_the_voices() -> None:
    found = Allocator().allocate(0.0, 20e3, [Want(0, "a", 0, 0, PICTURE), Want(1, "b", 1, 0, PICTURE)], 50e3)
    assert [decision.reason for decision in found.values()] == ["voices", "voices"]
    found = Allocator().allocate(0.0, 20e3, [Want(0, "a", 0, 0, PICTURE)], 30e3)
    assert found[0].reason == "budget"


estimates = st.lists(st.tuples(st.floats(30e3, 400e3), st.lists(st.booleans(), min_size=5, max_size=5)), min_size=5)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 5), estimates)
def test_whatever_is_estimated_pictures_take_no_room_of_a_voice(
    wanted: int, told: list[tuple[float, list[bool]]]
) -> None:
    """Each estimate holds for a second; `told` says with it who of the five talks then."""
    outflow, allocator, now = Outflow(0.0, 3, most_voices=5), Allocator(), 0.0
    outflow.voices.wanted, outflow.estimator.heard = wanted, True
    wants = [Want(0, "a", 0, 0, PICTURE), Want(1, "b", 1, 0, PICTURE)]
    for bitrate, talks in told:
        outflow.estimator.loss.rate = bitrate
        for _ in range(5):
            now += 0.2
            sent = outflow.voices.sent
            outflow.sent.state.spoken += sum(48_000 if talk else 1_500 for talk in talks[:sent]) // 40
            decisions = allocator.allocate(now, outflow.pictures(now), wants, outflow.reserved)
            room, missing = bitrate * SHARE - outflow.speech.bitrate, outflow.voices.missing_bps
            if missing and room >= missing / (wanted - sent):
                assert cost(decisions) <= max(0.0, room - missing)
            outflow.fit_voices(now)
            assert 1 <= outflow.voices.count <= 5


def cost(decisions: dict[int, Decision]) -> float:
    return sum(decision.step.bitrate for decision in decisions.values() if decision.step is not None)


def test_the_voices_of_a_line_that_is_known_to_be_thin_are_not_all_tried_at_first() -> None:
    outflow = Outflow(0.0, 3, most_voices=5, former=60e3)
    outflow.voices.wanted = 3
    outflow.pictures(0.0)
    assert outflow.fit_voices(0.0)
    assert outflow.voices.sent == 1
