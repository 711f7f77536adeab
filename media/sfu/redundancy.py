"""How many copies of the frames before it each packet of speech carries to a receiver that loses packets."""

from typing import NamedTuple

from media.sfu.shares import LossShare

MOST = 3
ENTERED = (0.01, 0.07, 0.16)
LEFT = 0.5
HOLD_S = 6.0


class Price(NamedTuple):
    """What a copy costs of a packet of speech on the wire; the share of the way that speech with copies may take."""

    cost: float
    share: float


COPIES = Price(0.6, 0.6)
"""In redundant audio: without the headers."""
REPEATS = Price(1.0, 0.95)
"""Whole packets, and only where the way is known to lose as much whatever is sent."""


class Redundancy:
    """`count` copies, 0 for those who lose nothing.

    More as soon as the loss of the last second or two is above ENTERED; fewer when it has been below LEFT of that for
    HOLD_S. Speech with its copies takes at most a share of what the way carries, by its `price`: behind that loss is a
    want of room, and more packets would make more of it.
    """

    def __init__(self) -> None:
        self.count = 0
        self.price = COPIES
        self._loss = LossShare()
        self._deserved = 0
        self._needed_at = float("-inf")

    @property
    def loss(self) -> float:
        """The share of packets that the receiver loses."""
        return self._loss.share

    def feed(self, now: float, came: float, lost: float) -> None:
        """Take what one feedback tells of, in packets (or any other measure of both)."""
        if self._loss.feed(now, came, lost):
            self._follow(now)

    def _follow(self, now: float) -> None:
        deserved = sum(self.loss >= least for least in ENTERED)
        kept = sum(self.loss >= least * LEFT for least in ENTERED)
        if kept >= self._deserved:
            self._needed_at = now
        if deserved > self._deserved:
            self._deserved = deserved
        elif now - self._needed_at >= HOLD_S:
            self._deserved, self._needed_at = max(deserved, self._deserved - 1), now

    def fit(self, bitrate: float | None, speech: float) -> None:
        """Follow the estimate: `speech` is the rate of the voices alone, both in bit/s; None: nothing limits it."""
        count = self._deserved
        if bitrate is not None and speech > 0:
            count = min(count, max(0, int((self.price.share * bitrate / speech - 1) / self.price.cost)))
        self.count = count
