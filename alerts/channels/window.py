"""Whose turn it is at a gateway: so many messages under way, so many a second, officials first."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from itertools import count
from typing import Generic, Protocol, TypeVar

from alerts.channels.port import Turn
from alerts.recipients import OFFICIALS
from alerts.sms.pace import Pace

KEPT = 8
"""One place in so many is kept for officials and 叫应, as one line of a channel's eight is."""


class Waits(Protocol):
    """Whoever wants a place, unless it is over for them meanwhile."""

    @property
    def is_over(self) -> bool: ...


W = TypeVar("W", bound=Waits)


class Window(Generic[W]):
    """Places for messages under way, given by turn. Used within one event loop.

    An official does not even wait for the pace's next place together with other processes: it is taken ahead for them.
    """

    def __init__(self, pace: Pace, places: int, go: Callable[[list[W]], None]) -> None:
        """`go` gets those whose turn has come; each has a place until somebody leaves."""
        self._pace = pace
        self._places = places
        self._go = go
        self._taken = 0
        self._order = count()
        self._waiting: list[tuple[Turn, bool, int, deque[W]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._serving: asyncio.Handle | None = None
        self._ahead = False

    def resize(self, places: int) -> None:
        """There are so many places from now on; who has one keeps it."""
        self._places = places
        self.serve()

    def enter(self, some: Iterable[W], turn: Turn, *, begun: bool = False) -> None:
        """They wait for places, in their order; of one turn what was `begun` with another part goes first."""
        heappush(self._waiting, (turn, not begun, next(self._order), deque(some)))

    def leave(self, places: int) -> None:
        """Give so many places back."""
        self._taken -= places

    def send_away(self) -> list[W]:
        """Nobody waits any longer; returns who did."""
        waiting, self._waiting = self._waiting, []
        return [one for *_, some in waiting for one in some]

    def close(self) -> None:
        for handle in (self._timer, self._serving):
            if handle is not None:
                handle.cancel()
        self._pace.close()

    def serve(self) -> None:
        """Let go those whose turn it is, as many as there are places when all is done that is to be done now."""
        if self._serving is None:
            self._serving = asyncio.get_running_loop().call_soon(self._serve)

    def _serve(self) -> None:
        self._serving = None
        now = asyncio.get_running_loop().time()
        while not self._ahead and self._is_waiting() and (room := self._room()) > 0:
            leads = self._leads()
            number, wait_s = self._pace.take(now, min(room, len(self._waiting[0][-1])), ahead=leads)
            if number == 0:
                self._ahead = leads
                self._look_again(wait_s)
                return
            self._let_go(number)

    def _look_again(self, wait_s: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._due)

    def _due(self) -> None:
        """The pace's next place has come: it is ours where it was taken ahead."""
        self._timer = None
        if self._ahead:
            self._ahead = False
            if self._is_waiting() and self._room() > 0:
                self._let_go(1)
        self._serve()

    def _is_waiting(self) -> bool:
        """Whether anybody does; who is over takes no turn of the pace's."""
        while self._waiting:
            some = self._waiting[0][-1]
            while some and some[0].is_over:
                some.popleft()
            if some:
                return True
            heappop(self._waiting)
        return False

    def _leads(self) -> bool:
        """Whether an official is the first of those who wait."""
        return self._waiting[0][0].lane == OFFICIALS

    def _room(self) -> int:
        kept = 0 if self._leads() or self._places < 2 else max(1, self._places // KEPT)
        return self._places - kept - self._taken

    def _let_go(self, number: int) -> None:
        """As many of the first in turn, but for who is over meanwhile."""
        some = self._waiting[0][-1]
        going = [one for one in (some.popleft() for _ in range(number)) if not one.is_over]
        self._taken += len(going)
        self._go(going)
