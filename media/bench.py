"""What a forwarded packet costs: in the pure core alone, and through sockets and SRTP of a real node."""

import asyncio
import multiprocessing
import os
import secrets
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from multiprocessing.connection import Connection
from typing import Any

from media.bench_client import BenchClient, Outgoing
from media.control import NodeClient
from media.messages import WantedParticipant, WantedRoom
from media.node import MediaConfig, Ready, serve
from media.rtp.extensions import ExtensionIds
from media.rtp.rtcp import TransportFeedback
from media.rtp.transport_cc import DELTA_TICK_S, REFERENCE_TICK_S, Feedback
from media.sfu.arrivals import TICKS_PER_REFERENCE
from media.sfu.room import Room
from media.sfu.terms import MAX_VIDEO_SLOTS, Publication, SlotTerms, Terms

ROOM = "bench"
WARM_UP_S = 2.0
PACE_S = 0.002
CORE_PACKETS = 20_000
FEEDBACK_EVERY = 7
WARM_UP_ROUNDS = 300


@dataclass(frozen=True, slots=True)
class BenchConfig:
    """`sites` all see all (up to 25 pictures each).

    Each sends 50 audio packets/s of 80 B and 75 video packets/s of 600 B, times `load`.
    """

    sites: int = 20
    seconds: float = 5.0
    load: float = 1.0
    audio_slots: int = 3


def run(config: BenchConfig | None = None) -> dict[str, Any]:
    """Measure; the object of `fengsui bench media --json`. Takes about ten seconds and both cores of two."""
    chosen = config or BenchConfig()
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    try:
        through = asyncio.run(_through_a_node(chosen, node_core=cores[0]))
        return {"bench": "media", "sites": chosen.sites, **core_cost(chosen), **through}
    finally:
        os.sched_setaffinity(0, cores)


def core_cost(config: BenchConfig) -> dict[str, float]:
    """The pure core alone: packets made for receivers per CPU second, nothing encrypted or sent.

    All receivers tell by transport-cc what came; the time until their links count as fat is not measured.
    """
    core = _Core(config.sites)
    core.run(WARM_UP_ROUNDS)
    core.made, core.spent = 0, 0.0
    core.run(CORE_PACKETS // config.sites)
    return {
        "core_packets_per_cpu_second": round(core.made / core.spent),
        "core_us_per_packet": round(core.spent / core.made * 1e6, 2),
    }


class _Core:
    """A room in which everybody sees everybody, and its clock. `made` packets cost `spent` CPU seconds."""

    def __init__(self, sites: int) -> None:
        pictures = min(sites - 1, MAX_VIDEO_SLOTS)
        self.names = [f"site-{number}" for number in range(sites)]
        self.room = Room()
        self.made = 0
        self.spent = 0.0
        self._now = 0.0
        self._streams = {n: Outgoing(i * 1000 + 2, 96, 90_000, 75, 600) for i, n in enumerate(self.names)}
        self._links = []
        self._told = [0] * sites
        for number, name in enumerate(self.names):
            self.room.admit(name)
            self._links.append(self.room.connect(0.0, name, _terms(number, pictures), number))
        for name in self.names:
            self.room.view(0.0, name, [other for other in self.names if other != name][:pictures])

    def run(self, rounds: int) -> None:
        """Everybody sends so many packets in turn; the bridge's ticks and flushes between them."""
        room, now = self.room, self._now
        for number in range(rounds):
            for name in self.names:
                now += 1 / (75 * len(self.names))
                data = b"".join(self._streams[name].packet())
                began = time.process_time()
                self.made += len(room.on_rtp(now, name, data))
                self.spent += time.process_time() - began
            began = time.process_time()
            self.made += len(room.on_tick(now) if number % 2 else room.flush(now))
            self.spent += time.process_time() - began
            if number % FEEDBACK_EVERY == 0:
                self._acknowledge(now)
            for name in self.names:
                if self.room.participants[name].video.layers[0].keyframe_wanted:
                    self._streams[name].keyframe = True
        self._now = now

    def _acknowledge(self, now: float) -> None:
        """Every receiver tells that all that was sent came, each packet as long after its sending."""
        for number, link in enumerate(self._links):
            sent = link.outflow.sent
            times = [sent.sent_at(index) + 0.001 for index in range(self._told[number], sent.next)]
            if not times:
                continue
            reference = int(times[0] / REFERENCE_TICK_S)
            ticks = [reference * TICKS_PER_REFERENCE, *(int(at / DELTA_TICK_S) for at in times)]
            deltas = tuple(after - before for before, after in pairwise(ticks))
            data = TransportFeedback(1, 2, Feedback(self._told[number] & 0xFFFF, reference, 0, deltas)).encode()
            self._told[number] = sent.next
            began = time.process_time()
            self.room.on_rtcp(now, link.participant, data)
            self.spent += time.process_time() - began


def _terms(number: int, pictures: int) -> Terms:
    base = number * 1000
    slots = tuple(
        SlotTerms("video", f"v{n}", base + 100 + n, 96, base + 500 + n, 97, transport_cc=3) for n in range(pictures)
    )
    return Terms((Publication("video", "1", 96, 97, base + 2, base + 3),), slots, ExtensionIds())


async def _through_a_node(config: BenchConfig, node_core: int) -> dict[str, Any]:
    token = secrets.token_hex(16)
    names = [f"site-{number}" for number in range(1, config.sites + 1)]

    async def wanted() -> list[WantedRoom]:
        return [WantedRoom(room=ROOM, participants=tuple(WantedParticipant(participant=n) for n in names))]

    async with (
        _node(token, node_core) as ready,
        NodeClient(f"ws://127.0.0.1:{ready.control_port}/", token, wanted) as node,
    ):
        pictures = min(config.sites - 1, MAX_VIDEO_SLOTS)
        clients = [BenchClient(number, config.audio_slots, pictures) for number in range(1, config.sites + 1)]
        try:
            began = time.monotonic()
            for client in clients:
                await client.accept(await node.offer(ROOM, client.name, client.offer()))
                await node.view(ROOM, client.name, [n for n in names if n != client.name][:pictures])
            joined = time.monotonic() - began
            await _send(clients, WARM_UP_S, config.load)
            return {"join_ms_per_site": round(joined / config.sites * 1000, 1), **await _measure(node, clients, config)}
        finally:
            await asyncio.gather(*(client.close() for client in clients))


async def _measure(node: NodeClient, clients: list[BenchClient], config: BenchConfig) -> dict[str, Any]:
    for client in clients:
        client.forget()
    before = await node.stats(ROOM)
    began = time.monotonic()
    lateness = await _send(clients, config.seconds, config.load)
    elapsed = time.monotonic() - began
    after = await node.stats(ROOM)
    await asyncio.sleep(0.2)
    cpu = after["cpu_s"] - before["cpu_s"]
    forwarded = after["port"]["sent"] - before["port"]["sent"]
    streams = [stream for client in clients for stream in client.received.values()]
    expected, came = sum(s.expected for s in streams), sum(s.count for s in streams)
    delays = sorted(delay for client in clients for delay in client.delays_ms)
    return {
        "offered": sum(client.audio.sent + client.video.sent for client in clients),
        "done": came,
        "lost": max(0, expected - came),
        "loss": round(max(0.0, 1 - came / expected), 6) if expected else None,
        "seconds": round(elapsed, 2),
        "packets_per_second": round(forwarded / elapsed),
        "cpu_seconds": round(cpu, 3),
        "cpu_share": round(cpu / elapsed, 3),
        "packets_per_cpu_second": round(forwarded / cpu) if cpu else None,
        "p50_ms": _percentile(delays, 0.50),
        "p95_ms": _percentile(delays, 0.95),
        "p99_ms": _percentile(delays, 0.99),
        "generator_late_ms": round(lateness * 1000, 1),
    }


def _percentile(ordered: list[float], share: float) -> float | None:
    return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None


async def _send(clients: list[BenchClient], seconds: float, load: float) -> float:
    """Send at an even pace; how late the generator itself was at worst, in seconds."""
    began = time.monotonic()
    streams = [(client, stream) for client in clients for stream in (client.audio, client.video)]
    due = [began + index / len(streams) * 0.01 for index in range(len(streams))]
    worst = 0.0
    while (now := time.monotonic()) < began + seconds:
        for index, (client, stream) in enumerate(streams):
            while due[index] <= now:
                worst = max(worst, now - due[index])
                client.send(stream)
                due[index] += 1 / (stream.packets_per_s * load)
        for client in clients:
            client.feed_back(now)
        await asyncio.sleep(PACE_S)
    return worst


@asynccontextmanager
async def _node(token: str, core: int) -> AsyncIterator[Ready]:
    """A media node in a process of its own, kept on one core: generator and node do not take each other's time."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_node_process, args=(token, core, there), daemon=True)
    process.start()
    try:
        yield await asyncio.to_thread(here.recv)
    finally:
        process.kill()
        await asyncio.to_thread(process.join)


def _node_process(token: str, core: int, there: Connection) -> None:
    os.sched_setaffinity(0, {core})
    config = MediaConfig("127.0.0.1", 0, token, "127.0.0.1", 0, ("127.0.0.1",))
    asyncio.run(serve(config, there.send))
