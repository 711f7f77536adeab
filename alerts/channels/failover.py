"""Several gateways for one message: the first that takes it has it, and one that fails again and again is left alone.

Used within one event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Protocol, TypeVar

from alerts.channels.breaker import Breaker, Rest
from alerts.channels.port import Result
from alerts.sending import NotSent


class Gate:
    """Whether a gateway may be tried.

    While it is left alone it is looked at by itself, by `look`, so that its return is known before a message needs it;
    a look that finds nothing keeps no message from trying when the breaker's pause is over.
    """

    def __init__(self, rest: Rest, look: Callable[[], Awaitable[bool]]) -> None:
        self._rest = rest
        self._look = look
        self._breaker = Breaker(rest)
        self._settled = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    @property
    def stands(self) -> bool:
        """Whether nothing is known against it: not even tried, or the last try or look found it. From any thread."""
        return self._breaker.is_closed

    async def admitted(self, *, patient: bool) -> int | None:
        """The breaker's openings for one message, to be given up after it; None where the gateway is left alone.

        Who is `patient` waits for what becomes of another that is being tried.
        """
        while (openings := self._breaker.admit(_now())) is None and patient and self._breaker.probing:
            await self._settled.wait()
        if self._breaker.probing:
            self._settled.clear()
        return openings

    def give_up(self, openings: int) -> None:
        """The message that was admitted is over, whatever became of it."""
        self._breaker.given_up(openings)
        self._tell()

    def answered(self) -> None:
        """It is there and takes messages, if not this one."""
        self._breaker.succeeded()
        self._tell()

    def failed(self, openings: int) -> bool:
        """It is away, or takes none; whether it is left alone from now on."""
        opened = self._breaker.failed(openings, _now())
        if opened and (self._looking is None or self._looking.done()):
            self._looking = asyncio.get_running_loop().create_task(self._look_again())
        return opened

    def close(self) -> None:
        """Look no more."""
        if self._looking is not None:
            self._looking.cancel()

    async def _look_again(self) -> None:
        pause_s = self._rest.first_s
        while not self._breaker.is_closed:
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, self._rest.longest_s)
            if await self._look():
                self.answered()

    def _tell(self) -> None:
        if not self._breaker.probing:
            self._settled.set()


class Way(Protocol):
    """A gateway in use."""

    @property
    def gate(self) -> Gate: ...


W = TypeVar("W", bound=Way)


async def by_first(ways: Iterable[W], send: Callable[[W, int], Awaitable[Result]]) -> Result:
    """What became of a message by the first of the ways that takes it; the next one has it where `send`, which gets the
    way and the breaker's openings, raises NotSent. Raises NotSent with the last one's reason where none is left."""
    left, why = list(ways), NotSent("left alone")
    # Only who finds no other way waits for what becomes of a gateway that is tried again.
    for patient in (False, True):
        for way in tuple(left):
            openings = await way.gate.admitted(patient=patient)
            if openings is None:
                continue
            left.remove(way)
            try:
                return await send(way, openings)
            except NotSent as error:
                why = error
            finally:
                way.gate.give_up(openings)
    raise why


def _now() -> float:
    return asyncio.get_running_loop().time()
