"""Who gets whose stills, who is told of the ladder, and what the timeline hears of it."""

from base64 import b64encode
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from media.meetings.moves import SiteState, Way
from media.messages import Flags, ParticipantState
from media.sfu.ladder import DIP_S, DWELL_S, TRIAL_S
from media.sfu.tiers import Tier
from tests.web.test_stills import JPEG
from web.others import Others
from web.rooms import Room, SiteView
from web.signal_line import Health, Line, Wish
from web.stills import LATEST_S, Part, Still
from web.thin_lines import TOLD_AFTER_S, Rungs, ThinLines

MEETING = "meeting"
GOOD = Health("none", 3_000, 0.0, camera=True)


@dataclass
class Hall:
    """Three sites that see each other, the sockets of those `here` in this process; `now` is their clock."""

    here: str = "abc"
    now: float = 1_000.0
    others: Others = field(default_factory=Others)
    lines: dict[str, Line] = field(default_factory=dict)
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    beside: dict[str, float] = field(default_factory=dict)
    told: list[tuple[str, Way, str, str]] = field(default_factory=list)
    rungs: list[list[tuple[str, float]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        sites = {name: SiteView(name, name, "terminal", SiteState.JOINED, False, None) for name in "abc"}
        room = self.room = Room(MEETING, sites, layers=dict.fromkeys("abc", (True, True, True)))
        self.thin = ThinLines(
            self.lines.values(), {MEETING: room}.get, self._tell, self._note_beside, self.others, lambda: self.now
        )
        for name in self.here:
            self.sit(name)

    def sit(self, name: str) -> None:
        """The socket of `name` is in this process from now on."""
        others = tuple(other for other in "abc" if other != name)
        self.lines[name] = Line(MEETING, name, "", False, Wish(others, (360, 180)), GOOD)
        self.heard[name] = []

    async def _tell(self, site: str, way: Way, tier: Tier, why: str, rungs: Rungs) -> None:
        self.told.append((site, way, tier.name, why))
        self.rungs.append([(rung.name, round(self.now - ago)) for rung, ago in rungs])

    async def _note_beside(self, meeting: str, site: str, bps: float) -> None:
        self.beside[site] = bps

    async def run(self, seconds: float) -> None:
        """Let it go on, with receivers that say what they have."""
        for step in range(round(seconds / 0.05)):
            self.now += 0.05
            if step % 10 == 0:
                self.thin.plan()
                await self.thin.chronicle()
            self.thin.give()
            for name, line in self.lines.items():
                while line.behind:
                    self._hear(name, line, await line.next())

    def _hear(self, name: str, line: Line, message: Any) -> None:
        assert isinstance(message, dict)
        self.heard[name].append({**message, "came_at": self.now})
        if message["type"] == "still" and message["part"] == message["of"] - 1:
            self.thin.on_seen(line, message["site"], message["still"])

    def still(self, name: str) -> Still | None:
        """The page of `name` sends one."""
        return self.thin.hear(self.lines[name], Part(1, 0, 1, b64encode(JPEG).decode()))

    def stands(self, name: str, tier: Any, carries: float | None = 100_000) -> None:
        self.thin.on_tier(name, tier, "thin", carries, self.lines.get(name))

    def last(self, name: str, kind: str) -> dict[str, Any]:
        return next((one for one in reversed(self.heard[name]) if one["type"] == kind), {})

    def stills_at(self, name: str) -> list[dict[str, Any]]:
        return [one for one in self.heard[name] if one["type"] == "still" and one["part"] == one["of"] - 1]


async def test_nobody_is_asked_for_a_still_on_good_lines() -> None:
    hall = Hall()
    await hall.run(5)
    assert hall.heard == {"a": [], "b": [], "c": []}
    hall.still("b")
    assert hall.thin.site("b").still is None


async def test_a_receiver_on_stills_gets_them_of_every_tile_within_five_seconds() -> None:
    hall = Hall()
    hall.stands("a", "stills")
    await hall.run(1)
    assert hall.last("a", "tier")["carries_kbps"] == 100
    assert hall.last("a", "stills")["sites"] == ["b", "c"]
    asks = [hall.last(name, "stills_wanted") for name in "bc"]
    assert all(0 < ask["every_ms"] <= 1_000 * LATEST_S for ask in asks)
    for _ in range(10):
        for name in "bc":
            hall.still(name)
        await hall.run(2)
    assert 0.3 * sent(hall, "a") < hall.beside["a"] < 3 * sent(hall, "a")
    for name in "bc":
        times = [one["came_at"] for one in hall.stills_at("a") if one["site"] == name]
        assert len(times) >= 4
        assert max(later - earlier for earlier, later in pairwise(times)) <= LATEST_S
    assert not hall.stills_at("b")


def sent(hall: Hall, name: str) -> float:
    """bit/s of stills that came in twenty seconds."""
    return sum(8 * len(one["data"]) * 3 / 4 for one in hall.heard[name] if one["type"] == "still") / 20


async def test_stills_end_with_the_tier() -> None:
    hall = Hall()
    hall.stands("a", "stills")
    await hall.run(1)
    hall.still("b")
    hall.stands("a", "fewer_frames")
    await hall.run(1)
    assert hall.last("a", "stills")["sites"] == []
    assert hall.last("b", "stills_wanted")["every_ms"] == 0
    assert hall.thin.site("b").still is None
    hall.stands("a", "audio")
    await hall.run(1)
    assert hall.last("a", "stills")["sites"] == []


async def test_hidden_tiles_and_closed_cameras_cost_nothing() -> None:
    hall = Hall()
    hall.lines["a"].view = Wish(("b", "c"), (0, 180))
    hall.lines["c"].health = Health("none", 3_000, 0.0, camera=False)
    hall.stands("a", "stills")
    await hall.run(1)
    assert hall.last("a", "stills") == {}
    hall.lines["a"].view = Wish(("b", "c"), (180, 180))
    await hall.run(1)
    assert hall.last("a", "stills")["sites"] == ["b"]


async def test_a_thin_uplink_sends_stills_to_all_who_see_it_and_tries_again_with_patience() -> None:
    hall = Hall()
    hall.lines["b"].health = Health("bandwidth", 80, 0.0, camera=True)
    await hall.run(3)
    assert (hall.last("b", "uplink")["tier"], hall.last("b", "uplink")["why"]) == ("stills", "thin")
    assert hall.last("b", "stills_wanted")["bps"] < 20_000
    assert hall.last("a", "stills")["sites"] == ["b"]
    assert hall.last("c", "stills")["sites"] == ["b"]
    hall.still("b")
    await hall.run(2)
    assert len(hall.stills_at("a")) == len(hall.stills_at("c")) == 1
    await hall.run(TRIAL_S)
    assert hall.last("b", "uplink")["tier"] == "fewer_frames"
    assert hall.last("a", "stills")["sites"] == []


async def test_an_attempt_goes_on_while_nothing_waits_on_the_way() -> None:
    """A browser's estimate falls whenever what is sent changes."""
    hall = Hall()
    hall.lines["b"].health = Health("bandwidth", 40, 0.0, camera=True, queued_ms=2_750)
    await hall.run(3)
    assert hall.last("b", "uplink")["tier"] == "one_voice"
    await hall.run(TRIAL_S + 1)
    assert hall.last("b", "uplink")["tier"] == "audio"
    await hall.run(DWELL_S + 1)
    assert hall.last("b", "uplink")["tier"] == "one_voice", "it waits"
    hall.lines["b"].health = Health("none", 40, 0.0, camera=True, queued_ms=0)
    await hall.run(2 * TRIAL_S + 1)
    assert hall.last("b", "uplink")["tier"] == "audio"
    await hall.run(DIP_S - 2)
    assert hall.last("b", "uplink")["tier"] == "audio"
    hall.lines["b"].health = Health("none", 90, 0.0, camera=True, queued_ms=0)
    await hall.run(2 * TRIAL_S + 1)
    assert hall.last("b", "uplink")["tier"] == "stills"


async def test_the_timeline_hears_only_what_lasts_and_then_of_every_rung_on_the_way() -> None:
    hall, began = Hall(), 1_000
    hall.stands("a", "stills")
    await hall.run(TOLD_AFTER_S / 2)
    hall.stands("a", "audio")
    await hall.run(TOLD_AFTER_S / 2 + 2)
    assert hall.told == []
    await hall.run(TOLD_AFTER_S)
    assert hall.told == [("a", "down", "audio", "thin")]
    assert hall.rungs == [[("stills", began), ("audio", began + TOLD_AFTER_S / 2)]]
    hall.stands("a", "720p", None)
    await hall.run(TOLD_AFTER_S + 1)
    assert hall.told[1:] == [("a", "down", "720p", "thin")]
    assert [name for name, _at in hall.rungs[1]] == ["720p"]


async def test_a_process_that_begins_anew_tells_where_sites_stand_and_a_site_that_is_gone_nothing() -> None:
    hall = Hall()
    flags = Flags(audio=True, video=True)
    state = ParticipantState(
        participant="a", connected=True, muted=False, video_muted=False, publishing=flags, tier="audio", why="thin"
    )
    hall.thin.on_synced(state, hall.lines["a"])
    await hall.run(TOLD_AFTER_S + 1)
    assert ("a", "down", "audio", "thin") in hall.told
    hall.stands("b", "audio")
    hall.thin.forget(["b"])
    hall.told.clear()
    await hall.run(TOLD_AFTER_S + 1)
    assert hall.told == []


async def test_who_is_heard_on_the_thinnest_line_speaks_small() -> None:
    hall = Hall()
    hall.room.loudest = ("b",)
    hall.stands("a", "one_voice", 35_000)
    await hall.run(1)
    assert hall.last("b", "voice")["small"]
    assert hall.last("c", "voice") == {}
    hall.room.loudest = ("c",)
    await hall.run(1)
    assert (hall.last("b", "voice")["small"], hall.last("c", "voice")["small"]) == (False, True)
    hall.stands("a", "fewer_frames", 170_000)
    await hall.run(1)
    assert not hall.last("c", "voice")["small"]


async def test_a_new_socket_is_told_how_things_stand() -> None:
    hall = Hall()
    hall.stands("a", "one_voice", 30_000)
    hall.thin.greet(hall.lines["a"])
    await hall.run(1)
    assert (hall.last("a", "tier")["tier"], hall.last("a", "uplink")["tier"]) == ("one_voice", "720p")
