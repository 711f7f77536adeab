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
    """Lives in a thread of its own. `near` is the port for HTTP, `media_port` that for media; `set_rates` in bit/s."""

    def __init__(self, http_port: int, node_port: int) -> None:
        self.near = self.media_port = 0
        self.down: Wire | None = None
        self.up: Wire | None = None
        self._to = (http_port, node_port)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._ended = asyncio.Event()
        self._open: set[asyncio.Task[None]] = set()
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
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to[0])
        for pump in (_pump(reader, far_writer, lambda: self.up), _pump(far_reader, writer, lambda: self.down)):
            task = asyncio.create_task(pump)
            self._open.add(task)
            task.add_done_callback(self._open.discard)

    def __enter__(self) -> "ThinLine":
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: Callable[[], Wire | None]) -> None:
    """Bytes one way: in order, so many at most on their way; what the queue does not take is sent again."""
    loop, places = asyncio.get_running_loop(), asyncio.Semaphore(IN_FLIGHT // CHUNK)

    def arrive(data: bytes) -> None:
        places.release()
        if not writer.is_closing():
            writer.write(data)

    with contextlib.suppress(ConnectionError):
        while data := await reader.read(CHUNK):
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
