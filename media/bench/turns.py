"""The nominal load on all servers by turns: what a processor does in a second varies more than they differ."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass, field

from media.bench import process
from media.bench.engine import Run
from media.bench.figures import percentile
from media.bench.load import Conference
from media.bench.trial import MIN_DELIVERED, Figures, Plan, Server, Trial, delays, joined, milliseconds
from media.errors import BridgeError


@dataclass(frozen=True, slots=True)
class Turn:
    """What a server did, and the CPU seconds for it: all of them, and as in the process's own code and the kernel's."""

    run: Run
    cpu_seconds: float
    split: tuple[float, float]


@dataclass(slots=True)
class Nominal:
    """A server that is joined, and its turns so far. `idle_mib` is its memory before anybody joined."""

    trial: Trial
    idle_mib: float
    turns: list[Turn] = field(default_factory=list)

    async def take_turn(self, lead_s: float, seconds: float) -> None:
        """So long after what rested is under way again. Raises BridgeError `bench.not_delivered`."""
        trial = self.trial
        await trial.measured(lead_s, 1.0)
        before = process.cpu_split(trial.server.pid)
        run, cpu = await trial.measured(seconds, 1.0)
        own, kernel = (after - b for after, b in zip(process.cpu_split(trial.server.pid), before, strict=True))
        share = trial.delivered(run)
        if share < MIN_DELIVERED:
            raise BridgeError("bench.not_delivered", f"{trial.server.name} delivers {share:.3f} of what is sent")
        self.turns.append(Turn(run, cpu, (own, kernel)))

    def told(self) -> Told:
        """What all turns tell."""
        run, sites = Run.together([turn.run for turn in self.turns]), self.trial.sites
        cpu = sum(turn.cpu_seconds for turn in self.turns)
        own, kernel = (sum(part) for part in zip(*(turn.split for turn in self.turns), strict=True))
        figures: Figures = {
            "packets_per_cpu_second": run.received / cpu,
            "packets_per_second": run.received / run.seconds,
            "cpu_share": cpu / run.seconds,
            "cpu_seconds": cpu,
            "own_us_per_packet": own / run.received * 1e6,
            "kernel_us_per_packet": kernel / run.received * 1e6,
            "loss": run.loss,
            **delays("", run),
            "generator_cpu_share": run.cpu_seconds / run.seconds,
            "generator_late_p99_ms": milliseconds(percentile(run.late, 0.99)),
            "memory_per_site_mib": (process.resident_mib(self.trial.server.pid) - self.idle_mib) / len(sites),
            "join_ms": sum(site.join_s for site in sites) / len(sites) * 1000,
        }
        counted = {"seconds": round(run.seconds, 2), **run.counters}
        notes: dict[str, object] = {"cipher": sites[0].clients[0].cipher, "counted": counted}
        return Told(figures, notes, [turn.cpu_seconds / turn.run.received for turn in self.turns])


@dataclass(frozen=True, slots=True)
class Told:
    """The figures of all turns, what else is to be told, and the CPU seconds for a packet in each turn."""

    figures: Figures
    notes: dict[str, object]
    per_packet: list[float]


async def take_turns(
    servers: Sequence[Server], conference: Conference, plan: Plan, library: ctypes.CDLL | None
) -> list[Told]:
    """Each server in turn for `turn_s` after a lead of `lead_s`, `turns` times, after all have been joined."""
    found: list[Nominal] = []
    try:
        for server in servers:
            idle_mib = process.resident_mib(server.pid)
            found.append(Nominal(await joined(server, conference, library), idle_mib))
        for each in found:
            await each.trial.warm_up()
        for _ in range(plan.turns):
            for each in found:
                await each.take_turn(plan.lead_s, plan.turn_s)
        return [each.told() for each in found]
    finally:
        for each in found:
            await each.trial.close()
