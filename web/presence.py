"""Which terminals are connected: telemetry in its own table, written in one go, never on the timeline."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from command.directory.model import TerminalSeen
from command.kernel.actor import Actor
from command.kernel.db import Database

EVERY_S = 15.0
ONLINE_WITHIN = timedelta(seconds=40)


class Presence:
    """The terminals with an open stream in this process."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._here: Counter[str] = Counter()
        self._left: set[str] = set()
        self._changed = asyncio.Event()

    @contextmanager
    def here(self, actor: Actor) -> Iterator[Callable[[], None]]:
        """While this block runs, the terminal is connected. What it gives is called when the terminal says good-bye."""
        if actor.kind != "terminal":
            yield lambda: None
            return
        self._here[actor.id] += 1
        self._left.discard(actor.id)
        self._changed.set()
        try:
            yield lambda: self._leave(actor.id)
        finally:
            self._here[actor.id] -= 1
            self._changed.set()

    def _leave(self, terminal: str) -> None:
        if self._here[terminal] == 1:
            self._left.add(terminal)

    def connected(self) -> int:
        """How many terminals are connected to this process."""
        return sum(count > 0 for count in self._here.values())

    async def run(self) -> None:
        """Write who is here, at once for a newcomer, else every `EVERY_S` seconds."""
        while True:
            self._changed.clear()
            here = [terminal for terminal, count in self._here.items() if count > 0]
            left = [terminal for terminal in self._left if self._here[terminal] <= 0]
            if here or left:
                await asyncio.to_thread(self._write, here, left)
            self._left.difference_update(left)
            try:
                async with asyncio.timeout(EVERY_S):
                    await self._changed.wait()
            except TimeoutError:
                continue
            await asyncio.sleep(0.2)  # thirty terminals that come together are one transaction

    def _write(self, here: list[str], left: list[str]) -> None:
        now = self._db.clock.now()
        with self._db.writing() as session:
            for terminal in here:
                session.merge(TerminalSeen(terminal_id=terminal, seen_at=now, left_at=None))
            gone = TerminalSeen.terminal_id.in_(left)
            session.execute(update(TerminalSeen).where(gone).values(left_at=now))


def last_seen(session: Session) -> dict[str, datetime]:
    """Terminal id → when it was last known to be connected."""
    query = select(TerminalSeen.terminal_id, TerminalSeen.seen_at)
    return {row.terminal_id: row.seen_at for row in session.execute(query)}


def is_online(seen: datetime | None, now: datetime) -> bool:
    """Whether a terminal last seen then counts as connected."""
    return seen is not None and now - seen < ONLINE_WITHIN
