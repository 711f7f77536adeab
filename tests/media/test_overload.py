"""A real node under a real load of twice what it carries: speech is whole, pictures go."""

import asyncio
import ctypes
import os
from collections.abc import Iterator

import pytest

from media.bench import bridge, engine
from media.bench.load import Conference
from media.bench.overload import sums
from media.bench.trial import make_generator
from media.sfu.shedding import STAGE_BY_NAME

LOOPBACK, RUN_S, MOST = "127.0.0.1", 1.5, 64.0
CONFERENCE = Conference()
RECEIVERS = CONFERENCE.sites - 1

library = engine.build()
# It takes both cores whole: beside it nothing that is played in real time is what it is.
pytestmark = [pytest.mark.soak, pytest.mark.skipif(library is None, reason="needs a C compiler")]


@pytest.fixture
def core() -> Iterator[int]:
    """The core for the node; everything else here runs on another one."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, set(cores[1:]) or set(cores))
    yield cores[0]
    os.sched_setaffinity(0, set(cores))


@pytest.mark.parametrize("variant", bridge.variants())
async def test_speech_stays_whole_at_twice_what_a_node_carries(core: int, variant: str) -> None:
    assert isinstance(library, ctypes.CDLL)
    async with bridge.started(LOOPBACK, core, variant, sheds=True) as server:
        sites = await server.join_all(CONFERENCE)
        generator = make_generator(library, [client for site in sites for client in site.clients])
        try:
            load = 0.5
            while (await server.stats())["load"]["level"] < 2 and load < MOST:
                load *= 2  # more than the node carries, and no more than twice that
                await generator.run(RUN_S, load)
            for _ in range(2):  # until it has found what it can do
                await generator.run(RUN_S, load)
            before = await server.stats()
            run = await generator.run(RUN_S, load)
            after = await server.stats()
        finally:
            generator.close()
            await asyncio.gather(*(site.close() for site in sites))
    speech, pictures = (sums(after, kind) - sums(before, kind) for kind in ("audio", "video"))
    assert run.sent > 0
    assert speech.came > 0
    assert STAGE_BY_NAME[after["load"]["stage"]].voices is None, after["load"]
    assert speech.whole(RECEIVERS) > 0.99, (load, after["load"])
    assert pictures.whole(RECEIVERS) < 0.9, (load, after["load"])
