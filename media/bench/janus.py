"""Janus (https://janus.conf.meetecho.com) as the measured server: its videoroom, driven over its WebSocket."""

import asyncio
import json
import os
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake
from websockets.typing import Subprotocol

from media.bench.client import EXTENSIONS, Client, Line, Outgoing, Site
from media.bench.one_each_way import OneEachWay
from media.errors import BridgeError
from media.sdp import parse_offer

ROOM = 1
ANSWER_TIMEOUT_S = 20.0
START_TIMEOUT_S = 10.0
KEEPALIVE_S = 20.0
# On one core one loop for all connections costs Janus a fifth less than its default, a thread for each.
EVENT_LOOPS = 1
PLUGIN = "janus.plugin.videoroom"
_OTHER_PLUGINS = "audiobridge duktape echotest lua nosip recordplay sip streaming textroom videocall voicemail"
_OTHER_TRANSPORTS = "http mqtt nanomsg pfunix rabbitmq"

Message = dict[str, Any]


def command() -> str | None:
    """Where Janus is, if it is installed."""
    return shutil.which("janus")


def configuration(interface: str) -> str:
    """janus.jcfg: ICE-lite as our bridge, on one interface; nothing else than the videoroom and WebSockets."""
    plugins = ",".join(f"libjanus_{name}.so" for name in _OTHER_PLUGINS.split())
    transports = ",".join(f"libjanus_{name}.so" for name in _OTHER_TRANSPORTS.split())
    return f"""
general: {{ debug_level = 2  session_timeout = 0  event_loops = {EVENT_LOOPS} }}
media: {{ ipv6 = false }}
nat: {{ ice_lite = true  ice_enforce_list = "{interface}" }}
plugins: {{ disable = "{plugins}" }}
transports: {{ disable = "{transports}" }}
"""


def websocket_configuration(port: int) -> str:
    return f"""
general: {{ json = "compact"  ws = true  ws_port = {port}  ws_ip = "127.0.0.1"  wss = false }}
admin: {{ admin_ws = false  admin_wss = false }}
"""


class Session:
    """Requests and their answers over one WebSocket. A refusal raises BridgeError `bench.peer_refused`."""

    def __init__(self, connection: ClientConnection) -> None:
        self._connection = connection
        self._number = 0
        self._waiting: dict[str, tuple[asyncio.Future[Message], bool]] = {}
        self._tasks = [asyncio.create_task(self._read())]

    async def open(self) -> None:
        created = await self._ask({"janus": "create"})
        self._number = int(created["data"]["id"])
        self._tasks.append(asyncio.create_task(self._keep_alive()))

    async def attach(self) -> int:
        """A new handle of the videoroom."""
        return int((await self._ask({"janus": "attach", "plugin": PLUGIN}))["data"]["id"])

    async def request(self, handle: int, body: Message, sdp: tuple[str, str] | None = None) -> Message:
        """A request that is answered at once; the plugin's data."""
        return await self._message(handle, body, sdp, later=False)

    async def ask(self, handle: int, body: Message, sdp: tuple[str, str] | None = None) -> Message:
        """A request that is answered by an event; the plugin's data, with `sdp` where there is one."""
        return await self._message(handle, body, sdp, later=True)

    async def detach(self, handle: int) -> None:
        await self._ask({"janus": "detach", "handle_id": handle})

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _message(self, handle: int, body: Message, sdp: tuple[str, str] | None, later: bool) -> Message:
        message: Message = {"janus": "message", "handle_id": handle, "body": body}
        if sdp is not None:
            message["jsep"] = {"type": sdp[0], "sdp": sdp[1], "trickle": False}
        answer = await self._ask(message, later)
        data: Message = answer["plugindata"]["data"]
        if "error" in data:
            raise BridgeError("bench.peer_refused", str(data["error"]))
        return {**data, "sdp": answer.get("jsep", {}).get("sdp", "")}

    async def _ask(self, message: Message, later: bool = False) -> Message:
        transaction = secrets.token_hex(8)
        future: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        self._waiting[transaction] = future, later
        if self._number:
            message = {**message, "session_id": self._number}
        try:
            await self._connection.send(json.dumps({**message, "transaction": transaction}))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await future
        finally:
            del self._waiting[transaction]
        if answer["janus"] == "error":
            raise BridgeError("bench.peer_refused", str(answer["error"]))
        return answer

    async def _read(self) -> None:
        async for text in self._connection:
            message = json.loads(text)
            future, later = self._waiting.get(message.get("transaction", ""), (None, False))
            if future is not None and not future.done() and not (later and message["janus"] == "ack"):
                future.set_result(message)

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(KEEPALIVE_S)
            await self._ask({"janus": "keepalive"})


class Janus(OneEachWay):
    """A room in which every site has one connection to send by and one to receive by.

    It begins the handshakes, as with a browser's offer: as a lite agent it loses a ClientHello that comes within 0.2 s.
    """

    name = "janus"

    def __init__(self, session: Session, pid: int, address: str) -> None:
        self.pid = pid
        self._session = session
        self._address = address
        self._feeds: dict[str, int] = {}
        self._handles: dict[str, list[int]] = {}

    async def open(self) -> None:
        """Make the room, with what our bridge has too: transport-cc and audio levels."""
        wishes = {"videocodec": "vp8", "audiocodec": "opus", "transport_wide_cc_ext": True, "audiolevel_ext": True}
        size = {"publishers": 1000, "bitrate": 0}
        handle = await self._session.attach()
        await self._session.request(handle, {"request": "create", "room": ROOM, **size, **wishes})

    async def leave(self, site: Site) -> None:
        for handle in self._handles.pop(site.name):
            await self._session.detach(handle)
        await site.close()

    async def publish(self, name: str, streams: list[Outgoing]) -> Site:
        client, began = Client(self._address, streams, passive=True), time.monotonic()
        handle = await self._session.attach()
        joined = {"request": "join", "ptype": "publisher", "room": ROOM, "display": name}
        self._feeds[name] = (await self._session.ask(handle, joined))["id"]
        offer = client.describe(client.publishing())
        answer = await self._session.ask(handle, {"request": "publish"}, ("offer", offer))
        await client.connect(answer["sdp"])
        self._handles[name] = [handle]
        return Site(name, [client], time.monotonic() - began)

    async def subscribe(self, site: Site, shown: Sequence[str]) -> None:
        client, began = Client(self._address, passive=True), time.monotonic()
        handle = await self._session.attach()
        feeds = [{"feed": self._feeds[name]} for name in shown]
        body = {"request": "join", "ptype": "subscriber", "room": ROOM, "streams": feeds}
        offer = (await self._session.ask(handle, body))["sdp"]
        answer = client.describe(_receiving(offer))
        await self._session.ask(handle, {"request": "start"}, ("answer", answer))
        await client.connect(offer)
        self._handles[site.name].append(handle)
        site.clients.append(client)
        site.join_s += time.monotonic() - began


def _receiving(offer: str) -> list[Line]:
    """The lines that answer an offer."""
    lines = []
    for section in parse_offer(offer).sections:
        kind = section.kind or "audio"
        main = section.payload_type(*(("opus", 48_000) if kind == "audio" else ("vp8", 90_000))) or 0
        common = {uri: number for uri, number in section.extensions.items() if uri in EXTENSIONS}
        lines.append(Line(section.mid, kind, "recvonly", (main, section.rtx_for(main) or 0), extensions=common))
    return lines


@asynccontextmanager
async def started(program: str, address: str, interface: str, core: int) -> AsyncIterator[Janus]:
    """A Janus of our own configuration on one core. Raises BridgeError `bench.peer_failed` when it does not start."""
    with tempfile.TemporaryDirectory() as folder:
        port = _free_port()
        _write(Path(folder), interface, port)
        process = await asyncio.create_subprocess_exec(
            program,
            f"--config={folder}/janus.jcfg",
            f"--configs-folder={folder}",
            stdout=asyncio.subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            async with await _connect(port) as connection:
                session = Session(connection)
                await session.open()
                janus = Janus(session, process.pid, address)
                await janus.open()
                yield janus
                await session.close()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _write(folder: Path, interface: str, port: int) -> None:
    (folder / "janus.jcfg").write_text(configuration(interface))
    (folder / "janus.transport.websockets.jcfg").write_text(websocket_configuration(port))
    (folder / "janus.plugin.videoroom.jcfg").write_text("general: {}\n")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def _connect(port: int) -> ClientConnection:
    deadline = time.monotonic() + START_TIMEOUT_S
    while True:
        try:
            return await connect(
                f"ws://127.0.0.1:{port}/", subprotocols=[Subprotocol("janus-protocol")], max_size=None, compression=None
            )
        except (OSError, InvalidHandshake) as error:
            if time.monotonic() > deadline:
                raise BridgeError("bench.peer_failed", "Janus does not answer on its WebSocket") from error
            await asyncio.sleep(0.1)
