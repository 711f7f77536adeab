"""What the channels hear from the other side, recorded."""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import literal, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.calls.caller import sign_recorder
from alerts.calls.writing import hear_text
from alerts.channels.loudspeaker import Playback
from alerts.channels.sms_receipts import Find, Heard, Record
from alerts.model import Delivery
from alerts.receipts import record_receipt
from alerts.recipients import national
from alerts.safety.actions.replying import hear_key, hear_number
from alerts.texts import SAFETY_KEYS
from command.directory.model import Terminal, TerminalSeen
from command.kernel.clock import Clock
from command.kernel.db import Database
from command.kernel.errors import FengsuiError

log = logging.getLogger(__name__)

WRITTEN_EVERY = timedelta(seconds=5)
"""Loudspeakers by the hundred are one small transaction every few seconds."""


def playback_recorder(db: Database, clock: Clock) -> Callable[[Playback], bool]:
    """What the MQTT channel does with a receipt: record it; False where the database is away, for a repetition."""

    def record(playback: Playback) -> bool:
        try:
            with db.writing() as session:
                _record(session, clock, playback)
        except FengsuiError as error:
            log.warning("receipt of %s: %s", playback.loudspeaker, error.code)
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return False
        return True

    return record


class SignsOfLife:
    """Loudspeakers that say they are there, written down together. Telemetry: the next makes up for a lost one."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._heard: dict[str, datetime] = {}
        self._written_at = datetime.min.replace(tzinfo=UTC)

    def __call__(self, loudspeaker: str, at: datetime) -> None:
        """From the client's own thread, which alone calls this. Only those whose signature held come here."""
        self._heard[loudspeaker] = at
        if self._clock.now() - self._written_at < WRITTEN_EVERY:
            return
        self._written_at = self._clock.now()
        heard, self._heard = self._heard, {}
        try:
            with self._db.writing() as session:
                _see(session, heard)
        except SQLAlchemyError:
            log.exception("the database did not answer")


def _see(session: Session, heard: Mapping[str, datetime]) -> None:
    known = select(Terminal.id).where(Terminal.id.in_(heard), Terminal.kind == "loudspeaker")
    for terminal in session.scalars(known):
        session.merge(TerminalSeen(terminal_id=terminal, seen_at=heard[terminal], left_at=None))


def sms_finder(db: Database) -> Find:
    """Who was sent the short messages of these references, by whichever worker."""

    def find(references: Sequence[str]) -> dict[str, tuple[str, str]] | None:
        # The index holds short messages alone, and is found only by a value that stands in the statement.
        sms = Delivery.channel == literal("sms", literal_execute=True)
        query = select(Delivery.detail, Delivery.id, Delivery.alert_id).where(sms, Delivery.detail.in_(references))
        try:
            with db.reading() as session:
                return {detail: (delivery, alert) for detail, delivery, alert in session.execute(query)}
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return None

    return find


def sms_recorder(db: Database, clock: Clock) -> Record:
    """What the SMS channel does with receipts: record them; False where the database is away, for a repetition."""

    def record(heard: Sequence[Heard]) -> bool:
        try:
            for one in heard:
                _record_sms(db, clock, one)
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return False
        return True

    return record


def message_recorder(db: Database, clock: Clock) -> Callable[[str, str], bool]:
    """What the SMS channel does with a message of somebody's own: (number, text). False where the database is away."""

    def record(source: str, text: str) -> bool:
        try:
            with db.writing() as session:
                number = national(source)
                heard = hear_number(session, clock, number, text) or hear_text(session, clock, number, text)
        except SQLAlchemyError:
            log.exception("the database did not answer")
            return False
        if not heard:
            log.info("a short message of somebody whom nobody told anything")
        return True

    return record


def key_recorder(db: Database, clock: Clock) -> Callable[[str, str], bool]:
    """What the voice channel does with what it hears on an attempt: keep a mark of 叫应, or whether somebody is safe.
    False where the database is away, for a repetition."""
    sign = sign_recorder(db, clock)

    def record(attempt: str, heard: str) -> bool:
        if heard not in SAFETY_KEYS.values():
            return sign(attempt, heard)
        try:
            with db.writing() as session:
                hear_key(session, clock, attempt, heard)
        except SQLAlchemyError:
            log.exception("an answer on attempt %s waits for the database", attempt)
            return False
        return True

    return record


def _record_sms(db: Database, clock: Clock, one: Heard) -> None:
    try:
        with db.writing() as session:
            record_receipt(session, clock, "sms", one.state, delivery=one.delivery, alert_id=one.alert)
    except FengsuiError as error:
        # A message of a call has its receipt too, and is none of the alert's deliveries.
        log.debug("receipt of %s: %s", one.delivery, error.code)


def _record(session: Session, clock: Clock, playback: Playback) -> None:
    record_receipt(
        session,
        clock,
        "mqtt",
        playback.state,
        delivery=playback.delivery,
        recipient=f"terminal:{playback.loudspeaker}",
        at=playback.at,
        by={"id": playback.loudspeaker, "name": _name(session, playback.loudspeaker)},
        detail=f"{playback.played} {playback.seconds:.1f} s" if playback.played else "",
    )


def _name(session: Session, terminal_id: str) -> str:
    terminal = session.get(Terminal, terminal_id)
    return terminal.name if terminal is not None else terminal_id
