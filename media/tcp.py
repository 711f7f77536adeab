"""Media over TCP for networks that let no UDP through: passive candidates (RFC 6544), datagrams framed by RFC 4571."""

import asyncio
import logging
import socket
import struct
from collections import Counter
from collections.abc import Iterable
from typing import cast

from media.ice import Address
from media.outlet import Outlet, PortCounters, mark
from media.srtp import BUFFER_SIZE
from media.udp import UdpPort

logger = logging.getLogger(__name__)

MAX_STREAMS = 1024
MAX_STREAMS_OF_ADDRESS = 64
# What waits longer than this is worth less than what comes after it: half a second at 1 Mbit/s.
MAX_WAITING = 64 * 1024
ANONYMOUS_S = 5.0
_LENGTH = struct.Struct("!H")


class Stream(asyncio.Protocol):
    """One client's connection, the outlet of that client alone. A stranger's ends with its first wrong frame."""

    def __init__(self, owner: "TcpPort") -> None:
        self._owner = owner
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self.address: Address = ("", 0)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """asyncio: it is there."""
        self._transport = cast("asyncio.Transport", transport)
        self.address = transport.get_extra_info("peername")[:2]
        self._owner.opened(self)

    def data_received(self, data: bytes) -> None:
        """asyncio: cut what came into frames."""
        self._buffer += data
        at = 0
        while len(self._buffer) - at >= _LENGTH.size:
            (size,) = _LENGTH.unpack_from(self._buffer, at)
            if size == 0 or size > BUFFER_SIZE:
                return self.close()
            if len(self._buffer) - at - _LENGTH.size < size:
                break
            at += _LENGTH.size + size
            self._owner.received(self, bytes(self._buffer[at - size : at]))
            if self._transport is None or self._transport.is_closing():
                return None
        del self._buffer[:at]
        return None

    def connection_lost(self, exc: Exception | None) -> None:
        """asyncio: it is gone."""
        self._transport = None
        self._owner.lost(self)

    def send(self, datagram: bytes | memoryview, address: Address) -> bool:
        """One frame. False when it is dropped because too much waits already: what is late in a meeting is lost."""
        transport = self._transport
        if transport is None or transport.is_closing() or transport.get_write_buffer_size() > MAX_WAITING:
            self._owner.counters.send_failed += 1
            return False
        transport.write(_LENGTH.pack(len(datagram)) + bytes(datagram))
        self._owner.counters.sent += 1
        return True

    def speak(self, datagram: bytes | memoryview, address: Address) -> bool:
        """One connection has one mark."""
        return self.send(datagram, address)

    def close(self) -> None:
        """End it, whatever waits."""
        if self._transport is not None:
            self._transport.abort()


class TcpPort:
    """Listens beside a UDP port, on the same addresses and number. What comes goes the way of its datagrams."""

    def __init__(self, udp: UdpPort) -> None:
        self._udp = udp
        self._servers: list[asyncio.Server] = []
        self._streams: set[Stream] = set()
        self._of_address: Counter[str] = Counter()

    @property
    def counters(self) -> PortCounters:
        """Those of the whole port."""
        return self._udp.counters

    @property
    def is_open(self) -> bool:
        """Whether clients can come this way."""
        return bool(self._servers)

    async def listen(self) -> None:
        """Begin. Where the number is taken by another program, meetings go on over UDP alone and the log says so."""
        try:
            for outlet in self._udp.outlets:
                self._servers.append(await self._server(outlet))
        except OSError as error:
            logger.warning("no media over TCP: port %s: %s", self._udp.port, error.strerror)
            await self.close()

    async def _server(self, beside: Outlet) -> asyncio.Server:
        """What it accepts has its mark: that of pictures, which speech cannot overtake in one stream."""
        listening = socket.create_server(beside.socket.getsockname()[:2], family=beside.socket.family)
        mark(listening, beside.marks.rest)
        return await asyncio.get_running_loop().create_server(lambda: Stream(self), sock=listening)

    async def close(self) -> None:
        """End all connections and listen no more."""
        servers, self._servers = self._servers, []
        for server in servers:
            server.close()
        for stream in tuple(self._streams):
            stream.close()
        for server in servers:
            await server.wait_closed()

    def opened(self, stream: Stream) -> None:
        """A stranger: it has a moment to prove that it belongs to an offer."""
        self._streams.add(stream)
        self._of_address[stream.address[0]] += 1
        if len(self._streams) > MAX_STREAMS or self._of_address[stream.address[0]] > MAX_STREAMS_OF_ADDRESS:
            stream.close()
        asyncio.get_running_loop().call_later(ANONYMOUS_S, self._close_strangers, (stream,))

    def received(self, stream: Stream, frame: bytes) -> None:
        """A frame, taken as the datagram that it is."""
        self._udp.take(stream, stream.address, frame)
        self._close_strangers((stream,))

    def lost(self, stream: Stream) -> None:
        """Its peers look for another way."""
        self._streams.discard(stream)
        self._of_address[stream.address[0]] -= 1
        self._of_address += Counter()  # forgets addresses without a connection
        self._udp.lose(stream)

    def _close_strangers(self, streams: Iterable[Stream]) -> None:
        for stream in streams:
            if stream in self._streams and not self._udp.knows(stream):
                stream.close()
