"""The media nodes' statistics for many readers: asked for once a second at most, kept for the next rates."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from command.kernel.values import State
from media.control import NodeClient
from media.errors import BridgeError
from web.quality import Look, quality
from web.signal_line import Health

FRESH_S = 1.0
KEPT_S = 30.0

Stats = Mapping[str, dict[str, Any] | None]
"""What each node tells, by its name; None while it cannot be reached."""


class Insight:
    """One per web process. `nodes` gives the nodes by name; `healths` what pages said of a meeting."""

    def __init__(
        self, nodes: Callable[[], Mapping[str, NodeClient]], healths: Callable[[str], dict[str, Health]]
    ) -> None:
        self._nodes = nodes
        self._healths = healths
        self._asking = asyncio.Lock()
        self._stats: Stats = {}
        self._asked_at = float("-inf")
        self._looks: dict[str, tuple[Look | None, Look]] = {}

    async def stats(self) -> Stats:
        """All that the nodes tell, not older than FRESH_S."""
        async with self._asking:
            now = time.monotonic()
            if now - self._asked_at >= FRESH_S:
                self._asked_at = now
                nodes = self._nodes()
                told = await asyncio.gather(*(_told(node) for node in nodes.values()))
                self._stats = dict(zip(nodes, told, strict=True))
                self._note(now)
            return self._stats

    async def quality(self, meeting: str) -> list[State] | None:
        """A row for each connected site of a meeting; None while no node can be reached."""
        if not any(stats is not None for stats in (await self.stats()).values()):
            return None
        before, now = self._looks.get(meeting, (None, None))
        return [] if now is None else quality(before, now, self._healths(meeting))

    def _note(self, now: float) -> None:
        looks = {}
        for room, people in _rooms(self._stats).items():
            former = self._looks.get(room, (None, None))[1]
            fresh = former if former is not None and now - former.at < KEPT_S else None
            looks[room] = (fresh, Look(now, people))
        self._looks = looks


def _rooms(stats: Stats) -> dict[str, dict[str, dict[str, Any]]]:
    """Room → participant → what is told; a room that moves is at two nodes: whoever is connected counts."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for told in stats.values():
        for room in told["rooms"] if told is not None else ():
            people = found.setdefault(room["room"], {})
            for one in room["participants"]:
                if one["way"] is not None or one["participant"] not in people:
                    people[one["participant"]] = one
    return found


async def _told(node: NodeClient) -> dict[str, Any] | None:
    if not node.ready:
        return None
    try:
        return await node.stats()
    except BridgeError:
        return None
