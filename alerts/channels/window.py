"""Whose turn it is at a gateway that takes one message after the other: so many under way, so many a second, officials
first."""

import asyncio
from heapq import heappop, heappush
from itertools import count

from alerts.channels.port import Turn
from alerts.recipients import OFFICIALS
from alerts.sending import NotSent
from alerts.sms.pace import Pace

KEPT = 8
"""One place in so many is kept for officials and 叫应, as one line of a channel's eight is."""


class Window:
    """Places for messages under way, given by turn to those who await them. Used within one event loop.

    An official does not even wait for the pace's next place together with other processes: it is taken ahead for them.
    """

    def __init__(self, pace: Pace, places: int) -> None:
        self._pace = pace
        self._places = places
        self._taken = 0
        self._order = count()
        self._waiting: list[tuple[Turn, int, asyncio.Future[None]]] = []
        self._timer: asyncio.TimerHandle | None = None
        self._ahead = False
        self._closed = False

    async def enter(self, turn: Turn) -> None:
        """Wait for a place. Raises NotSent where everybody is sent away."""
        if self._closed:
            raise NotSent("closed")
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._waiting, (turn, next(self._order), future))
        self._serve()
        try:
            await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._taken -= 1
        self._serve()

    def send_away(self, why: str) -> None:
        """Nobody waits any longer: NotSent."""
        waiting, self._waiting = self._waiting, []
        for *_, future in waiting:
            if not future.done():
                future.set_exception(NotSent(why))

    def close(self) -> None:
        """Send everybody away, now and from now on."""
        if self._closed:
            return
        self._closed = True
        self.send_away("closed")
        if self._timer is not None:
            self._timer.cancel()
        self._pace.close()

    def _serve(self) -> None:
        """Give places to those whose turn it is, as many as there are now."""
        loop = asyncio.get_running_loop()
        while not self._ahead and (leads := self._first()) is not None and self._has_room(leads=leads):
            number, wait_s = self._pace.take(loop.time(), 1, ahead=leads)
            if number == 0:
                self._ahead = leads
                if self._timer is not None:
                    self._timer.cancel()
                self._timer = loop.call_later(wait_s, self._due)
                return
            self._give()

    def _due(self) -> None:
        """The pace's next place has come: it is ours where it was taken ahead."""
        self._timer = None
        if self._ahead:
            self._ahead = False
            leads = self._first()
            if leads is not None and self._has_room(leads=leads):
                self._give()
        self._serve()

    def _first(self) -> bool | None:
        """Whether the first of those who wait leads; None where nobody waits."""
        while self._waiting and self._waiting[0][-1].done():
            heappop(self._waiting)
        return self._waiting[0][0].lane == OFFICIALS if self._waiting else None

    def _has_room(self, *, leads: bool) -> bool:
        kept = 0 if leads or self._places < 2 else max(1, self._places // KEPT)
        return self._taken < self._places - kept

    def _give(self) -> None:
        self._taken += 1
        heappop(self._waiting)[-1].set_result(None)
