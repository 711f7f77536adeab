"""Where a node's time goes at the nominal load of a conference: the functions in which it is found most often."""

import ctypes
from typing import Any

from media.bench import bridge
from media.bench.figures import rounded
from media.bench.load import Conference
from media.bench.trial import Trial, make_generator

FUNCTIONS = 16


async def try_profile(
    address: str, core: int, conference: Conference, seconds: float, library: ctypes.CDLL | None
) -> dict[str, Any]:
    """For each variant of the node: function → share of its CPU time, without what it calls; C counts as its caller."""
    found: dict[str, Any] = {}
    for variant in bridge.variants():
        async with bridge.started(address, core, variant) as server:
            found[variant] = await _shares(server, conference, seconds, library)
    return found


async def _shares(
    server: bridge.Bridge, conference: Conference, seconds: float, library: ctypes.CDLL | None
) -> dict[str, float]:
    sites = await server.join_all(conference)
    generator = make_generator(library, [client for site in sites for client in site.clients])
    try:
        trial = Trial(server, conference, generator, sites)
        await trial.warm_up()
        await server.ask("begin profile")
        await trial.measured(seconds, 1.0)
        samples = await server.ask("end profile")
        return {name: rounded(count / samples.total()) for name, count in samples.most_common(FUNCTIONS)}
    finally:
        generator.close()
        for site in sites:
            await site.close()
