"""The event loop of a node's process: where there is a gate, waiting and forwarding what is plain are one call of C.

Elsewhere it sleeps on a little where datagrams come one by one, and takes several of them by one waking.
"""

import asyncio
import select
import selectors
import time
from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")

NAP_S = 0.008
DENSE_S, SPARSE_S = 0.00015, 0.0013
MEMORY = 1 / 32


class Waiter(Protocol):
    """What can wait in epoll's place."""

    def wait(self, epoll: int, timeout: float | None) -> list[tuple[int, int]]:
        """(descriptor, epoll's events) of what is ready; returns early after a signal."""


class Naps:
    """Sleeps until NAP_S after the last datagrams were taken, where four or more are then there on the average.

    What is done by one pass costs nearly the same for one packet as for several; closer than DENSE_S many are there at
    once in any case. See `nap` in compiled/port.c.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, sleep: Callable[[float], object] = time.sleep
    ) -> None:
        self._clock, self._sleep = clock, sleep
        self._spacing = 0.0
        self._taken_at = 0.0
        self._more = False

    def note(self, now: float, count: int, more: bool = False) -> None:
        """So many were taken (monotonic seconds); `more` wait, which no sleep may hold up."""
        passed, self._taken_at, self._more = now - self._taken_at, now, more
        for _ in range(count):
            self._spacing += (passed / count - self._spacing) * MEMORY

    def take(self, timeout: float | None) -> float | None:
        """Sleep, but no longer than `timeout`; how long it was, seconds. None: it is too early to look at anything.

        What is due in between is done without a look, which would cost nearly as much as one at all that comes.
        """
        left = self._taken_at + NAP_S - self._clock()
        if left <= 0 or self._more or not DENSE_S <= self._spacing <= SPARSE_S:
            return 0.0
        slept = left if timeout is None else min(left, timeout)
        if slept:
            self._sleep(slept)
        return left if slept == left else None


class PacketSelector(selectors.EpollSelector):
    """Waits by `waiter` while it has one; else naps if it may."""

    waiter: Waiter | None = None
    naps: Naps | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As any selector does."""
        if self.waiter is None:
            if self.naps is not None:
                slept = self.naps.take(timeout)
                if slept is None:
                    return []
                timeout = None if timeout is None else timeout - slept
            return super().select(timeout)
        keys = self.get_map()
        ready = []
        for descriptor, found in self.waiter.wait(self.fileno(), timeout):
            key = keys.get(descriptor)
            events = selectors.EVENT_READ if found & ~select.EPOLLOUT else 0
            events |= selectors.EVENT_WRITE if found & ~select.EPOLLIN else 0
            if key is not None:
                ready.append((key, events & key.events))
        return ready


class PacketLoop(asyncio.SelectorEventLoop):
    """asyncio's own loop on such a selector, `packets`."""

    def __init__(self) -> None:
        self.packets = PacketSelector()
        super().__init__(self.packets)


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a loop of this kind, as `asyncio.run` does."""
    with asyncio.Runner(loop_factory=PacketLoop) as runner:
        return runner.run(main)
