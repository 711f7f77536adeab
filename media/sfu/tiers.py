"""The tiers of the ladder for weak sites, as data: what a site gets, or sends, on each of them."""

from dataclasses import dataclass
from typing import Literal

from media.sfu.temporal import ALL_TEMPORAL

TierName = Literal["720p", "360p", "180p", "fewer_frames", "stills", "audio", "one_voice"]
STILLS_BPS = 16_000.0
"""The least that is worth having for stills: one of 10 kB every 5 s."""


@dataclass(frozen=True, slots=True)
class Tier:
    """`level` counts down from 0, where the line sets no limit.

    Pictures move where `moves`, up to `height` pixels (None: any) and temporal id `temporal`. Where `stills`, there is
    one JPEG every few seconds instead. `voices` is the number of voices at most, None for all that fit; `packed`: each
    packet of speech holds 60 ms. Above `most_loss` (a share of packets) its pictures could not be repaired in time.
    """

    level: int
    name: TierName
    moves: bool = True
    height: int | None = None
    temporal: int = ALL_TEMPORAL
    stills: bool = False
    voices: int | None = None
    packed: bool = False
    most_loss: float = 0.4


TIERS = (
    Tier(0, "720p"),
    Tier(1, "360p", height=360),
    Tier(2, "180p", height=180),
    Tier(3, "fewer_frames", height=180, temporal=0),
    Tier(4, "stills", moves=False, stills=True),
    Tier(5, "audio", moves=False, most_loss=1.0),
    Tier(6, "one_voice", moves=False, voices=1, packed=True, most_loss=1.0),
)
TOP = TIERS[0]
AUDIO = TIERS[5]
BY_NAME: dict[str, Tier] = {tier.name: tier for tier in TIERS}


def lower(one: Tier, other: Tier) -> Tier:
    """The one of two tiers that allows less."""
    return max(one, other, key=lambda tier: tier.level)
