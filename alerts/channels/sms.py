"""Short messages by SMPP 3.4: several gateways with several binds each, chosen by number, the other where one fails.

Connections live in a thread and event loop of their own, so that alerts and calls share them. A message of several
parts is sent when all are; *unknown* when some left and not all were acknowledged.
"""

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count, cycle
from urllib.parse import parse_qs, unquote, urlsplit

from alerts.channels.breaker import Breaker
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.channels.sms_inbox import Hear, Inbox
from alerts.channels.sms_receipts import Find, ReceiptDesk, Record, reference_of
from alerts.recipients import national
from alerts.sending import NoAnswer, NotSent
from alerts.smpp import pdu
from alerts.smpp.bind import Bind, Centre
from alerts.smpp.pdu import Address, Packet, ShortMessage
from alerts.smpp.text import Receipt, parts


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A gateway: its message centre, how many binds, the beginnings of the numbers that it serves best, our number."""

    centre: Centre
    binds: int = 2
    segments: tuple[str, ...] = ()
    source: str = ""

    @property
    def name(self) -> str:
        """Names the centre's message ids."""
        return f"{self.centre.system_id}@{self.centre.host}:{self.centre.port}"


def gateway_of(url: str) -> SmsGateway:
    """`smpp://ID:PASSWORD@HOST[:PORT]?binds=2&window=10&rate=100&segments=134,139&source=1069`. Raises ValueError."""
    split = urlsplit(url)
    if split.scheme != "smpp" or not split.hostname:
        raise ValueError("not an smpp:// address")
    asked = {name: values[-1] for name, values in parse_qs(split.query).items()}
    window, rate, binds = int(asked.get("window", 10)), float(asked.get("rate", 100)), int(asked.get("binds", 2))
    if min(window, rate, binds) <= 0:
        raise ValueError("window, rate and binds are above 0")
    name, password = unquote(split.username or ""), unquote(split.password or "")
    return SmsGateway(
        Centre(split.hostname, split.port or 2775, name, password, window, rate),
        binds,
        tuple(one for one in asked.get("segments", "").split(",") if one),
        asked.get("source", ""),
    )


class SmsChannel:
    name = "sms"
    receipts = True

    def __init__(self, gateways: Sequence[SmsGateway], find: Find, record: Record, hear: Hear) -> None:
        """Binds at once: a centre may have receipts for a worker that is gone."""
        self._desk = ReceiptDesk(find, record)
        self._inbox = Inbox(hear)
        self._references = count(0)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="sms", daemon=True)
        self._thread.start()
        self._routes = [_Route(one, self._desk, self._inbox) for one in gateways]
        self._pump = asyncio.run_coroutine_threadsafe(self._desk.run(), self._loop)
        for route in self._routes:
            self._loop.call_soon_threadsafe(route.hold)
        self.batch = max(50, sum(one.binds * one.centre.window for one in gateways))

    async def send(self, batch: Sequence[Outgoing]) -> list[Result]:
        if self._loop.is_closed():
            return all_of(batch, Outcome.LATER, "closed")
        sending = asyncio.run_coroutine_threadsafe(self._send_all(batch), self._loop)
        return await asyncio.wrap_future(sending)

    async def close(self) -> None:
        if self._loop.is_running():
            await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._close(), self._loop))
            self._loop.call_soon_threadsafe(self._loop.stop)
            await asyncio.to_thread(self._thread.join, 5.0)
            self._loop.close()

    async def _close(self) -> None:
        await asyncio.gather(*(bind.close() for route in self._routes for bind in route.binds))
        self._pump.cancel()
        await asyncio.sleep(0)

    async def _send_all(self, batch: Sequence[Outgoing]) -> list[Result]:
        return list(await asyncio.gather(*(self._send_one(one) for one in batch)))

    async def _send_one(self, one: Outgoing) -> Result:
        number = national(one.address)
        if not 3 <= len(number) <= 15:
            return Result(one.delivery, Outcome.FAILED, "not a telephone number")
        result = Result(one.delivery, Outcome.LATER, "no gateway")
        for route in self._by_preference(number):
            result = await self._by(route, one, number)
            if result.outcome is not Outcome.LATER:
                break
        return result

    def _by_preference(self, number: str) -> list["_Route"]:
        """Those that serve the number's segment first; of the others those without segments. Not those in trouble."""
        now = self._loop.time()
        usable = [route for route in self._routes if route.breaker.is_closed(now)]
        return sorted(usable, key=lambda route: not number.startswith(route.gateway.segments or ("\0",)))

    async def _by(self, route: "_Route", one: Outgoing, number: str) -> Result:
        coding, texts = parts(one.content.body, next(self._references) & 0xFF)
        ids: list[str] = []
        for text in texts:
            message = _message(one, route.gateway.source, number, coding, text, several=len(texts) > 1)
            try:
                answer = await route.submit(message)
            except NotSent as error:
                return Result(one.delivery, Outcome.UNKNOWN if ids else Outcome.LATER, f"not connected: {error}"[:200])
            except NoAnswer as error:
                return Result(one.delivery, Outcome.UNKNOWN, f"no answer: {error}"[:200])
            if answer.status != pdu.OK:
                return Result(one.delivery, _refused(answer, bool(ids)), f"status {answer.status:#010x}")
            ids.append(_id_in(answer))
        reference = reference_of(route.gateway.name, ids[-1])
        # The last part's receipt is the message's: it is read when all are there.
        self._desk.sent(reference, one.delivery, one.alert)
        return Result(one.delivery, Outcome.SENT, reference)


class _Route:
    """A gateway in use: its binds in turn, and its breaker."""

    def __init__(self, gateway: SmsGateway, desk: ReceiptDesk, inbox: Inbox) -> None:
        self.gateway = gateway
        self.breaker = Breaker()
        self._desk = desk
        self.binds = [Bind(gateway.centre, self._take, inbox.take) for _ in range(gateway.binds)]
        self._turns = cycle(self.binds)

    def hold(self) -> None:
        """Keep all binds up."""
        for bind in self.binds:
            bind.hold()

    async def submit(self, message: ShortMessage) -> Packet:
        try:
            answer = await next(self._turns).submit(message)
        except (NotSent, NoAnswer):
            self.breaker.failed(asyncio.get_running_loop().time())
            raise
        self.breaker.succeeded()
        return answer

    async def _take(self, receipt: Receipt) -> bool:
        return await self._desk.take(reference_of(self.gateway.name, receipt.message_id), receipt.state)


def _message(one: Outgoing, source: str, number: str, coding: int, text: bytes, *, several: bool) -> ShortMessage:
    return ShortMessage(
        source=Address(source),
        destination=Address(number),
        text=text,
        data_coding=coding,
        esm_class=pdu.UDH_INDICATOR if several else 0,
        registered_delivery=pdu.RECEIPT_WANTED,
        validity=_absolute(one.expires_at) if one.expires_at else "",
        priority=3,
    )


def _absolute(instant: datetime) -> str:
    """`YYMMDDhhmmss000+` (§7.1.1): tenths of a second, quarters of an hour from UTC, ahead of it."""
    return f"{instant.astimezone(UTC):%y%m%d%H%M%S}000+"


def _refused(answer: Packet, some_left: bool) -> Outcome:
    if some_left:
        return Outcome.UNKNOWN
    return Outcome.LATER if answer.status in pdu.TEMPORARY else Outcome.FAILED


def _id_in(answer: Packet) -> str:
    try:
        return pdu.read_message_id(answer.body)
    except pdu.BadPacket:
        return ""
