"""Meetings go to another node by themselves: away from one that is gone, and from one that drains."""

import asyncio
import logging
from functools import partial

from media.errors import BridgeError
from media.nodes.actions import answered, move, settle, tell_away
from media.nodes.queries import meetings_at, nodes
from web.live import Live, Refresh
from web.places import Tell
from web.relocation_plan import Act, Contradict, Move, Seen, Settle, StopNode, TellAway, Trust, acts, unsettled
from web.rooms import Room

LOG = logging.getLogger(__name__)
STEP_S = 0.1


class Relocation:
    """Several web processes may do the same at once: each step is taken once, by whoever is first in the database."""

    def __init__(self, live: Live, refresh: Refresh, tell: Tell) -> None:
        self._live = live
        self._store = live.store
        self._clock = live.store.clock
        self._refresh = refresh
        self._tell = tell
        self._changed = asyncio.Event()

    def look(self) -> None:
        """Something changed: look what is due."""
        self._changed.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            self._changed.clear()
            soon = await self._once()
            try:
                async with asyncio.timeout(STEP_S if soon else None):
                    await self._changed.wait()
            except TimeoutError:
                continue

    async def _once(self) -> bool:
        """Do what is due; whether to look again soon."""
        known = await self._store.read(nodes)
        for act in acts(self._clock.now(), self._rooms(), known, self._seen()):
            await self._do(act)
        return unsettled(self._rooms(), known)

    def _rooms(self) -> list[Room]:
        return list(self._live.rooms.values())

    def _seen(self) -> dict[str, Seen]:
        return {
            link.name: Seen(link.run if link.ready else None, link.connected, link.sends, link.sessions)
            for link in self._live.links
        }

    async def _do(self, act: Act) -> None:
        match act:
            case Move():
                await self._move(act)
            case Settle():
                await self._store.write(partial(settle, meeting_id=act.meeting, number=act.number))
                await self._tell()
                await self._refresh([act.meeting])
            case Contradict():
                await self._store.write(partial(answered, name=act.node, run=act.run))
                await self._tell()
            case TellAway():
                LOG.error("media node %s does not answer", act.node)
                await self._store.write(partial(tell_away, name=act.node))
            case StopNode():
                await self._stop(act.node)
            case Trust():
                for room in self._rooms():
                    if room.is_at(act.node):
                        self._live.absences.forget(room.sites)

    async def _stop(self, name: str) -> None:
        """The database has the last word: another process may know of a meeting there."""
        known, held = await self._store.read(lambda session: (nodes(session), meetings_at(session, name)))
        link = self._live.links.named(name)
        if link is None or not link.ready or (held and not known[name].at_once):
            return
        LOG.warning("media node %s stops", name)
        try:
            await link.client.stop()
        except BridgeError as error:
            LOG.warning("media node %s: %s", name, error)

    async def _move(self, act: Move) -> None:
        ready = self._live.links.ready
        moved = await self._store.write(
            partial(move, clock=self._clock, meeting_id=act.meeting, number=act.number, ready=ready, gently=act.gently)
        )
        if moved:
            LOG.warning("meeting %s goes to another media node", act.meeting)
            await self._refresh([act.meeting])
