"""How far and how long by road, estimated: there is no road network in the package data, and every answer says so.

The road distance is the straight one times a detour factor, the time follows from a door-to-door speed and a time to
set off, each per way of moving. The factors are round figures for hill country with county and township roads, where
roads wind more than on a plain (published circuity of whole networks is mostly 1.2 to 1.6); they are the product's
assumption, not a measurement, and a county replaces them by handing in its own `Travel`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import ArrayLike, NDArray

from gis.geometry import FloatArray, check_position, distance_m


class Mode(StrEnum):
    CAR = "car"
    TRUCK = "truck"
    FOOT = "foot"
    AIR = "air"


@dataclass(frozen=True, slots=True)
class Travel:
    """One way of moving: road metres per straight metre, metres per second door to door, seconds before setting off."""

    detour: float
    speed_m_s: float
    setting_off_s: float


TRAVEL: Mapping[Mode, Travel] = {
    Mode.CAR: Travel(detour=1.5, speed_m_s=40 / 3.6, setting_off_s=120.0),
    Mode.TRUCK: Travel(detour=1.5, speed_m_s=28 / 3.6, setting_off_s=600.0),
    Mode.FOOT: Travel(detour=1.3, speed_m_s=4 / 3.6, setting_off_s=0.0),
    Mode.AIR: Travel(detour=1.0, speed_m_s=45 / 3.6, setting_off_s=300.0),
}
MODE_OF_KIND: Mapping[str, Mode] = {
    "equipment": Mode.TRUCK,
    "material": Mode.TRUCK,
}
"""How a kind of resource moves; the others go by car. To a shelter or a hospital people are driven."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Straight and road metres and seconds between two positions. `estimated` is False only for a routed answer."""

    distance_m: float
    road_m: float
    travel_s: float
    estimated: bool = True


@dataclass(frozen=True, slots=True)
class Nearest:
    """The points soonest reached, in that order: indexes into the arrays given, and for each the `Estimate` figures."""

    indexes: NDArray[np.intp]
    distance_m: FloatArray
    road_m: FloatArray
    travel_s: FloatArray
    estimated: bool = True


def mode_of(kind: str) -> Mode:
    """How a resource of that kind moves."""
    return MODE_OF_KIND.get(kind, Mode.CAR)


def estimate(
    origin: tuple[float, float], target: tuple[float, float], mode: Mode = Mode.CAR, travel: Travel | None = None
) -> Estimate:
    """From one (lon, lat) to another. Raises GeometryProblem for a position that is not on earth."""
    figures = travel or TRAVEL[mode]
    straight = float(distance_m(*check_position(*origin), *check_position(*target)))
    road = straight * figures.detour
    return Estimate(straight, road, figures.setting_off_s + road / figures.speed_m_s)


def nearest(
    origin: tuple[float, float],
    lons: ArrayLike,
    lats: ArrayLike,
    limit: int,
    modes: ArrayLike | None = None,
    travel: Mapping[Mode, Travel] = TRAVEL,
) -> Nearest:
    """The `limit` points that are there soonest, from arrays of degrees of one length; at most as many as there are.

    `modes` names the `Mode` of each point (all by car if None). Points with a NaN coordinate are never returned; ties
    keep the order given. Raises GeometryProblem for an origin that is not on earth.
    """
    lon, lat = check_position(*origin)
    straight = distance_m(lon, lat, lons, lats)
    factors = _factors(modes, straight.shape, travel)
    road = straight * factors[0]
    seconds = factors[2] + road / factors[1]
    known = np.flatnonzero(np.isfinite(seconds))
    count = min(max(limit, 0), len(known))
    chosen = known[_smallest(seconds[known], count)]
    return Nearest(chosen, straight[chosen], road[chosen], seconds[chosen])


def _smallest(values: FloatArray, count: int) -> NDArray[np.intp]:
    """Indexes of the `count` smallest values in rising order; a tie at the end is cut by position."""
    if count < len(values):
        edge = np.partition(values, count - 1)[count - 1] if count else -np.inf
        candidates = np.flatnonzero(values <= edge)
    else:
        candidates = np.arange(len(values))
    return candidates[np.argsort(values[candidates], kind="stable")[:count]]


def _factors(modes: ArrayLike | None, shape: tuple[int, ...], travel: Mapping[Mode, Travel]) -> FloatArray:
    """Rows detour, speed, setting off for each point."""
    if modes is None:
        car = travel[Mode.CAR]
        return np.array([[car.detour], [car.speed_m_s], [car.setting_off_s]])
    names = np.asarray(modes, dtype=np.str_)
    factors = np.empty((3, *shape))
    for mode, figures in travel.items():
        factors[:, names == mode.value] = [[figures.detour], [figures.speed_m_s], [figures.setting_off_s]]
    return factors
