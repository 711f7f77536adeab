"""What the web process does by itself, every half minute.

Strangers' counts are told, copies of what ran out stand for themselves again, late countersignatures raise their alarm,
yesterday's head is sealed, files that nothing names are deleted.
"""

import asyncio
import logging
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from alerts.actions import part_copies, remind_due
from command.directory.queries import root_unit
from command.kernel.attachments import AttachmentStore
from command.kernel.clock import to_text
from command.kernel.timeline import EntryRow
from web.seals import append_seal, ensure_seal_key, read_seals, sign_head
from web.strangers import Strangers
from web.unnamed_files import sweep_unnamed
from web.wiring import Core

LOG = logging.getLogger(__name__)
EVERY_S = 30.0
LOCAL = ZoneInfo("Asia/Shanghai")


class Upkeep:
    """Each job is idempotent: a second process, or the same after a crash, does them once more in vain."""

    def __init__(self, core: Core, strangers: Strangers) -> None:
        self._core = core
        self._strangers = strangers
        self._swept: date | None = None
        self._named: set[str] = set()

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        while True:
            try:
                await asyncio.to_thread(self.once)
            except SQLAlchemyError:
                LOG.exception("the database did not answer")
            await asyncio.sleep(EVERY_S)

    def once(self) -> None:
        """Do what is due now."""
        with self._core.db.reading() as session:
            unit = root_unit(session)
        if unit is not None:
            self._strangers.flush(self._core.db, unit)
        with self._core.db.writing() as session:
            part_copies(session, self._core.clock)
            remind_due(session, self._core.clock)
        self._seal_yesterday()
        self._sweep_files()

    def _sweep_files(self) -> None:
        """Once a day, and after a start."""
        now = self._core.clock.now()
        if self._swept == now.date():
            return
        self._swept = now.date()
        store = AttachmentStore(self._core.settings.data / "attachments")
        try:
            gone = sweep_unnamed(self._core.db, store, now, self._named)
        except OSError:
            LOG.exception("files that nothing names could not be deleted")
            return
        if gone:
            LOG.info("%d files that nothing names are deleted", gone)

    def _seal_yesterday(self) -> None:
        folder = self._core.settings.data
        yesterday = self._core.clock.now().astimezone(LOCAL).date() - timedelta(days=1)
        seals = read_seals(folder)
        if seals and seals[-1].date >= yesterday.isoformat():
            return
        with self._core.db.reading() as session:
            last = _last_of(session, yesterday)
        if last is not None:
            append_seal(folder, sign_head(ensure_seal_key(folder), yesterday, last.seq, last.hash))


def _last_of(session: Session, day: date) -> EntryRow | None:
    """The last entry up to the end of the local day; None where there is none."""
    end = to_text(_midnight_after(day))
    return session.scalars(select(EntryRow).where(EntryRow.at < end).order_by(EntryRow.seq.desc()).limit(1)).first()


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), LOCAL)
