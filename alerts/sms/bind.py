"""One bind to a message centre: a window of messages under way, so many a second, answers and receipts as they come."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any

from alerts.sending import NoAnswer, NotSent
from alerts.sms.wire import RESPONSE, BadPacket, Centre, Packet, Receipt, ShortText, Taken, Wire, Written
from command.kernel.clock import SystemClock

CONNECT_S, ANSWER_S, ENQUIRE_S, END_S = 3.0, 10.0, 30.0, 1.0
FIRST_S, LONGEST_S = 1.0, 60.0
"""Between two tries to bind while nobody sends."""

OnReceipt = Callable[[Receipt], Awaitable[bool]]
"""Whether a receipt was taken for good; otherwise the centre is asked to repeat it later."""

OnMessage = Callable[[Written], Awaitable[bool]]
"""The same of what a person wrote to us."""

log = logging.getLogger(__name__)


class Bind:
    """A connection that sends and receives. Used within one event loop.

    After an error it binds again at the next message, or when held.
    """

    def __init__(self, centre: Centre, wire: Wire, on_receipt: OnReceipt, on_message: OnMessage) -> None:
        self._centre = centre
        self._wire = wire
        self._on_receipt = on_receipt
        self._on_message = on_message
        self._window = asyncio.Semaphore(centre.window)
        self._binding = asyncio.Lock()
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Packet]] = {}
        self._writer: asyncio.StreamWriter | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_at = 0.0
        self._unbound = asyncio.Event()
        self._closing = False

    def hold(self) -> None:
        """Stay bound from now on, for receipts, also while nothing is sent."""
        self._spawn(self._hold())

    async def submit(self, text: ShortText) -> Taken:
        """The centre's answer to a message. Raises NotSent or NoAnswer."""
        async with self._window:
            writer = await self._bound()
            await self._pace()
            body = self._wire.submit_body(self._centre, text)
            try:
                return self._wire.taken(await self._ask(writer, self._wire.submit, body))
            except (OSError, TimeoutError, BadPacket) as error:
                raise NoAnswer(str(error) or type(error).__name__) from error

    async def close(self) -> None:
        """Unbind and hang up."""
        self._closing = True
        writer = self._writer
        if writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(END_S):
                    await self._ask(writer, self._wire.end, b"")
        self._lost(writer, ConnectionError("closed"))
        if tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=END_S)
        self._lost(self._writer, ConnectionError("closed"))

    async def _hold(self) -> None:
        pause_s = FIRST_S
        while not self._closing:
            self._unbound.clear()
            try:
                await self._bound()
                pause_s = FIRST_S
                await self._unbound.wait()
            except NotSent as error:
                log.info("message centre %s: %s", self._centre.host, error)
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_S)

    async def _bound(self) -> asyncio.StreamWriter:
        async with self._binding:
            if self._writer is None:
                try:
                    await self._bind()
                except (OSError, TimeoutError, BadPacket) as error:
                    raise NotSent(str(error) or type(error).__name__) from error
            assert self._writer is not None  # noqa: S101 (_bind sets it or raises)
            return self._writer

    async def _bind(self) -> None:
        centre = self._centre
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(centre.host, centre.port)
        self._writer = writer
        self._spawn(self._read(reader, writer))
        try:
            body = self._wire.open_body(centre, SystemClock().now())
            refusal = self._wire.refusal(await self._ask(writer, self._wire.open, body))
            if refusal:
                raise ConnectionRefusedError(f"bind refused: {refusal}")
        except (OSError, TimeoutError, BadPacket) as error:
            self._lost(writer, ConnectionError("not bound"))
            raise error
        self._spawn(self._enquire(writer))

    async def _ask(self, writer: asyncio.StreamWriter, command: int, body: bytes) -> Packet:
        number = next(self._numbers) & 0x7FFFFFFF or next(self._numbers)
        future: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            writer.write(self._wire.write(Packet(command, number, body=body)))
            await writer.drain()
            async with asyncio.timeout(ANSWER_S):
                return await future
        finally:
            self._waiting.pop(number, None)

    async def _pace(self) -> None:
        """Messages leave evenly, not in bursts that a centre answers with *throttled*."""
        loop = asyncio.get_running_loop()
        self._next_at = max(self._next_at, loop.time()) + 1.0 / self._centre.per_second
        await asyncio.sleep(self._next_at - loop.time() - 1.0 / self._centre.per_second)

    async def _enquire(self, writer: asyncio.StreamWriter) -> None:
        while self._writer is writer:
            await asyncio.sleep(ENQUIRE_S)
            try:
                await self._ask(writer, self._wire.enquire, b"")
            except (OSError, TimeoutError):
                self._lost(writer, ConnectionError("no answer to an enquiry"))

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        try:
            while chunk := await reader.read(65536):
                buffer += chunk
                while (packet := self._wire.take(buffer)) is not None:
                    self._take(packet, writer)
        except (OSError, BadPacket) as error:
            log.warning("message centre %s: %s", self._centre.host, error)
        self._lost(writer, ConnectionError("connection lost"))

    def _take(self, packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.command & RESPONSE:
            future = self._waiting.get(packet.sequence)
            if future is not None and not future.done():
                future.set_result(packet)
            return
        if packet.command == self._wire.deliver:
            self._spawn(self._heard(packet, writer))
            return
        writer.write(self._wire.reply(packet, taken=True))

    async def _heard(self, packet: Packet, writer: asyncio.StreamWriter) -> None:
        """Answer a delivery when what it says is taken: a centre repeats what it has no answer to."""
        taken = await self._take_delivered(packet)
        if not writer.is_closing():
            writer.write(self._wire.reply(packet, taken=taken))

    async def _take_delivered(self, packet: Packet) -> bool:
        """A receipt, or what a person wrote. A receipt that does not say the end is nothing to us."""
        try:
            heard = self._wire.heard(packet)
        except BadPacket as error:
            log.warning("unreadable delivery from %s: %s", self._centre.host, error)
            return True
        if isinstance(heard, Written):
            return await self._on_message(heard)
        return heard is None or not heard.state or await self._on_receipt(heard)

    def _lost(self, writer: asyncio.StreamWriter | None, why: ConnectionError) -> None:
        """End a connection; whoever waits for an answer on it gets none."""
        if writer is None or writer is not self._writer:
            return
        self._writer = None
        self._unbound.set()
        writer.close()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(why)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
