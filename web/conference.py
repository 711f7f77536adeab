"""The conference in the web process: the database commands, the media nodes and the open sockets follow.

State lives in the database alone. This holds a copy of the live meetings that it refreshes whenever the timeline tells
of them, brings the nodes to what they want, tells participants over their sockets, and writes what the nodes saw. After
any break (of this process, a node, the database) everything is built anew from the database and the nodes' snapshots.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import astuple
from datetime import timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.orm import Session

from command.directory.sessions import actor_of
from command.kernel.db import Database
from command.kernel.timeline import Entry
from command.kernel.wake import Wake
from media.control import NodeClient, Wanted
from media.errors import BridgeError
from media.meetings.actions import presence
from media.meetings.moves import Way
from media.meetings.queries import struck_off
from media.messages import RenewedSession, SlotCount, WantedRoom
from media.nodes.actions import place, register
from media.nodes.queries import seats
from media.sfu.tiers import Tier
from web.across import Across
from web.deadlines import Deadlines
from web.live import Live, read_rooms
from web.media_node import Links, NodeAddress
from web.node_events import NodeEvents
from web.others import Others
from web.places import Places
from web.relocation import Relocation
from web.rooms import REOFFER_CODEC, Room, as_sync, content_of, meetings_in, rooms_at, wanted_rooms
from web.signal_line import RESTARTING, UNKNOWN, Health, Line, Wish
from web.stills import Part
from web.store import Store
from web.stream import Tail
from web.thin_lines import Rungs, ThinLines, follow

LOG = logging.getLogger(__name__)
RETRY_S = 0.5
_RIGHTS_KINDS = ("user.", "terminal.")
_NODE_KINDS = ("system.node_",)

Result = TypeVar("Result")


class Conference:
    """One per web process. `run` is its life; everything else is called from the same event loop."""

    def __init__(self, db: Database, wake: Wake, addresses: Iterable[NodeAddress]) -> None:
        self._store = Store(db)
        self._live = Live(self._store, Links(addresses))
        self._places = Places(self._live, wake, self.refresh)
        self._relocation = Relocation(self._live, self.refresh, self._places.tell)
        self._others = Others()
        self.thin = ThinLines(self._live.lines, self._live.rooms.get, self._tell_tier, self._note_beside, self._others)
        self._across = Across(self._live, self.thin, self._others)
        self._events = NodeEvents(
            self._live, self.thin, self._across, self.refresh, self._relocation.look, self._places.tell
        )
        self._deadlines = Deadlines(self._live, self.thin, self.refresh)
        self._refreshing = asyncio.Lock()

    async def run(self, tail: Tail) -> None:
        """Follow the timeline, the nodes and the clock until cancelled; after a fault all of it begins anew."""
        try:
            while True:
                try:
                    await self._follow_all(tail)
                except Exception:
                    LOG.exception("the conference begins anew")
                    await asyncio.sleep(RETRY_S)
        finally:
            self._live.lines.close(RESTARTING)

    async def _follow_all(self, tail: Tail) -> None:
        seq = tail.head
        links = self._live.links
        links.open(self._wanted)
        await self._store.write(partial(register, clock=self._store.clock, names=links.names))
        await self.refresh(None)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_timeline(tail, seq))
            tasks.create_task(self._deadlines.run())
            tasks.create_task(follow(self.thin))
            tasks.create_task(self._across.run())
            tasks.create_task(self._relocation.run())
            tasks.create_task(self._places.follow(self._relocation.look))
            for link in links:
                await stack.enter_async_context(link.client)
                tasks.create_task(self._events.follow(link))

    # -- sockets --------------------------------------------------------------------------------

    async def attach(self, line: Line) -> None:
        """A participant's socket is open; its former one ends, in whichever process it is."""
        if not await self._places.sit(line):
            return
        await self._put_out_the_unknown([line])  # who was locked out since it was let in was not among the lines then
        await self.refresh([line.meeting])
        room = self._live.rooms.get(line.meeting)
        if room is not None:
            line.send(room.participants())
            line.send(room.speaking())
            if line.site in room.layers:
                line.send(room.wanted_layers(line.site))
            if line.site in room.asked:
                line.send(REOFFER_CODEC)
            if room.place is not None and room.place.former is not None:
                line.send({"type": "move"})
        self.thin.greet(line)

    def detach(self, line: Line) -> None:
        """The socket is gone; the media goes on without it."""
        self._live.lines.drop(line)

    def healths(self, meeting: str) -> dict[str, Health]:
        """What the pages of a meeting last said of themselves, by site, whichever web process they talk to."""
        self._across.watch(meeting)
        return self._across.healths(meeting)

    def hear_health(self, line: Line, health: Health) -> None:
        """What a participant's page says of itself."""
        line.health = health
        self._live.note_microphones(line.meeting, self._across.healths(line.meeting))

    def hear_still(self, line: Line, part: Part) -> None:
        """A part of a still that a site was asked for."""
        still = self.thin.hear(line, part)
        if still is not None:
            self._across.pass_still(line, still)

    async def offer(self, line: Line, sdp: str, slots: SlotCount | None, layers: Sequence[str]) -> str:
        """The node's answer. Raises BridgeError."""
        node = self.node_of(line.meeting)
        answer = await node.offer(line.meeting, line.site, sdp, slots, layers)
        if line.view is not None:  # a node that has just got the meeting knows no views
            await node.view(line.meeting, line.site, *astuple(line.view))
        return answer

    async def offer_content(self, line: Line, sdp: str) -> str:
        """The node's answer, for the site that shares its content now. Raises BridgeError.

        A content has one session: an offer of the same connection restarts its ICE.
        """
        await self.refresh([line.meeting])  # it may have begun to a moment ago
        room = self._live.rooms.get(line.meeting)
        if room is None or room.content != line.site:
            raise BridgeError("media.not_sharing", "another site shares its content, or none")
        node, name = self.node_of(line.meeting), content_of(line.site)
        return (await node.open_session(line.meeting, name, name, sdp, "sends")).sdp

    async def view(self, line: Line, wish: Wish) -> None:
        """What the participant's slots show; kept for the next offer while there is no node. Raises BridgeError."""
        line.view = wish
        link = self._live.links.at(self._live.rooms.get(line.meeting))
        if link is not None and link.ready:
            await link.client.view(line.meeting, line.site, *astuple(wish))

    async def ask_picture(self, line: Line, slot: int) -> None:
        """A keyframe for one slot. Raises BridgeError."""
        await self.node_of(line.meeting).refresh(line.meeting, line.site, slot)

    async def leave(self, line: Line) -> None:
        """The participant leaves for good, unless it is back on a newer socket, wherever that is."""

        def act(session: Session) -> None:
            if seats(session, [line.site]).get(line.site, 0) <= line.seat:
                presence.leave(session, self._store.clock, line.site)

        await self.write(act)
        await self.refresh([line.meeting])

    def node_of(self, meeting: str) -> NodeClient:
        """The node that has the meeting; BridgeError `media.unknown_room`, `media.unavailable` while it is away."""
        room = self._live.rooms.get(meeting)
        if room is None:
            raise BridgeError("media.unknown_room", "the meeting does not run")
        link = self._live.links.at(room)
        if link is None or not link.ready:
            raise BridgeError("media.unavailable", "no media node at the moment")
        return link.client

    async def renew_session(
        self, meeting: str, site: str, session: str, ice: tuple[str, ...] | None, fragment: str
    ) -> RenewedSession:
        """ICE news of a one-way session. Raises BridgeError."""
        try:
            return await self.node_of(meeting).renew_session(meeting, site, session, ice, fragment)
        except BridgeError as error:
            former = self._former_of(meeting, error)
        return await former.renew_session(meeting, site, session, ice, fragment)

    async def end_session(self, meeting: str, site: str, session: str) -> bool:
        """End a one-way session; whether its site has another connection. Raises BridgeError."""
        try:
            return await self.node_of(meeting).end_session(meeting, site, session)
        except BridgeError as error:
            former = self._former_of(meeting, error)
        await former.end_session(meeting, site, session)
        link = self._live.links.at(self._live.rooms.get(meeting))
        return link is not None and site in link.connected

    def _former_of(self, meeting: str, error: BridgeError) -> NodeClient:
        """A session that the meeting's node does not know may be at the one that it is just leaving; else the error."""
        room = self._live.rooms.get(meeting)
        former = room.place.former if room is not None and room.place is not None else None
        link = self._live.links.named(former) if former is not None else None
        if error.code != "media.no_session" or link is None or not link.ready:
            raise error
        return link.client

    def need_node(self) -> None:
        """BridgeError `media.unavailable` while no node at all can be reached."""
        if not self._live.links.ready:
            raise BridgeError("media.unavailable", "no media node at the moment")

    def nodes(self) -> dict[str, NodeClient]:
        """All nodes by name, whether they can be reached or not."""
        return {link.name: link.client for link in self._live.links}

    # -- the database ---------------------------------------------------------------------------

    async def write(self, act: Callable[[Session], Result]) -> Result:
        """Do it in one transaction, tried again while the database is away."""
        return await self._store.write(act)

    async def _tell_tier(self, site: str, way: Way, tier: Tier, why: str, rungs: Rungs) -> None:
        clock = self._store.clock
        now = clock.now()
        taken = [(rung, now - timedelta(seconds=ago)) for rung, ago in rungs]
        told = partial(presence.stands, clock=clock, site_id=site, way=way, tier=tier, why=why, rungs=taken)
        await self.write(told)

    async def _note_beside(self, meeting: str, site: str, bps: float) -> None:
        with suppress(BridgeError):  # a node that is away, or has no such connection, measures anew
            await self.node_of(meeting).beside(meeting, site, bps)

    async def refresh(self, ids: Collection[str] | None) -> None:
        """Take over these meetings (None: all live ones) as they are now; command the nodes and tell the sockets."""
        async with self._refreshing:
            fresh = {room.id: room for room in await self._read_rooms(ids)}
            for gone in (set(self._live.rooms) if ids is None else set(ids)) - fresh.keys():
                self._forget(gone)
                self._live.lines.end(gone)
            former = {room.id: self._take(room) for room in fresh.values()}
            await self._command_nodes()
            for meeting, before in former.items():
                self._events.place_changed(self._live.rooms[meeting], before)
        self._live.absences.changed.set()
        self._relocation.look()

    async def _read_rooms(self, ids: Collection[str] | None) -> list[Room]:
        rooms = await self._store.read(partial(read_rooms, ids=ids))
        homeless = [room.id for room in rooms if room.place is None]
        ready = self._live.links.open_for_more
        if not homeless or not ready:
            return rooms
        for meeting in homeless:
            await self._store.write(partial(place, clock=self._store.clock, meeting_id=meeting, ready=ready))
        return await self._store.read(partial(read_rooms, ids=ids))

    def _take(self, fresh: Room) -> Room:
        """Take over a room; what it was before."""
        room = self._live.rooms.setdefault(fresh.id, fresh)
        before = Room(room.id, room.sites, room.place)
        told = room.participants() if room is not fresh else None
        room.update(fresh)
        self.thin.forget(site.id for site in room.sites.values() if not site.present)
        if room.participants() != told:
            self._live.lines.tell(fresh.id, room.participants())
        self._live.lines.tell_own(room)
        return before

    def _forget(self, meeting: str) -> None:
        room = self._live.rooms.pop(meeting, None)
        if room is not None:
            self._live.absences.forget(room.sites)
            self.thin.forget(room.sites)
            for link in self._live.links:
                link.forget(room.sites)

    async def _command_nodes(self) -> None:
        for link in self._live.links:
            try:
                await link.command(self._live.rooms.values())
            except BridgeError as error:
                LOG.warning("media node %s: %s", link.name, error)

    def _wanted(self, name: str) -> Wanted:
        """What a node of that name that was just reached should hold."""

        async def wanted() -> Iterable[WantedRoom]:
            held = wanted_rooms(rooms_at(await self._read_rooms(None), name))
            link = self._live.links.named(name)
            if link is not None:
                link.held = held
            return as_sync(held)

        return wanted

    # -- the timeline ---------------------------------------------------------------------------

    async def _follow_timeline(self, tail: Tail, seq: int) -> None:
        while True:
            entries = await tail.after(seq)
            if not entries:
                await tail.wait(seq, 30.0)
                continue
            seq = entries[-1].seq
            await self._hear(entries)

    async def _hear(self, entries: list[Entry]) -> None:
        touched = meetings_in(entries)
        if touched:
            await self.refresh(touched)
        if any(entry.kind.startswith(_RIGHTS_KINDS) for entry in entries):
            await self._put_out_the_unknown(list(self._live.lines))
            for site in await self.write(struck_off):  # also those that take part without a socket
                await self.write(partial(presence.leave, clock=self._store.clock, site_id=site))
        if any(entry.kind.startswith(_NODE_KINDS) for entry in entries):
            self._relocation.look()

    async def _put_out_the_unknown(self, lines: Collection[Line]) -> None:
        """An account that was locked or a device that was struck off leaves its meetings at once."""
        clock = self._store.clock
        tokens = {line.token for line in lines}

        def unknown(session: Session) -> set[str]:
            return {token for token in tokens if actor_of(session, clock, token) is None}

        gone = await self._store.read(unknown)
        for line in [line for line in lines if line.token in gone]:
            await self.leave(line)
            line.close(UNKNOWN)
