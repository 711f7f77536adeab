"""A terminal page behind one thin line: its media, its sockets and its requests share the same rate and queue."""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from tests.media.relay import Relay
from tests.media.wire import Wire

CHUNK = 1_200
TCP_HEADERS = 52
IN_FLIGHT = 8_000
RETRY_S = 0.2

# Media go to the relay instead of to the node, and by UDP alone.
TO_RELAY = """
(() => {
  const real = RTCPeerConnection.prototype.setRemoteDescription
  RTCPeerConnection.prototype.setRemoteDescription = function (description) {
    const lines = description.sdp.split('\\r\\n').filter((line) => !/^a=candidate:.* tcp /i.test(line))
    const sdp = lines.map((line) => line.replace(/ \\S+ \\d+ typ host/, ' 127.0.0.1 PORT typ host')).join('\\r\\n')
    return real.call(this, { type: description.type, sdp })
  }
})()
"""


class ThinLine:
    """Lives in a thread of its own. `near` is the port for HTTP, `media_port` that for media; `set_rates` in bit/s.

    While it is `cut` nothing passes. The TCP connections of before and meanwhile are known to nobody afterwards: they
    are reset when they say something, and stay silent for ever when they wait.
    """

    def __init__(self, http_port: int, node_port: int) -> None:
        self.near = self.media_port = 0
        self.down: Wire | None = None
        self.up: Wire | None = None
        self._to = (http_port, node_port)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ended = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
        self._changes = 0
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=(self._live(),), daemon=True)

    @property
    def script(self) -> str:
        """To be run in the page before anything else."""
        return TO_RELAY.replace("PORT", str(self.media_port))

    def set_rates(self, down: float | None, up: float | None, one_way_s: float = 0.03) -> None:
        """None: as fast as it goes."""
        self._loop.call_soon_threadsafe(self._set, down, up, one_way_s)

    def _set(self, down: float | None, up: float | None, one_way_s: float) -> None:
        self.down = self._relay.down = None if down is None else Wire(lambda _: down, one_way_s, seed=1)
        self.up = self._relay.up = None if up is None else Wire(lambda _: up, one_way_s, seed=2)

    def cut(self) -> None:
        """From now on nothing passes."""
        self._loop.call_soon_threadsafe(self._change, True)

    def mend(self) -> None:
        """Media and new connections pass again."""
        self._loop.call_soon_threadsafe(self._change, False)

    def _change(self, cut: bool) -> None:
        self._relay.cut = cut
        self._changes += 1

    async def _live(self) -> None:
        _, node_port = self._to
        async with Relay(node_port) as relay:
            self._relay = relay
            self.media_port = relay.port
            server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
            self.near = server.sockets[0].getsockname()[1]
            self._ready.set()
            await self._ended.wait()
            server.close()
            for pump in self._open:
                pump.cancel()
            await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        born = self._changes
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to[0])

        def passes() -> bool:
            """Whether what is said passes; the connection ends where it is of before, or of meanwhile."""
            if self._changes != born and not self._relay.cut:
                for end in (writer, far_writer):
                    end.transport.abort()
            return self._changes == born and not self._relay.cut

        ways = (reader, far_writer, lambda: self.up), (far_reader, writer, lambda: self.down)
        for source, sink, wire in ways:
            task = asyncio.create_task(_pump(source, sink, wire, passes))
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    def __enter__(self) -> "ThinLine":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)


async def _pump(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    wire: Callable[[], Wire | None],
    passes: Callable[[], bool],
) -> None:
    """Bytes one way: in order, so many at most on their way; what the queue does not take is sent again."""
    loop, places = asyncio.get_running_loop(), asyncio.Semaphore(IN_FLIGHT // CHUNK)

    def arrive(data: bytes) -> None:
        places.release()
        if not writer.is_closing():
            writer.write(data)

    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
            if not passes():
                continue
            await places.acquire()
            loop.call_at(await _carried(wire, len(data) + TCP_HEADERS), arrive, data)
        for _ in range(IN_FLIGHT // CHUNK):
            await places.acquire()
    writer.close()


async def _carried(wire: Callable[[], Wire | None], size: int) -> float:
    """When so many bytes arrive that begin their way as soon as the queue takes them."""
    loop = asyncio.get_running_loop()
    while (line := wire()) is not None:
        at = line.carry(loop.time(), size)
        if at is not None:
            return at
        await asyncio.sleep(RETRY_S)
    return loop.time()


@contextmanager
def thin_line(http_port: int, node_port: int) -> Iterator[ThinLine]:
    """Until the block ends."""
    with ThinLine(http_port, node_port) as line:
        yield line
