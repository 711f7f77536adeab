"""A light site that shares a second picture: it goes wherever the meeting goes, as docs/signalling.md says."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from tests.ui.light_clients import FRAMES_PER_S, LightClient, Picture

AGAIN_S = 0.3


@dataclass
class Way:
    """What goes to one node: a camera's connection and the content's; those that stand send."""

    clients: dict[str, LightClient] = field(default_factory=dict)
    standing: set[str] = field(default_factory=set)

    async def close(self) -> None:
        for client in self.clients.values():
            await client.close()


class Sharer:
    """Takes part with a camera, and shares its content from then on."""

    def __init__(self, live: str, token: str, meeting: str) -> None:
        self._live = live
        self._head = {"Authorization": f"Bearer {token}"}
        self._meeting = meeting
        self._offers: dict[int, tuple[Way, str]] = {}
        self._way = Way()
        self._former: Way | None = None
        self._number = 0

    async def run(self) -> None:
        """Until cancelled."""
        url = f"ws://{self._live}/api/v1/meetings/{self._meeting}/signal"
        async with connect(url, additional_headers=self._head, proxy=None) as socket, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._send())
            try:
                async for text in socket:
                    await self._take(socket, tasks, json.loads(text))
            finally:
                for way in (self._way, self._former):
                    if way is not None:
                        await way.close()

    async def _take(self, socket: ClientConnection, tasks: asyncio.TaskGroup, message: dict[str, Any]) -> None:
        match message["type"]:
            case "welcome":
                await self._offer(socket, self._way, "camera")
            case "reoffer":
                await self._settle()
                await self._way.close()
                self._way = Way()
                await self._offer_both(socket)
            case "move":
                await self._settle()
                self._former, self._way = self._way, Way()
                await self._offer_both(socket)
            case "moved":
                await self._settle()
            case "answer":
                way, of = self._offers[message["id"]]
                tasks.create_task(self._stand(socket, way, of, message["sdp"]))
            case "error":
                way, of = self._offers[message["id"]]
                asyncio.get_running_loop().call_later(AGAIN_S, lambda: tasks.create_task(self._offer(socket, way, of)))

    async def _settle(self) -> None:
        former, self._former = self._former, None
        if former is not None:
            await former.close()

    async def _offer_both(self, socket: ClientConnection) -> None:
        for of in ("camera", "content"):
            await self._offer(socket, self._way, of)

    async def _offer(self, socket: ClientConnection, way: Way, of: str) -> None:
        if way is not self._way:
            return
        self._number += 1
        client = way.clients[of] = LightClient(self._number)
        self._offers[self._number] = way, of
        await socket.send(json.dumps({"type": "offer", "of": of, "id": self._number, "sdp": client.offer()}))

    async def _stand(self, socket: ClientConnection, way: Way, of: str, answer: str) -> None:
        await way.clients[of].connect(answer)
        way.standing.add(of)
        if of == "camera" and "content" not in way.clients:
            await self._share()
            await self._offer(socket, way, "content")

    async def _share(self) -> None:
        """Say so until the server has seen the camera's connection."""
        url = f"http://{self._live}/api/v1/meetings/{self._meeting}/content"
        async with httpx.AsyncClient(headers=self._head, trust_env=False) as http:
            while (await http.post(url, json={"share": True})).is_error:  # noqa: ASYNC110  # nothing here to wait on
                await asyncio.sleep(AGAIN_S)

    async def _send(self) -> None:
        picture = Picture()
        while True:
            clients = [w.clients[of] for w in (self._way, self._former) if w is not None for of in w.standing]
            payloads, timestamp = picture.next(any(client.wants_key for client in clients))
            for client in clients:
                client.wants_key = False
                client.send(payloads, timestamp)
            await asyncio.sleep(1 / FRAMES_PER_S)
