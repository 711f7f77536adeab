"""Short messages by SMPP or CMPP: several gateways of several binds each, chosen by number, the other where one fails.

Connections live in a thread and event loop of their own, so that alerts and calls share them. A message of several
parts is sent when all are; *unknown* when some left and not all were acknowledged.
"""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count, cycle
from urllib.parse import parse_qs, unquote, urlsplit

from alerts.channels.breaker import Breaker
from alerts.channels.port import Outcome, Outgoing, Result, all_of
from alerts.channels.sms_inbox import Hear, Inbox
from alerts.channels.sms_receipts import Find, ReceiptDesk, Record, reference_of
from alerts.cmpp.wire import VERSIONS, CmppWire
from alerts.recipients import national
from alerts.sending import NoAnswer, NotSent
from alerts.smpp.wire import SmppWire
from alerts.sms.bind import Bind
from alerts.sms.wire import Centre, Receipt, ShortText, Taken, Verdict, Wire

PORTS = {"smpp": 2775, "cmpp": 7890}


@dataclass(frozen=True, slots=True)
class SmsGateway:
    """A gateway: its message centre, how many binds, the beginnings of the numbers that it serves best, our number."""

    centre: Centre
    wire: Wire
    binds: int = 2
    segments: tuple[str, ...] = ()
    source: str = ""

    @property
    def name(self) -> str:
        """Names the centre's message ids."""
        return f"{self.centre.system_id}@{self.centre.host}:{self.centre.port}"


def gateway_of(url: str) -> SmsGateway:
    """`smpp://ID:PASSWORD@HOST[:PORT]?binds=2&window=10&rate=100&segments=134,139&source=1069`, or `cmpp://` with
    `version=2.0` (or 3.0) and `service=CODE` beside these. Raises ValueError."""
    split = urlsplit(url)
    if split.scheme not in PORTS or not split.hostname:
        raise ValueError("neither an smpp:// nor a cmpp:// address")
    asked = {name: values[-1] for name, values in parse_qs(split.query).items()}
    window, rate, binds = int(asked.get("window", 10)), float(asked.get("rate", 100)), int(asked.get("binds", 2))
    if min(window, rate, binds) <= 0:
        raise ValueError("window, rate and binds are above 0")
    name, password = unquote(split.username or ""), unquote(split.password or "")
    return SmsGateway(
        Centre(split.hostname, split.port or PORTS[split.scheme], name, password, window, rate),
        _wire_of(split.scheme, asked),
        binds,
        tuple(one for one in asked.get("segments", "").split(",") if one),
        asked.get("source", ""),
    )


def _wire_of(scheme: str, asked: Mapping[str, str]) -> Wire:
    if scheme == "smpp":
        return SmppWire()
    version = asked.get("version", "2.0")
    if version not in VERSIONS:
        raise ValueError("version is 2.0 or 3.0")
    return CmppWire(VERSIONS[version], asked.get("service", ""))


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
        gateway = route.gateway
        ids: list[str] = []
        for part in gateway.wire.parts(one.content.body, next(self._references) & 0xFF):
            try:
                answer = await route.submit(ShortText(gateway.source, number, part, one.expires_at))
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


class _Route:
    """A gateway in use: its binds in turn, and its breaker."""

    def __init__(self, gateway: SmsGateway, desk: ReceiptDesk, inbox: Inbox) -> None:
        self.gateway = gateway
        self.breaker = Breaker()
        self._desk = desk
        self.binds = [Bind(gateway.centre, gateway.wire, self._take, inbox.take) for _ in range(gateway.binds)]
        self._turns = cycle(self.binds)

    def hold(self) -> None:
        """Keep all binds up."""
        for bind in self.binds:
            bind.hold()

    async def submit(self, text: ShortText) -> Taken:
        try:
            answer = await next(self._turns).submit(text)
        except (NotSent, NoAnswer):
            self.breaker.failed(asyncio.get_running_loop().time())
            raise
        self.breaker.succeeded()
        return answer

    async def _take(self, receipt: Receipt) -> bool:
        return await self._desk.take(reference_of(self.gateway.name, receipt.message_id), receipt.state)


def _refused(answer: Taken, some_left: bool) -> Outcome:
    if some_left:
        return Outcome.UNKNOWN
    return Outcome.LATER if answer.verdict is Verdict.LATER else Outcome.FAILED
