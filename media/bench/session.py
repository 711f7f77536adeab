"""All parts and rounds, on the two cores and in the network that this process has."""

import asyncio
import ctypes
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, TypeVar

from media.bench import bare, bridge, engine, janus, mediasoup
from media.bench.churn import try_churn
from media.bench.core import core_cost
from media.bench.figures import ratio_of_turns, ratios, summarise
from media.bench.floor import floor_cost
from media.bench.joins import try_joins
from media.bench.load import Conference
from media.bench.profile import try_profile
from media.bench.trial import FULL, Figures, Plan, Server, try_loads
from media.bench.turns import Told, take_turns
from media.bench.walls import try_walls
from media.errors import BridgeError

T = TypeVar("T")

LOOPBACK = "127.0.0.1"
SERVERS = (bridge.OURS, bridge.PURE, janus.Janus.name, mediasoup.Mediasoup.name)
PARTS = ("core", "floor", "conference", "profile", "walls", "joins", "churn")
CONFERENCE = Conference()


@dataclass(frozen=True, slots=True)
class Options:
    """`only` names the parts to be measured, `servers` those of the conference; none: all that are here.

    `interface` is where the peer, which passes over loopback interfaces, is reached; None measures ours alone.
    """

    conference: Conference = CONFERENCE
    rounds: int = 3
    plan: Plan = FULL
    only: tuple[str, ...] = PARTS
    servers: tuple[str, ...] = ()
    address: str = LOOPBACK
    interface: str | None = None


async def measure(options: Options) -> dict[str, Any]:
    """The bench's object: ours, and with a peer its figures and the ratios."""
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cores[-1]})
    try:
        return await _measure(options, cores[0])
    finally:
        os.sched_setaffinity(0, cores)


async def _measure(options: Options, core: int) -> dict[str, Any]:
    library = await asyncio.to_thread(engine.build)
    found: dict[str, Any] = {"bench": "media", "generator": "C" if library is not None else "Python"}
    if "core" in options.only:
        found |= core_cost(options.conference)
    if "floor" in options.only and library is not None:
        found["floor"] = floor_cost(options.address, library)
    if "conference" in options.only:
        found |= await _conference(options, core, library)
    plan, address = options.plan, options.address
    if "profile" in options.only:
        found["profile"] = await try_profile(address, core, options.conference, plan.nominal_s, library)
    if "walls" in options.only:
        found["walls"] = await try_walls(address, core, plan.nominal_s, library, plan.walls)
    if "joins" in options.only:
        found["joins"] = await try_joins(address, core, options.conference, library)
    if "churn" in options.only:
        found["churn"] = await try_churn(address, core, plan.churn)
    return found


async def _conference(options: Options, core: int, library: ctypes.CDLL | None) -> dict[str, Any]:
    """Every round each of ours by turns with each peer at the nominal load; then every server at what it carries."""
    peers = _wished(_peers() if options.interface and library is not None else [], options)
    variants = _wished(list(bridge.variants()), options) or list(bridge.variants())
    names = [*variants, *peers]
    together: list[tuple[str, ...]] = [(ours, peer) for ours in variants for peer in peers]
    turns: dict[tuple[str, ...], list[list[Told]]] = {each: [] for each in together or [(ours,) for ours in variants]}
    loads: dict[str, list[Figures]] = {name: [] for name in names}
    async with _bare(options, core, library) as limit:
        for _ in range(options.rounds):
            for each, so_far in turns.items():
                so_far.append(await _again(partial(_nominal, each, options, core, library)))
            for name in names:
                loads[name].append(await _again(partial(_loads, name, options, core, library, limit)))
    told = {name: _told_of(name, turns) for name in names}
    summaries = {name: {**summarise([one.figures for one in told[name]]), **summarise(loads[name])} for name in names}
    notes = {name: told[name][-1].notes for name in names}
    found = {**asdict(options.conference), "rounds": options.rounds, "step": bridge.variants()[variants[0]]}
    found |= _flat(summaries[variants[0]], notes[variants[0]])
    compared = {peer: {name: ratios(summaries[name], summaries[peer]) for name in variants} for peer in peers}
    by_turns = {peer: {name: _ratio(turns[name, peer]) for name in variants} for peer in peers}
    found["ratio_to_janus"] = None
    for peer, ratio in by_turns.items():
        found[f"ratio_to_{peer}"] = ratio[variants[0]]["median"]
    return {**found, **summaries, "ratios": compared, "ratios_of_turns": by_turns, "notes": notes}


def _told_of(name: str, turns: Mapping[tuple[str, ...], list[list[Told]]]) -> list[Told]:
    """What its turns told, beside whomever they were taken."""
    return [each[names.index(name)] for names, rounds in turns.items() if name in names for each in rounds]


def _ratio(rounds: list[list[Told]]) -> dict[str, float]:
    """Of packets per CPU-second, ours to the peer's, turn by turn of all rounds."""
    ours, theirs = ([cost for told in each for cost in told.per_packet] for each in zip(*rounds, strict=True))
    return ratio_of_turns(ours, theirs)


async def _nominal(names: Sequence[str], options: Options, core: int, library: ctypes.CDLL | None) -> list[Told]:
    async with AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(_server(name, options, core)) for name in names]
        return await take_turns(servers, options.conference, options.plan, library)


async def _loads(
    name: str, options: Options, core: int, library: ctypes.CDLL | None, limit: engine.Generator | None
) -> Figures:
    if limit is None:
        return {}
    async with _server(name, options, core) as server:
        return await try_loads(server, options.conference, options.plan, library, limit)


def _wished(names: list[str], options: Options) -> list[str]:
    return [name for name in names if not options.servers or name in options.servers]


def _peers() -> list[str]:
    """The other servers that can be measured here."""
    commands = {janus.Janus.name: janus.command(), mediasoup.Mediasoup.name: mediasoup.command()}
    return [name for name, command in commands.items() if command is not None]


def _bare(
    options: Options, core: int, library: ctypes.CDLL | None
) -> AbstractAsyncContextManager[engine.Generator | None]:
    """The same conference around a bare server, where there is a generator quick enough to tell."""
    return nullcontext() if library is None else bare.started(options.address, core, options.conference, library)


async def _again(attempt: Callable[[], Awaitable[T]]) -> T:
    """What a busy machine spoilt is tried again. Raises BridgeError the second time."""
    try:
        return await attempt()
    except BridgeError:
        return await attempt()


def _flat(ours: dict[str, dict[str, float]], notes: dict[str, object]) -> dict[str, Any]:
    """The figures that a reader of any version of this bench finds: medians at the nominal load, counts of one run."""
    counted = notes["counted"]
    counts = counted if isinstance(counted, dict) else {}
    expected, done = counts.get("expected", 0), counts.get("received", 0)
    nominal = ("packets_per_cpu_second", "packets_per_second", "cpu_seconds", "cpu_share", "loss")
    medians = {name: ours[name]["median"] for name in (*nominal, "p50_ms", "p95_ms", "p99_ms") if name in ours}
    return {"offered": counts.get("sent"), "done": done, "lost": max(0, expected - done), **medians}


@asynccontextmanager
async def _server(name: str, options: Options, core: int) -> AsyncIterator[Server]:
    program, worker = janus.command(), mediasoup.command()
    if name == mediasoup.Mediasoup.name and worker is not None:
        async with mediasoup.started(worker, options.address, core) as router:
            yield router
    elif name == janus.Janus.name and program is not None and options.interface is not None:
        async with janus.started(program, options.address, options.interface, core) as videoroom:
            yield videoroom
    else:
        async with bridge.started(options.address, core, name) as ours:
            yield ours
