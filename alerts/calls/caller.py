"""The thread that calls: due timers become attempts, attempts become calls, as many at once as there are lines.

The database holds the truth, as for the fan-out. A worker killed at any instant leaves attempts whose lease runs out;
what became of them nobody can tell, and the policy calls again.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.calls import attempts, proving
from alerts.calls.attempts import Held
from alerts.calls.content import outgoings
from alerts.calls.planning import is_due, plan_due
from alerts.calls.policy import VOICE
from alerts.calls.signs import record_sign
from alerts.channels.port import NO_WORDS, Channel, Outcome, Outgoing, Result
from alerts.senders import Senders
from command.kernel.clock import Clock
from command.kernel.db import Database

log = logging.getLogger(__name__)

Claims = Callable[[Session], list[Held]]

HANG_UP_S = 0.25
"""How long the calls that are claimed next wait for those that were dropped."""


@dataclass(frozen=True)
class CallerConfig:
    """`lines` is how many calls the gateway carries at once; `look_s` how often timers are looked at unasked.

    `renew_s` is how often the leases of running calls are lengthened.
    """

    lines: int = 10
    look_s: float = 0.5
    renew_s: float = 10.0


class Caller:
    """Calls until stopped. Runs in a thread of its own, with an event loop of its own."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        senders: Senders,
        owner: str,
        is_dead: Callable[[str], bool],
        config: CallerConfig,
    ) -> None:
        self._db = db
        self._clock = clock
        self._senders = senders
        self._owner = owner
        self._is_dead = is_dead
        self._config = config
        self._running: dict[str, tuple[Held, asyncio.Task[None]]] = {}
        self._places: dict[Channel, asyncio.Semaphore] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._woken = asyncio.Event()
        self._stopping = False
        self._renewed_at = 0.0

    def run(self) -> None:
        """Call until `stop`."""
        asyncio.run(self._main())

    def wake(self) -> None:
        """Look now; from any thread. The loop's own may close it at any moment: then nobody is left to be woken."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._woken.set)

    def stop(self) -> None:
        """Hang up and end; from any thread."""
        self._stopping = True
        self.wake()

    async def _main(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            while not self._stopping:
                self._woken.clear()
                await self._round()
                await self._rest()
        finally:
            await self._end()

    async def _rest(self) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._config.look_s):
                await self._woken.wait()

    async def _round(self) -> None:
        """A database that is away for a while is tried again at the next round; whatever else is wrong with one step
        must silence neither the other steps nor, with this thread, all telephones."""
        # A telephone rings before anything is written: to put many messages together takes a while.
        for step in (self._plan, self._hang_up_dropped, self._begin_calls, self._begin_messages):
            try:
                await step()
            except SQLAlchemyError:
                log.exception("the database did not answer")
                return
            except Exception:
                log.exception("a step of a round failed")

    async def _plan(self) -> None:
        await asyncio.to_thread(self._plan_due)

    def _plan_due(self) -> None:
        with self._db.reading() as session:
            due = is_due(session, self._clock.now())
            lost = attempts.any_lost(session, self._is_dead, self._clock.now())
            tests = proving.is_due(session, self._clock.now())
        if lost:
            with self._db.writing() as session:
                attempts.release(session, self._clock, self._is_dead)
        if due:
            with self._db.writing() as session:
                plan_due(session, self._clock)
        if tests:
            with self._db.writing() as session:
                proving.plan_tests(session, self._clock)

    def _claim(self, claim: Claims) -> list[tuple[Held, Outgoing | None]]:
        """What was claimed, and what it says: in one transaction, for nobody would carry out what was only claimed."""
        with self._db.reading() as session:
            if not attempts.is_waiting(session):
                return []
        with self._db.writing() as session:
            held = claim(session)
            said = outgoings(session, held, self._clock.now())
            return [(one, said.get(one.id)) for one in held]

    async def _begin(self, claim: Claims) -> None:
        for held, what in await asyncio.to_thread(self._claim, claim):
            self._running[held.id] = held, asyncio.create_task(self._carry_out(held, what))

    async def _begin_calls(self) -> None:
        lines, speaking = self._config.lines, sum(held.channel == VOICE for held, _ in self._running.values())
        await self._begin(
            lambda session: attempts.claim_calls(session, self._clock, self._owner, lines - speaking, spare=lines // 5)
        )

    async def _begin_messages(self) -> None:
        await self._begin(lambda session: attempts.claim_messages(session, self._clock, self._owner))

    async def _hang_up_dropped(self) -> None:
        running = list(self._running)
        if not running:
            return
        now = asyncio.get_running_loop().time()
        renew = now >= self._renewed_at + self._config.renew_s
        if renew:
            self._renewed_at = now
        wanted = await asyncio.to_thread(self._wanted, running, renew)
        dropped = [self._running[one][1] for one in running if one not in wanted and one in self._running]
        for task in dropped:
            task.cancel()
        # A line that was given up is free for the calls that are claimed next; a slow end holds up nobody.
        if dropped:
            await asyncio.wait(dropped, timeout=HANG_UP_S)

    def _wanted(self, running: list[str], renew: bool) -> frozenset[str]:
        if renew:
            with self._db.writing() as session:
                attempts.renew(session, self._clock, self._owner, running)
        with self._db.reading() as session:
            return attempts.still_wanted(session, self._owner, running)

    async def _carry_out(self, held: Held, what: Outgoing | None) -> None:
        try:
            result = await self._send(held, what)
            await asyncio.to_thread(self._finish, held, result)
        except SQLAlchemyError:
            log.exception("the outcome of attempt %s could not be kept; its lease will run out", held.id)
        finally:
            self._running.pop(held.id, None)
            self._woken.set()

    async def _send(self, held: Held, what: Outgoing | None) -> Result:
        channel = self._senders.of(held.channel, drill=held.drill)
        if channel is None or what is None:
            return Result(held.id, Outcome.FAILED, "not_configured" if channel is None else NO_WORDS)
        # A channel that breaks must not end the thread that calls.
        try:
            if held.channel == VOICE:
                (result,) = await channel.send([what])
            else:
                # Messages go beside each other, as many as the channel takes at once; calls by the lines that are free.
                async with self._places.setdefault(channel, asyncio.Semaphore(channel.batch)):
                    (result,) = await channel.send([what])
        except Exception:
            log.exception("channel %s broke", held.channel)
            return Result(held.id, Outcome.UNKNOWN, "")
        return result

    def _finish(self, held: Held, result: Result) -> None:
        with self._db.writing() as session:
            attempts.finish(session, self._clock, held, result)

    async def _end(self) -> None:
        tasks = [task for _, task in self._running.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def sign_recorder(db: Database, clock: Clock) -> Callable[[str, str], bool]:
    """What a channel calls when it hears somebody: (attempt, mark); False where it could not be kept, for a
    repetition. From any thread."""

    def record(attempt: str, mark: str) -> bool:
        try:
            with db.writing() as session:
                record_sign(session, clock, attempt, mark)
        except SQLAlchemyError:
            log.exception("a sign on attempt %s waits for the database", attempt)
            return False
        return True

    return record
