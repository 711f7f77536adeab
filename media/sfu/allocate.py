"""Who gets how much of a thin link: from a budget and wants to a layer for each slot, with the reason. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from media.sfu.tiers import TOP, Tier
from media.sfu.tiles import layer_for

Reason = Literal["tile", "budget", "voices", "settling", "site", "tier", "hidden", "off"]
"""Why a slot gets no more: it has what its tile needs; the link carries no more; the room is kept for voices that are
wanted and not sent yet; more would fit but has to prove steady first; the site sends no higher layer (or nothing); the
receiver's tier of the ladder allows no more; the tile is not visible; the slot shows nobody."""

HEADROOM = 0.9
HOLD_S = 2.0
FIRST_PICTURE_HOLD_S = 0.6
LONGEST_HOLD_S = 8.0
REPENTED_S = 8.0
KEPT = 0.7
PLENTY = 1.001
NOTHING = -1
NO_STEP = (-1, -1)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that can be sent: a layer (by size, from 0), the highest temporal id, its bitrate on the wire."""

    layer: int
    temporal: int
    bitrate: float


@dataclass(slots=True)
class Want:
    """What a slot should show: `top` is the layer that its tile deserves, None for a tile that nobody sees.

    `steps` are what the site sends now, ascending in layer, temporal id and bitrate; `rank` 0 goes first. `source`
    None: the slot shows nobody. `heights` are those of the site's layers, 0 for one not known. `ideal` is the best step
    that the tile deserves and the receiver's `tier` allows; the lowest one where the site sends only more than that.
    """

    slot: int
    source: str | None
    rank: int = 1
    top: int | None = 0
    steps: tuple[Step, ...] = ()
    heights: tuple[int, ...] = ()
    tier: Tier = TOP
    ideal: int = field(init=False, default=NOTHING)

    def __post_init__(self) -> None:
        self.ideal = self.best(self.tier)

    def best(self, tier: Tier) -> int:
        """The step that the slot should have on a tier where nothing presses; NOTHING where there is none."""
        if self.source is None or self.top is None or not self.steps or not tier.moves:
            return NOTHING
        top, temporal = self.top, tier.temporal
        if tier.height is not None:
            top = min(top, layer_for(tier.height, self.heights) or 0)
        fit = (number for number, step in enumerate(self.steps) if step.layer <= top and step.temporal <= temporal)
        return max(fit, default=0)

    def cost(self, tier: Tier) -> float:
        """bit/s of that step."""
        level = self.best(tier)
        return self.steps[level].bitrate if level >= 0 else 0.0

    def key(self, level: int) -> tuple[int, int]:
        """Layer and temporal id of a step: they stay comparable when the site sends other layers than before."""
        return (self.steps[level].layer, self.steps[level].temporal) if level >= 0 else NO_STEP

    def level_of(self, key: tuple[int, int]) -> int:
        """The best step that is no more than `key`."""
        found = (number for number, step in enumerate(self.steps) if (step.layer, step.temporal) <= key)
        return max(found, default=NOTHING)


@dataclass(slots=True)
class Decision:
    """`step` None: nothing is sent. `wanted` is the layer that the tile deserves, None where nobody sees it."""

    step: Step | None
    reason: Reason
    wanted: int | None = None


@dataclass(frozen=True, slots=True)
class Hold:
    """What a slot had (None: nothing that binds it), and whether it has waited long enough to rise."""

    level: int | None
    may_rise: bool


FREE = Hold(None, True)


@dataclass(slots=True)
class _Memory:
    """What a slot had (layer and temporal id), whether that was less than it could use, how patient it has become."""

    source: str | None = None
    had: tuple[int, int] = NO_STEP
    short: bool = False
    rose_at: float = float("-inf")
    ready_at: float = float("-inf")
    hold_s: float = HOLD_S


@dataclass(slots=True)
class Allocator:
    """Remembers what one link's slots had, so that they go down at once and up only when more has stayed possible.

    `needed` is the bitrate that would give every want all that its tile can use, whatever the tier: what to probe for.
    `short`: some slot has less than it could use.
    """

    needed: float = 0.0
    short: bool = False
    _memories: dict[int, _Memory] = field(default_factory=dict)

    def allocate(
        self, now: float, budget: float | None, wants: Sequence[Want], reserved: float = 0.0
    ) -> dict[int, Decision]:
        """A decision for every want; `budget` in bit/s for video alone, None when nothing limits it.

        `reserved` bit/s were kept off it for voices.

        A step up needs HEADROOM to spare and its hold time since the slot's last step down; a slot that had to go down
        again soon after it rose waits twice as long the next time. A change of source starts afresh.
        """
        needed = sum(want.steps[want.ideal].bitrate for want in wants if want.ideal >= 0)
        self.needed = needed if all(want.tier is TOP for want in wants) else sum(want.cost(TOP) for want in wants)
        limit = needed / HEADROOM + 1 if budget is None else budget
        if needed * PLENTY <= limit and all(map(self._has_its_fill, wants)):
            levels = {want.slot: want.ideal for want in wants}
        else:
            holds = {want.slot: self._hold(now, want) for want in wants}
            levels = spread(limit, wants, holds, 1.0 if reserved else KEPT)
        for want in wants:
            self._remember(now, want, levels[want.slot])
        for slot in self._memories.keys() - levels.keys():
            del self._memories[slot]
        self.short = any(memory.short for memory in self._memories.values())
        left = limit - sum(want.steps[levels[want.slot]].bitrate for want in wants if levels[want.slot] >= 0)
        return {want.slot: _decision(want, levels[want.slot], left, reserved) for want in wants}

    def _has_its_fill(self, want: Want) -> bool:
        """Whether the slot had all that it could use, so that nothing keeps it from that now."""
        memory = self._memories.get(want.slot)
        return memory is not None and memory.source == want.source and not memory.short and memory.had != NO_STEP

    def _hold(self, now: float, want: Want) -> Hold:
        memory = self._memories.get(want.slot)
        if memory is None or memory.source != want.source:
            return FREE
        if not memory.short:
            return Hold(max(want.ideal, 0), True) if memory.had != NO_STEP else FREE
        return Hold(want.level_of(memory.had), now >= memory.ready_at)

    def _remember(self, now: float, want: Want, level: int) -> None:
        memory = self._memories.setdefault(want.slot, _Memory())
        has, short = want.key(level), level < want.ideal
        if memory.source != want.source:
            self._memories[want.slot] = _Memory(want.source, has, short)
            return
        if has < memory.had and short:
            repented = now - memory.rose_at < REPENTED_S
            memory.hold_s = min(LONGEST_HOLD_S, memory.hold_s * 2) if repented else HOLD_S
            memory.ready_at = now + (FIRST_PICTURE_HOLD_S if level == NOTHING else memory.hold_s)
        elif has > memory.had:
            memory.rose_at = now
            memory.ready_at = now + (HOLD_S if memory.had == NO_STEP else FIRST_PICTURE_HOLD_S)
        memory.had, memory.short = has, short


def spread(
    budget: float, wants: Sequence[Want], holds: Mapping[int, Hold] | None = None, kept: float = KEPT
) -> dict[int, int]:
    """For each slot the index of its step, NOTHING for none; together they cost at most `budget`.

    But for one picture, the first in turn: where it runs already it goes on as long as the budget covers `kept` of its
    lowest step. To stop it and begin again costs a key frame, more than the pacer has to hold back.

    First everybody gets the lowest step, by rank and then slot; then those of one rank rise together, a step each in
    turn, up to what their tile can use, before the next rank rises. Who cannot be given its next step is left where it
    is, and those after it go on. Of two budgets the greater one's choices are greater in this order. A step above what
    a slot had (`holds`) is given only when it may rise, and must leave 1 - HEADROOM of the budget free.
    """
    giver = _Giver(budget, holds or {})
    turn = sorted((want for want in wants if want.ideal >= 0), key=lambda want: (want.rank, want.slot))
    served = [want for number, want in enumerate(turn) if giver.give(want, kept if number == 0 else 1.0)]
    for rank in sorted({want.rank for want in served}):
        rising = [want for want in served if want.rank == rank]
        while rising:
            rising = [want for want in rising if giver.give(want)]
    return {want.slot: giver.levels.get(want.slot, NOTHING) for want in wants}


class _Giver:
    """Hands out steps until the budget is used."""

    def __init__(self, budget: float, holds: Mapping[int, Hold]) -> None:
        self.levels: dict[int, int] = {}
        self._left = budget
        self._reserve = budget * (1 - HEADROOM)
        self._holds = holds

    def give(self, want: Want, share: float = 1.0) -> bool:
        """One step more for `want`; whether it got it. For a picture that it has already, `share` of its cost do."""
        level = self.levels.get(want.slot, NOTHING) + 1
        if level > want.ideal:
            return False
        hold = self._holds.get(want.slot, FREE)
        rises = hold.level is not None and level > hold.level
        if rises and not hold.may_rise:
            return False
        more = want.steps[level].bitrate - (want.steps[level - 1].bitrate if level else 0.0)
        has = hold.level is not None and not rises
        if more * (share if has else 1.0) > self._left - (self._reserve if rises else 0.0):
            return False
        self._left = max(0.0, self._left - more)
        self.levels[want.slot] = level
        return True


def _decision(want: Want, level: int, left: float, reserved: float) -> Decision:
    return Decision(want.steps[level] if level >= 0 else None, _reason(want, level, left, reserved), want.top)


def _reason(want: Want, level: int, left: float, reserved: float) -> Reason:
    if want.source is None:
        return "off"
    if want.top is None:
        return "hidden"
    if not want.tier.moves:
        return "tier"
    if not want.steps:
        return "site"
    if level < want.ideal:
        more = want.steps[level + 1].bitrate - (want.steps[level].bitrate if level >= 0 else 0.0)
        return "settling" if more <= left else "voices" if more <= left + reserved else "budget"
    if want.tier is not TOP and level < want.best(TOP):
        return "tier"
    return "site" if want.steps[level].layer < want.top else "tile"
