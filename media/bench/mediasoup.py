"""mediasoup (https://mediasoup.org) as the measured server: one worker, asked through a program for Node."""

import asyncio
import json
import os
import shutil
import socket
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from media.bench.client import EXTENSIONS, Client, End, Line, Outgoing, Site, described
from media.bench.one_each_way import OneEachWay
from media.errors import BridgeError
from media.ice import Credentials

FOLDER = Path(__file__).parents[2] / "bench" / "mediasoup"
WORKER = FOLDER / "mediasoup-worker"
PACKAGE = FOLDER / "node_modules" / "mediasoup"
PROGRAM = Path(__file__).with_name("mediasoup.cjs")
ANSWER_TIMEOUT_S = 20.0

Message = dict[str, Any]


def command() -> tuple[str, ...] | None:
    """What runs it, where `scripts/mediasoup.sh` has built it."""
    node = shutil.which("node")
    return (node, str(PROGRAM), str(PACKAGE)) if node and WORKER.exists() and PACKAGE.exists() else None


class Asked:
    """Requests and their answers over a process' pipes. A refusal raises BridgeError `bench.peer_refused`."""

    def __init__(self, answers: asyncio.StreamReader, requests: asyncio.StreamWriter) -> None:
        self._answers, self._requests = answers, requests
        self._numbers = count(1)
        self._waiting: dict[int, asyncio.Future[Message]] = {}
        self._reader = asyncio.create_task(self._read())

    async def ask(self, action: str, **what: Any) -> Message:
        """What the program answers."""
        number = next(self._numbers)
        future = self._waiting[number] = asyncio.get_running_loop().create_future()
        self._requests.write(json.dumps({"n": number, "do": action, **what}).encode() + b"\n")
        try:
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                answer = await future
        finally:
            del self._waiting[number]
        if "error" in answer:
            raise BridgeError("bench.peer_refused", str(answer["error"]))
        done: Message = answer["done"]
        return done

    async def close(self) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)

    async def _read(self) -> None:
        async for line in self._answers:
            answer = json.loads(line)
            future = self._waiting.get(answer["n"])
            if future is not None and not future.done():
                future.set_result(answer)


class Mediasoup(OneEachWay):
    """A router in which every site has one transport to send by and one to receive by, as its own clients do."""

    name = "mediasoup"

    def __init__(self, asked: Asked, pid: int, address: str) -> None:
        self.pid = pid
        self._asked = asked
        self._address = address
        self._producers: dict[str, list[str]] = {}
        self._transports: dict[str, list[str]] = {}

    async def leave(self, site: Site) -> None:
        self._producers.pop(site.name)
        for transport in self._transports.pop(site.name):
            await self._asked.ask("close", transport=transport)
        await site.close()

    async def publish(self, name: str, streams: list[Outgoing]) -> Site:
        client, began = Client(self._address, streams), time.monotonic()
        transport = await self._transport(name, client)
        lines, producers = client.publishing(), []
        for line in lines:
            extensions = [{"uri": uri, "id": number} for uri, number in line.extensions.items()]
            asked = {"kind": line.kind, "payloadType": line.types[0], "ssrc": line.ssrc, "extensions": extensions}
            producers.append((await self._asked.ask("produce", transport=transport["id"], **asked))["id"])
        await client.connect(_described(transport, [replace(line, direction="recvonly") for line in lines]))
        self._producers[name] = producers
        return Site(name, [client], time.monotonic() - began)

    async def subscribe(self, site: Site, shown: Sequence[str]) -> None:
        client, began = Client(self._address), time.monotonic()
        transport = await self._transport(site.name, client)
        lines: dict[str, Line] = {}
        for producer in (producer for name in shown for producer in self._producers[name]):
            consumer = await self._asked.ask("consume", transport=transport["id"], producer=producer)
            lines[consumer["kind"]] = _sent(consumer["kind"], consumer["parameters"])
        await client.connect(_described(transport, list(lines.values())))
        site.clients.append(client)
        site.join_s += time.monotonic() - began

    async def _transport(self, name: str, client: Client) -> Message:
        """A new one that knows the client's certificate."""
        transport = await self._asked.ask("transport")
        told = [{"algorithm": "sha-256", "value": client.fingerprint}]
        await self._asked.ask("connect", transport=transport["id"], fingerprints=told)
        self._transports.setdefault(name, []).append(transport["id"])
        return transport


def _sent(kind: str, parameters: Message) -> Line:
    """What a consumer's parameters say; all of a kind have the same."""
    codecs = parameters["codecs"]
    rtx = next((codec["payloadType"] for codec in codecs if codec["mimeType"].lower().endswith("/rtx")), 0)
    extensions = {one["uri"]: one["id"] for one in parameters["headerExtensions"] if one["uri"] in EXTENSIONS}
    return Line(kind, kind, "sendonly", (codecs[0]["payloadType"], rtx), extensions=extensions)


def _described(transport: Message, lines: Sequence[Line]) -> str:
    """A transport of mediasoup, which speaks no SDP, as a description."""
    ice, candidate = transport["ice"], transport["candidates"][0]
    prints = next(one for one in transport["dtls"]["fingerprints"] if one["algorithm"] == "sha-256")
    credentials = Credentials(ice["usernameFragment"], ice["password"])
    return described(lines, End((candidate["ip"], candidate["port"]), credentials, prints["value"], "passive"))


@asynccontextmanager
async def started(program: Sequence[str], address: str, core: int) -> AsyncIterator[Mediasoup]:
    """A worker on one core. Raises BridgeError `bench.peer_refused`, `bench.peer_failed` when it does not start."""
    process = await asyncio.create_subprocess_exec(
        *program,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env={**os.environ, "MEDIASOUP_WORKER_BIN": str(WORKER)},
        preexec_fn=lambda: os.sched_setaffinity(0, {core}),
    )
    if process.stdout is None or process.stdin is None:
        raise BridgeError("bench.peer_failed", "mediasoup's program has no pipes")
    asked = Asked(process.stdout, process.stdin)
    try:
        worker = await asked.ask("start", address=address, port=_free_port(address))
        yield Mediasoup(asked, worker["pid"], address)
    finally:
        await asked.close()
        process.kill()
        await process.wait()


def _free_port(address: str) -> int:
    with socket.socket(type=socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])
