"""Sixty sites with walls of sixteen tiles: which share of one core the bridge needs for them."""

import ctypes
from typing import Any

from media.bench import bridge, process
from media.bench.figures import rounded
from media.bench.load import Walls
from media.bench.trial import Trial, make_generator
from media.errors import BridgeError

ROUNDS = 3


async def try_walls(address: str, core: int, seconds: float, library: ctypes.CDLL | None, sites: int = 60) -> Any:
    """The share with nine moving tiles on each wall, and where all move: each the median, least and most of rounds.

    Less than all `delivered` means that links counted as thin: the share is then of less work.
    """
    found: dict[str, Any] = {"sites": sites}
    for variant in bridge.variants():
        found[variant] = {}
        for name, walls in {"last_9": Walls(sites), "all_16": Walls(sites, moving=16)}.items():
            async with bridge.started(address, core, variant) as server:
                try:
                    found[variant][name] = await _share(server, walls, seconds, library)
                except BridgeError as error:
                    found[variant][name] = {"failed": str(error)}
    return found


async def _share(server: bridge.Bridge, walls: Walls, seconds: float, library: ctypes.CDLL | None) -> dict[str, float]:
    idle = process.resident_mib(server.pid)
    sites = await server.join_all(walls)
    generator = make_generator(library, [client for site in sites for client in site.clients])
    try:
        trial = Trial(server, walls, generator, sites)
        await trial.warm_up()
        rounds = [await trial.measured(seconds, 1.0) for _ in range(ROUNDS)]
        shares = sorted(cpu / run.seconds for run, cpu in rounds)
        last = rounds[-1][0]
        return {
            "share_of_core": rounded(shares[ROUNDS // 2]),
            "share_of_core_low": rounded(shares[0]),
            "share_of_core_high": rounded(shares[-1]),
            "packets_per_second": rounded(last.received / last.seconds),
            "delivered": rounded(trial.delivered(last)),
            "loss": rounded(last.loss),
            "memory_per_site_mib": rounded((process.resident_mib(server.pid) - idle) / walls.sites),
        }
    finally:
        generator.close()
        for site in sites:
            await site.close()
