"""A short message on its way: to whom, in which parts, and what became of it, one of a batch."""

import asyncio
from collections.abc import Iterable, Sequence
from typing import Protocol

from alerts.channels.port import Outcome, Outgoing, Result
from alerts.channels.segments import by_preference
from alerts.recipients import national
from alerts.sms.wire import Form


class Way(Protocol):
    """A gateway, as a message sees it."""

    @property
    def segments(self) -> tuple[str, ...]:
        """The beginnings of the numbers that it serves best."""
        ...

    @property
    def is_tried(self) -> bool:
        """Whether it was left alone and one message tries it now."""
        ...

    def admits(self, message: "ShortMessage") -> bool:
        """Whether the message may go this way now. Then it has to: it may be the one that tries it."""
        ...

    def wait(self, message: "ShortMessage") -> None:
        """Until it is known whether this way can be gone again."""
        ...

    def take(self, messages: "Iterable[ShortMessage]") -> None:
        """Send these, which were admitted, in their order."""
        ...

    def give_up(self, message: "ShortMessage") -> None:
        """Nobody wants to know any more what becomes of a message that was admitted: another may try."""
        ...


class Sending:
    """A batch under way: `over` is its results, in the batch's order."""

    def __init__(self, batch: Sequence[Outgoing], ways: Sequence[Way]) -> None:
        self.over: asyncio.Future[list[Result]] = asyncio.get_running_loop().create_future()
        self.messages = [ShortMessage(self, one, ways) for one in batch]
        self._left = len(batch)

    def count(self) -> None:
        """One more is over."""
        self._left -= 1
        if not self._left:
            # They refer to each other: what is not taken apart here stays until the collector comes by.
            messages, self.messages = self.messages, []
            if not self.over.done():
                self.over.set_result([one.result for one in messages])

    def give_up(self) -> None:
        """Nobody wants to know any more: what has not left never does."""
        left = [one for one in self.messages if not one.is_over]
        self.messages = []
        for one in left:
            one.is_over = True
        for one in left:
            if one.way is not None:
                one.way.give_up(one)


class ShortMessage:
    """`left` are the gateways that were not tried yet, in the order of preference, `way` is the one that is.

    `forms` are how its parts are handed over there, `taken` how many of them were, `openings` its breaker's when it
    came. `why` says what kept it from going, `result` is there when it is over.
    """

    __slots__ = (
        "forms", "is_over", "left", "number", "openings", "outgoing", "result", "sending", "taken", "way", "why"
    )  # fmt: skip
    forms: Sequence[Form]
    taken: int
    openings: int
    result: Result

    def __init__(self, sending: Sending, outgoing: Outgoing, ways: Sequence[Way]) -> None:
        self.sending = sending
        self.outgoing = outgoing
        self.number = national(outgoing.address)
        self.left: Sequence[Way] = ways if len(ways) == 1 else by_preference(ways, self.number)
        self.way: Way | None = None
        self.why = "no gateway"
        self.is_over = False

    def end(self, outcome: Outcome, detail: str) -> None:
        """What became of it."""
        if not self.is_over:
            self.is_over = True
            self.result = Result(self.outgoing.delivery, outcome, detail)
            self.sending.count()
