"""Sending by one channel: several lines side by side, some of them reserved for those who go first.

A line has one batch at the gateway at a time. The officials' line takes nothing else, so that a batch of theirs never
waits behind the public's, however many messages run; what all lines may take goes by rank: red before blue.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError

from alerts import claims
from alerts.claims import Claimant
from alerts.line import Desk, Line
from alerts.recipients import OFFICIALS, PUBLIC, RESPONSIBLE
from alerts.senders import Senders
from alerts.sweep import line_name
from command.kernel.clock import Clock
from command.kernel.db import Database

WINDOWS = (OFFICIALS, RESPONSIBLE, *(PUBLIC,) * 6)
"""The last lane each line of a channel serves. Killed, a worker doubles at most one batch for each."""

HEAD_START_S = 0.05
"""As long as it takes the first official to be claimed, worded and sent."""

log = logging.getLogger(__name__)


class FanOut:
    """Sends the chunks of one channel. Used from one thread: connections belong to its event loop."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        senders: Senders,
        channel: str,
        owner: str,
        stopping: Callable[[], bool] = lambda: False,
        windows: Sequence[int] = (PUBLIC,),
        lease: timedelta = claims.LEASE,
        executor: Executor | None = None,
    ) -> None:
        """`executor`, where it is shared, is whoever's who made it; else `close` ends it."""
        self._shared = executor is not None
        self._executor = executor or database_threads(db)
        self._channel = channel
        self._desk = Desk(db, clock, senders, self._executor, stopping)
        self._lines = [
            Line(self._desk, Claimant(line_name(owner, channel, n), channel, lane, lease, senders.batch(channel)))
            for n, lane in enumerate(windows)
        ]
        self._poked = asyncio.Event()
        self._woken = [asyncio.Event() for _ in windows]
        self._runner = asyncio.Runner()
        self._loop = self._runner.get_loop()

    def work(self) -> int:
        """Send until no chunk of the channel waits; returns how many chunks were worked on."""
        return sum(self._runner.run(_all_of([line.work() for line in self._lines])))

    def run(self, pause_s: float) -> None:
        """Send whatever waits, looking when woken and every `pause_s` seconds, until stopping."""
        lines = zip(self._lines, self._woken, strict=True)
        self._runner.run(_all_of([self._look(pause_s), *(self._serve(line, woken, pause_s) for line, woken in lines)]))

    def wake(self) -> None:
        """Let every line look now. From any thread."""
        self._soon(self._wake_all)
        self._soon(self._poked.set)

    def poke(self) -> None:
        """Something was committed: ask whether anything waits. From any thread."""
        self._soon(self._poked.set)

    def _soon(self, act: Callable[[], None]) -> None:
        """In the loop's thread, which may close it at any moment: then nobody is left to be woken."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(act)

    def close(self) -> None:
        """Let go of the connections."""
        for drill in (False, True):
            channel = self._desk.senders.of(self._channel, drill=drill)
            if channel is not None:
                self._runner.run(channel.close())
        self._runner.close()
        if not self._shared:
            self._executor.shutdown()

    async def _look(self, pause_s: float) -> None:
        """Wake the lines when anything waits, so that idle ones do not all ask the database."""
        while not self._desk.stopping():
            try:
                if await self._loop.run_in_executor(self._executor, self._is_waiting):
                    self._wake_all()
            except SQLAlchemyError:
                log.exception("the database did not answer")
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._poked.wait()
            self._poked.clear()
        self._wake_all()

    def _wake_all(self) -> None:
        """The officials' line first: what all the others read and cut at once would keep the processor from it."""
        first, *others = self._woken
        first.set()
        self._loop.call_later(HEAD_START_S, _set_all, others)

    async def _serve(self, line: Line, woken: asyncio.Event, pause_s: float) -> None:
        while not self._desk.stopping():
            woken.clear()
            try:
                await line.work()
            except Exception:
                # A line that ended would keep its chunk: nobody takes it from a living process of their own.
                log.exception("a line of %s", self._channel)
                self._loop.call_later(pause_s, woken.set)
            await woken.wait()

    def _is_waiting(self) -> bool:
        with self._desk.db.reading() as session:
            return claims.is_waiting(session, self._channel, self._desk.clock.now())


def database_threads(db: Database) -> ThreadPoolExecutor:
    """Threads that ask the database. SQLite has one writer: more than two would only wait for each other."""
    return ThreadPoolExecutor(6 if db.engine.dialect.name == "postgresql" else 2, thread_name_prefix="database")


def _set_all(events: Sequence[asyncio.Event]) -> None:
    for one in events:
        one.set()


async def _all_of(works: Sequence[Coroutine[Any, Any, Any]]) -> list[Any]:
    """What all came to, after all have ended; the first trouble is raised."""
    found = await asyncio.gather(*works, return_exceptions=True)
    for one in found:
        if isinstance(one, BaseException):
            raise one
    return found
