"""A gateway in use: its binds, whose turn it is, and whether it is left alone for a while."""

import asyncio
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from alerts.channels.breaker import Breaker
from alerts.channels.port import Turn
from alerts.channels.sms_gateway import SmsGateway
from alerts.channels.sms_inbox import Inbox
from alerts.channels.sms_receipts import ReceiptDesk, reference_of
from alerts.channels.sms_window import Window
from alerts.sending import NoAnswer, NotSent
from alerts.sms.bind import Bind, Hearing
from alerts.sms.pace import Pace
from alerts.sms.wire import Receipt, ShortText, Taken


class Route:
    """Used within one event loop. `folder` is shared by the processes that keep one pace."""

    def __init__(self, gateway: SmsGateway, desk: ReceiptDesk, inbox: Inbox, folder: Path | None = None) -> None:
        self.gateway = gateway
        self.segments = gateway.segments
        # All of a batch get the same text, whose parts differ by their reference alone.
        self.parts = lru_cache(2 * 256)(gateway.wire.parts)
        self._desk = desk
        self._breaker = Breaker()
        self._settled = asyncio.Event()
        path = folder and folder / f"sms-{sha256(gateway.name.encode()).hexdigest()[:16]}.pace"
        self._window = Window(Pace(gateway.centre.per_second, path), gateway.centre.window)
        hearing = Hearing(self._take, inbox.take, self._count)
        self._binds = [Bind(gateway.centre, gateway.wire, hearing) for _ in range(gateway.binds)]

    def hold(self) -> None:
        """Keep all binds up."""
        for bind in self._binds:
            bind.hold()

    async def close(self) -> None:
        """Hang up; whoever waits for a place does so no longer."""
        self._window.close()
        await asyncio.gather(*(bind.close() for bind in self._binds))

    def stands(self, now: float) -> bool:
        """Whether a message could leave now, by the loop's clock: a bind is up and it is not left alone."""
        return any(bind.is_bound for bind in self._binds) and not self._breaker.is_resting(now)

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

    async def submit(self, text: ShortText, turn: Turn, openings: int) -> Taken:
        """The centre's answer to a part of a message. Raises NotSent or NoAnswer."""
        await self._window.enter(turn, begun=text.part.number > 1)
        try:
            answer = await min(self._binds, key=_room).submit(text)
        except (NotSent, NoAnswer):
            if self._breaker.failed(openings, _now()):
                self._window.send_away("left alone")
            raise
        finally:
            self._window.leave()
        self._breaker.succeeded()
        self._tell()
        return answer

    def _count(self) -> None:
        """There is a window for each bind that is up, and one for whoever tries where none is."""
        bound = sum(bind.is_bound for bind in self._binds)
        self._window.resize(self.gateway.centre.window * max(bound, 1))

    def _tell(self) -> None:
        if not self._breaker.probing:
            self._settled.set()

    async def _take(self, receipt: Receipt) -> bool:
        return await self._desk.take(reference_of(self.gateway.name, receipt.message_id), receipt.state)


def _room(bind: Bind) -> tuple[bool, int]:
    return not bind.is_bound, bind.under_way


def _now() -> float:
    return asyncio.get_running_loop().time()
