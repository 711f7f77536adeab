"""What the sites of a bench send and see."""

from dataclasses import dataclass
from typing import Protocol

AUDIO_TYPE, VIDEO_TYPE, RTX_TYPE = 111, 96, 97
LOUD, QUIET = 30, 90  # -dBov


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of stream at load 1: packets per second, bytes of payload, packets of one frame.

    `level` is the loudness that audio tells, in -dBov.
    """

    kind: str
    payload_type: int
    packets_per_s: float
    size: int
    per_frame: int
    level: int = LOUD


AUDIO = Stream("audio", AUDIO_TYPE, 50.0, 120, 1)
NOISE = Stream("audio", AUDIO_TYPE, 50.0, 120, 1, QUIET)
VIDEO = Stream("video", VIDEO_TYPE, 67.5, 600, 3)
THUMBNAIL = Stream("video", VIDEO_TYPE, 20.0, 600, 2)


class Load(Protocol):
    """Who sends what, who is shown what, and what follows from it at load 1."""

    @property
    def names(self) -> list[str]: ...
    @property
    def sent_per_s(self) -> float: ...
    @property
    def forwarded_per_s(self) -> float:
        """Packets that reach a site, of all sites."""

    def streams(self, number: int) -> list[Stream]:
        """What site `number`, counted from 0, sends."""

    def shown(self, number: int) -> list[str | None]:
        """What its video slots show."""


@dataclass(frozen=True, slots=True)
class Conference:
    """`sites` show their picture to all others; `speaking` of them are heard by all others.

    As many speak as the bridge forwards voices, so that a server without a choice of speakers has the same to do.
    """

    sites: int = 20
    speaking: int = 3

    @property
    def names(self) -> list[str]:
        return _names(self.sites)

    def streams(self, number: int) -> list[Stream]:
        return [AUDIO, VIDEO] if number < self.speaking else [VIDEO]

    def shown(self, number: int) -> list[str | None]:
        return [name for place, name in enumerate(self.names) if place != number]

    @property
    def sent_per_s(self) -> float:
        return self.sites * VIDEO.packets_per_s + min(self.sites, self.speaking) * AUDIO.packets_per_s

    @property
    def forwarded_per_s(self) -> float:
        """28,500 with the numbers above."""
        return self.sent_per_s * (self.sites - 1)


@dataclass(frozen=True, slots=True)
class Walls:
    """`sites` with open microphones and a small picture of 10 frames/s each; a wall of `tiles` at each.

    In the tiles only the `moving` pictures of those who spoke last move, the others show a still that costs the bridge
    nothing. The `speaking` loudest are heard by all.
    """

    sites: int = 60
    tiles: int = 16
    moving: int = 9
    speaking: int = 3

    @property
    def names(self) -> list[str]:
        return _names(self.sites)

    def streams(self, number: int) -> list[Stream]:
        return [AUDIO if number < self.speaking else NOISE, THUMBNAIL]

    def shown(self, number: int) -> list[str | None]:
        moving = [name for place, name in enumerate(self.names) if place != number][: self.moving]
        return [*moving, *[None] * (self.tiles - len(moving))]

    @property
    def sent_per_s(self) -> float:
        return self.sites * (AUDIO.packets_per_s + THUMBNAIL.packets_per_s)

    @property
    def forwarded_per_s(self) -> float:
        pictures = self.sites * min(self.moving, self.sites - 1) * THUMBNAIL.packets_per_s
        return pictures + self.speaking * (self.sites - 1) * AUDIO.packets_per_s


def _names(sites: int) -> list[str]:
    return [f"site-{number}" for number in range(1, sites + 1)]
