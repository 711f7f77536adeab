"""The event loop of a node's process: where there is a gate, waiting and forwarding what is plain are one call of C."""

import asyncio
import select
import selectors
from collections.abc import Coroutine
from typing import Any, Protocol, TypeVar

T = TypeVar("T")


class Waiter(Protocol):
    """What can wait in epoll's place."""

    def wait(self, epoll: int, timeout: float | None) -> list[tuple[int, int]]:
        """(descriptor, epoll's events) of what is ready; returns early after a signal."""


class PacketSelector(selectors.EpollSelector):
    """Waits by `waiter` while it has one."""

    waiter: Waiter | None = None

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        """As any selector does."""
        if self.waiter is None:
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
