"""Twenty sites come at once into a conference that runs: how long until each has its first key frame."""

import asyncio
import ctypes
import time
from typing import Any

from media.bench import bridge, process
from media.bench.client import Client, Site
from media.bench.figures import percentile, rounded
from media.bench.load import Conference
from media.bench.trial import Trial, make_generator

PATIENCE_S = 3.0
RUN_S = 5.0
LOOK_S = 0.005


async def try_joins(address: str, core: int, conference: Conference, library: ctypes.CDLL | None) -> dict[str, Any]:
    """Milliseconds from offer to key frame where each newcomer watches another site, and where all watch the same.

    The time includes the newcomers' own ICE and DTLS, played on the other core.
    """
    found: dict[str, Any] = {"at_once": conference.sites}
    async with bridge.started(address, core) as server:
        sites = await server.join_all(conference)
        generator = make_generator(library, [client for site in sites for client in site.clients])
        try:
            trial = Trial(server, conference, generator, sites)
            await trial.warm_up()
            for name, watched in {"one_each": conference.names, "all_one": conference.names[:1]}.items():
                found[name] = await _newcomers(
                    trial, server, name, [watched[n % len(watched)] for n in range(len(sites))]
                )
        finally:
            generator.close()
            for site in sites:
                await site.close()
    return found


async def _newcomers(trial: Trial, server: bridge.Bridge, name: str, watched: list[str]) -> dict[str, float | None]:
    clients = [Client(server.address) for _ in watched]
    async with trial.running(RUN_S, 1.0) as running:
        before, began = process.cpu_seconds(server.pid), time.monotonic()
        joins = (
            server.join(f"{name}-{number}", client, [shown])
            for number, (client, shown) in enumerate(zip(clients, watched, strict=True))
        )
        joined = await asyncio.gather(*joins)
        came = await asyncio.gather(*(_key_frame(site) for site in joined))
        spent, took = process.cpu_seconds(server.pid) - before, time.monotonic() - began
    for site in joined:
        await server.leave(site)
    forwarding = trial.conference.forwarded_per_s * took
    waits = sorted(seconds for seconds in came if seconds is not None)
    stood = sorted(site.join_s for site in joined)
    after = sorted(max(0.0, wait - site.join_s) for site, wait in zip(joined, came, strict=True) if wait is not None)
    return {
        "came": len(waits),
        "offer_to_key_frame_p50_ms": _ms(percentile(waits, 0.5)),
        "offer_to_key_frame_p95_ms": _ms(percentile(waits, 0.95)),
        "offer_to_connected_p95_ms": _ms(percentile(stood, 0.95)),
        "connected_to_key_frame_p95_ms": _ms(percentile(after, 0.95)),
        "all_joined_ms": _ms(took),
        "node_cpu_ms": _ms(spent),
        "forwarded_meanwhile": round(forwarding),
        "others_loss": rounded(running.result().loss),
    }


async def _key_frame(site: Site) -> float | None:
    """Seconds from the offer to the first key frame; None when none came in time."""
    (client,) = site.clients
    while client.key_frame_at is None:
        if time.monotonic() - site.began > PATIENCE_S:
            return None
        await asyncio.sleep(LOOK_S)
    return client.key_frame_at - site.began


def _ms(seconds: float | None) -> float | None:
    return rounded(seconds * 1000) if seconds is not None else None
