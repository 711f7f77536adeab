"""Thousands of joins and leaves: what is left of them in the node."""

import asyncio
import struct
import time
from collections import Counter
from typing import Any

from media.bench import bridge, process
from media.bench.client import Client, Site, both
from media.bench.figures import rounded
from media.rtp.packet import header

AT_ONCE = 20
PACKETS = 3
SETTLE_S = 10.0
LOOK_S = 0.05
MEDIA_S = 2.0
MARKS = (0.1, 0.25, 0.5, 0.75, 1.0)
# A full descriptor (RFC 7741 4.2), then the first octet of a key frame.
_VP8 = struct.Struct("!BBHBB")
_KEY = b"\x10"


async def try_churn(address: str, core: int, joins: int) -> dict[str, Any]:
    """`joins` sites come in groups of 20, send and see one another for a moment and leave, each second one unasked.

    `resident_mib` is the node's memory after so many of them. The allocator needs some thousands until it has all that
    it will ever ask for: `resident_growth` is that of the second half.
    """
    async with bridge.started(address, core) as server:
        await _groups(server, 0, AT_ONCE)
        before = await _settled(server, Counter())
        resident: dict[int, float] = {AT_ONCE: process.resident_mib(server.pid)}
        began, cpu, done = time.monotonic(), process.cpu_seconds(server.pid), AT_ONCE
        for share in MARKS:
            await _groups(server, done, done := max(done, round(joins * share)))
            resident[done] = process.resident_mib(server.pid)
        cpu, took = process.cpu_seconds(server.pid) - cpu, time.monotonic() - began
        left = await _settled(server, before) - before
        return {
            "joins": joins,
            "left_over": dict(left),
            "resident_mib": {after: rounded(value) for after, value in resident.items()},
            "resident_growth": rounded(resident[done] / resident[round(joins / 2)] - 1),
            "node_cpu_ms_per_join": rounded(cpu / (done - AT_ONCE) * 1000),
            "joins_per_second": rounded((done - AT_ONCE) / took),
        }


async def _groups(server: bridge.Bridge, first: int, last: int) -> None:
    for start in range(first, last, AT_ONCE):
        await _group(server, range(start, min(start + AT_ONCE, last)))


async def _group(server: bridge.Bridge, numbers: range) -> None:
    names = [f"site-{number}" for number in numbers]
    clients = [Client(server.address, both(place)) for place in range(len(names))]
    shown = [[names[place - 1]] for place in range(len(names))]
    joins = (server.join(n, c, s) for n, c, s in zip(names, clients, shown, strict=True))
    sites = await asyncio.gather(*joins)
    await _talk(clients)
    await asyncio.gather(*(_leave(server, site, n % 2 == 0) for n, site in zip(numbers, sites, strict=True)))


async def _talk(clients: list[Client]) -> None:
    """Everybody sends some packets until everybody has got some."""
    deadline = time.monotonic() + MEDIA_S
    sequence = 0
    while time.monotonic() < deadline and not all(client.received > PACKETS for client in clients):
        sequence += 1
        for client in clients:
            _send(client, sequence)
        await asyncio.sleep(LOOK_S / 5)


def _send(client: Client, sequence: int) -> None:
    picture = _VP8.pack(0x90, 0xF0, 0x8000 | sequence, sequence & 0xFF, sequence & 0x1F) + _KEY
    for out in client.outgoing:
        stream = out.stream
        if client.peer is not None:
            start = picture if stream.kind == "video" else b"\x78"
            packet = header(stream.payload_type, True, sequence, sequence * 900, out.ssrc)
            client.peer.send(packet, start + bytes(stream.size - len(start)))


async def _leave(server: bridge.Bridge, site: Site, by_itself: bool) -> None:
    if by_itself:
        await site.close()
    await server.leave(site)


async def _settled(server: bridge.Bridge, least: "Counter[str]") -> "Counter[str]":
    """The node's census once no more than `least` lives, or nothing changes any more."""
    deadline, found = time.monotonic() + SETTLE_S, await server.ask("census")
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_S)
        former, found = found, await server.ask("census")
        if found <= least or (not least and former == found):
            break
    return found
