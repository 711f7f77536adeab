"""The senders of drills. They hold no address, no connection and no way to get one."""

from collections.abc import Sequence
from typing import final

from alerts.channels.port import Outcome, Outgoing, Result, all_of

NOTHING_LEFT = "drill"
"""The detail of its results; words for it are found where it is shown."""


@final
class DrillChannel:
    """Stands in for a live channel in a drill: everything is counted as sent and nothing leaves the house."""

    receipts = True

    def __init__(self, name: str, batch: int = 500) -> None:
        self.name = name
        self.batch = batch

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        return all_of(batch, Outcome.SENT, NOTHING_LEFT)

    async def close(self) -> None:
        return None
