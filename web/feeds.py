"""Every web process looks whether a feed of another authority is due; the one that claims it asks it."""

import asyncio
import logging

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from alerts.feeds.polling import Polling
from gis.divisions import shipped_divisions
from web.cap_keys import CapKeys
from web.wiring import Core

LOG = logging.getLogger(__name__)
EVERY_S = 5.0


class FeedWatch:
    """A feed is asked by one process at a time: its row is claimed, and what a dead one left is claimed again."""

    def __init__(self, core: Core, keys: CapKeys) -> None:
        self._polling = Polling(core.db, core.clock, core.keyring, shipped_divisions().boundary_of, keys.trusted)

    async def run(self) -> None:
        """Until cancelled; a database that is away is tried again."""
        while True:
            try:
                await asyncio.to_thread(self._polling.once)
            except (SQLAlchemyError, StaleDataError):
                LOG.exception("the database did not answer")
            await asyncio.sleep(EVERY_S)
