"""What a receiver's slots should show, as allocation takes it: tiles, ranks, and what the sites send just now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from media.sfu.allocate import Step, Want
from media.sfu.ladder import Need
from media.sfu.layer import Layer
from media.sfu.rates import nominal
from media.sfu.source import Source
from media.sfu.temporal import ALL_TEMPORAL
from media.sfu.terms import Part
from media.sfu.tiers import AUDIO, STILLS_BPS, TIERS, TOP, Tier, lower
from media.sfu.tiles import SMALLEST, layer_for
from media.sfu.video_slot import VideoSlot

STAGE, CHAIR, SPEAKING, OTHER = 0, 1, 2, 3
NEGLIGIBLE = 0.02
LAST_MOVING = [tier for tier in TIERS if tier.moves][-1]


@dataclass(frozen=True, slots=True)
class View:
    """How a receiver looks: `heights` as in `Room.view`, `staged` the slots that follow the speaker.

    `pinned` are the slots that it holds on to, `parts` what is known of those who are more than a site. `temporal` is
    the highest temporal id that it may get at all, `tier` where it stands on the ladder, `most_rank` the last rank of
    which pictures are sent.
    """

    heights: Sequence[int | None] = ()
    staged: frozenset[int] = frozenset()
    pinned: frozenset[int] = frozenset()
    parts: Mapping[str, Part] = field(default_factory=dict)
    speaker: str | None = None
    temporal: int = ALL_TEMPORAL
    tier: Tier = TOP
    most_rank: int = OTHER


Ladders = dict[tuple[Source, int], tuple[Step, ...]]
"""What can be had of each source at one moment, the same for all receivers; by source and highest temporal id."""


def wants(now: float, slots: Sequence[VideoSlot], view: View, known_ladders: Ladders | None = None) -> list[Want]:
    """One want for each slot; `known_ladders` were made at the same time for other receivers, and gets those made now.

    First go those that are pinned, follow the speaker, show the content or who is broadcast, and the one tile that is
    higher than all others, then the chair's, then the speaker's, then all others alike.
    """
    ladders: Ladders = {} if known_ladders is None else known_ladders
    known, temporal = view.heights, view.temporal
    biggest = max((height or 0 for height in known), default=0)
    stage = known.index(biggest) if biggest and known.count(biggest) == 1 and len(known) > 1 else -1
    found = []
    for number, slot in enumerate(slots):
        source = slot.shows
        if source is None:
            found.append(Want(number, None))
            continue
        tile = known[number] if number < len(known) else None
        rank = STAGE if number == stage else _rank(number, source.participant, view)
        heights = tuple([layer.height for layer in source.layers])
        top = layer_for(tile, heights)
        steps = ladders.get((source, temporal))
        if steps is None:
            steps = ladders[source, temporal] = ladder(now, source, temporal)
        tier = view.tier if rank <= view.most_rank else lower(view.tier, AUDIO)
        found.append(Want(number, source.participant, rank, top, steps, heights, tier))
    return found


def needs(all_wants: Sequence[Want], speech: float, voice: float, reserved: float = 0.0) -> list[Need]:
    """What each tier takes: `speech` bit/s for the voices, `voice` of it where there is one that is packed.

    Pictures come after what is `reserved` for voices that are not sent yet. The first picture in turn decides: as long
    as it can be had the others wait for room. One that is the same on all tiers (an encoder of a single size) does not:
    nothing that is done for it helps, and the others would go without. Where all are so, the cheapest does. The last
    tier that shows pictures takes what the smallest of them does. No tier takes more than one above it, so that the
    answer to more room is never less.
    """
    seen = sorted((want for want in all_wants if want.cost(TOP)), key=lambda want: want.cost(LAST_MOVING))
    shrinking = [want for want in seen if want.cost(LAST_MOVING) < want.cost(TOP)]
    first = min(shrinking or seen[:1], key=lambda want: (want.rank, want.slot), default=None)
    smallest = seen[0].cost(LAST_MOVING) if seen else 0.0
    found, least = list[Need](), float("inf")
    for tier in TIERS:
        shows = first is not None and (tier.moves or tier.stills)
        if first is not None and shows:
            cost = smallest if tier is LAST_MOVING else first.cost(tier) if tier.moves else STILLS_BPS
            least = min(least, cost)
        spoken = voice if tier.packed else speech
        found.append(Need(spoken + reserved, least) if shows else Need(spoken))
    return found


def _rank(slot: int, shown: str, view: View) -> int:
    part = view.parts.get(shown)
    if slot in view.pinned or slot in view.staged or part in {"broadcast", "content"}:
        return STAGE
    if part == "chair":
        return CHAIR
    return SPEAKING if shown == view.speaker else OTHER


def ladder(now: float, source: Source, most: int = ALL_TEMPORAL) -> tuple[Step, ...]:
    """What can be had of a source, up to temporal id `most`; each step dearer than the one before.

    All temporal ids of the lowest layer; of the others all, and all but the highest: a big picture that jerks is worth
    less than a small one that moves. Layers count that come, or that come when they are wanted.
    """
    if source.muted:
        return ()
    steps: list[Step] = []
    for number, layer in enumerate(source.layers):
        if not layer.available(now):
            continue
        costs = _costs(layer, layer.height or SMALLEST << number, most)
        for temporal, cost in costs if not steps else costs[-2:]:
            least = steps[-1].bitrate + 1 if steps else 0.0
            steps.append(Step(number, temporal, max(cost, least)))
    return tuple(steps)


def _costs(layer: Layer, height: int, most: int) -> list[tuple[int, float]]:
    """(highest temporal id, bitrate) of what can be sent of a layer; the last is all of it that may be sent."""
    rate = layer.rate
    if not rate.settled:
        return [(most, nominal(height))]
    total = sum(rate.by_temporal)
    costs, sum_so_far = list[tuple[int, float]](), 0.0
    for temporal, bitrate in enumerate(rate.by_temporal[: most + 1]):
        if bitrate > NEGLIGIBLE * total:
            sum_so_far += bitrate
            costs.append((temporal, sum_so_far))
    return [*costs[:-1], (most, sum_so_far)]
