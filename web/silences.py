"""Every web process looks whether an area has fallen silent."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from alerts.silence.rule import shipped_rules
from alerts.silence.watch import Watch
from web.wiring import Core

LOG = logging.getLogger(__name__)
EVERY_S = 10.0


class SilenceWatch:
    """Two processes that look at once raise one alarm: the area's row is held while it is raised."""

    def __init__(self, core: Core) -> None:
        self._watch = Watch(core.db, core.clock, shipped_rules())

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        while True:
            await asyncio.sleep(EVERY_S)
            try:
                await asyncio.to_thread(self._watch.once)
            except (SQLAlchemyError, StaleDataError):
                LOG.exception("the database did not answer")
