"""A node that is sent more than it can forward: what becomes of speech and of pictures."""

import ctypes
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from media.bench import bridge
from media.bench.figures import highest, rounded
from media.bench.load import Conference
from media.bench.trial import Plan, Trial, make_generator

SETTLED_S = 5.0
"""After so long a node that sheds has found what it can do; what it sent until then is told apart."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What a node has counted of one kind of stream: sent by it, come to it, lost on the way in."""

    sent: int
    came: int
    lost: int

    def __sub__(self, former: "Sums") -> "Sums":
        return Sums(self.sent - former.sent, self.came - former.came, self.lost - former.lost)

    def whole(self, receivers: int) -> float:
        """The share of what the sites sent that each of so many receivers was sent."""
        return self.sent / max(1, (self.came + self.lost) * receivers)


def sums(told: dict[str, Any], kind: str) -> Sums:
    """Of all sites, from the node's statistics."""
    people = [person for room in told["rooms"] for person in room["participants"]]
    sources = [person["sources"][kind] for person in people]
    slots = [slot for person in people for slot in person["slots"] if slot["kind"] == kind]
    came, lost = (sum(source[key] for source in sources) for key in ("packets", "lost"))
    return Sums(sum(slot["packets"] for slot in slots), came, lost)


async def try_overload(address: str, core: int, plan: Plan, library: ctypes.CDLL, excess: float = 2.0) -> Any:
    """Find what each variant carries, then send `excess` times that to one that sheds, and to one that does not."""
    found: dict[str, Any] = {}
    for variant in bridge.variants():
        async with bridge.started(address, core, variant) as server:
            load = excess * await _highest(server, plan, library)
        found[variant] = {"load": rounded(load)}
        for name, sheds in (("shedding", True), ("not_shedding", False)):
            async with bridge.started(address, core, variant, sheds=sheds) as server:
                found[variant][name] = await overload(server, Conference(), load, library)
    return found


async def _highest(server: bridge.Bridge, plan: Plan, library: ctypes.CDLL) -> float:
    conference = Conference()
    sites = await server.join_all(conference)
    trial = Trial(server, conference, make_generator(library, [one for site in sites for one in site.clients]), sites)
    try:
        await trial.warm_up()
        return await highest(lambda load: trial.holds(plan.step_s, load), 1.0, 1.5, 1, plan.highest_load)
    finally:
        trial.generator.close()
        for site in sites:
            await site.close()


async def overload(server: bridge.Bridge, conference: Conference, load: float, library: ctypes.CDLL) -> dict[str, Any]:
    """Send `load` times the nominal rate; shares of speech and pictures that were sent on, at first and then."""
    sites = await server.join_all(conference)
    trial = Trial(server, conference, make_generator(library, [one for site in sites for one in site.clients]), sites)
    receivers = conference.sites - 1
    try:
        await trial.generator.run(SETTLED_S, 1.0)
        looks = [await server.stats()]
        for _ in range(2):
            await trial.generator.run(SETTLED_S, load)
            looks.append(await server.stats())
        found: dict[str, Any] = {"stage": looks[-1]["load"]["stage"]}
        for kind, name in (("audio", "speech"), ("video", "pictures")):
            first, after = (sums(two, kind) - sums(one, kind) for one, two in pairwise(looks))
            found |= {name: rounded(after.whole(receivers)), f"{name}_at_first": rounded(first.whole(receivers))}
        found["overflows"] = looks[-1]["load"]["overflows"]
        return found
    finally:
        trial.generator.close()
        for site in sites:
            await site.close()
