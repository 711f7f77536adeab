"""The conference in the web process: the database commands, the media node and the open sockets follow.

State lives in the database alone. This holds a copy of the live meetings that it refreshes whenever the timeline tells
of them, brings the node to what they want, tells participants over their sockets, and writes what the node saw. After
any break (of this process, the node, the database) everything is built anew from the database and the node's snapshot.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable
from contextlib import AsyncExitStack
from dataclasses import astuple, dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from command.directory.sessions import actor_of
from command.kernel.db import Database
from command.kernel.values import State
from media.control import NodeClient, Synced
from media.errors import BridgeError
from media.meetings.actions import presence
from media.meetings.moves import SiteState
from media.meetings.queries import live_meetings, struck_off
from media.messages import (
    Connected,
    Disconnected,
    Layers,
    Publishing,
    SlotCount,
    Speaker,
    WantedParticipant,
    WantedRoom,
)
from web.media_node import NodeAddress, carry_out
from web.rooms import Room, as_sync, meetings_in, next_ring_end, orders, room_of, wanted_rooms
from web.signal_line import ENDED, REMOVED, REPLACED, RESTARTING, UNKNOWN, Health, Line, Wish
from web.stream import Tail

LOG = logging.getLogger(__name__)
LOST_AFTER = timedelta(seconds=3)
"""How long a closed connection may take to be replaced before the site counts as lost (a page that loads anew)."""
TICK_S = 0.5
RETRY_S = 0.5
_RIGHTS_KINDS = ("user.", "terminal.")

Result = TypeVar("Result")


@dataclass(frozen=True)
class _Loss:
    due: datetime
    reason: str


class Conference:
    """One per web process. `run` is its life; everything else is called from the same event loop."""

    def __init__(self, db: Database, address: NodeAddress | None) -> None:
        self._db = db
        self._clock = db.clock
        self._node = NodeClient(address.url, address.token, self._wanted) if address else None
        self._rooms: dict[str, Room] = {}
        self._lines: dict[str, Line] = {}
        self._held: dict[str, dict[str, WantedParticipant]] = {}
        self._numbers: dict[str, int] = {}
        self._losses: dict[str, _Loss] = {}
        self._refreshing = asyncio.Lock()
        self._due_changed = asyncio.Event()

    async def run(self, tail: Tail) -> None:
        """Follow the timeline, the node and the clock until cancelled; a fault is logged and all of it begins anew."""
        try:
            while True:
                try:
                    await self._follow_all(tail)
                except Exception:
                    LOG.exception("the conference begins anew")
                    await asyncio.sleep(RETRY_S)
        finally:
            for line in self._lines.values():
                line.close(RESTARTING)

    async def _follow_all(self, tail: Tail) -> None:
        seq = tail.head
        await self.refresh(None)
        async with AsyncExitStack() as stack, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow_timeline(tail, seq))
            tasks.create_task(self._follow_clock())
            if self._node is not None:
                tasks.create_task(self._follow_node(await stack.enter_async_context(self._node)))

    # -- sockets --------------------------------------------------------------------------------

    async def attach(self, line: Line) -> None:
        """A participant's socket is open; its former one ends."""
        former = self._lines.get(line.site)
        self._lines[line.site] = line
        if former is not None:
            line.view = former.view
            former.close(REPLACED)
        await self.refresh([line.meeting])
        room = self._rooms.get(line.meeting)
        if room is not None:
            line.send(room.participants())
            line.send(room.speaking())
            if line.site in room.layers:
                line.send(room.wanted_layers(line.site))

    def healths(self, meeting: str) -> dict[str, Health]:
        """What the pages of a meeting last said of themselves, by site."""
        return {line.site: line.health for line in self._lines_of(meeting) if line.health is not None}

    def detach(self, line: Line) -> None:
        """The socket is gone; the media goes on without it."""
        if self._lines.get(line.site) is line:
            del self._lines[line.site]

    async def offer(self, line: Line, sdp: str, slots: SlotCount | None) -> str:
        """The node's answer. Raises BridgeError."""
        answer = await self.present_node().offer(line.meeting, line.site, sdp, slots)
        if line.view is not None:  # a node that was started anew knows no views
            await self.present_node().view(line.meeting, line.site, *astuple(line.view))
        return answer

    async def view(self, line: Line, wish: Wish) -> None:
        """What the participant's slots show; kept for the next offer while there is no node. Raises BridgeError."""
        line.view = wish
        if self._node is not None and self._node.ready:
            await self._node.view(line.meeting, line.site, *astuple(wish))

    async def ask_picture(self, line: Line, slot: int) -> None:
        """A keyframe for one slot. Raises BridgeError."""
        await self.present_node().refresh(line.meeting, line.site, slot)

    async def leave(self, line: Line) -> None:
        """The participant leaves for good."""
        await self.write(lambda session: presence.leave(session, self._clock, line.site))
        await self.refresh([line.meeting])

    def present_node(self) -> NodeClient:
        """The node, if it can be reached now; else BridgeError `media.unavailable`."""
        if self._node is None or not self._node.ready:
            raise BridgeError("media.unavailable", "no media node at the moment")
        return self._node

    # -- the database ---------------------------------------------------------------------------

    async def refresh(self, ids: Collection[str] | None) -> None:
        """Take over these meetings (None: all live ones) as they are now; command the node and tell the sockets."""
        async with self._refreshing:
            fresh = {room.id: room for room in await self._read_rooms(ids)}
            for gone in (set(self._rooms) if ids is None else set(ids)) - fresh.keys():
                self._forget(gone)
                self._end(gone)
            for room in fresh.values():
                self._take(room)
            await self._command_node()
        self._due_changed.set()

    async def _read_rooms(self, ids: Collection[str] | None) -> list[Room]:
        def read() -> list[Room]:
            with self._db.reading() as session:
                return [room_of(meeting) for meeting in live_meetings(session, ids)]

        return await _until_done(read)

    async def write(self, act: Callable[[Session], Result]) -> Result:
        """Do it in one transaction, tried again while the database is away."""

        def write() -> Result:
            with self._db.writing() as session:
                return act(session)

        return await _until_done(write)

    def _take(self, fresh: Room) -> None:
        room = self._rooms.setdefault(fresh.id, fresh)
        before = room.participants() if room is not fresh else None
        room.update(fresh)
        after = room.participants()
        for line in self._lines_of(fresh.id):
            if after != before:
                line.send(after)
            self._tell_own(line, room)

    def _tell_own(self, line: Line, room: Room) -> None:
        site = room.sites.get(line.site)
        if site is None:
            return
        if site.state is SiteState.REMOVED:
            line.send({"type": "removed", "reason": "chair"})
            line.close(REMOVED)
        elif site.muted != line.muted:
            line.muted = site.muted
            line.send({"type": "muted", "muted": site.muted})

    def _forget(self, meeting: str) -> None:
        room = self._rooms.pop(meeting, None)
        for site in room.sites if room is not None else ():
            self._numbers.pop(site, None)
            self._losses.pop(site, None)

    def _end(self, meeting: str) -> None:
        for line in self._lines_of(meeting):
            line.send({"type": "ended"})
            line.close(ENDED)

    def _lines_of(self, meeting: str) -> list[Line]:
        return [line for line in self._lines.values() if line.meeting == meeting]

    async def _follow_timeline(self, tail: Tail, seq: int) -> None:
        while True:
            entries = await tail.after(seq)
            if not entries:
                await tail.wait(seq, 30.0)
                continue
            seq = entries[-1].seq
            touched = meetings_in(entries)
            if touched:
                await self.refresh(touched)
            if any(entry.kind.startswith(_RIGHTS_KINDS) for entry in entries):
                await self._put_out_the_unknown()

    async def _put_out_the_unknown(self) -> None:
        """An account that was locked or a device that was struck off leaves its meetings at once."""
        tokens = {line.token for line in self._lines.values()}

        def unknown() -> set[str]:
            with self._db.reading() as session:
                return {token for token in tokens if actor_of(session, self._clock, token) is None}

        gone = await _until_done(unknown)
        for line in [line for line in self._lines.values() if line.token in gone]:
            await self.leave(line)
            line.close(UNKNOWN)
        for site in await self.write(struck_off):  # also those that take part without a socket
            await self.write(partial(presence.leave, clock=self._clock, site_id=site))

    # -- the node -------------------------------------------------------------------------------

    async def _wanted(self) -> Iterable[WantedRoom]:
        """What a node that was just reached should hold."""
        self._held = wanted_rooms(await self._read_rooms(None))
        return as_sync(self._held)

    async def _command_node(self) -> None:
        """Bring the node to what is wanted. A node that is away gets all of it when it is back."""
        if self._node is None or not self._node.ready:
            return
        wanted = wanted_rooms(self._rooms.values())
        try:
            for order in orders(self._held, wanted):
                await carry_out(self._node, order)
        except BridgeError as error:
            LOG.warning("media node: %s", error)
            return
        self._held = wanted

    async def _follow_node(self, node: NodeClient) -> None:
        async for event in node.events():
            match event:
                case Synced():
                    await self._on_synced(event)
                case Connected():
                    await self._on_connected(event)
                    await node.acknowledge(event)
                case Disconnected():
                    await self._on_disconnected(event)
                    await node.acknowledge(event)
                case Publishing():
                    self._on_publishing(event.room, event.participant, (event.audio, event.video))
                    await node.acknowledge(event)
                case Speaker():
                    self._on_speaker(event.room, event.participant, event.loudest)
                case Layers():
                    self._on_layers(event.room, event.participant, event.active)

    async def _on_synced(self, event: Synced) -> None:
        if event.restarted:
            self._numbers.clear()
            for line in self._lines.values():
                line.send({"type": "reoffer", "reason": "node_restarted"})
        await self.refresh(None)
        connected = {one.participant for room in event.snapshot.rooms for one in room.participants if one.connected}
        for state in event.snapshot.rooms:
            for one in state.participants:
                self._on_publishing(state.room, one.participant, (one.publishing.audio, one.publishing.video))
                self._on_layers(state.room, one.participant, one.layers)
            self._on_speaker(state.room, state.speaker, state.loudest)
        for room in list(self._rooms.values()):
            await self._compare(room, connected, "node_restarted" if event.restarted else "timeout")

    async def _compare(self, room: Room, connected: set[str], reason: str) -> None:
        """Make the database's joined sites those that the node has, with time for them to come back."""
        for site in list(room.sites.values()):
            if site.id in connected and site.state in {SiteState.ANSWERED, SiteState.LOST}:
                await self._joined(site.id)
            elif site.id not in connected and site.plays:
                self._lose(site.id, reason, LOST_AFTER)

    async def _on_connected(self, event: Connected) -> None:
        self._numbers[event.participant] = event.connection
        await self._joined(event.participant)

    async def _joined(self, site: str) -> None:
        self._losses.pop(site, None)
        await self.write(lambda session: presence.joined(session, self._clock, site))

    async def _on_disconnected(self, event: Disconnected) -> None:
        if event.connection == 0:
            if event.session is not None:  # a page would offer again
                await self.write(
                    partial(presence.gave_up, clock=self._clock, site_id=event.participant, reason=event.reason)
                )
            return
        if event.connection != self._numbers.get(event.participant, event.connection):
            return
        self._on_publishing(event.room, event.participant, (False, False))
        if event.session is not None and event.reason == "left":  # ending DTLS ends the session (RFC 9725 4.2)
            await self.write(partial(presence.leave, clock=self._clock, site_id=event.participant))
            return
        # The node waited for a silent peer already; a peer that closed may be a page that loads anew.
        self._lose(event.participant, event.reason, timedelta() if event.reason == "timeout" else LOST_AFTER)

    def _lose(self, site: str, reason: str, after: timedelta) -> None:
        self._losses[site] = _Loss(self._clock.now() + after, reason)
        self._due_changed.set()

    def _on_publishing(self, meeting: str, site: str, flags: tuple[bool, bool]) -> None:
        room = self._rooms.get(meeting)
        if room is not None and room.publishing.get(site, (False, False)) != flags:
            room.publishing[site] = flags
            self._tell_all(meeting, room.participants())

    def _on_speaker(self, meeting: str, speaker: str | None, loudest: tuple[str, ...]) -> None:
        room = self._rooms.get(meeting)
        if room is not None and (room.speaker, room.loudest) != (speaker, loudest):
            room.speaker, room.loudest = speaker, loudest
            self._tell_all(meeting, room.speaking())

    def _on_layers(self, meeting: str, site: str, active: tuple[bool, ...]) -> None:
        """Tell a site which layers of its picture it should send."""
        room = self._rooms.get(meeting)
        if room is None or len(active) < 2:
            return
        room.layers[site] = active
        line = self._lines.get(site)
        if line is not None:
            line.send(room.wanted_layers(site))

    def _tell_all(self, meeting: str, message: State) -> None:
        for line in self._lines_of(meeting):
            line.send(message)

    # -- the clock ------------------------------------------------------------------------------

    async def _follow_clock(self) -> None:
        while True:
            self._due_changed.clear()
            await self._end_rings()
            await self._tell_losses()
            await self._until_due()

    async def _end_rings(self) -> None:
        end = next_ring_end(self._rooms.values())
        if end is not None and end <= self._clock.now():
            await self.write(lambda session: presence.time_out_rings(session, self._clock))
            await self.refresh(None)

    async def _tell_losses(self) -> None:
        now = self._clock.now()
        for site, loss in [(site, loss) for site, loss in self._losses.items() if loss.due <= now]:
            del self._losses[site]
            await self.write(partial(presence.lost, clock=self._clock, site_id=site, reason=loss.reason))

    async def _until_due(self) -> None:
        """Until something falls due or may have: a clock can be set, so it is looked at in short steps."""
        dues = [loss.due for loss in self._losses.values()]
        ring_end = next_ring_end(self._rooms.values())
        dues += [] if ring_end is None else [ring_end]
        left_s = (min(dues) - self._clock.now()).total_seconds() if dues else None
        try:
            async with asyncio.timeout(None if left_s is None else min(TICK_S, max(0.0, left_s))):
                await self._due_changed.wait()
        except TimeoutError:
            return


async def _until_done(act: Callable[[], Result]) -> Result:
    """Do it in a thread; a database that is away for a while is waited for, nothing that was seen is dropped."""
    while True:
        try:
            return await asyncio.to_thread(act)
        except (DBAPIError, StaleDataError) as error:
            LOG.warning("database: %s, trying again", type(error).__name__)
            await asyncio.sleep(RETRY_S)
