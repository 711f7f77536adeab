"""One bind to a message centre: messages under way, answers and receipts as they come."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar

from alerts.sending import NoAnswer, NotSent
from alerts.sms.wire import RESPONSE, BadPacket, Centre, Packet, Receipt, Taken, Wire, Written
from command.kernel.clock import SystemClock

CONNECT_S, ANSWER_S, ENQUIRE_S, END_S, WATCH_S = 3.0, 10.0, 30.0, 1.0, 0.5
MOST = 0x7FFFFFFF
"""A request's number is from 1 to this (SMPP §3.2); it begins anew after it."""
FIRST_S, LONGEST_S = 1.0, 60.0
"""Between two tries to bind while nobody sends."""

OnReceipt = Callable[[Receipt], Awaitable[bool]]
"""Whether a receipt was taken for good; otherwise the centre is asked to repeat it later."""

OnMessage = Callable[[Written], Awaitable[bool]]
"""The same of what a person wrote to us."""

log = logging.getLogger(__name__)

E = TypeVar("E")
T = TypeVar("T")

Became = Taken | NotSent | NoAnswer
"""What became of a message at its centre."""


class Hearing(NamedTuple, Generic[E]):
    """Who is told what a bind hears: what became of messages, receipts, what people write, and whether it is bound."""

    became: Callable[[Sequence[tuple[E, Became]]], None]
    receipt: OnReceipt
    message: OnMessage
    change: Callable[[], None] = lambda: None


class Bind(Generic[E]):
    """A connection that sends and receives. Used within one event loop.

    Messages go and come many at a time, each named by whatever its sender knows it by: a task, a timer or a wake-up for
    each would cost more than the message. After an error it binds again at the next ones, or when held. Whoever submits
    keeps to the window.
    """

    def __init__(self, centre: Centre, wire: Wire, hearing: Hearing[E]) -> None:
        self.is_bound = False
        self._centre = centre
        self._wire = wire
        self._hearing = hearing
        self._numbers = count(1)
        self._asked: dict[int, asyncio.Future[Packet]] = {}
        self._under_way: dict[int, tuple[E, float]] = {}
        self._waiting: list[tuple[E, bytes]] = []
        """For the connection."""
        self._writer: asyncio.StreamWriter | None = None
        self._binding: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._unbound = asyncio.Event()
        self._closing = False

    @property
    def under_way(self) -> int:
        return len(self._under_way) + len(self._waiting)

    def hold(self) -> None:
        """Stay bound from now on, for receipts, also while nothing is sent."""
        self._spawn(self._hold())

    def submit(self, messages: Sequence[tuple[E, bytes]]) -> None:
        """Hand over messages, each with the body of its request; what became of them is told later."""
        if self.is_bound:
            self._send(messages)
            return
        self._waiting += messages
        self._begin_binding()

    async def close(self) -> None:
        """Unbind and hang up."""
        self._closing = True
        writer = self._writer
        if writer is not None:
            with contextlib.suppress(OSError, TimeoutError):
                await self._ask(self._wire.end, b"", END_S)
        self._lost(writer, "closed")
        if tasks := list(self._tasks):
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=END_S)
        self._lost(self._writer, "closed")

    async def _hold(self) -> None:
        pause_s = FIRST_S
        while not self._closing:
            self._unbound.clear()
            if not self.is_bound:
                await asyncio.wait([self._begin_binding()])
            if self.is_bound:
                pause_s = FIRST_S
                await self._unbound.wait()
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_S)

    def _begin_binding(self) -> "asyncio.Task[None]":
        """Bind, unless somebody does already: all who wait for it have its one outcome."""
        if self._binding is None:
            self._binding = self._spawn(self._bind())
        return self._binding

    async def _bind(self) -> None:
        why = ""
        try:
            await self._connect()
        except (OSError, TimeoutError, BadPacket, asyncio.CancelledError) as error:
            why = str(error) or type(error).__name__
            self._lost(self._writer, "not bound")
        self._binding = None
        waiting, self._waiting = self._waiting, []
        if why:
            log.info("message centre %s: %s", self._centre.host, why)
            self._hearing.became([(message, NotSent(why)) for message, _ in waiting])
        else:
            self._send(waiting)
            self._hearing.change()

    async def _connect(self) -> None:
        centre = self._centre
        async with asyncio.timeout(CONNECT_S):
            reader, writer = await asyncio.open_connection(centre.host, centre.port)
        self._writer = writer
        self._spawn(self._read(reader, writer))
        body = self._wire.open_body(centre, SystemClock().now())
        refusal = self._wire.refusal(await self._ask(self._wire.open, body))
        if refusal:
            raise ConnectionRefusedError(f"bind refused: {refusal}")
        if self._writer is not writer:
            raise ConnectionResetError("connection lost")
        self._spawn(self._watch(writer))
        self._spawn(self._enquire(writer))
        self.is_bound = True

    def _send(self, messages: Sequence[tuple[E, bytes]]) -> None:
        writer = self._writer
        if writer is None:
            why = NotSent("not bound")
            self._hearing.became([(message, why) for message, _ in messages])
            return
        command, write, under_way = self._wire.submit, self._wire.write, self._under_way
        octets, until = list[bytes](), asyncio.get_running_loop().time() + ANSWER_S
        for message, body in messages:
            number = next(self._numbers) & MOST or next(self._numbers) & MOST
            under_way[number] = message, until
            octets.append(write(Packet(command, number, 0, body)))
        writer.write(b"".join(octets))

    async def _ask(self, command: int, body: bytes, within_s: float = ANSWER_S) -> Packet:
        """The centre's answer to a request that is no message. Raises OSError, TimeoutError."""
        number = next(self._numbers) & MOST or next(self._numbers) & MOST
        future: asyncio.Future[Packet] = asyncio.get_running_loop().create_future()
        self._asked[number] = future
        try:
            if self._writer is not None:
                self._writer.write(self._wire.write(Packet(command, number, 0, body)))
            async with asyncio.timeout(within_s):
                return await future
        finally:
            del self._asked[number]

    async def _watch(self, writer: asyncio.StreamWriter) -> None:
        """Whoever has waited for an answer for too long gets none. They stand in the order in which they were sent."""
        loop = asyncio.get_running_loop()
        while self._writer is writer:
            await asyncio.sleep(WATCH_S)
            late = list[int]()
            for number, (_, until) in self._under_way.items():
                if until > loop.time():
                    break
                late.append(number)
            if late:
                why = NoAnswer("no answer")
                self._hearing.became([(self._under_way.pop(number)[0], why) for number in late])

    async def _enquire(self, writer: asyncio.StreamWriter) -> None:
        while self._writer is writer:
            await asyncio.sleep(ENQUIRE_S)
            try:
                await self._ask(self._wire.enquire, b"")
            except (OSError, TimeoutError):
                self._lost(writer, "no answer to an enquiry")

    async def _read(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        buffer = bytearray()
        try:
            while octets := await reader.read(65536):
                buffer += octets
                while packets := self._wire.take(buffer):
                    self._take(packets, writer)
        except (OSError, BadPacket) as error:
            log.warning("message centre %s: %s", self._centre.host, error)
        self._lost(writer, "connection lost")

    def _take(self, packets: Sequence[Packet], writer: asyncio.StreamWriter) -> None:
        became = list[tuple[E, Became]]()
        for packet in packets:
            if not packet.command & RESPONSE:
                self._answer(packet, writer)
            elif (sent := self._under_way.pop(packet.sequence, None)) is not None:
                became.append((sent[0], self._taken(packet)))
            else:
                future = self._asked.get(packet.sequence)
                if future is not None and not future.done():
                    future.set_result(packet)
        if became:
            self._hearing.became(became)

    def _taken(self, packet: Packet) -> Became:
        try:
            return self._wire.taken(packet)
        except BadPacket as error:
            return NoAnswer(str(error))

    def _answer(self, packet: Packet, writer: asyncio.StreamWriter) -> None:
        if packet.command == self._wire.deliver:
            self._spawn(self._heard(packet, writer))
        else:
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

    def _lost(self, writer: asyncio.StreamWriter | None, why: str) -> None:
        """End a connection; whoever waits for an answer on it gets none."""
        if writer is None or writer is not self._writer:
            return
        self._writer, self.is_bound = None, False
        self._unbound.set()
        writer.close()
        for future in self._asked.values():
            if not future.done():
                future.set_exception(ConnectionError(why))
        under_way, self._under_way = self._under_way, {}
        self._hearing.change()
        if under_way:
            error = NoAnswer(why)
            self._hearing.became([(message, error) for message, _ in under_way.values()])

    def _spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task
