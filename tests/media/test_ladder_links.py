"""The ladder on simulated lines that become thin: where it comes to stand, how fast, that it stays, what is heard."""

from dataclasses import dataclass, field
from itertools import count, pairwise

import pytest

from media.rtp.packet import header
from media.sfu.allocate import Want
from media.sfu.ladder import DWELL_S, Ladder, Measured
from media.sfu.tiers import TOP
from media.sfu.voices import VOICE_BPS
from media.sfu.wants import needs
from tests.media.flow import LAYERS, SPEECH, Camera, Flow
from tests.media.wire import Wire
from web.stills import Feed, Still, ask_for, pace

CLIFF_S = 10.0
FRAME = 46
"""Bytes of a voice that is asked to be small, 20 ms."""


@dataclass
class WeakFlow(Flow):
    """One voice, one picture, and on its tier stills, which pass the same wire by another connection.

    `stood` is where a connection before it had come to stand.
    """

    tiers: list[tuple[float, str]] = field(default_factory=list)
    stills: list[float] = field(default_factory=list)
    stood: Ladder | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self.began = self.now
        self.ladder = Ladder(self.now)
        if self.stood is not None:
            self.ladder.go_on_from(self.now, self.stood.tier, self.stood.why)
        self._frames = count(1)
        self._feed = Feed(pace(None, 0), ("site",))

    def step(self) -> None:
        super().step()
        if self.ladder.tier.stills:
            self._feed.bps = pace(self.outflow.carries, 60_000)
            self._send_still()
        self.outflow.estimator.beside = self._feed.bps if self.ladder.tier.stills else 0.0

    def _send_still(self) -> None:
        made = Still(int(self.now * 2), self.now, bytes(ask_for(self._feed.bps, 1).octets))
        message = self._feed.next(self.now, {"site": made})
        if message is None:
            return
        self.wire.carry(self.now, len(str(message["data"])) * 3 // 4 + 172)
        if message["part"] == int(str(message["of"])) - 1:
            self._feed.seen("site", int(str(message["still"])))
            self.stills.append(self.now)

    def _speak(self) -> None:
        packed = self.ladder.tier.packed
        if packed and next(self._frames) % 3:
            return
        self.spoken += 1
        head, body = header(SPEECH, False, self.spoken, 0, 1), bytes(3 * FRAME + 2 if packed else FRAME)
        self.said_at[self.spoken] = self.now
        self._send(self.outflow.speak(self.now, head, body), body)

    def _allocate(self) -> None:
        outflow, now = self.outflow, self.now
        wants = [Want(n, str(n), n, 2, LAYERS, (180, 360, 720), self.ladder.tier) for n, _ in enumerate(self.cameras)]
        self.decisions = self.allocator.allocate(now, outflow.pictures(now), wants)
        for camera, decision in zip(self.cameras, self.decisions.values(), strict=True):
            camera.take(decision)
        spoken = max(VOICE_BPS, outflow.speech.bitrate + outflow.copies.bitrate)
        measured = Measured(outflow.carries, needs(wants, spoken, 25_000.0), outflow.redundancy.loss)
        if self.ladder.step(now, measured):
            self.tiers.append((now - self.began, self.ladder.tier.name))
        outflow.on_tick(now, self.allocator.needed)

    def delay_s(self) -> float:
        """Of speech lately, at the worst twentieth."""
        latest = sorted(list(self.heard.values())[-600:])
        return latest[int(0.95 * len(latest))]


def after_a_cliff(bps: float, seconds: float, until: float = float("inf")) -> WeakFlow:
    """A line of 2 Mbit/s that carries `bps` from CLIFF_S to `until`."""
    began = 100.0
    wire = Wire(lambda t: bps if began + CLIFF_S < t < began + until else 2e6, 0.03)
    found = WeakFlow(wire, 0.03, [Camera(2)])
    found.run(seconds)
    return found


@pytest.mark.parametrize(
    ("bps", "stands"),
    [
        (35e3, {"one_voice"}),
        (40e3, {"one_voice"}),
        (60e3, {"one_voice", "audio"}),
        (100e3, {"stills"}),
        (120e3, {"stills"}),
        (150e3, {"fewer_frames"}),
        (250e3, {"180p"}),
        (700e3, {"360p"}),
    ],
)
def test_each_line_has_its_tier_soon_and_keeps_it(bps: float, stands: set[str]) -> None:
    found = after_a_cliff(bps, 90)
    first, name = found.tiers[0]
    assert first - CLIFF_S < 5
    assert found.ladder.tier.name in stands
    assert len(found.tiers) <= 3, found.tiers
    assert all(
        later - earlier >= DWELL_S for (earlier, _), (later, _) in zip(found.tiers, found.tiers[1:], strict=False)
    )
    assert found.delay_s() < 0.3, name


def test_stills_come_within_five_seconds_beside_a_voice_that_is_not_late() -> None:
    found = after_a_cliff(100e3, 90)
    times = [at for at in found.stills if at > found.began + CLIFF_S + 10]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) > 10
    assert max(gaps) <= 5
    assert found.delay_s() < 0.2


def test_down_and_up_again() -> None:
    found = after_a_cliff(40e3, 120, until=50)
    assert found.tiers[0][1] == "one_voice"
    climbed = [(at, name) for at, name in found.tiers if at > 50]
    assert [name for _, name in climbed] == ["audio", "stills", "fewer_frames", "180p", "360p", "720p"]
    assert climbed[-1][0] - 50 < 60
    assert found.ladder.tier is TOP


@pytest.mark.parametrize("bps", [35e3, 150e3])
def test_a_connection_made_anew_on_a_thin_line_begins_where_the_former_one_stood(bps: float) -> None:
    """Speech is not late while the estimate would fall from a megabit, and the line is not held down either."""
    before = after_a_cliff(bps, 45)
    tier, told = before.ladder.tier, before.outflow.told
    line = Wire(lambda _: bps, 0.03)
    anew = WeakFlow(line, 0.03, [Camera(2)], now=before.now, former=told, stood=before.ladder)
    anew.run(20)
    assert max(anew.heard.values()) < 0.5
    assert len(anew.heard) > 0.98 * anew.spoken - 20
    assert abs(anew.ladder.tier.level - tier.level) <= 1
    estimate = anew.outflow.bitrate
    assert estimate is not None
    assert 0.6 * bps < estimate < 2 * bps

    elsewhere = WeakFlow(Wire(lambda _: bps, 0.03), 0.03, [Camera(2)])
    elsewhere.run(10)
    assert max(elsewhere.heard.values()) > 0.5, "what this is good for"


def test_a_connection_made_anew_on_a_line_that_became_fat_climbs_as_any_other() -> None:
    before = after_a_cliff(40e3, 30)
    fat = Wire(lambda _: 2e6, 0.03)
    anew = WeakFlow(fat, 0.03, [Camera(2)], now=before.now, former=before.outflow.told, stood=before.ladder)
    anew.run(40)
    assert anew.ladder.tier is TOP
