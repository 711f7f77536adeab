"""Every web process follows who holds posts and begins the month's check of their numbers, unless it is off."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError

from alerts.numbers.actions import begin_by_calendar
from alerts.numbers.queries import calendar_is_due
from alerts.numbers.signs import follow
from web.wiring import Core

LOG = logging.getLogger(__name__)
EVERY_S = 60.0


class NumberWatch:
    """Both jobs are idempotent: two processes that do them at once do them once."""

    def __init__(self, core: Core) -> None:
        self._core = core

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await asyncio.to_thread(self.once)
            except SQLAlchemyError:
                LOG.exception("the database did not answer")

    def once(self) -> None:
        """Follow and look at the calendar; nothing is written where nothing is new."""
        now = self._core.clock.now()
        with self._core.db.reading() as session:
            due = calendar_is_due(session, now)
            new = follow(session, now)
        if new:
            with self._core.db.writing() as session:
                follow(session, now)
        if due:
            with self._core.db.writing() as session:
                begin_by_calendar(session, self._core.clock)
