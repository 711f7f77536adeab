"""Receipts of short messages on their way into the database.

A message centre gets its answer when a receipt is recorded: until then it keeps the receipt, and gives it to the next
worker if this one dies. Whose receipt it is, is known here for the messages of late; for all others, also those of a
worker that is gone, the database is asked by gateway and message id.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

REMEMBERED, MOST_OPEN = 2_000, 5_000
LOOK_S, AWAY_S = 0.2, 1.0
PAUSES_S = (0.0, 1.0, 4.0)
"""When an unknown message is asked for: its send may be recorded a moment after its receipt has come."""


@dataclass(frozen=True, slots=True)
class Heard:
    """A receipt for a delivery: `state` is delivered or failed."""

    delivery: str
    alert: str
    state: str


Whose = Mapping[str, tuple[str, str]]
"""Reference → delivery and alert."""
Find = Callable[[Sequence[str]], Whose | None]
"""Asks the database, in a thread, for references; None where it is away."""
Record = Callable[[Sequence[Heard]], bool]
"""Records in a thread; False where the database is away."""


def reference_of(gateway: str, message_id: str) -> str:
    """The one name of a message: an id is unique at its centre alone. Kept as the delivery's detail."""
    return f"id {message_id} by {gateway}"


@dataclass(slots=True)
class _Open:
    """A receipt that its centre still waits for."""

    reference: str
    state: str
    settled: "asyncio.Future[bool]"
    asked: int
    due: float


class ReceiptDesk:
    """Used within one event loop."""

    def __init__(self, find: Find, record: Record) -> None:
        self._find = find
        self._record = record
        self._late: dict[str, tuple[str, str]] = {}
        self._before: dict[str, tuple[str, str]] = {}
        """What was sent of late, and what was before it became too much."""
        self._open: list[_Open] = []

    def sent(self, messages: Mapping[str, tuple[str, str]]) -> None:
        """Messages were taken by their centre: reference → delivery and alert."""
        if len(self._late) >= REMEMBERED:
            self._before, self._late = self._late, {}
        self._late.update(messages)

    async def take(self, reference: str, state: str) -> bool:
        """Whether the receipt was recorded; False has the centre repeat it later."""
        if len(self._open) >= MOST_OPEN:
            return False
        loop = asyncio.get_running_loop()
        one = _Open(reference, state, loop.create_future(), 0, loop.time())
        self._open.append(one)
        return await one.settled

    async def run(self) -> None:
        """Look who is waiting, until cancelled."""
        while True:
            now = asyncio.get_running_loop().time()
            due = [one for one in self._open if one.due <= now]
            if due and not await self._settle(due):
                await asyncio.sleep(AWAY_S)
            await asyncio.sleep(LOOK_S)

    async def _settle(self, due: Sequence[_Open]) -> bool:
        """Record whose is known, ask again later for the others; False where the database is away."""
        whose = await self._whose([one.reference for one in due])
        if whose is None:
            return False
        known = [one for one in due if one.reference in whose]
        heard = [Heard(*whose[one.reference], one.state) for one in known]
        if heard and not await asyncio.to_thread(self._record, heard):
            return False
        for one in known:
            self._end(one, recorded=True)
        for one in due:
            if one.reference not in whose:
                self._later(one)
        return True

    async def _whose(self, references: Sequence[str]) -> Whose | None:
        known = {one: whose for one in references if (whose := self._late.get(one) or self._before.get(one))}
        others = [one for one in references if one not in known]
        found: Whose | None = await asyncio.to_thread(self._find, others) if others else {}
        return None if found is None else {**known, **found}

    def _later(self, one: _Open) -> None:
        one.asked += 1
        if one.asked == len(PAUSES_S):
            self._end(one, recorded=False)
        else:
            one.due = asyncio.get_running_loop().time() + PAUSES_S[one.asked]

    def _end(self, one: _Open, *, recorded: bool) -> None:
        self._open.remove(one)
        self._late.pop(one.reference, None)
        self._before.pop(one.reference, None)
        with contextlib.suppress(asyncio.InvalidStateError):
            one.settled.set_result(recorded)
