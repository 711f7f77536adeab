"""A message centre for the bench, in a process of its own: SMPP 3.4 over TCP, every message answered after 20 ms.

Called as `python -m alerts.bench.centre FOLDER`. The folder gets `port`, and `sent-centre`: a line of each message's
number, written before its answer. It reads and answers in bulk, so that it is not what is measured.
"""

import asyncio
import os
import signal
import sys
from itertools import count
from pathlib import Path

from alerts.bench_stub import GATEWAY_S
from alerts.smpp import pdu
from alerts.sms.wire import RESPONSE, Packet


class Bound(asyncio.Protocol):
    """One bind."""

    def __init__(self, sent: int, names: "count[int]") -> None:
        self._sent = sent
        self._names = names
        self._buffer = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 (a TCP server's)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        at_once, later, numbers = bytearray(), bytearray(), list[bytes]()
        for packet in pdu.take(self._buffer):
            if packet.command == pdu.SUBMIT_SM:
                numbers.append(pdu.destination_of(packet.body))
                later += _answer(packet, b"%x\0" % next(self._names))
            elif not packet.command & RESPONSE:
                at_once += _answer(packet, pdu.message_id_body("centre"))
        if at_once:
            self._transport.write(at_once)
        if numbers:
            os.write(self._sent, b"\n".join(numbers) + b"\n")
            asyncio.get_running_loop().call_later(GATEWAY_S, self._transport.write, bytes(later))


def _answer(packet: Packet, body: bytes) -> bytes:
    return pdu.write(Packet(packet.command | RESPONSE, packet.sequence, pdu.OK, body))


async def main(folder: Path) -> None:
    """Serve until SIGTERM."""
    sent, names, loop = os.open(folder / "sent-centre", os.O_WRONLY | os.O_APPEND | os.O_CREAT), count(1), None
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Bound(sent, names), "127.0.0.1", 0)
    ready = folder / "port.new"
    ready.write_text(str(server.sockets[0].getsockname()[1]))
    ready.rename(folder / "port")
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
