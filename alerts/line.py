"""One line of a channel: it claims a chunk, sends it batch by batch, appends what became of each, and takes the next.

The database holds the truth. A worker killed at any instant loses nothing: its lease runs out, another claims
the chunk, looks the results up and goes on. Doubled is at most the one batch that this line had under way.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError

from alerts import claims
from alerts.channels.port import NO_WORDS, Channel, Outcome, Outgoing, Result, all_of, turn_of
from alerts.claims import Claim, Claimant, Standing
from alerts.model import END, OF_THE_WAY, Alert, delivery_ids
from alerts.recipients import Member
from alerts.senders import Senders
from alerts.texts import Content, texts
from alerts.wording import words_of
from command.kernel.clock import Clock
from command.kernel.db import Database

BACK_OFF_S = (1, 2, 5, 10, 20, 30, 60)
"""Between the tries of what could not be sent now; the last one stays, as long as the breakers' longest."""
LONGEST = timedelta(hours=24)
"""How long an end is tried, and what has no expiry of its own."""
RETRY_S = 0.2

log = logging.getLogger(__name__)

T = TypeVar("T")


@dataclass(frozen=True)
class _Text:
    """What a chunk says. Whom it cannot be said to now is tried until `until`: an alert's expiry, a day for an end."""

    content: Content
    at: datetime
    expires_at: datetime | None

    @property
    def until(self) -> datetime:
        return self.expires_at or self.at + LONGEST


@dataclass(frozen=True)
class Desk:
    """What the lines of one channel work with; the database is asked in threads of `executor`."""

    db: Database
    clock: Clock
    senders: Senders
    executor: Executor
    stopping: Callable[[], bool] = lambda: False


class Line:
    """Sends chunks of its channel: one batch under way at a time. What it claims by is this line's alone."""

    def __init__(self, desk: Desk, who: Claimant) -> None:
        self._desk = desk
        self._who = who
        self._text: tuple[tuple[str, str, str], _Text] | None = None
        self._unsure = False

    async def work(self) -> int:
        """Send until no chunk waits that this line may take; returns how many were worked on."""
        count = 0
        try:
            held = await self._ask(self._claim)
            while held is not None:
                held = await self._send(held) or await self._ask(self._claim)
                count += 1
        except Exception:
            self._unsure = True
            raise
        return count

    async def _ask(self, question: Callable[..., T], *about: object) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._desk.executor, question, *about)

    def _claim(self) -> Claim | None:
        desk, now = self._desk, self._desk.clock.now()
        if desk.stopping():
            return None
        self._settle()
        with desk.db.reading() as session:
            if not claims.is_waiting(session, self._who.channel, now, self._who.lane):
                return None
        with desk.db.writing() as session:
            return claims.claim(session, self._who, now)

    def _settle(self) -> None:
        """A claim may have been committed that the database's answer did not tell of: nobody else would end it."""
        if self._unsure:
            with self._desk.db.writing() as session:
                claims.release(session, self._who.owner)
            self._unsure = False

    async def _send(self, held: Claim) -> Claim | None:
        """Send a chunk; returns the next one where it was claimed with the last results."""
        channel = self._desk.senders.of(held.channel, drill=held.drill)
        text = self._kept_text(held)
        if text is None:
            text = await self._ask(self._read_text, held)
        if text is None:
            return await self._fail(held)
        batches = _batches(held.rest, held.batch) or [()]
        later, done, until = False, 0, held.until
        for number, members in enumerate(batches, start=1):
            if self._desk.clock.now() > until:
                # This process was stopped for longer than its lease: others may have sent the rest.
                return None
            results = await self._deliver(channel, held, _outgoings(held, text, members))
            if self._desk.clock.now() >= text.until:
                results = [_given_up(one) for one in results]
            later |= any(one.outcome is Outcome.LATER for one in results)
            last, done = number == len(batches) and not later, done + len(members)
            until = self._desk.clock.now() + held.lease
            standing, following = await self._keep(held, members, results, done, last)
            if last or standing is Standing.LOST:
                return following
            if standing is Standing.OVERTAKEN or self._desk.stopping():
                await self._ask(self._give_back, held, False)
                return None
        await self._ask(self._give_back, held, True)
        return None

    async def _fail(self, held: Claim) -> Claim | None:
        """What cannot be put into words now would be claimed before all others again, and they would never be told: it
        fails for the way, so that it can be sent again."""
        made = delivery_ids(held.alert, held.channel, held.act)
        failed = [Result(made(one.recipient), Outcome.FAILED, f"{OF_THE_WAY}{NO_WORDS}") for one in held.rest]
        _, following = await self._keep(held, held.rest, failed, len(held.rest), True)
        return following

    async def _deliver(self, channel: Channel | None, held: Claim, batch: Sequence[Outgoing]) -> list[Result]:
        if not batch:
            return []
        if channel is None:
            return all_of(batch, Outcome.FAILED, f"{OF_THE_WAY}not_configured")
        try:
            return await channel.send(batch)
        except Exception:
            # Whatever is wrong in one channel must neither end the worker nor lose the batch.
            log.exception("channel %s", held.channel)
            return all_of(batch, Outcome.UNKNOWN, "channel.error")

    async def _keep(
        self, held: Claim, members: Sequence[Member], results: Sequence[Result], done: int, last: bool
    ) -> tuple[Standing, Claim | None]:
        """Checkpoint; what was sent is kept here while the database is away, however long: nobody else knows of it."""
        known = [one for one in zip(members, results, strict=True) if one[1].outcome is not Outcome.LATER]
        while True:
            try:
                return await self._ask(self._checkpoint, held, known, done, last)
            except (OperationalError, InterfaceError):
                if self._desk.stopping():
                    raise
                log.warning("results of chunk %s wait for the database", held.chunk)
            self._unsure = True
            await asyncio.sleep(RETRY_S)

    def _checkpoint(
        self, held: Claim, known: Sequence[tuple[Member, Result]], done: int, last: bool
    ) -> tuple[Standing, Claim | None]:
        desk, now, following = self._desk, self._desk.clock.now(), None
        with desk.db.writing() as session:
            standing = claims.checkpoint(session, held, known, now, done=done, last=last, repeated=self._unsure)
            if last and standing is Standing.HELD and not self._unsure and not desk.stopping():
                following = claims.claim(session, self._who, now)
        if standing is Standing.LOST:
            log.warning("chunk %s was taken over or dropped", held.chunk)
        return standing, following

    def _give_back(self, held: Claim, tried: bool) -> None:
        """After a try that some could not be told in, with a pause; otherwise for whoever goes first."""
        wait_s = BACK_OFF_S[min(held.attempts, len(BACK_OFF_S)) - 1] if tried else 0
        with self._desk.db.writing() as session:
            claims.give_back(session, held, self._desk.clock.now() + timedelta(seconds=wait_s), tried=tried)

    def _kept_text(self, held: Claim) -> _Text | None:
        """The words of an alert's act in a language do not change: those of the last chunk are kept."""
        return self._text[1] if self._text and self._text[0] == held.said else None

    def _read_text(self, held: Claim) -> _Text | None:
        """None where its words cannot be put together: one alert's fault must hold up no other alert."""
        try:
            with self._desk.db.reading() as session:
                text = _text_of(held, session.get_one(Alert, held.alert), self._desk.clock.now())
        except SQLAlchemyError:
            raise
        except Exception:
            log.exception("chunk %s cannot be put into words", held.chunk)
            return None
        self._text = held.said, text
        return text


def _text_of(held: Claim, alert: Alert, now: datetime) -> _Text:
    ended = held.act == END
    at = (alert.ended_at if ended else alert.issued_at) or now
    end, note = (alert.status, alert.end_text) if ended else (None, "")
    words = words_of(alert, at, end, note, language=held.language)
    return _Text(texts(words)[held.channel], at, None if ended else alert.expires_at)


def _given_up(result: Result) -> Result:
    """There is no time left to try again; that it failed for the way stands in the detail."""
    if result.outcome is not Outcome.LATER:
        return result
    return Result(result.delivery, Outcome.FAILED, f"{OF_THE_WAY}away: {result.detail}")


def _batches(members: Sequence[Member], size: int) -> list[Sequence[Member]]:
    return [members[start : start + size] for start in range(0, len(members), size)]


def _outgoings(held: Claim, text: _Text, members: Sequence[Member]) -> list[Outgoing]:
    made, turn = delivery_ids(held.alert, held.channel, held.act), turn_of(held.lane, held.rank)
    return [
        Outgoing(made(one.recipient), held.alert, one.address, one.name, text.content, text.at, text.expires_at, turn)
        for one in members
    ]
