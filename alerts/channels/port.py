"""What every channel does: take a batch, say of each what became of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple, Protocol, runtime_checkable

from alerts.recipients import OFFICIALS, PUBLIC
from alerts.texts import Content


class Turn(NamedTuple):
    """Whose turn it is where messages wait for each other, the smaller goes first: officials, as they have lines of
    their own; among them and all others the alert's rank, red before blue, then the lane."""

    follows: bool
    rank: int
    lane: int


def turn_of(lane: int, rank: int) -> Turn:
    """The turn of a message of an alert's rank in a lane."""
    return Turn(lane != OFFICIALS, rank, lane)


LAST = turn_of(PUBLIC, 9)


NO_WORDS = "no_words"
"""The detail of what failed because nothing could be put together that it says."""


class Outcome(StrEnum):
    """`SENT`: the next party has taken it over. `FAILED`: it never will. `LATER`: not now, try again.
    `UNKNOWN`: it may have been taken over; nobody can tell."""

    SENT = "sent"
    FAILED = "failed"
    LATER = "later"
    UNKNOWN = "unknown"


class Outgoing(NamedTuple):
    """One message to one address. `delivery` names it in receipts."""

    delivery: str
    alert: str
    address: str
    name: str
    content: Content
    at: datetime
    expires_at: datetime | None
    turn: Turn = LAST


class Result(NamedTuple):
    """What became of one message."""

    delivery: str
    outcome: Outcome
    detail: str = ""


class Channel(Protocol):
    """One way to reach people or devices.

    `batch` is how many it takes at once, in one `send` or in as many beside each other, which is also how many may be
    doubled when a worker is killed;
    `receipts` tells whether anything ever comes back, or sent is the last that is known.
    """

    name: str
    batch: int
    receipts: bool

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        """Send a batch: one result each, in the batch's order. Trouble with the other side is a result too."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...


@runtime_checkable
class Connected(Protocol):
    """What a channel that keeps connections tells besides; whoever calls up for each message has nothing to say."""

    def standing(self) -> Mapping[str, bool]:
        """Whether each of its gateways, by a name without secrets, would take a message now. Cheap, for any thread."""
        ...


def all_of(batch: Sequence[Outgoing], outcome: Outcome, detail: str = "") -> list[Result]:
    """The same result for a whole batch."""
    return [Result(one.delivery, outcome, detail) for one in batch]
