"""The sample geography of the demo county: township positions, resources, loudspeakers and people that do not exist.

Every name but a township's ends in （示例）; positions are made up inside the real boundary; telephone numbers cannot
be dialled and e-mail addresses end in `.invalid`. Whoever shows any of it shows that it is a sample.
"""

import math
from dataclasses import dataclass
from functools import cache

import shapely

from gis.divisions import shipped_divisions
from gis.package_data import read_json


@dataclass(frozen=True, slots=True)
class DemoTownship:
    code: str
    name: str
    lon: float
    lat: float
    sample: bool
    approximate: bool


@dataclass(frozen=True, slots=True)
class DemoResource:
    """`kind` as in the glossary; `class_code` is GB/T 38565 or None where not known; `quantity` counts `measure`."""

    key: str
    kind: str
    class_code: str | None
    name: str
    quantity: int
    measure: str
    lon: float
    lat: float
    township_code: str
    owner_code: str
    phone: str
    sample: bool


@dataclass(frozen=True, slots=True)
class DemoLoudspeaker:
    key: str
    name: str
    township_code: str
    lon: float
    lat: float
    sample: bool


@dataclass(frozen=True, slots=True)
class DemoPerson:
    """A responsible person; `division_code` is the (real) village they answer for."""

    key: str
    name: str
    division_code: str
    township_code: str
    lon: float
    lat: float
    phone: str
    email: str
    sample: bool


@dataclass(frozen=True, slots=True)
class DemoHazardPoint:
    """`division_code` is the (real) village it is said to lie in; `households` says how many are there."""

    key: str
    name: str
    hazard: str
    township_code: str
    division_code: str
    lon: float
    lat: float
    shelter: str
    households: int
    sample: bool


@dataclass(frozen=True, slots=True)
class DemoHousehold:
    """Nobody: `head` is a number, `hazard_point` the key of its point, `number` counts there."""

    key: str
    hazard_point: str
    number: int
    head: str
    people: int
    needs: str | None
    phone: str
    sample: bool


@dataclass(frozen=True, slots=True)
class DemoCounty:
    code: str
    name: str
    note: str
    townships: tuple[DemoTownship, ...]
    resources: tuple[DemoResource, ...]
    loudspeakers: tuple[DemoLoudspeaker, ...]
    people: tuple[DemoPerson, ...]
    hazard_points: tuple[DemoHazardPoint, ...]
    households: tuple[DemoHousehold, ...]


@cache
def demo_county() -> DemoCounty:
    """The sample county in the package data, read once. `key`s are stable, so that seeding twice finds its own rows."""
    raw = read_json("demo/chuxiong.json")
    return DemoCounty(
        code=raw["county"],
        name=raw["name"],
        note=raw["note"],
        townships=tuple(DemoTownship(**row) for row in raw["townships"]),
        resources=tuple(DemoResource(**row) for row in raw["resources"]),
        loudspeakers=tuple(DemoLoudspeaker(**row) for row in raw["loudspeakers"]),
        people=tuple(DemoPerson(**row) for row in raw["people"]),
        hazard_points=tuple(DemoHazardPoint(**row) for row in raw["hazard_points"]),
        households=tuple(DemoHousehold(**row) for row in raw["households"]),
    )


def invented_places(township: DemoTownship, county: DemoCounty, count: int) -> list[tuple[float, float]]:
    """Where `count` villages of a township might lie, in degrees: spread around its seat, not half the way to the next
    one, in the county."""
    seat = shapely.Point(township.lon, township.lat)
    others = [shapely.Point(one.lon, one.lat) for one in county.townships if one.code != township.code]
    known = shipped_divisions().boundary_of(county.code)
    found = []
    for number in range(count):
        far = min(map(seat.distance, others)) * 0.45 * math.sqrt((number + 0.5) / count)
        turn = number * math.pi * (3 - math.sqrt(5))
        while True:
            at = shapely.Point(round(seat.x + far * math.cos(turn), 4), round(seat.y + far * math.sin(turn), 4))
            if far < 0.001 or known is None or known.geometry.covers(at):
                break
            far /= 2
        found.append((at.x, at.y))
    return found
