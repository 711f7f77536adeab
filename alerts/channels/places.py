"""Places at a gateway that takes one message after the other, for those who await them."""

import asyncio

from alerts.channels.port import Turn
from alerts.channels.window import Window
from alerts.sending import NotSent
from alerts.sms.pace import Pace


class _Awaiting:
    """Whoever waits for a place until `given`."""

    def __init__(self) -> None:
        self.given: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    @property
    def is_over(self) -> bool:
        return self.given.done()


class Places:
    """A `Window` in which each waits for a place of its own. Used within one event loop."""

    def __init__(self, pace: Pace, places: int) -> None:
        self._window = Window[_Awaiting](pace, places, _give)
        self._closed = False

    async def enter(self, turn: Turn) -> None:
        """Wait for a place. Raises NotSent where everybody is sent away."""
        if self._closed:
            raise NotSent("closed")
        one = _Awaiting()
        self._window.enter((one,), turn)
        self._window.serve()
        try:
            await one.given
        except asyncio.CancelledError:
            if one.given.done() and not one.given.cancelled() and one.given.exception() is None:
                self.leave()
            raise

    def leave(self) -> None:
        """Give a place back."""
        self._window.leave(1)
        if not self._closed:
            self._window.serve()

    def send_away(self, why: str) -> None:
        """Nobody waits any longer: NotSent."""
        for one in self._window.send_away():
            if not one.given.done():
                one.given.set_exception(NotSent(why))

    def close(self) -> None:
        """Send everybody away, now and from now on."""
        if not self._closed:
            self._closed = True
            self.send_away("closed")
            self._window.close()


def _give(some: list[_Awaiting]) -> None:
    for one in some:
        one.given.set_result(None)
