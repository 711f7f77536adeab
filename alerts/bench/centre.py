"""A message centre for the bench, in a process of its own: SMPP 3.4 over TCP, every message answered after 20 ms.

Called as `python -m alerts.bench.centre FOLDER`. The folder gets `port`, `sent-centre`: a line of each message's
number, written before its answer, and `times-centre`: for each read when it came, how many officials it held, and how
many all. It reads and answers in bulk, so that it is not what is measured.
"""

import asyncio
import signal
import sys
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path

from alerts.bench_stub import GATEWAY_S, OFFICIAL, records
from alerts.smpp import pdu
from alerts.sms.wire import RESPONSE, Packet

_OFFICIAL, _TAKEN = OFFICIAL.encode(), pdu.SUBMIT_SM | RESPONSE


class Bound(asyncio.Protocol):
    """One bind."""

    def __init__(self, record: Callable[[Sequence[bytes], int], None], names: "count[int]") -> None:
        self._record = record
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
                name = b"%x\0" % next(self._names)
                later += pdu.HEADER.pack(pdu.HEADER.size + len(name), _TAKEN, pdu.OK, packet.sequence) + name
            elif not packet.command & RESPONSE:
                at_once += _answer(packet, pdu.message_id_body("centre"))
        if at_once:
            self._transport.write(at_once)
        if numbers:
            self._record(numbers, sum(one.startswith(_OFFICIAL) for one in numbers))
            asyncio.get_running_loop().call_later(GATEWAY_S, self._transport.write, bytes(later))


def _answer(packet: Packet, body: bytes) -> bytes:
    return pdu.write(Packet(packet.command | RESPONSE, packet.sequence, pdu.OK, body))


async def main(folder: Path) -> None:
    """Serve until SIGTERM."""
    record, names, loop = records(folder, "centre"), count(1), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Bound(record, names), "127.0.0.1", 0)
    ready = folder / "port.new"
    ready.write_text(str(server.sockets[0].getsockname()[1]))
    ready.rename(folder / "port")
    over = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    await over.wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
