"""Short messages by SMPP or CMPP: several gateways of several binds each, chosen by number, the other where one fails.

Connections live in a thread and event loop of their own, so that alerts and calls share them. A message of several
parts is sent when all are; *unknown* when some left and not all were acknowledged.
"""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.channels.sms_gateway import SmsGateway, by_preference
from alerts.channels.sms_inbox import Hear, Inbox
from alerts.channels.sms_receipts import Find, ReceiptDesk, Record, reference_of
from alerts.channels.sms_route import Route
from alerts.recipients import national
from alerts.sending import NoAnswer, NotSent
from alerts.sms.wire import ShortText, Taken, Verdict


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
        self._references = count(0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sms", daemon=True)
        self._thread.start()
        self._routes = [Route(one, self._desk, self._inbox, folder) for one in gateways]
        self._pump = asyncio.run_coroutine_threadsafe(self._desk.run(), self._loop)
        for route in self._routes:
            self._loop.call_soon_threadsafe(route.hold)
        places = sum(one.binds * one.centre.window for one in gateways)
        self.batch = max(50, places)
        # Eight lines send beside each other: together they fill a wide window, and a message that waits takes 3 KiB.
        self._abreast = max(50, places // 8)

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if self._loop.is_closed():
            return all_of(batch, Outcome.LATER, "closed")
        sending = asyncio.run_coroutine_threadsafe(self._send_all(batch), self._loop)
        return await asyncio.wrap_future(sending)

    def standing(self) -> Mapping[str, bool]:
        now = self._loop.time()
        return {route.gateway.name: route.stands(now) for route in self._routes}

    async def close(self) -> None:
        if self._loop.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(), self._loop))
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join, 5.0)
            self._loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(route.close() for route in self._routes))
        self._pump.cancel()
        await asyncio.sleep(0)

    async def _send_all(self, batch: Sequence[Outgoing]) -> list[Result]:
        """Some at a time, in their order."""
        results: dict[int, Result] = {}
        waiting = iter(enumerate(batch))

        async def run() -> None:
            for place, one in waiting:
                results[place] = await self._send_one(one)

        await asyncio.gather(*(run() for _ in range(min(len(batch), self._abreast))))
        return [results[place] for place in range(len(batch))]

    async def _send_one(self, one: Outgoing) -> Result:
        number = national(one.address)
        if not 3 <= len(number) <= 15:
            return Result(one.delivery, Outcome.FAILED, "not a telephone number")
        result = Result(one.delivery, Outcome.LATER, "no gateway")
        left = by_preference(self._routes, number)
        # Only who finds no other way waits for what becomes of a gateway that is tried again.
        for patient in (False, True):
            for route in tuple(left):
                openings = await route.admitted(patient=patient)
                if openings is None:
                    continue
                left.remove(route)
                result = await self._by(route, one, number, openings)
                if result.outcome is not Outcome.LATER:
                    return result
        return result

    async def _by(self, route: Route, one: Outgoing, number: str, openings: int) -> Result:
        try:
            return await self._parts_by(route, one, number, openings)
        finally:
            route.give_up(openings)

    async def _parts_by(self, route: Route, one: Outgoing, number: str, openings: int) -> Result:
        gateway = route.gateway
        ids: list[str] = []
        for part in route.parts(one.content.body, next(self._references) & 0xFF):
            try:
                text = ShortText(gateway.source, number, part, one.expires_at)
                answer = await route.submit(text, one.turn, openings)
            except NotSent as error:
                return Result(one.delivery, Outcome.UNKNOWN if ids else Outcome.LATER, f"not connected: {error}"[:200])
            except NoAnswer as error:
                return Result(one.delivery, Outcome.UNKNOWN, f"no answer: {error}"[:200])
            if answer.verdict is not Verdict.TAKEN:
                return Result(one.delivery, _refused(answer, bool(ids)), f"status {answer.status:#010x}")
            ids.append(answer.message_id)
        reference = reference_of(gateway.name, ids[-1])
        # The last part's receipt is the message's: it is read when all are there.
        self._desk.sent(reference, one.delivery, one.alert)
        return Result(one.delivery, Outcome.SENT, reference)


def _refused(answer: Taken, some_left: bool) -> Outcome:
    if some_left:
        return Outcome.UNKNOWN
    return Outcome.LATER if answer.verdict is Verdict.LATER else Outcome.FAILED
