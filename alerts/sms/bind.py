"""One bind to a message centre: messages under way, answers and receipts as they come."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from itertools import count
from typing import Any, NamedTuple, TypeVar

from alerts.sending import NoAnswer, NotSent
from alerts.sms.wire import RESPONSE, BadPacket, Centre, Packet, Receipt, ShortText, Taken, Wire, Written
from command.kernel.clock import SystemClock

CONNECT_S, ANSWER_S, ENQUIRE_S, END_S, WATCH_S = 3.0, 10.0, 30.0, 1.0, 0.5
FIRST_S, LONGEST_S = 1.0, 60.0
"""Between two tries to bind while nobody sends."""

OnReceipt = Callable[[Receipt], Awaitable[bool]]
"""Whether a receipt was taken for good; otherwise the centre is asked to repeat it later."""

OnMessage = Callable[[Written], Awaitable[bool]]
"""The same of what a person wrote to us."""

log = logging.getLogger(__name__)

T = TypeVar("T")


class Hearing(NamedTuple):
    """Who is told what a bind hears: receipts, what people write, and that it is bound or not any more."""

    receipt: OnReceipt
    message: OnMessage
    change: Callable[[], None] = lambda: None


class Bind:
    """A connection that sends and receives. Used within one event loop.

    After an error it binds again at the next message, or when held. Whoever submits keeps to the window.
    """

    def __init__(self, centre: Centre, wire: Wire, hearing: Hearing) -> None:
        self.under_way = 0
        self.is_bound = False
        self._centre = centre
        self._wire = wire
        self._hearing = hearing
        self._numbers = count(1)
        self._waiting: dict[int, tuple[asyncio.Future[Packet], float]] = {}
        self._unwritten: list[bytes] = []
        self._writer: asyncio.StreamWriter | None = None
        self._binding: asyncio.Task[asyncio.StreamWriter] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unbound = asyncio.Event()
        self._closing = False

    def hold(self) -> None:
        """Stay bound from now on, for receipts, also while nothing is sent."""
        self._spawn(self._hold())

    async def submit(self, text: ShortText) -> Taken:
        """The centre's answer to a message. Raises NotSent or NoAnswer."""
        self.under_way += 1
        try:
            await self._bound()
            body = self._wire.submit_body(self._centre, text)
            return self._wire.taken(await self._ask(self._wire.submit, body))
        except (OSError, TimeoutError, BadPacket) as error:
            raise NoAnswer(str(error) or type(error).__name__) from error
        finally:
            self.under_way -= 1

    async def close(self) -> None:
        """Unbind and hang up."""
        self._closing = True
        writer = self._writer
        if writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                async with asyncio.timeout(END_S):
                    await self._ask(self._wire.end, b"")
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
        """The connection; where it is yet to be made, all who wait for it have its one outcome. Raises NotSent."""
        if self.is_bound and self._writer is not None:
            return self._writer
        if self._binding is None:
            self._binding = self._spawn(self._bind())
            self._binding.add_done_callback(self._over)
        return await asyncio.shield(self._binding)

    def _over(self, binding: "asyncio.Task[asyncio.StreamWriter]") -> None:
        self._binding = None
        # Nobody may be left to be told.
        if not binding.cancelled():
            binding.exception()

    async def _bind(self) -> asyncio.StreamWriter:
        writer: asyncio.StreamWriter | None = None
        try:
            centre = self._centre
            async with asyncio.timeout(CONNECT_S):
                reader, writer = await asyncio.open_connection(centre.host, centre.port)
            self._writer = writer
            self._spawn(self._read(reader, writer))
            self._spawn(self._watch(writer))
            refusal = self._wire.refusal(
                await self._ask(self._wire.open, self._wire.open_body(centre, SystemClock().now()))
            )
            if refusal:
                raise ConnectionRefusedError(f"bind refused: {refusal}")
        except (OSError, TimeoutError, BadPacket, asyncio.CancelledError) as error:
            self._lost(writer, ConnectionError("not bound"))
            raise NotSent(str(error) or type(error).__name__) from error
        self._spawn(self._enquire(writer))
        self.is_bound = True
        self._hearing.change()
        return writer

    async def _ask(self, command: int, body: bytes) -> Packet:
        loop = asyncio.get_running_loop()
        number = next(self._numbers) & 0x7FFFFFFF or next(self._numbers)
        future: asyncio.Future[Packet] = loop.create_future()
        self._waiting[number] = future, loop.time() + ANSWER_S
        try:
            self._write(self._wire.write(Packet(command, number, body=body)))
            return await future
        finally:
            self._waiting.pop(number, None)

    def _write(self, octets: bytes) -> None:
        """What is written in one turn of the loop leaves together. The window bounds how much that is."""
        if not self._unwritten:
            asyncio.get_running_loop().call_soon(self._flush)
        self._unwritten.append(octets)

    def _flush(self) -> None:
        octets = b"".join(self._unwritten)
        self._unwritten.clear()
        if self._writer is not None:
            self._writer.write(octets)

    async def _watch(self, writer: asyncio.StreamWriter) -> None:
        """Whoever has waited for an answer for too long gets none. They stand in the order in which they asked.

        One look now and then for all of them: a timer for each message costs as much as the message.
        """
        loop = asyncio.get_running_loop()
        while self._writer is writer:
            await asyncio.sleep(WATCH_S)
            for future, until in list(self._waiting.values()):
                if until > loop.time():
                    break
                if not future.done():
                    future.set_exception(TimeoutError("no answer"))

    async def _enquire(self, writer: asyncio.StreamWriter) -> None:
        while self._writer is writer:
            await asyncio.sleep(ENQUIRE_S)
            try:
                await self._ask(self._wire.enquire, b"")
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
            future, _ = self._waiting.get(packet.sequence, (None, 0.0))
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
            return await self._hearing.message(heard)
        return heard is None or not heard.state or await self._hearing.receipt(heard)

    def _lost(self, writer: asyncio.StreamWriter | None, why: ConnectionError) -> None:
        """End a connection; whoever waits for an answer on it gets none."""
        if writer is None or writer is not self._writer:
            return
        self._writer, self.is_bound = None, False
        self._unwritten.clear()
        self._unbound.set()
        writer.close()
        for future, _ in self._waiting.values():
            if not future.done():
                future.set_exception(why)
        self._hearing.change()

    def _spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
