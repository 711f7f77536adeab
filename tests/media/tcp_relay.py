"""A TCP relay on loopback that can be cut: what was open stays silent, what is dialled meanwhile is never answered."""

import asyncio
import contextlib
from collections.abc import Callable

Edit = Callable[[bytes], bytes]


def _as_it_is(data: bytes) -> bytes:
    return data


class TcpRelay:
    """Clients dial `port`. While `cut` nothing passes; the connections of before and meanwhile stay silent for ever.

    `edit` is done to what goes to clients, piece by piece, of the length that it has.
    """

    def __init__(self, to_port: int, edit: Edit = _as_it_is) -> None:
        self.port = 0
        self._edit = edit
        self._to = to_port
        self._cut = False
        self._server: asyncio.Server | None = None
        self._pumps: set[asyncio.Task[None]] = set()
        self._held: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> "TcpRelay":
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        self._stop()
        for writer in self._held:
            writer.close()
        await asyncio.sleep(0)

    def cut(self) -> None:
        """From now on nothing passes."""
        self._cut = True
        self._stop()

    def mend(self) -> None:
        """New connections pass again."""
        self._cut = False

    def _stop(self) -> None:
        for pump in self._pumps:
            pump.cancel()
        self._pumps.clear()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._held.append(writer)
        if self._cut:
            return
        other_reader, other_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._held.append(other_writer)
        for source, sink, edit in ((reader, other_writer, _as_it_is), (other_reader, writer, self._edit)):
            pump = asyncio.create_task(_pump(source, sink, edit))
            self._pumps.add(pump)
            pump.add_done_callback(self._pumps.discard)


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter, edit: Edit) -> None:
    with contextlib.suppress(ConnectionError):
        while data := await source.read(65536):
            sink.write(edit(data))
            await sink.drain()
        sink.close()
