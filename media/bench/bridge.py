"""Our bridge as the measured server: a media node in a process of its own."""

import asyncio
import multiprocessing
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection

from media.bench.client import Client, Line, Outgoing, Site, outgoing, types_of
from media.bench.load import Conference
from media.control import NodeClient
from media.messages import WantedRoom
from media.node import MediaConfig, Ready, serve
from media.sfu.terms import MAX_VIDEO_SLOTS

ROOM = "bench"


class Bridge:
    """`pid` is the node's."""

    name = "fengsui"

    def __init__(self, node: NodeClient, pid: int, address: str) -> None:
        self.pid = pid
        self._node = node
        self._address = address

    async def join_all(self, conference: Conference) -> list[Site]:
        """All sites, each seeing all others."""
        names = conference.names
        sites = []
        for number, name in enumerate(names):
            await self._node.admit(ROOM, name)
            others = [other for other in names if other != name]
            sites.append(await self._join(name, outgoing(number + 1, conference.streams(number)), others))
        return sites

    async def join_one(self, number: int, watched: str) -> Site:
        """One more site, that sees one of the others."""
        name = f"guest-{number}"
        await self._node.admit(ROOM, name)
        return await self._join(name, outgoing(10_000 + number, ()), [watched])

    async def _join(self, name: str, streams: list[Outgoing], shown: list[str]) -> Site:
        client = Client(self._address, streams)
        began = time.monotonic()
        pictures = min(len(shown), MAX_VIDEO_SLOTS)
        kinds = ["audio"] * 3 + ["video"] * pictures
        lines = client.publishing()
        lines += [Line(str(mid), kind, "recvonly", types_of(kind)) for mid, kind in enumerate(kinds, len(lines))]
        await client.connect(await self._node.offer(ROOM, name, client.describe(lines)))
        await self._node.view(ROOM, name, shown[:pictures])
        return Site(name, [client], time.monotonic() - began)

    async def leave(self, site: Site) -> None:
        await self._node.remove(ROOM, site.name)
        await site.close()


@asynccontextmanager
async def started(address: str, core: int) -> AsyncIterator[Bridge]:
    """A node on one core, announcing `address`."""
    token = secrets.token_hex(16)

    async def wanted() -> list[WantedRoom]:
        return [WantedRoom(room=ROOM, participants=())]

    async with (
        _process(token, address, core) as (pid, ready),
        NodeClient(f"ws://127.0.0.1:{ready.control_port}/", token, wanted) as node,
    ):
        yield Bridge(node, pid, address)


@asynccontextmanager
async def _process(token: str, address: str, core: int) -> AsyncIterator[tuple[int, Ready]]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_run, args=(token, address, core, there), daemon=True)
    process.start()
    try:
        ready = await asyncio.to_thread(here.recv)
        yield process.pid or 0, ready
    finally:
        process.kill()
        await asyncio.to_thread(process.join)


def _run(token: str, address: str, core: int, there: Connection) -> None:
    os.sched_setaffinity(0, {core})
    config = MediaConfig("127.0.0.1", 0, token, address, 0, (address,))
    asyncio.run(serve(config, there.send))
