"""The database as the conference uses it: in a thread, and waited for while it is away."""

import asyncio
import logging
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from command.kernel.db import Database

LOG = logging.getLogger(__name__)
RETRY_S = 0.5

Result = TypeVar("Result")


class Store:
    """Each act is one transaction, tried again until it is done: nothing that was seen is dropped."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.clock = db.clock

    async def read(self, ask: Callable[[Session], Result]) -> Result:
        """What a reading session tells."""

        def read() -> Result:
            with self._db.reading() as session:
                return ask(session)

        return await _until_done(read)

    async def write(self, act: Callable[[Session], Result]) -> Result:
        """Do it in one transaction."""

        def write() -> Result:
            with self._db.writing() as session:
                return act(session)

        return await _until_done(write)


async def _until_done(act: Callable[[], Result]) -> Result:
    while True:
        try:
            return await asyncio.to_thread(act)
        except (DBAPIError, StaleDataError) as error:
            LOG.warning("database: %s, trying again", type(error).__name__)
            await asyncio.sleep(RETRY_S)
