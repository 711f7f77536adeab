"""The media node's statistics for many readers: asked for once a second at most, kept for the next rates."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

from command.kernel.values import State
from media.control import NodeClient
from media.errors import BridgeError
from web.quality import Look, quality
from web.signal_line import Health

FRESH_S = 1.0
KEPT_S = 30.0


class Insight:
    """One per web process. `node` gives the node, or raises BridgeError; `healths` what pages said of a meeting."""

    def __init__(self, node: Callable[[], NodeClient], healths: Callable[[str], dict[str, Health]]) -> None:
        self._node = node
        self._healths = healths
        self._asking = asyncio.Lock()
        self._stats: dict[str, Any] | None = None
        self._asked_at = float("-inf")
        self._looks: dict[str, tuple[Look | None, Look]] = {}

    async def stats(self) -> dict[str, Any] | None:
        """All that the node tells, not older than FRESH_S; None while it cannot be reached."""
        async with self._asking:
            now = time.monotonic()
            if now - self._asked_at >= FRESH_S:
                self._asked_at = now
                try:
                    self._stats = await self._node().stats()
                except BridgeError:
                    self._stats = None
                self._note(now, self._stats)
            return self._stats

    async def quality(self, meeting: str) -> list[State] | None:
        """A row for each connected site of a meeting; None while the node cannot be reached."""
        if await self.stats() is None:
            return None
        before, now = self._looks.get(meeting, (None, None))
        return [] if now is None else quality(before, now, self._healths(meeting))

    def _note(self, now: float, stats: dict[str, Any] | None) -> None:
        rooms = {} if stats is None else {room["room"]: room["participants"] for room in stats["rooms"]}
        looks = {}
        for room, people in rooms.items():
            former = self._looks.get(room, (None, None))[1]
            fresh = former if former is not None and now - former.at < KEPT_S else None
            looks[room] = (fresh, Look(now, {one["participant"]: one for one in people}))
        self._looks = looks
