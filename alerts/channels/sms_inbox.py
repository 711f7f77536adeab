"""What people write to our number on its way into the database.

A message centre gets its answer when a message is taken down: until then it keeps it, and gives it to another worker
if this one dies. Only so many are under way at once; the centre repeats the others later.
"""

import asyncio
from collections.abc import Callable

from alerts.sms.wire import Written

MOST_UNDER_WAY = 200
LONGEST = 400

Hear = Callable[[str, str], bool]
"""Takes down (number, text) in a thread; False where the database is away."""


class Inbox:
    """Used within one event loop."""

    def __init__(self, hear: Hear) -> None:
        self._hear = hear
        self._under_way = 0

    async def take(self, message: Written) -> bool:
        """Whether the message is settled; False has the centre repeat it later."""
        if self._under_way >= MOST_UNDER_WAY:
            return False
        self._under_way += 1
        try:
            return await asyncio.to_thread(self._hear, message.number, message.text[:LONGEST])
        finally:
            self._under_way -= 1
