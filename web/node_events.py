"""What the media nodes tell, taken into the database, the rooms and the sockets."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from media.control import Synced, Unreachable
from media.meetings.actions import pictures, presence
from media.meetings.moves import SiteState
from media.messages import (
    Attending,
    Codecs,
    Connected,
    Disconnected,
    Event,
    Layers,
    NodeLoad,
    NodeOverflow,
    Passed,
    Publishing,
    Rests,
    RoomState,
    Speaker,
    Tiers,
)
from media.nodes.actions import answered, loaded, overflowed, silent
from media.sfu.shedding import STAGE_BY_NAME, StageName
from web.absences import LOST_AFTER, NODE_LOST_AFTER
from web.across import Across
from web.live import Live, Refresh
from web.media_node import Link
from web.places import Tell
from web.rooms import REOFFER_CODEC, Room, content_of
from web.thin_lines import ThinLines


class NodeEvents:
    """Follows every node. Of a meeting only the node that has it is believed. `look` has its places looked at."""

    def __init__(
        self, live: Live, thin: ThinLines, across: Across, refresh: Refresh, look: Callable[[], None], tell: Tell
    ) -> None:
        self._live = live
        self._thin = thin
        self._across = across
        self._store = live.store
        self._clock = live.store.clock
        self._refresh = refresh
        self._look = look
        self._tell = tell

    async def follow(self, link: Link) -> None:
        """Until cancelled."""
        async for event in link.client.events():
            match event:
                case Synced():
                    await self._on_synced(link, event)
                case NodeLoad():
                    await self._on_load(link, event.stage)
                case NodeOverflow():
                    await self._on_overflow(link, event.lasts, event.datagrams)
                case Unreachable():
                    await self._on_unreachable(link)
                case _:
                    await self._on_event(link, event)
            self._look()

    # -- the node itself ------------------------------------------------------------------------

    async def _on_synced(self, link: Link, event: Synced) -> None:
        link.run = event.hello.node
        link.attends = set()
        await self._on_load(link, event.snapshot.stage)
        await self._on_overflow(link, event.snapshot.overflows, 0)
        await self._store.write(partial(answered, name=link.name, run=event.hello.node))
        if event.restarted:
            link.restarted()
        people = [(room, one) for room in event.snapshot.rooms for one in room.participants]
        link.away()
        for _, one in people:
            if one.connected:
                link.came(one.participant, session=one.session is not None)
        link.sends = {one.participant: (one.publishing.audio, one.publishing.video) for _, one in people}
        await self._refresh(None)
        here = {room.id: room for room in self._live.rooms.values() if room.is_at(link.name)}
        if event.restarted:
            for meeting in here:
                self._live.lines.tell(meeting, {"type": "reoffer", "reason": "node_restarted"})
        for state, one in people:
            if state.room in here:
                self._on_publishing(state.room, one.participant, (one.publishing.audio, one.publishing.video))
                self._on_layers(state.room, one.participant, one.layers)
                self._thin.on_synced(one, self._live.lines.at(one.participant))
        for state in event.snapshot.rooms:
            if state.room in here:
                self._on_speaker(state.room, state.speaker, state.loudest)
                await self._on_codecs(state)
        for room in here.values():
            await self._compare(link, room, "node_restarted" if event.restarted else "timeout")

    async def _on_load(self, link: Link, stage: StageName) -> None:
        """The node gives up something for lateness, or takes it back."""
        link.stage = STAGE_BY_NAME[stage]
        await self._store.write(partial(loaded, name=link.name, stage=stage))

    async def _on_overflow(self, link: Link, lasts: bool, datagrams: int) -> None:
        """The node's sockets have no room for what comes, or have again."""
        told = partial(overflowed, clock=self._clock, name=link.name, lasts=lasts, datagrams=datagrams)
        await self._store.write(told)

    async def _compare(self, link: Link, room: Room, reason: str) -> None:
        """Make the database's joined sites those that the node has, with time for them to come back."""
        for site in list(room.sites.values()):
            if site.id in link.connected and site.state in {SiteState.ANSWERED, SiteState.LOST}:
                await self._joined(site.id)
            elif site.id not in link.connected and site.plays:
                self._miss(site.id, reason, LOST_AFTER)

    async def _on_unreachable(self, link: Link) -> None:
        """All that it had is to be found elsewhere soon, or lost."""
        link.away()
        await self._store.write(partial(silent, clock=self._clock, name=link.name))
        await self._tell()
        for room in self._live.rooms.values():
            if room.is_at(link.name):
                self._miss_all(room)

    def place_changed(self, room: Room, before: Room) -> None:
        """Tell the sockets of a meeting where it goes on; called when its node is ready for them."""
        place, former = room.place, before.place
        if place is None or former is None or place.number == former.number:
            return
        if place.node != former.node and place.former is not None:
            self._live.lines.tell(room.id, {"type": "move"})
        elif place.node != former.node:
            room.silence()
            self._miss_all(room)
            self._live.lines.tell(room.id, {"type": "reoffer", "reason": "node_lost"})
        elif place.former is None:
            self._settled(room, former.former)

    def _settled(self, room: Room, left: str | None) -> None:
        """Whoever is at the new node leaves the former one (`left`); the others have to come there now."""
        link, former = self._live.links.at(room), self._live.links.named(left or "")
        arrived = link.connected if link is not None else set()
        sessions = set(former.sessions) if former is not None else set()
        if former is not None:
            former.forget([*room.sites, *map(content_of, room.sites)])
        for line in self._live.lines.of(room.id):
            there = line.site in arrived
            line.send({"type": "moved"} if there else {"type": "reoffer", "reason": "node_left"})
        for site in room.sites.values():
            if site.plays and site.id not in arrived:
                # A session ends with its connection there: its client has to notice, and to open another one.
                self._miss(site.id, "node_left", NODE_LOST_AFTER if site.id in sessions else LOST_AFTER)

    def _miss_all(self, room: Room) -> None:
        for site in room.sites.values():
            if site.plays:
                self._miss(site.id, "node_lost", NODE_LOST_AFTER)

    # -- its meetings ---------------------------------------------------------------------------

    async def _on_event(self, link: Link, event: Event) -> None:
        room = self._live.rooms.get(event.room)
        if room is None or room.place is None or link.name not in (room.place.node, room.place.former):
            await self._refresh([event.room])  # told before we knew that it is there now
            room = self._live.rooms.get(event.room)
        current = room is not None and room.is_at(link.name)
        match event:
            case Connected():
                await self._on_connected(link, event, current)
                await link.client.acknowledge(event)
            case Disconnected():
                await self._on_disconnected(link, event, current)
                await link.client.acknowledge(event)
            case Publishing():
                link.sends[event.participant] = (event.audio, event.video)
                if current:
                    self._on_publishing(event.room, event.participant, (event.audio, event.video))
                await link.client.acknowledge(event)
            case Speaker() if current:
                self._on_speaker(event.room, event.participant, event.loudest)
            case Layers() if current:
                self._on_layers(event.room, event.participant, event.active)
            case Tiers() if current:
                line = self._live.lines.at(event.participant)
                self._thin.on_tier(event.participant, event.tier, event.why, event.carries_bps, line)
            case Rests() if current:
                if (line := self._live.lines.at(event.participant)) is not None:
                    line.send({"type": "rests", "sites": dict(event.sites)})
            case Codecs() if current:
                await self._on_codecs(event)
            case Attending() if current:
                self._across.on_attending(event)
            case Passed() if current:
                self._across.on_passed(event)

    async def _on_connected(self, link: Link, event: Connected, current: bool) -> None:
        link.numbers[event.participant] = event.connection
        link.came(event.participant, session=event.session is not None)
        if current:
            await self._joined(event.participant)

    async def _joined(self, site: str) -> None:
        self._live.absences.back(site)
        await self._store.write(lambda session: presence.joined(session, self._clock, site))

    async def _on_disconnected(self, link: Link, event: Disconnected, current: bool) -> None:
        site = event.participant
        if event.connection == 0:
            if event.session is not None and current:  # a page would offer again
                await self._store.write(partial(presence.gave_up, clock=self._clock, site_id=site, reason=event.reason))
            return
        if event.connection != link.numbers.get(site, event.connection):
            return
        link.gone(site)
        if not current:
            return
        self._on_publishing(event.room, site, (False, False))
        if event.session is not None and event.reason == "left":  # ending DTLS ends the session (RFC 9725 4.2)
            await self._store.write(partial(presence.leave, clock=self._clock, site_id=site))
            return
        # The node waited for a silent peer already; a peer that closed may be a page that loads anew.
        self._miss(site, event.reason, timedelta() if event.reason == "timeout" else LOST_AFTER)

    def _miss(self, site: str, reason: str, after: timedelta) -> None:
        self._live.absences.miss(site, reason, self._clock.now() + after)

    def _on_publishing(self, meeting: str, site: str, flags: tuple[bool, bool]) -> None:
        room = self._live.rooms.get(meeting)
        if room is not None and room.publishing.get(site, (False, False)) != flags:
            room.publishing[site] = flags
            self._live.lines.tell(meeting, room.participants())

    def _on_speaker(self, meeting: str, speaker: str | None, loudest: tuple[str, ...]) -> None:
        room = self._live.rooms.get(meeting)
        if room is not None and (room.speaker, room.loudest) != (speaker, loudest):
            room.speaker, room.loudest = speaker, loudest
            room.last_speaker = speaker or room.last_speaker
            self._live.lines.tell(meeting, room.speaking())

    def _on_layers(self, meeting: str, site: str, active: tuple[bool, ...]) -> None:
        """Tell a site which layers of its picture it should send."""
        room = self._live.rooms.get(meeting)
        if room is None or len(active) < 2:
            return
        room.layers[site] = active
        line = self._live.lines.at(site)
        if line is not None:
            line.send(room.wanted_layers(site))

    async def _on_codecs(self, told: Codecs | RoomState) -> None:
        """Ask those who send the wrong codec for another offer; note who cannot be seen by whom."""
        room = self._live.rooms.get(told.room)
        if room is None:
            return
        before = room.participants()
        newly = room.settle(told)
        for line in self._live.lines.of(told.room):
            if line.site in newly:
                line.send(REOFFER_CODEC)
        if room.participants() != before:
            self._live.lines.tell(told.room, room.participants())
        await self._store.write(partial(pictures.settled, meeting_id=told.room, codec=told.codec, unseen=told.unseen))
