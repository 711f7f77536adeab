"""Short messages by SMPP or CMPP: several gateways of several binds each, chosen by number, the other where one fails.

Connections live in a thread and event loop of their own, so that alerts and calls share them. A message of several
parts is sent when all are; *unknown* when some left and not all were acknowledged.
"""

import asyncio
import threading
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.channels.sms_gateway import SmsGateway
from alerts.channels.sms_inbox import Hear, Inbox
from alerts.channels.sms_message import Sending, ShortMessage, Way
from alerts.channels.sms_receipts import Find, ReceiptDesk, Record
from alerts.channels.sms_route import Route

LEAST, MOST = 50, 1000
"""Of a batch: eight lines send one each beside each other, which fills a wide window, and no more may be doubled."""


class SmsChannel:
    name = "sms"
    receipts = True

    def __init__(
        self, gateways: Sequence[SmsGateway], find: Find, record: Record, hear: Hear, folder: Path | None = None
    ) -> None:
        """Binds at once: a centre may have receipts for a worker that is gone.

        Processes with the same `folder` keep a gateway's rate together; without one this is the only process.
        """
        self._desk = ReceiptDesk(find, record)
        self._inbox = Inbox(hear)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sms", daemon=True)
        self._thread.start()
        self._routes = [Route(one, self._desk, self._inbox, self._place, folder) for one in gateways]
        self._closing = False
        self._pump = asyncio.run_coroutine_threadsafe(self._desk.run(), self._loop)
        for route in self._routes:
            self._loop.call_soon_threadsafe(route.hold)
        self.batch = min(max(LEAST, sum(one.binds * one.centre.window for one in gateways)), MOST)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if self._loop.is_closed():
            return all_of(batch, Outcome.LATER, "closed")
        sending = asyncio.run_coroutine_threadsafe(self._send_all(batch), self._loop)
        return await asyncio.wrap_future(sending)

    def standing(self) -> Mapping[str, bool]:
        now = self._loop.time()
        return {route.name: route.stands(now) for route in self._routes}

    async def close(self) -> None:
        if self._loop.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(), self._loop))
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join, 5.0)
            self._loop.close()

    async def _close(self) -> None:
        self._closing = True
        await asyncio.gather(*(route.close() for route in self._routes))
        self._pump.cancel()
        await asyncio.sleep(0)

    async def _send_all(self, batch: Sequence[Outgoing]) -> list[Result]:
        if not batch:
            return []
        sending = Sending(batch, self._routes)
        self._place(sending.messages)
        try:
            return await sending.over
        except asyncio.CancelledError:
            sending.give_up()
            raise

    def _place(self, messages: Sequence[ShortMessage]) -> None:
        """Give each to the first gateway of its choice that takes it now. Only who finds no other way waits for what
        becomes of one that is tried again."""
        by_way = defaultdict[Way, list[ShortMessage]](list)
        for message in messages:
            if message.is_over:
                continue
            if not 3 <= len(message.number) <= 15:
                message.end(Outcome.FAILED, "not a telephone number")
            elif self._closing:
                message.end(Outcome.LATER, "closed")
            else:
                for way in message.left:
                    if way.admits(message):
                        by_way[way].append(message)
                        break
                else:
                    _wait(message)
        for way, some in by_way.items():
            way.take(some)


def _wait(message: ShortMessage) -> None:
    """For what becomes of a gateway that is tried again, if there is one."""
    tried = next((one for one in message.left if one.is_tried), None)
    if tried is not None:
        tried.wait(message)
    else:
        message.end(Outcome.LATER, message.why)
