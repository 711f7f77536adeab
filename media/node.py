"""The media node: one process, one loop, the bridge and its control WebSocket."""

import asyncio
import contextlib
import gc
import hmac
import json
import logging
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from websockets.asyncio.server import ServerConnection
from websockets.asyncio.server import serve as serve_websocket
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from media.bridge import Bridge
from media.commands import execute
from media.errors import BridgeError
from media.messages import COMMAND, VERSION, Attend, Command, Hello, PassOn, Stop
from media.outlet import DEFAULT_MARKS, Marks
from media.passing import Passing
from media.steps import Choice

logger = logging.getLogger(__name__)

RESEND_S = 5.0
MAX_KEPT_EVENTS = 10_000
ONLY_THE_NEWEST = ("speaker", "layers", "tier", "rests", "codecs", "load")
MAX_MESSAGE = 4 * 1024 * 1024
FAR_BEHIND = 100
"""So many messages wait for a control client that it gets nothing passed on."""
COLLECT_AFTER = (700, 10, 200)
"""For the garbage collector: allocations, small collections, bigger ones; Python's own are 700, 10, 10."""


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """`addresses` are announced to clients with the UDP port; ports 0 = any free one, told by the ready line.

    `step`: whether packets take the compiled step or that in Python; `auto` takes what the set-up could build.
    `sheds`: a node that is late lets nobody new in and gives up pictures; False only measures. `marks`
    are those of what is sent. `recordings`: a folder where all that comes into each room is kept.
    """

    control_host: str
    control_port: int
    control_token: str
    udp_host: str
    udp_port: int
    addresses: tuple[str, ...]
    step: Choice = "auto"
    sheds: bool = True
    marks: Marks = DEFAULT_MARKS
    recordings: Path | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    control_port: int
    udp_port: int


class Outbox:
    """Events until they are acknowledged, for any number of control clients."""

    def __init__(self) -> None:
        self._next = 1
        self._kept: dict[int, str] = {}
        self._clients: set[asyncio.Queue[str]] = set()

    def emit(self, kind: str, room: str, participant: str | None, **fields: object) -> None:
        number, text = self.numbered(kind, room, participant=participant, **fields)
        if kind not in ONLY_THE_NEWEST:
            self._kept[number] = text
            if len(self._kept) > MAX_KEPT_EVENTS:
                logger.warning("nobody acknowledges events: the oldest is dropped")
                del self._kept[next(iter(self._kept))]
        for client in self._clients:
            client.put_nowait(text)

    def numbered(self, kind: str, room: str, **fields: object) -> tuple[int, str]:
        """An event's number and its text."""
        number, self._next = self._next, self._next + 1
        return number, json.dumps({"event": number, "type": kind, "room": room, **fields})

    def acknowledge(self, number: int) -> None:
        self._kept.pop(number, None)

    def join(self) -> asyncio.Queue[str]:
        """A queue that begins with everything unacknowledged."""
        queue: asyncio.Queue[str] = asyncio.Queue()
        for text in self._kept.values():
            queue.put_nowait(text)
        self._clients.add(queue)
        return queue

    def quit(self, queue: asyncio.Queue[str]) -> None:
        self._clients.discard(queue)

    async def resend(self) -> None:
        """Send again what stays unacknowledged, for ever."""
        before: set[int] = set()
        while True:
            await asyncio.sleep(RESEND_S)
            for number in before & self._kept.keys():
                for client in self._clients:
                    client.put_nowait(self._kept[number])
            before = set(self._kept)


class ControlServer:
    """Answers commands and passes events on. `stopped` is set when the web edge wants the node to end."""

    def __init__(self, bridge: Bridge, outbox: Outbox, hello: Hello, token: str) -> None:
        self._bridge = bridge
        self._outbox = outbox
        self._hello = hello
        self._expected = f"Bearer {token}".encode()
        self._queues: dict[str, asyncio.Queue[str]] = {}
        self._passing = Passing()
        self.stopped = asyncio.Event()

    def authorise(self, connection: ServerConnection, request: Request) -> Response | None:
        given = request.headers.get("Authorization", "").encode()
        if hmac.compare_digest(given, self._expected):
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, "the control token is needed\n")

    async def serve(self, connection: ServerConnection) -> None:
        await connection.send(json.dumps({"hello": self._hello.model_dump(mode="json")}))
        client, queue = secrets.token_hex(8), self._outbox.join()
        self._queues[client] = queue
        sender = asyncio.create_task(_pump(queue, connection))
        try:
            async for message in connection:
                reply = self._take(client, message)
                if reply is not None:
                    await connection.send(reply)
        except ConnectionClosed:
            logger.debug("a control client is gone")
        finally:
            self._outbox.quit(queue)
            del self._queues[client]
            self._tell_others(self._passing.leave(client))
            sender.cancel()

    def _take(self, client: str, message: str | bytes) -> str | None:
        try:
            data = json.loads(message)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            return json.dumps({"n": None, "error": _error("control.bad_command", "not a JSON object")})
        if isinstance(data.get("ack"), int):
            self._outbox.acknowledge(data["ack"])
            return None
        return json.dumps({"n": data.get("n"), **self._execute(client, data)})

    def _execute(self, client: str, data: dict[str, Any]) -> dict[str, Any]:
        try:
            return {"ok": self._do(client, COMMAND.validate_python(data))}
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            return {"error": _error("control.bad_command", f"{where}: {first['msg']}")}
        except BridgeError as error:
            return {"error": _error(error.code, error.detail)}

    def _do(self, client: str, command: Command) -> dict[str, Any]:
        match command:
            case Stop():
                self.stopped.set()
            case Attend():
                self._tell_others(self._passing.attend(client, command.rooms))
            case PassOn():
                self._pass_on(client, command)
            case _:
                return execute(self._bridge, command)
        return {}

    def _tell_others(self, touched: dict[str, list[str]]) -> None:
        """Tell each of these clients who else has part in its rooms."""
        for client, rooms in touched.items():
            for room in rooms:
                _, text = self._outbox.numbered("attending", room, clients=self._passing.others(client, room))
                self._queues[client].put_nowait(text)

    def _pass_on(self, client: str, command: PassOn) -> None:
        now = asyncio.get_running_loop().time()
        queues = [self._queues[one] for one in self._passing.receivers(now, client, command)]
        if not queues:
            return
        _, text = self._outbox.numbered("passed", command.room, client=client, body=command.body)
        for queue in queues:
            if queue.qsize() < FAR_BEHIND:
                queue.put_nowait(text)


def _error(code: str, detail: str) -> dict[str, str]:
    return {"code": code, "detail": detail}


async def _pump(queue: asyncio.Queue[str], connection: ServerConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await connection.send(await queue.get())


def write_ready(ready: Ready) -> None:
    """Tell the ports on standard output as one JSON line, for whoever started the process."""
    line = {"ready": {"control_port": ready.control_port, "udp_port": ready.udp_port}}
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


def spare_pauses() -> None:
    """Let the garbage collector pass over all that was loaded so far: for a process that is a node and nothing else.

    A whole collection while packets wait took 20 ms before, and takes less than one after it. What many connections
    make is not little either: so whole collections come after some hundreds of joins, no longer after each 25.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


async def serve(config: MediaConfig, on_ready: Callable[[Ready], None] = write_ready) -> None:
    """Run the node until cancelled or told to stop. Raises OSError when an address or port cannot be had."""
    outbox = Outbox()
    bridge = Bridge(
        config.udp_host,
        config.udp_port,
        config.addresses,
        outbox.emit,
        config.step,
        config.sheds,
        config.marks,
        config.recordings,
    )
    hello = Hello(
        node=secrets.token_hex(8),
        started=datetime.now(UTC).isoformat(timespec="milliseconds"),
        udp_port=bridge.port.port,
        addresses=config.addresses,
        version=VERSION,
    )
    await bridge.tcp.listen()
    control = ControlServer(bridge, outbox, hello, config.control_token)
    try:
        async with serve_websocket(
            control.serve,
            config.control_host,
            config.control_port,
            process_request=control.authorise,
            max_size=MAX_MESSAGE,
            compression=None,
        ) as server:
            port = next(iter(server.sockets)).getsockname()[1]
            on_ready(Ready(port, bridge.port.port))
            async with asyncio.TaskGroup() as tasks:
                parts = [tasks.create_task(bridge.run()), tasks.create_task(outbox.resend())]
                await control.stopped.wait()
                for part in parts:
                    part.cancel()
    finally:
        await bridge.close()
