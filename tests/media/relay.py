"""A UDP relay on loopback that can be cut: the network between a client and the node."""

import asyncio
from collections.abc import Callable

Address = tuple[str, int]


QUEUE = 32_000


class Relay:
    """Clients send to `port`; each gets an own socket towards the node. While `cut` everything is dropped.

    With `rate_bps` what goes to the clients passes one line of that rate after a queue of QUEUE bytes; what finds it
    full is `dropped`.
    """

    def __init__(self, node_port: int) -> None:
        self.cut = False
        self.rate_bps: float | None = None
        self.dropped = 0
        self._free_at = 0.0
        self.port = 0
        self._node = ("127.0.0.1", node_port)
        self._front: asyncio.DatagramTransport | None = None
        self._backs: dict[Address, asyncio.DatagramTransport] = {}
        self._waiting: dict[Address, asyncio.Task[None]] = {}

    async def __aenter__(self) -> "Relay":
        loop = asyncio.get_running_loop()
        self._front, _ = await loop.create_datagram_endpoint(
            lambda: _Side(self._from_client), local_addr=("127.0.0.1", 0)
        )
        self.port = self._front.get_extra_info("sockname")[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*self._waiting.values())
        for transport in (self._front, *self._backs.values()):
            if transport is not None:
                transport.close()

    def _from_client(self, data: bytes, client: Address) -> None:
        if self.cut:
            return
        back = self._backs.get(client)
        if back is not None:
            back.sendto(data, self._node)
        elif client not in self._waiting:
            self._waiting[client] = asyncio.ensure_future(self._open(data, client))

    def _to_client(self, data: bytes, client: Address) -> None:
        if self.cut or self._front is None:
            return
        if self.rate_bps is None:
            self._front.sendto(data, client)
            return
        loop = asyncio.get_running_loop()
        begin = max(loop.time(), self._free_at)
        if (begin - loop.time()) * self.rate_bps / 8 + len(data) > QUEUE:
            self.dropped += 1
            return
        self._free_at = begin + len(data) * 8 / self.rate_bps
        loop.call_at(self._free_at, self._front.sendto, data, client)

    async def _open(self, data: bytes, client: Address) -> None:
        def to_client(answer: bytes, _node: Address) -> None:
            self._to_client(answer, client)

        loop = asyncio.get_running_loop()
        back, _ = await loop.create_datagram_endpoint(lambda: _Side(to_client), local_addr=("127.0.0.1", 0))
        self._backs[client] = back
        back.sendto(data, self._node)


class _Side(asyncio.DatagramProtocol):
    def __init__(self, receive: Callable[[bytes, Address], None]) -> None:
        self._receive = receive

    def datagram_received(self, data: bytes, addr: Address) -> None:
        self._receive(data, addr)
