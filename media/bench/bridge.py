"""Our bridge as the measured server: a media node in a process of its own."""

import asyncio
import multiprocessing
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any

from media.bench import inside
from media.bench.client import Client, Line, Site, outgoing, types_of
from media.bench.load import Load
from media.compiled import build
from media.control import NodeClient, Synced
from media.messages import Connected, Disconnected, Publishing, WantedRoom
from media.node import Ready
from media.steps import Choice

OURS, PURE = "fengsui", "fengsui_python"
ROOM = "bench"
VOICES = 3
FIRST_GUEST = 10_000


class Bridge:
    """`pid` is the node's."""

    def __init__(self, name: str, node: NodeClient, pid: int, address: str, pipe: Connection) -> None:
        self.name = name
        self.pid = pid
        self.address = address
        self._node = node
        self._pipe = pipe

    async def join_all(self, load: Load) -> list[Site]:
        """All sites, each seeing what it should."""
        sites = []
        for number, name in enumerate(load.names):
            sent = outgoing(number + 1, load.streams(number))
            sites.append(await self.join(name, Client(self.address, sent), load.shown(number)))
        for number, site in enumerate(sites):
            # Who joined early could not yet be shown who joined late.
            await self.show(site.name, load.shown(number))
        return sites

    async def join_one(self, number: int, watched: str) -> Site:
        """One more site, that sees one of the others."""
        return await self.join(f"guest-{number}", Client(self.address, outgoing(FIRST_GUEST + number, ())), [watched])

    async def join(self, name: str, client: Client, shown: Sequence[str | None]) -> Site:
        """Connect `client` as `name`, with a video slot for each place in `shown`."""
        await self._node.admit(ROOM, name)
        lines = client.publishing()
        kinds = ["audio"] * VOICES + ["video"] * len(shown)
        lines += [Line(str(mid), kind, "recvonly", types_of(kind)) for mid, kind in enumerate(kinds, len(lines))]
        offer = client.describe(lines)
        began = time.monotonic()
        answer = await self._node.offer(ROOM, name, offer)
        await self.show(name, shown)
        await client.connect(answer)
        return Site(name, [client], time.monotonic() - began, began)

    async def show(self, name: str, shown: Sequence[str | None]) -> None:
        await self._node.view(ROOM, name, shown)

    async def leave(self, site: Site) -> None:
        await self._node.remove(ROOM, site.name)
        await site.close()

    async def stats(self) -> dict[str, Any]:
        """What the node tells of itself (docs/signalling.md)."""
        return await self._node.stats(ROOM)

    async def ask(self, question: str) -> "Counter[str]":
        """What the node's process answers to one of `inside.QUESTIONS`."""
        self._pipe.send(question)
        found: Counter[str] = await asyncio.to_thread(self._pipe.recv)
        return found


def variants() -> dict[str, Choice]:
    """The ways in which a node can do its work here, that of `auto` first."""
    return {OURS: "compiled", PURE: "python"} if build.path().exists() else {OURS: "python"}


@asynccontextmanager
async def started(address: str, core: int, name: str = OURS, *, sheds: bool = False) -> AsyncIterator[Bridge]:
    """A node on one core, announcing `address`; `name` is one of `variants`. It gives nothing up unless it `sheds`."""
    token = secrets.token_hex(16)

    async def wanted() -> list[WantedRoom]:
        return [WantedRoom(room=ROOM, participants=())]

    async with (
        _process(token, address, core, variants()[name], sheds) as (pid, ready, pipe),
        NodeClient(f"ws://127.0.0.1:{ready.control_port}/", token, wanted) as node,
    ):
        acknowledging = asyncio.create_task(_acknowledge(node))
        yield Bridge(name, node, pid, address, pipe)
        acknowledging.cancel()


async def _acknowledge(node: NodeClient) -> None:
    """Take the events as the web edge does: the node keeps what nobody acknowledges."""
    async for event in node.events():
        if not isinstance(event, Synced) and isinstance(event, Connected | Disconnected | Publishing):
            await node.acknowledge(event)


@asynccontextmanager
async def _process(
    token: str, address: str, core: int, step: Choice, sheds: bool
) -> AsyncIterator[tuple[int, Ready, Connection]]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=inside.run, args=(token, address, core, step, sheds, there), daemon=True)
    process.start()
    there.close()  # so that `recv` ends when the process does
    try:
        ready = await asyncio.to_thread(here.recv)
        yield process.pid or 0, ready, here
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
