"""A way of a given rate, queue, delay and loss: pure, seeded, on the clock of whoever asks."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from heapq import heappop, heappush

QUEUE = 32_000

Rate = Callable[[float], float]


class Uniform:
    """Every packet is lost with the same probability."""

    def __init__(self, share: float) -> None:
        self._share = share

    def lost(self, chance: random.Random) -> bool:
        return chance.random() < self._share


class GilbertElliott:
    """Two states: hardly any loss in the good one, `bad_loss` in the bad one."""

    def __init__(self, to_bad: float, to_good: float, bad_loss: float) -> None:
        self._to_bad, self._to_good, self._bad_loss = to_bad, to_good, bad_loss
        self._bad = False

    def lost(self, chance: random.Random) -> bool:
        self._bad = chance.random() >= self._to_good if self._bad else chance.random() < self._to_bad
        return self._bad and chance.random() < self._bad_loss


@dataclass
class Wire:
    """Packets in by `put`, out by `take` when they have passed queue and distance. `rate` in bit/s at a time.

    `carry` tells the time of arrival instead, for packets that are kept elsewhere.
    """

    rate: Rate
    one_way_s: float
    loss: Uniform | GilbertElliott = field(default_factory=lambda: Uniform(0.0))
    seed: int = 1
    queue: int = QUEUE
    dropped: int = 0
    _free_at: float = 0.0
    _coming: list[tuple[float, int, object]] = field(default_factory=list)
    _number: int = 0

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311  # repeatable on purpose

    def queued(self, now: float) -> float:
        """Bytes that stand in the queue."""
        return max(0.0, self._free_at - now) * self.rate(now) / 8

    def carry(self, now: float, size: int) -> float | None:
        """When a packet of `size` bytes on the wire that begins its way now arrives; None: never."""
        if self.queued(now) + size > self.queue:
            self.dropped += 1
            return None
        self._free_at = max(now, self._free_at) + size * 8 / self.rate(now)
        if self.loss.lost(self._chance):
            self.dropped += 1
            return None
        return self._free_at + self.one_way_s

    def put(self, now: float, size: int, packet: object) -> None:
        arrives = self.carry(now, size)
        if arrives is not None:
            self._number += 1
            heappush(self._coming, (arrives, self._number, packet))

    def take(self, now: float) -> list[tuple[float, object]]:
        """What has arrived until now, with the times."""
        found = []
        while self._coming and self._coming[0][0] <= now:
            at, _number, packet = heappop(self._coming)
            found.append((at, packet))
        return found
