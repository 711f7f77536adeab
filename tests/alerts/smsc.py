"""A message centre that speaks SMPP 3.4 over TCP, with phones that put long messages together; part of the tests."""

import asyncio
import threading
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import datetime
from itertools import count
from typing import cast

from alerts.smpp import pdu
from alerts.smpp.pdu import Address, ShortMessage
from alerts.sms.wire import RESPONSE, Packet


class MessageCentre:
    """Speaks SMPP 3.4, in a subclass another protocol.

    Answers each message after `delay_s` as `status` says; sends a receipt for what it took if `receipts`.
    """

    def __init__(self, delay_s: float = 0.0, receipts: bool = False) -> None:
        self.delay_s = delay_s
        self.receipts = receipts
        self.password = "secret"
        self.status: Callable[[ShortMessage], int | None] = lambda _: pdu.OK
        """None: hang up instead of an answer."""
        self.got: list[ShortMessage] = []
        self.came: dict[str, list[float]] = defaultdict(list)
        """Number → when its messages came, by the steady clock."""
        self.kept: list[Packet] = []
        """Receipts that go out by `deliver` alone, to whoever is bound by then."""
        self.keeps = False
        self.receipt_answers: list[int] = []
        """The statuses that its receipts were answered with."""
        self.binds = 0
        self.under_way = 0
        self.most_under_way: Counter[int] = Counter()
        self._numbers = count(1)
        self._writers: list[asyncio.StreamWriter] = []
        self._serving: set[asyncio.Task[None]] = set()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop)
        self._server = started.result(5)
        self.port: int = self._server.sockets[0].getsockname()[1]

    def write(self, packet: Packet) -> bytes:
        return pdu.write(packet)

    def take(self, buffer: bytearray) -> list[Packet]:
        return pdu.take(buffer)

    def validity(self, instant: datetime) -> str:
        """How an instant is told in a message."""
        return f"{instant:%y%m%d%H%M%S}000+"

    def url(self, more: str = "") -> str:
        return f"smpp://county:{self.password}@127.0.0.1:{self.port}?{more}"

    def stop(self) -> None:
        self.go_away()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(5)

    def go_away(self) -> None:
        """Every connection ends, and none is taken."""

        async def end() -> None:
            self._server.close()
            for writer in self._writers:
                writer.close()
            await asyncio.gather(*self._serving, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(5)

    def come_back(self) -> None:
        """Connections are taken again, at the same place."""
        started = asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._server = asyncio.run_coroutine_threadsafe(started, self._loop).result(5)

    def deliver(self) -> None:
        """Send what was kept by the bind that was made last."""

        async def write() -> None:
            writer = next(one for one in reversed(self._writers) if not one.is_closing())
            for packet in self.kept:
                writer.write(self.write(packet))
            await writer.drain()

        asyncio.run_coroutine_threadsafe(write(), self._loop).result(5)

    @property
    def bound(self) -> int:
        """How many are bound now."""
        return sum(not one.is_closing() for one in list(self._writers))

    def texts(self) -> dict[str, list[str]]:
        """Number → the texts its phone shows."""
        shown: dict[str, list[str]] = defaultdict(list)
        begun: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
        for one in self.got:
            coding = "utf-16-be" if one.data_coding == pdu.UCS2 else "ascii"
            number = one.destination.number
            if not one.esm_class & pdu.UDH_INDICATOR:
                shown[number].append(one.text.decode(coding))
                continue
            assert one.text[:3] == b"\x05\x00\x03"
            reference, total, place = one.text[3:6]
            assert len(one.text) <= 159
            begun[number, reference][place] = one.text[6:].decode(coding)
            if len(begun[number, reference]) == total:
                shown[number].append("".join(begun[number, reference][n] for n in range(1, total + 1)))
        return shown

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        buffer, works = bytearray(), set()
        place, serving = len(self._writers), cast("asyncio.Task[None]", asyncio.current_task())
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)
        while chunk := await reader.read(4096):
            buffer += chunk
            for packet in self.take(buffer):
                work = asyncio.ensure_future(self._answer(packet, writer, place))
                works.add(work)
                work.add_done_callback(works.discard)
        for work in works:
            work.cancel()
        writer.close()

    async def _answer(self, packet: Packet, writer: asyncio.StreamWriter, place: int) -> None:
        status, body = pdu.OK, b""
        if packet.command == pdu.BIND_TRANSCEIVER:
            _, password = pdu.read_bind(packet.body)
            status, body = (pdu.OK if password == self.password else 0x0E), pdu.message_id_body("centre")
            self.binds += 1
        if packet.command == pdu.SUBMIT_SM:
            message = pdu.read_short_message(packet.body)
            decided = await self._decide(message, place)
            if decided is None:
                writer.close()
                return
            status = decided
            if status == pdu.OK:
                name = f"m{next(self._numbers)}"
                body = pdu.message_id_body(name)
                self._accept(message, self.receipt(name, message), writer)
        if packet.command == pdu.DELIVER_SM | RESPONSE:
            self.receipt_answers.append(packet.status)
        if packet.command & RESPONSE == 0:
            writer.write(pdu.write(Packet(packet.command | RESPONSE, packet.sequence, status, body)))

    async def _decide(self, message: ShortMessage, place: int) -> int | None:
        """The status for a message, after the centre's delay."""
        self.came[message.destination.number].append(self._loop.time())
        self.under_way += 1
        self.most_under_way[place] = max(self.most_under_way[place], self.under_way)
        try:
            await asyncio.sleep(self.delay_s)
        finally:
            self.under_way -= 1
        return self.status(message)

    def _accept(self, message: ShortMessage, receipt: Packet, writer: asyncio.StreamWriter) -> None:
        self.got.append(message)
        if self.keeps:
            self.kept.append(receipt)
        elif self.receipts:
            # Before the answer: a real centre may be as quick as that.
            writer.write(self.write(receipt))

    def receipt(self, name: str, message: ShortMessage) -> Packet:
        """That a message was delivered."""
        text = f"id:{name} sub:001 dlvrd:001 submit date:2611200603 done date:2611200604 stat:DELIVRD err:000 text:"
        back = ShortMessage(
            source=message.destination, destination=Address("1069"), text=text.encode(), esm_class=pdu.RECEIPT_TYPE
        )
        return Packet(pdu.DELIVER_SM, next(self._numbers), body=pdu.write_short_message(back))
