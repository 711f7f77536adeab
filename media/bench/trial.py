"""One server through all steps of the bench, on a fresh process."""

import asyncio
import ctypes
import os
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Protocol

from media.bench import process
from media.bench.client import Client, Site
from media.bench.engine import CEngine, Generator, Run, srtp_functions
from media.bench.figures import highest, lasting, percentile
from media.bench.load import Conference, Load
from media.bench.python_engine import PythonEngine
from media.errors import BridgeError

MAX_LOSS = 0.001
MAX_P95_S = 0.100
MIN_DELIVERED = 0.98
MAX_LATE_P99_S = 0.020
SHARE_OF_HIGHEST = 0.7
WARM_UPS = 20
JOINER_NICENESS = 10
STARTED_S = 0.1

Figures = dict[str, float | None]


class Server(Protocol):
    """A running server and how to join it."""

    name: str
    pid: int

    async def join_all(self, load: Load) -> list[Site]: ...
    async def join_one(self, number: int, watched: str) -> Site: ...
    async def leave(self, site: Site) -> None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """How long each step takes, in seconds; a guest joins every `join_every_s`.

    Two servers take `turns` of `turn_s` each at the nominal load: so short that meanwhile the sites of the other one do
    not count as silent there. Each begins with `lead_s` that does not count: streams, estimates and caches that have
    rested cost more than those that run, and in a conference they run.

    The search for the highest load halves `halvings` times, and ends above `highest_load` times the nominal one. What
    it finds in steps of `step_s` has to hold for `at_share_s`: less hides what only a queue holds.
    `walls` sites have walls, `churn` join and leave.
    """

    nominal_s: float
    step_s: float
    halvings: int
    at_share_s: float
    join_every_s: float = 0.5
    highest_load: float = 50.0
    turns: int = 24
    turn_s: float = 0.5
    lead_s: float = 0.25
    walls: int = 60
    churn: int = 10_000


FULL = Plan(nominal_s=6.0, step_s=1.5, halvings=4, at_share_s=6.0)
QUICK = Plan(nominal_s=3.0, step_s=1.0, halvings=2, at_share_s=2.0, turns=4, walls=20, churn=200)


@dataclass(slots=True)
class Trial:
    """A joined conference on one server, and the generator that plays it."""

    server: Server
    conference: Load
    generator: Generator
    sites: list[Site]
    guests: int = 0

    async def measured(self, seconds: float, load: float) -> tuple[Run, float]:
        """A run, and the server's CPU seconds in it."""
        before = process.cpu_seconds(self.server.pid)
        run = await self.generator.run(seconds, load)
        return run, process.cpu_seconds(self.server.pid) - before

    async def close(self) -> None:
        """The sites leave."""
        self.generator.close()
        await asyncio.gather(*(site.close() for site in self.sites))

    def delivered(self, run: Run) -> float:
        """The share of what was sent that reached all who should have it."""
        due = run.sent / self.conference.sent_per_s * self.conference.forwarded_per_s
        return run.received / due if due else 0.0

    async def warm_up(self) -> None:
        """Run until everybody sees and hears what they should. Raises BridgeError `bench.not_delivered`."""
        share = 0.0
        for _ in range(WARM_UPS):
            share = self.delivered(await self.generator.run(1.0, 1.0))
            if share > 1 - MAX_LOSS:
                return
        raise BridgeError("bench.not_delivered", f"{self.server.name} delivers {share:.3f} of what is sent")

    async def holds(self, seconds: float, load: float) -> bool:
        """Whether the server carries a load, and the generator too. After one that was too much it recovers."""
        held = await self._holds(seconds, load)
        if not held:
            await self.warm_up()
        return held

    async def _holds(self, seconds: float, load: float) -> bool:
        run, _cpu = await self.measured(seconds, load)
        p95, late = percentile(run.delays, 0.95), percentile(run.late, 0.99)
        kept_up = late is not None and late < MAX_LATE_P99_S
        carried = run.loss < MAX_LOSS and self.delivered(run) > MIN_DELIVERED
        return carried and kept_up and p95 is not None and p95 < MAX_P95_S

    async def while_joining(self, plan: Plan, load: float) -> Run:
        """A run in which guests join; they leave after it."""
        guests: list[Site] = []
        async with self.running(plan.at_share_s, load) as running:
            end = time.monotonic() + plan.at_share_s
            while time.monotonic() < end - plan.join_every_s:
                self.guests += 1
                guests.append(await self.server.join_one(self.guests, self.sites[0].name))
                await asyncio.wait([running], timeout=plan.join_every_s)
        for guest in guests:
            await self.server.leave(guest)
        return running.result()

    @asynccontextmanager
    async def running(self, seconds: float, load: float) -> AsyncIterator[asyncio.Task[Run]]:
        """A run behind what is done meanwhile; left when it has ended."""
        task = asyncio.create_task(self.generator.run(seconds, load))
        await asyncio.sleep(STARTED_S)
        try:
            with polite():
                yield task
        finally:
            await task


@contextmanager
def polite() -> Iterator[None]:
    """Handshakes of joining sites are played on the engine's core: they wait, it does not.

    Only where this can be taken back, for all that is started later would inherit it.
    """
    thread = threading.get_native_id()
    usual = os.getpriority(os.PRIO_PROCESS, thread)
    try:
        os.setpriority(os.PRIO_PROCESS, thread, usual - 1)
    except PermissionError:
        yield
        return
    os.setpriority(os.PRIO_PROCESS, thread, usual + JOINER_NICENESS)
    try:
        yield
    finally:
        os.setpriority(os.PRIO_PROCESS, thread, usual)


async def joined(server: Server, conference: Conference, library: ctypes.CDLL | None) -> Trial:
    """A conference that stands: everybody sees and hears what they should."""
    sites = await server.join_all(conference)
    generator = make_generator(library, [client for site in sites for client in site.clients])
    trial = Trial(server, conference, generator, sites)
    try:
        await trial.warm_up()
    except BaseException:
        await trial.close()
        raise
    return trial


def make_generator(library: ctypes.CDLL | None, clients: list[Client]) -> Generator:
    return CEngine(library, clients, srtp_functions()) if library is not None else PythonEngine(clients)


async def try_loads(
    server: Server, conference: Conference, plan: Plan, library: ctypes.CDLL | None, bare: Generator
) -> Figures:
    """What a server carries at most, and what it adds to the delay at 70 % of that; `bare` plays the same sites."""
    trial = await joined(server, conference, library)
    try:
        return await _loaded(trial, plan, bare)
    finally:
        await trial.close()


async def _loaded(trial: Trial, plan: Plan, bare: Generator) -> Figures:
    found = await highest(lambda load: trial.holds(plan.step_s, load), 1.0, 1.5, plan.halvings, plan.highest_load)
    load = await lasting(lambda load: trial.holds(plan.at_share_s, load), found)
    share = load * SHARE_OF_HIGHEST
    figures: Figures = {"highest_packets_per_second": load * trial.conference.forwarded_per_s}
    if not share:
        return figures
    run, cpu = await trial.measured(plan.at_share_s, share)
    figures |= {"at_70_packets_per_cpu_second": run.received / cpu if cpu else None, **delays("at_70_", run)}
    figures |= delays("at_70_bare_", await bare.run(plan.at_share_s, share))
    joining = await trial.while_joining(plan, share)
    return {**figures, **delays("at_70_joining_", joining), "at_70_joining_loss": joining.loss}


def delays(prefix: str, run: Run) -> Figures:
    shares = {"p50_ms": 0.50, "p95_ms": 0.95, "p99_ms": 0.99}
    return {prefix + name: milliseconds(percentile(run.delays, share)) for name, share in shares.items()}


def milliseconds(seconds: float | None) -> float | None:
    return seconds * 1000 if seconds is not None else None
