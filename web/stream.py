"""The live stream: one reader of the timeline per process, any number of followers, no polling.

A follower is nothing but its last `seq`; what it gets is always "everything after that", from the shared tail
or, when it is further behind, from the database. So there is no moment between catching up and live.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from command.kernel.db import Database
from command.kernel.timeline import Entry, head_of, read_after
from command.kernel.wake import Wake

LOG = logging.getLogger(__name__)
BATCH = 500
TAIL = 4_000


class Tail:
    """The newest entries, kept in memory and waited for."""

    def __init__(self, db: Database, wake: Wake) -> None:
        self._db = db
        self._wake = wake
        self._entries: deque[Entry] = deque(maxlen=TAIL)
        self.head = 0
        self.followers = 0
        self._changed = asyncio.Event()
        self._woken = asyncio.Event()
        self._stop: Callable[[], None] | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin at the present head and listen for wake-ups."""
        loop = asyncio.get_running_loop()

        def woken() -> None:
            loop.call_soon_threadsafe(self._woken.set)

        self._stop = self._wake.listen(woken)
        self.head = await asyncio.to_thread(self._present_head)
        self._woken.set()  # what was committed between listening and reading
        self._reader = asyncio.create_task(self._run(), name="timeline tail")

    async def stop(self) -> None:
        """Let go of the wake-ups."""
        if self._reader is not None:
            self._reader.cancel()
        if self._stop is not None:
            await asyncio.to_thread(self._stop)

    async def after(self, seq: int) -> list[Entry]:
        """Up to a batch of entries after `seq`, oldest first; empty when there is none yet."""
        if seq >= self.head:
            return []
        if self._entries and self._entries[0].seq <= seq + 1:
            start = seq + 1 - self._entries[0].seq
            return [self._entries[i] for i in range(start, min(start + BATCH, len(self._entries)))]
        return await asyncio.to_thread(self._read, seq)

    async def wait(self, seq: int, seconds: float) -> bool:
        """Wait until there is something after `seq`; False when `seconds` passed first."""
        try:
            async with asyncio.timeout(seconds):
                while self.head <= seq:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True

    async def _run(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            try:
                await self._take_new()
            except OperationalError as error:
                LOG.warning("timeline not readable, trying again: %s", type(error).__name__)
                await asyncio.sleep(0.5)
                self._woken.set()

    async def _take_new(self) -> None:
        while new := await asyncio.to_thread(self._read, self.head):
            self._entries.extend(new)
            self.head = new[-1].seq
            self._changed.set()
            self._changed = asyncio.Event()

    def _read(self, seq: int) -> list[Entry]:
        with self._db.reading() as session:
            return read_after(session, seq, BATCH)

    def _present_head(self) -> int:
        with self._db.reading() as session:
            return head_of(session)[0]
