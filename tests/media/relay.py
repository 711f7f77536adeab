"""A UDP relay: the network between a client and the node, which can be cut, thin, far and lossy."""

import asyncio
from collections.abc import Callable

from tests.media.wire import Wire

Address = tuple[str, int]

HEADERS = 28
"""Bytes of IPv4 and UDP before each datagram: lines carry them too."""


class Relay:
    """Clients send to `port` of the node's address; each gets an own socket towards the node.

    While `cut` everything is dropped. What goes to the clients passes `down`, what comes from them `up`; None lets
    everything through at once. The clock of both is that of the event loop.
    """

    def __init__(self, node_port: int, address: str = "127.0.0.1") -> None:
        self.cut = False
        self.down: Wire | None = None
        self.up: Wire | None = None
        self.port = 0
        self._address = address
        self._node = (address, node_port)
        self._forgotten: set[Address] = set()
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[Address, asyncio.DatagramTransport] = {}
        self._waiting: dict[Address, asyncio.Task[None]] = {}

    async def __aenter__(self) -> "Relay":
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _Side(self._from_client), local_addr=(self._address, 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._waiting.values())
        for transport in (self._front, *self._backs.values()):
            if transport is not None:
                transport.close()

    def forget(self) -> None:
        """As a router that was started anew: nothing passes any more by the ports that clients have used."""
        self._forgotten |= self._backs.keys() | self._waiting.keys()

    def _from_client(self, data: bytes, client: Address) -> None:
        if self.cut or client in self._forgotten:
            return
        back = self._backs.get(client)
        if back is not None:
            _carry(self.up, len(data), lambda: _send(back, data, self._node))
        elif client not in self._waiting:
            self._waiting[client] = asyncio.ensure_future(self._open(data, client))

    def _to_client(self, data: bytes, client: Address) -> None:
        front = self._front
        if not self.cut and client not in self._forgotten and front is not None:
            _carry(self.down, len(data), lambda: _send(front, data, client))

    async def _open(self, data: bytes, client: Address) -> None:
        def to_client(answer: bytes, _node: Address) -> None:
            self._to_client(answer, client)

        loop = asyncio.get_running_loop()
        back, _ = await loop.create_datagram_endpoint(lambda: _Side(to_client), local_addr=(self._address, 0))
        self._backs[client] = back
        back.sendto(data, self._node)


def _send(transport: asyncio.DatagramTransport, data: bytes, address: Address) -> None:
    """What is on its way when the relay ends goes nowhere."""
    if not transport.is_closing():
        transport.sendto(data, address)


def _carry(wire: Wire | None, size: int, send: Callable[[], None]) -> None:
    """Send a datagram when the wire has carried it, if it does."""
    if wire is None:
        send()
        return
    loop = asyncio.get_running_loop()
    arrives = wire.carry(loop.time(), size + HEADERS)
    if arrives is not None:
        loop.call_at(arrives, send)


class _Side(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._receive(data, addr)
