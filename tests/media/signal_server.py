"""A signalling server for tests, as docs/signalling.md describes it, in front of a real node."""

import asyncio
import json
from collections.abc import Callable, Iterable
from http import HTTPStatus
from pathlib import Path
from typing import Any

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.datastructures import Headers
from websockets.http11 import Request, Response

from media.control import NodeClient, Synced
from media.errors import BridgeError
from media.messages import (
    Connected,
    Disconnected,
    Layers,
    Publishing,
    SlotCount,
    Speaker,
    WantedParticipant,
    WantedRoom,
)

ROOM = "meeting-1"


class SignalServer:
    """One meeting with fixed participants; serves the files of `pages` over HTTP on the same port.

    `ways`: who is told of one address alone. With `announce_port` clients are sent there instead of to the node's
    `udp_port`; only those of `relayed`, if given.
    """

    def __init__(self, node_url: str, token: str, names: Iterable[str], pages: Path) -> None:
        self.names = list(names)
        self.muted: set[str] = set()
        self.publishing: dict[str, dict[str, bool]] = {n: {"audio": False, "video": False} for n in self.names}
        self.connected: dict[str, int] = {}
        self.speaker: dict[str, Any] = {"type": "speaker", "participant": None, "loudest": []}
        self.node = NodeClient(node_url, token, self._wanted)
        self.udp_port = 0
        self.announce_port: int | None = None
        self.relayed: set[str] | None = None
        self.ways: dict[str, str] = {}
        self.ice_servers: list[Any] = []
        self.log: list[tuple[str, str | None]] = []
        self.heard: dict[str, set[str]] = {n: set() for n in self.names}
        self._pages = pages
        self._views: dict[str, tuple[list[str | None], list[int | None]]] = {}
        self._offering: set[asyncio.Task[None]] = set()
        self._sockets: dict[str, ServerConnection] = {}
        self._server: Server | None = None
        self._pump: asyncio.Task[None] | None = None

    async def _wanted(self) -> list[WantedRoom]:
        people = tuple(WantedParticipant(participant=n, muted=n in self.muted) for n in self.names)
        return [WantedRoom(room=ROOM, participants=people)]

    async def __aenter__(self) -> "SignalServer":
        await self.node.__aenter__()
        self._pump = asyncio.create_task(self._events())
        self._server = await serve(
            self._serve, "127.0.0.1", 0, process_request=self._page, select_subprotocol=_no_subprotocol
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        assert self._pump is not None
        self._pump.cancel()
        self._server.close()
        await self._server.wait_closed()
        await self.node.__aexit__(None, None, None)

    @property
    def port(self) -> int:
        assert self._server is not None
        number: int = next(iter(self._server.sockets)).getsockname()[1]
        return number

    def url(self, participant: str) -> str:
        return f"ws://127.0.0.1:{self.port}/signal/{participant}"

    async def mute(self, participant: str, muted: bool) -> None:
        (self.muted.add if muted else self.muted.discard)(participant)
        await self.node.mute(ROOM, participant, muted)
        await self._tell(participant, {"type": "muted", "muted": muted})

    async def cut(self, participant: str) -> None:
        """End a participant's socket; what is `heard` of it afterwards was said on the next one."""
        await self._sockets[participant].close()
        self.heard[participant].clear()

    def _page(self, connection: ServerConnection, request: Request) -> Response | None:
        if request.path.startswith("/signal/"):
            return None
        file = self._pages / request.path.partition("?")[0].strip("/")
        if not file.suffix:  # a module's import of another names no ending
            file = file.with_suffix(".js")
        if not file.is_file():
            return connection.respond(HTTPStatus.NOT_FOUND, "")
        kind = "text/javascript" if file.suffix == ".js" else "text/html"
        return Response(200, "OK", Headers({"Content-Type": kind}), file.read_bytes())

    async def _serve(self, socket: ServerConnection) -> None:
        assert socket.request is not None
        name = socket.request.path.partition("?")[0].rpartition("/")[2]
        self._sockets[name] = socket
        welcome: dict[str, Any] = {"type": "welcome", "meeting": ROOM, "participant": name, "name": name}
        welcome["ice_servers"] = self.ice_servers
        await self._tell(name, {**welcome, "muted": name in self.muted, "slots": {"audio": 5, "video": 25}})
        await self._tell(name, self._participants())
        await self._tell(name, self.speaker)
        async for text in socket:
            await self._take(name, json.loads(text))

    async def _take(self, name: str, message: dict[str, Any]) -> None:
        self.heard[name].add(message["type"])
        match message["type"]:
            case "offer":
                offering = asyncio.create_task(self._offer(name, message))
                self._offering.add(offering)
                offering.add_done_callback(self._offering.discard)
            case "view":
                self._views[name] = (message["slots"], message.get("heights", []))
                if self.node.ready:
                    await self.node.view(ROOM, name, *self._views[name])
            case "leave":
                await self.node.leave(ROOM, name)
            case "ping":
                await self._tell(name, {"type": "pong", "at": message["at"]})

    async def _offer(self, name: str, message: dict[str, Any]) -> None:
        try:
            sdp = await (self._offer_content if message.get("of") == "content" else self._offer_camera)(name, message)
        except BridgeError as error:
            refusal = {"type": "error", "code": error.code, "detail": error.detail}
            await self._tell(name, {**refusal, "id": message["id"]})
        else:
            if self.announce_port is not None and (self.relayed is None or name in self.relayed):
                sdp = sdp.replace(f" {self.udp_port} typ host", f" {self.announce_port} typ host")
            told = [line for line in sdp.splitlines(True) if not _is_another_way(line, self.ways.get(name))]
            of = message.get("of", "camera")
            await self._tell(name, {"type": "answer", "id": message["id"], "of": of, "sdp": "".join(told)})

    async def _offer_camera(self, name: str, message: dict[str, Any]) -> str:
        slots = SlotCount.model_validate(message["slots"])
        sdp = await self.node.offer(ROOM, name, message["sdp"], slots, message.get("layers", ()))
        await self.node.view(ROOM, name, *self._views.get(name, ([], [])))
        return sdp

    async def _offer_content(self, name: str, message: dict[str, Any]) -> str:
        content = f"content-{name}"
        await self.node.admit(ROOM, content, muted=True, part="content")
        return (await self.node.open_session(ROOM, content, content, message["sdp"], "sends")).sdp

    async def _events(self) -> None:
        async for event in self.node.events():
            self.log.append((type(event).__name__, getattr(event, "participant", None)))
            match event:
                case Synced():
                    await self._on_synced(event)
                case Speaker():
                    self.speaker = {
                        "type": "speaker",
                        "participant": event.participant,
                        "loudest": list(event.loudest),
                    }
                    await self._tell_all(self.speaker)
                case Layers():
                    await self._tell(event.participant, {"type": "layers", "active": list(event.active)})
                case Connected():
                    self.connected[event.participant] = event.connection
                    await self.node.acknowledge(event)
                case Disconnected():
                    if self.connected.get(event.participant) == event.connection:
                        del self.connected[event.participant]
                    await self.node.acknowledge(event)
                case Publishing():
                    self.publishing[event.participant] = {"audio": event.audio, "video": event.video}
                    await self._tell_all(self._participants())
                    await self.node.acknowledge(event)

    async def _on_synced(self, event: Synced) -> None:
        if event.restarted:
            self.connected.clear()
            await self._tell_all({"type": "reoffer", "reason": "node_restarted"})

    def _participants(self) -> dict[str, Any]:
        return {
            "type": "participants",
            "participants": [
                {"id": n, "name": n, "state": "joined", "muted": n in self.muted, "publishing": self.publishing[n]}
                for n in self.names
            ],
        }

    async def _tell_all(self, message: dict[str, Any]) -> None:
        for name in list(self._sockets):
            await self._tell(name, message)

    async def tell_relays(self, name: str, ice_servers: list[Any]) -> None:
        await self._tell(name, {"type": "relays", "ice_servers": ice_servers})

    async def tell(self, name: str, kind: str, **more: Any) -> None:
        """Say something that only the web process finds out."""
        await self._tell(name, {"type": kind, **more})

    async def _tell(self, name: str, message: dict[str, Any]) -> None:
        socket = self._sockets.get(name)
        if socket is not None:
            await asyncio.gather(socket.send(json.dumps(message)), return_exceptions=True)


def _no_subprotocol(_connection: ServerConnection, offered: Iterable[Any]) -> Any:
    return next(iter(offered), None)


def _is_another_way(line: str, way: str | None) -> bool:
    """Whether it is a candidate of another address than this one."""
    return way is not None and line.startswith("a=candidate:") and line.split()[4] != way


async def until(condition: Callable[[], object], within_s: float, why: Callable[[], object] = str) -> None:
    """Wait for a condition without blocking the loop; fail when it does not hold in time, saying `why()`."""
    loop = asyncio.get_running_loop()
    end = loop.time() + within_s
    while not condition():
        assert loop.time() < end, f"not within {within_s:g} s: {why()}"
        await asyncio.sleep(0.05)
