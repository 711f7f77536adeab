"""Sending: claim a chunk, send it batch by batch, append what became of each, until nothing waits.

The database holds the truth. A worker killed at any instant loses nothing: its lease runs out, another claims
the chunk, looks the results up and goes on. Doubled is at most the one batch that was under way.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import claims
from alerts.audience import Contact
from alerts.channels.port import Channel, Outcome, Outgoing, Result, all_of
from alerts.claims import Claim
from alerts.coverage import recount
from alerts.lookup import tell_coverages
from alerts.model import END, FAILED, SENT, UNKNOWN, Alert, Coverage
from alerts.outgoing import words_of
from alerts.senders import Senders
from alerts.texts import Content, texts
from command.kernel.actor import system_actor
from command.kernel.clock import Clock
from command.kernel.db import Database

MAX_ATTEMPTS = 8
BACK_OFF_S = (1, 2, 5, 10, 20, 30, 60)

log = logging.getLogger(__name__)

_STATES = {Outcome.SENT: SENT, Outcome.FAILED: FAILED, Outcome.UNKNOWN: UNKNOWN}


@dataclass(frozen=True)
class _Text:
    """What a chunk says, read once per claim."""

    content: Content
    at: datetime
    expires_at: datetime | None


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
    ) -> None:
        self._db = db
        self._clock = clock
        self._senders = senders
        self._channel = channel
        self._owner = owner
        self._stopping = stopping
        self._runner = asyncio.Runner()

    def work(self) -> int:
        """Send until no chunk of the channel waits; returns how many chunks were worked on."""
        count = 0
        while not self._stopping() and (held := self._claim()) is not None:
            self._send(held)
            count += 1
        return count

    def close(self) -> None:
        """Let go of the connections."""
        for drill in (False, True):
            channel = self._senders.of(self._channel, drill=drill)
            if channel is not None:
                self._runner.run(channel.close())
        self._runner.close()

    def _claim(self) -> Claim | None:
        now = self._clock.now()
        with self._db.reading() as session:
            if not claims.is_waiting(session, self._channel, now):
                return None
        with self._db.writing() as session:
            return claims.claim(session, self._owner, self._channel, now)

    def _send(self, held: Claim) -> None:
        channel = self._senders.of(held.channel, drill=held.drill)
        text = self._text(held)
        last = held.attempts >= MAX_ATTEMPTS
        again: list[Contact] = []
        for batch in _batches(held.rest, channel.batch if channel else len(held.rest)):
            results = self._deliver(channel, held, batch, text)
            later = [one for one, result in zip(batch, results, strict=True) if result.outcome is Outcome.LATER]
            if not self._checkpoint(held, batch, results, give_up=last):
                log.warning("chunk %s was taken over or dropped", held.chunk)
                return
            again += [] if last else later
            if self._stopping():
                again = list(held.rest)
                break
        self._close_chunk(held, again)

    def _deliver(self, channel: Channel | None, held: Claim, batch: Sequence[Contact], text: _Text) -> list[Result]:
        outgoing = [_outgoing(held, contact, text) for contact in batch]
        if channel is None:
            return all_of(outgoing, Outcome.FAILED, "channel.not_configured")
        try:
            return self._runner.run(channel.send(outgoing))
        except Exception:
            # Whatever is wrong in one channel must neither end the worker nor lose the batch.
            log.exception("channel %s", held.channel)
            return all_of(outgoing, Outcome.UNKNOWN, "channel.error")

    def _checkpoint(self, held: Claim, batch: Sequence[Contact], results: Sequence[Result], *, give_up: bool) -> bool:
        recorded = [
            claims.Outcome(contact, _STATES.get(result.outcome, FAILED), result.detail)
            for contact, result in zip(batch, results, strict=True)
            if give_up or result.outcome is not Outcome.LATER
        ]
        with self._db.writing() as session:
            return claims.checkpoint(session, held, recorded, self._clock.now())

    def _close_chunk(self, held: Claim, again: Sequence[Contact]) -> None:
        with self._db.writing() as session:
            if again:
                wait_s = BACK_OFF_S[min(held.attempts, len(BACK_OFF_S)) - 1]
                claims.give_back(session, held, self._clock.now() + timedelta(seconds=wait_s))
            else:
                claims.finish(session, held)

    def _text(self, held: Claim) -> _Text:
        with self._db.reading() as session:
            alert = session.get_one(Alert, held.alert)
            ended = held.act == END
            at = (alert.ended_at if ended else alert.issued_at) or self._clock.now()
            words = words_of(alert, at, alert.status if ended else None, alert.end_text if ended else "")
            return _Text(texts(words)[held.channel], at, None if ended else alert.expires_at)


def summarise_due(session: Session, clock: Clock) -> int:
    """Tell the townships whose numbers have changed since they were last told; returns how many."""
    due = select(Alert).where(Alert.summary_due).with_for_update(skip_locked=True)
    return sum(_summarise(session, alert) for alert in session.scalars(due).all())


def _summarise(session: Session, alert: Alert) -> int:
    alert.summary_due = False
    session.flush()
    if not alert.on_board:
        return 0
    query = select(Coverage).where(Coverage.alert_id == alert.id).order_by(Coverage.id).with_for_update()
    changed = recount(session, alert, list(session.scalars(query)))
    tell_coverages(session, system_actor(alert.unit_id), alert, changed, "alert.progress")
    return len(changed)


def _batches(contacts: Sequence[Contact], size: int) -> list[Sequence[Contact]]:
    return [contacts[start : start + size] for start in range(0, len(contacts), max(size, 1))]


def _outgoing(held: Claim, contact: Contact, text: _Text) -> Outgoing:
    return Outgoing(
        delivery=held.delivery(contact),
        alert=held.alert,
        address=contact.address,
        name=contact.name,
        content=text.content,
        at=text.at,
        expires_at=text.expires_at,
    )
