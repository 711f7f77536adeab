"""Sites on weak lines in the web process: where each stands on the ladder, who is told of it, who gets whose stills."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import asdict, dataclass, field

from command.kernel.values import State
from media.meetings.moves import Way
from media.messages import ParticipantState
from media.sfu.ladder import Ladder
from media.sfu.tiers import BY_NAME, TOP, Tier, TierName
from web.meter import Meter
from web.others import Others
from web.reports import MOST_SITES, AskReport, PassedStill, Report, SiteReport
from web.rooms import Room
from web.signal_line import Line
from web.signal_messages import HealthReport
from web.stills import (
    MOST_BPS,
    NO_STILLS,
    Ask,
    Assembly,
    Feed,
    Part,
    Still,
    ask_for,
    combined,
    decoded,
    fresh,
    pace,
)
from web.uplinks import PACKED_BPS, SPEECH_BPS, measured

PLAN_S = 0.5
GIVE_S = 0.05
CHRONICLE_S = 1.0
BESIDE_CHANGE = 0.15
TOLD_AFTER_S = 10.0
MOST_RUNGS = 20
MOST_TILES = 6
SPEAKER = "speaker"


@dataclass
class Standing:
    """Where a site stands as a receiver; `carries` is what its line carries, bit/s, where that is known."""

    tier: Tier = TOP
    why: str = "all"
    carries: float | None = None
    since: float = float("-inf")

    def message(self) -> State:
        carries = None if self.carries is None else round(self.carries / 1000)
        return {"type": "tier", "tier": self.tier.name, "why": self.why, "carries_kbps": carries}


@dataclass
class Site:
    """What is kept of one site. `told` is what the timeline has of its two ways, `rungs` those taken since, and when.

    Of one whose socket another process has: its uplink as that tells, its newest still while somebody here wants it.
    """

    uplink: Ladder
    down: Standing = field(default_factory=Standing)
    asked: Ask | None = None
    assembly: Assembly = field(default_factory=Assembly)
    still: Still | None = None
    feed: Feed | None = None
    small: bool = False
    fed: Meter = field(default_factory=Meter)
    sends: Meter = field(default_factory=Meter)
    beside: float | None = 0.0
    told: dict[Way, Tier] = field(default_factory=lambda: dict[Way, Tier]([("down", TOP), ("up", TOP)]))
    rungs: defaultdict[Way, deque[tuple[Tier, float]]] = field(
        default_factory=lambda: defaultdict(lambda: deque(maxlen=MOST_RUNGS))
    )

    def uplink_message(self) -> State:
        return {"type": "uplink", "tier": self.uplink.tier.name, "why": self.uplink.why}

    def news(self, now: float, here: bool) -> list[tuple[Way, Tier, str]]:
        """(way, tier, why) of what has stood so long that the timeline should have it.

        Of its uplink only the process that has its socket (`here`) knows enough.
        """
        stands: list[tuple[Way, Tier, str, float]] = [("down", self.down.tier, self.down.why, self.down.since)]
        if here:
            stands.append(("up", self.uplink.tier, self.uplink.why, self.uplink.since))
        return [
            (way, tier, why)
            for way, tier, why, since in stands
            if tier is not self.told.get(way) and now - since >= TOLD_AFTER_S
        ]


Rungs = list[tuple[Tier, float]]
"""Tiers that were taken one after the other, and how many seconds ago."""
Tell = Callable[[str, Way, Tier, str, Rungs], Awaitable[None]]
"""Puts on the timeline that a site's way ("down", "up") stands on a tier, why, and by which it came there."""
NoteBeside = Callable[[str, str, float], Awaitable[None]]
"""Tells the node of a meeting what a site's line carries beside its media, bit/s."""


class ThinLines:
    """All of it for one process; `clock` gives seconds, steadily. `follow` calls what is to be called again.

    `others` is what the other processes tell of their sites of the same meetings, `report` what they are told.
    """

    def __init__(
        self,
        lines: Iterable[Line],
        room: Callable[[str], Room | None],
        tell: Tell,
        note_beside: NoteBeside,
        others: Others,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock = clock
        self._others = others
        self._lines = lines
        self._room = room
        self._tell = tell
        self._note_beside = note_beside
        self._sites: dict[str, Site] = {}
        self._fed: list[Line] = []
        self._wanted: dict[str, Ask] = {}

    def site(self, site: str) -> Site:
        return self._sites.setdefault(site, Site(Ladder(self._clock())))

    def forget(self, sites: Iterable[str]) -> None:
        """Their media ended: the next connection of each begins at the top."""
        for site in sites:
            self._sites.pop(site, None)

    # -- what comes in --------------------------------------------------------------------------

    def on_synced(self, state: ParticipantState, line: Line | None) -> None:
        """The node tells of somebody anew. What the timeline has of it may be from before this process began."""
        self.site(state.participant).told.clear()
        self.on_tier(state.participant, state.tier, state.why, None, line)

    def on_tier(self, name: str, told: TierName, why: str, carries: float | None, line: Line | None) -> None:
        """The node tells where a receiver stands, and what its line carries; `line` is its socket, if it is open."""
        site, tier = self.site(name), BY_NAME[told]
        down = site.down
        if tier is not down.tier:
            down.since = self._clock()
            site.rungs["down"].append((tier, down.since))
        news = (tier, why) != (down.tier, down.why)
        down.tier, down.why, down.carries = tier, why, carries
        if line is not None and news:
            line.send(down.message())

    def greet(self, line: Line) -> None:
        """A socket is open, perhaps in place of another one: it should know how things stand."""
        site = self.site(line.site)
        site.assembly, site.asked, site.small, site.beside = Assembly(), None, False, None
        if site.feed is not None:
            site.feed = Feed(site.feed.bps)
        line.send(site.down.message())
        line.send(site.uplink_message())

    def hear(self, line: Line, part: Part) -> Still | None:
        """A part of a still, taken from those alone who were asked: the still that it completes."""
        site = self.site(line.site)
        if site.asked is None:
            return None
        whole = site.assembly.add(self._clock(), part)
        site.still = whole or site.still
        return whole

    def age_of(self, still: Still) -> float:
        """Seconds since it was taken."""
        return self._clock() - still.taken_at

    def take_report(self, room: Room, process: str, report: Report) -> None:
        """Another process tells of its sites; of a site whose socket is here nothing is believed."""
        if not self._others.take(room.id, process, report, room.sites):
            return
        for name in (report.sites.keys() & room.sites.keys()) - self._here(room.id):
            site, told = self.site(name), report.sites[name]
            site.uplink.go_on_from(self._clock(), BY_NAME[told.tier], told.why)
            site.told.pop("up", None)  # should its socket come here, the timeline has it from elsewhere

    def take_still(self, meeting: str, process: str, passed: PassedStill) -> None:
        """Another process passes on a still that is wanted here, of a site of its own."""
        name = passed.site
        if name in self._wanted and name not in self._here(meeting) and self._others.holds(meeting, process, name):
            site = self.site(name)
            taken_at = self._clock() - passed.age_ms / 1000
            site.still = site.assembly.whole(taken_at, decoded(passed.data)) or site.still

    def on_seen(self, line: Line, shown: str, number: int) -> None:
        """A receiver has all of a still."""
        feed = self.site(line.site).feed
        if feed is not None:
            feed.seen(shown, number)

    # -- what goes out --------------------------------------------------------------------------

    def plan(self) -> None:
        """Say who stands where, who should get whose stills, and ask for them. To be called every PLAN_S or so."""
        now, lines = self._clock(), list(self._lines)
        asks: defaultdict[str, list[Ask]] = defaultdict(list)
        by_site = {line.site: line for line in lines}
        for line in lines:
            self._follow_uplink(now, line)
        for line in lines:
            self._plan_feed(line, by_site, asks)
        for line in lines:
            self._ask(line, asks[line.site] + self._others.asks(line.meeting, line.site))
        self._want({site: ask for site, ask in asks.items() if site not in by_site})
        for line in lines:
            self._fit_voice(line)
        self._fed = [line for line in lines if self.site(line.site).feed is not None]

    def report(self, room: Room) -> Report:
        """What the other processes of a meeting are to know of it."""
        lines = [line for line in self._lines if line.meeting == room.id][:MOST_SITES]
        asks = list(self._wanted.keys() & room.sites.keys())[:MOST_SITES]
        return Report(
            sites={line.site: self._reported(line) for line in lines},
            asks={site: AskReport.model_validate(asdict(self._wanted[site])) for site in asks},
        )

    def _reported(self, line: Line) -> SiteReport:
        health = HealthReport.of(line.health) if line.health is not None else None
        uplink = self.site(line.site).uplink
        return SiteReport(health=health, tier=uplink.tier.name, why=uplink.why)

    async def chronicle(self) -> None:
        """Put on the timeline what has lasted. To be called every second or so."""
        await self._weigh()
        here, now = {line.site for line in self._lines}, self._clock()
        for name, site in list(self._sites.items()):
            for way, tier, why in site.news(now, name in here):
                site.told[way] = tier
                rungs = [(rung, now - at) for rung, at in site.rungs.pop(way, ())]
                await self._tell(name, way, tier, why, rungs)

    async def _weigh(self) -> None:
        """Tell the node what the lines carry beside their media, so that it does not take that for a weaker line."""
        now = self._clock()
        for line in list(self._lines):
            site = self.site(line.site)
            site.sends.look(now, site.assembly.octets)
            bps = round(site.fed.look(now, site.feed.octets if site.feed is not None else 0), -3)
            if site.beside is None or abs(bps - site.beside) > BESIDE_CHANGE * max(bps, site.beside):
                site.beside = bps
                await self._note_beside(line.meeting, line.site, bps)

    def _follow_uplink(self, now: float, line: Line) -> None:
        room, site = self._room(line.meeting), self.site(line.site)
        if line.health is None or room is None:
            return
        layers = room.layers.get(line.site, ())
        former = site.uplink.tier
        if site.uplink.step(now, measured(site.uplink, line.health, layers, site.sends.bps)):
            if site.uplink.tier is not former:
                site.rungs["up"].append((site.uplink.tier, now))
            line.send(site.uplink_message())

    def _plan_feed(self, line: Line, by_site: dict[str, Line], asks: defaultdict[str, list[Ask]]) -> None:
        site = self.site(line.site)
        shown = self._on_stills(line, by_site)
        if not shown:
            if site.feed is not None:
                site.feed = None
                line.send({"type": "stills", "sites": []})
            return
        bps = pace(site.down.carries, SPEECH_BPS) if site.down.tier.stills else MOST_BPS
        if site.feed is None or site.feed.sites != shown:
            site.feed = site.feed or Feed(bps)
            site.feed.sites = shown
            line.send({"type": "stills", "sites": list(shown)})
        site.feed.bps = bps
        for one in shown:
            asks[one].append(ask_for(bps, len(shown)))

    def _on_stills(self, line: Line, by_site: dict[str, Line]) -> tuple[str, ...]:
        """Whose stills a receiver should get: those of visible tiles whose picture does not pass either line."""
        room, tier = self._room(line.meeting), self.site(line.site).down.tier
        if room is None or line.view is None or not (tier.moves or tier.stills):
            return ()
        heights = line.view.heights
        found: dict[str, None] = {}
        for slot, wish in enumerate(line.view.slots):
            name = room.last_speaker if wish == SPEAKER else wish
            if name is None or name == line.site or (slot < len(heights) and heights[slot] == 0):
                continue
            if not self._films(room, name, by_site.get(name)):
                continue
            sends = self.site(name).uplink.tier
            if sends.stills or (tier.stills and sends.moves):
                found[name] = None
        return tuple(found)[:MOST_TILES]

    def _films(self, room: Room, name: str, line: Line | None) -> bool:
        """Whether a site's camera is on, as its page says here or in another process."""
        here = line is not None and line.meeting == room.id
        health = line.health if line is not None and here else self._others.health(room.id, name)
        return health is not None and health.camera

    def _want(self, asks: dict[str, list[Ask]]) -> None:
        """Note which stills are wanted of sites elsewhere; those that nobody wants any more are forgotten."""
        former, self._wanted = self._wanted, {}
        for name, known in asks.items():
            ask = combined(known, MOST_BPS)
            if ask is not None:
                self._wanted[name] = ask
        for name in former.keys() - self._wanted.keys():
            if name in self._sites:
                self._sites[name].still = None

    def _here(self, meeting: str) -> set[str]:
        return {line.site for line in self._lines if line.meeting == meeting}

    def _ask(self, line: Line, asks: list[Ask]) -> None:
        site = self.site(line.site)
        wanted = combined(asks, self._uplink_pace(line))
        if wanted == site.asked:
            return
        site.asked = wanted
        if wanted is None:
            site.still = None
        line.send(NO_STILLS if wanted is None else wanted.message())

    def _fit_voice(self, line: Line) -> None:
        """A voice that a very thin line has to carry is sent small by its speaker, for all who hear it.

        Where receivers stand the node tells every process.
        """
        room, site = self._room(line.meeting), self.site(line.site)
        small = room is not None and line.site in room.loudest and any(map(self._is_still, room.sites))
        if small != site.small:
            site.small = small
            line.send({"type": "voice", "small": small})

    def _is_still(self, name: str) -> bool:
        """Whether a receiver stands where no picture moves."""
        return name in self._sites and not self._sites[name].down.tier.moves

    def _uplink_pace(self, line: Line) -> float:
        """bit/s that a sender may take for its stills."""
        uplink = self.site(line.site).uplink.tier
        known = line.health.uplink_kbps if line.health is not None else 0
        if uplink.moves or not known:
            return MOST_BPS
        return round(pace(1000.0 * known, PACKED_BPS if uplink.packed else SPEECH_BPS), -3)

    def give(self) -> None:
        """Send the parts that are due. To be called every GIVE_S or so."""
        now = self._clock()
        for line in self._fed:
            site = self._sites.get(line.site)
            if site is None or site.feed is None or line.behind:
                continue
            known = {one: still for one in site.feed.sites if (still := self.site(one).still) is not None}
            message = site.feed.next(now, fresh(now, known))
            if message is not None:
                line.send(message)


async def follow(thin: ThinLines) -> None:
    """Keep everything going, for ever."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_every(PLAN_S, thin.plan))
        tasks.create_task(_every(GIVE_S, thin.give))
        tasks.create_task(_chronicle(thin))


async def _every(seconds: float, act: Callable[[], None]) -> None:
    while True:
        act()
        await asyncio.sleep(seconds)


async def _chronicle(thin: ThinLines) -> None:
    """Apart from the others: a database that is away must not keep stills waiting."""
    while True:
        await thin.chronicle()
        await asyncio.sleep(CHRONICLE_S)
