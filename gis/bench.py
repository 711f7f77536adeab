"""How fast the hot questions are, beside a plain loop over the same data that must give the same answer."""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.boundaries import shipped_outlines
from gis.geometry import FloatArray, bbox, inside
from gis.travel import nearest

SEED = 20261120
ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Row:
    """One question: our best time of several and the plain loop's, in milliseconds. `agree` is whether both answered
    the same."""

    question: str
    ms: float
    peer_ms: float
    agree: bool


def run(recipients: int = 100_000, resources: int = 10_000) -> list[dict[str, Any]]:
    """The rows `{question, ms, peer_ms, agree}` for arrays of the given sizes."""
    return [asdict(row) for row in _rows(recipients, resources)]


def _rows(recipients: int, resources: int) -> Iterator[Row]:
    outline = shipped_outlines().get("532301")
    if outline is None:
        raise LookupError("the county's outline is missing from the package data")
    area = outline.geometry
    lons, lats = _scattered(area, recipients)
    yield _timed(
        f"which of {recipients:,} recipients are in the county",
        lambda: np.flatnonzero(inside(area, lons, lats)),
        lambda: _inside_loop(area, lons, lats),
    )
    near_lons, near_lats = _scattered(area, resources)
    origin = (101.02, 24.66)
    yield _timed(
        f"the nearest 10 of {resources:,} resources",
        lambda: nearest(origin, near_lons, near_lats, 10).indexes,
        lambda: _nearest_loop(origin, near_lons, near_lats, 10),
    )


def _scattered(area: BaseGeometry, count: int) -> tuple[FloatArray, FloatArray]:
    box, chance = bbox(area), np.random.default_rng(SEED)
    return chance.uniform(box.west, box.east, count), chance.uniform(box.south, box.north, count)


def _timed(question: str, ours: Callable[[], Any], peer: Callable[[], Any]) -> Row:
    ms, answer = min((_once(ours) for _ in range(ROUNDS)), key=lambda timed: timed[0])
    peer_ms, expected = _once(peer)
    return Row(question, round(ms, 3), round(peer_ms, 3), bool(np.array_equal(answer, expected)))


def _once(ask: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    answer = ask()
    return (time.perf_counter() - start) * 1000.0, answer


def _inside_loop(area: BaseGeometry, lons: FloatArray, lats: FloatArray) -> list[int]:
    unprepared = shapely.from_wkb(shapely.to_wkb(area))
    return [i for i, (x, y) in enumerate(zip(lons, lats, strict=True)) if unprepared.intersects(shapely.Point(x, y))]


def _nearest_loop(origin: tuple[float, float], lons: FloatArray, lats: FloatArray, limit: int) -> list[int]:
    distances = [_haversine(origin, (x, y)) for x, y in zip(lons.tolist(), lats.tolist(), strict=True)]
    return sorted(range(len(distances)), key=distances.__getitem__)[:limit]


def _haversine(one: tuple[float, float], other: tuple[float, float]) -> float:
    x1, y1, x2, y2 = map(math.radians, (*one, *other))
    return math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
