"""Where a CAP message applies, as GeoJSON. The only place that knows CAP writes latitude before longitude."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from alerts.cap.message import Area, Departure, Pair
from alerts.data import table
from gis.geometry import GeometryProblem, box_around, circle, enclosed, without_holes
from gis.tangle import FEW_EDGES, MOST_CROSSINGS, crossings

_NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,20})?"
_POSITION = re.compile(rf"({_NUMBER}),({_NUMBER})", re.ASCII)
_CIRCLE = re.compile(rf"({_NUMBER}),({_NUMBER})\s+(\d{{1,5}}(?:\.\d{{1,20}})?)", re.ASCII)

MOST_CIRCLES = 50
"""Of one message that are drawn round."""
MOST_MEETINGS = 4000
"""Of the edges of what is drawn for one area."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The geometry of one polygon or circle text, or why there is none or how it was mended.

    `crossings` is how often its ring crosses itself; `rough` says that it is only what stands around it.
    """

    geometry: BaseGeometry | None
    fault: Departure | None
    crossings: int = 0
    rough: bool = False


class Drawings:
    """The polygons and circles of one message, each text read once, with what may be spent on all of them together.

    Where that is used up, a ring that crosses itself becomes the hull around it and a circle the box around it.
    """

    def __init__(self) -> None:
        self._crossings, self._circles = MOST_CROSSINGS, MOST_CIRCLES
        self._polygons: dict[str, Shape] = {}
        self._rounds: dict[str, Shape] = {}

    def polygon(self, text: str) -> Shape:
        if text not in self._polygons:
            found = read_polygon(text, self._crossings)
            self._crossings -= min(found.crossings, self._crossings)
            self._polygons[text] = found
        return self._polygons[text]

    def circle(self, text: str) -> Shape:
        if text not in self._rounds:
            self._circles -= 1
            self._rounds[text] = read_circle(text, rough=self._circles < 0)
        return self._rounds[text]

    def of(self, area: Area) -> list[Shape]:
        """Every polygon and circle of an area."""
        return [*map(self.polygon, area.polygons), *map(self.circle, area.circles)]


def read_polygon(text: str, most_crossings: int = MOST_CROSSINGS) -> Shape:
    """A polygon from `lat,lon lat,lon …`.

    Whitespace may be anything, newlines included. An open ring is closed, a ring that crosses itself is all that it
    encloses, one that crosses itself more than `most_crossings` times the hull around it, a trailing comma is passed
    over: each with a `cap.polygon_mended` warning. What has no area or lies outside the world is unreadable:
    `cap.polygon`.
    """
    words = text.split()
    ring = [_position(word.rstrip(",")) for word in words]
    if any(position is None for position in ring):
        return _unreadable("cap.polygon", text)
    points = [position for position in ring if position is not None]
    mended = ["a trailing comma"] if any(word.endswith(",") for word in words) else []
    if points and points[0] != points[-1]:
        points.append(points[0])
        mended.append("an open ring")
    if len(points) < 4:
        return _unreadable("cap.polygon", text)
    ring_of, crossed = _ring(points, most_crossings)
    if crossed > most_crossings:
        mended.append(f"a ring that crosses itself more than {most_crossings} times: the hull around it")
    elif crossed:
        mended.append("a ring that crosses or touches itself")
    if ring_of.is_empty or ring_of.area == 0:
        return _unreadable("cap.polygon", text)
    fault = Departure("cap.polygon_mended", "", "; ".join(mended)) if mended else None
    return Shape(ring_of, fault, crossed, rough=crossed > most_crossings)


def _ring(points: Sequence[tuple[float, float]], most: int) -> tuple[BaseGeometry, int]:
    """What a closed ring encloses, and how often it crosses itself: 0 where nothing had to be mended."""
    area: BaseGeometry = shapely.Polygon(points)
    if len(points) <= FEW_EDGES and area.is_valid:
        return area, 0
    crossed = crossings([area], most)
    if crossed > most:
        return shapely.convex_hull(area), crossed
    return (area, 0) if area.is_valid else (enclosed(area), max(crossed, 1))


def read_circle(text: str, *, rough: bool = False) -> Shape:
    """A circle from `lat,lon radius` with the radius in kilometres; radius 0 is a point. If `rough`, its box alone."""
    match = _CIRCLE.fullmatch(text.strip())
    if match is None:
        return _unreadable("cap.circle", text)
    lat, lon, radius_km = map(float, match.groups())
    try:
        return Shape((box_around if rough else circle)(lon, lat, radius_km * 1000), None, rough=rough)
    except GeometryProblem:
        return _unreadable("cap.circle", text)


def join(shapes: Sequence[BaseGeometry]) -> tuple[BaseGeometry, bool]:
    """Drawn shapes as one, and whether they overlap so much that it is the hull around them."""
    if len(shapes) == 1:
        return shapes[0], False
    if crossings(list(shapes), MOST_MEETINGS) > MOST_MEETINGS:
        return shapely.convex_hull(shapely.geometrycollections(list(shapes))), True
    return shapely.union_all(shapes), False


def division_codes(geocodes: Sequence[Pair]) -> tuple[str, ...]:
    """The division codes among geocodes, each once, in their order."""
    names = table("geocodes")["division_names"]
    return tuple(dict.fromkeys(pair.value for pair in geocodes if pair.name in names))


def cap_area(description: str, divisions: Sequence[str], geometry: Mapping[str, Any] | None) -> Area:
    """A CAP area from our own: its divisions as geocodes and its GeoJSON as polygons or zero circles.

    CAP's polygons have no holes: an area with one goes out in parts around it, which cover together what was drawn.
    """
    name = table("geocodes")["own_name"]
    drawn = shapely.geometry.shape(dict(geometry)) if geometry else shapely.Polygon()
    return Area(
        description=description,
        polygons=tuple(map(_polygon_text, without_holes(drawn))),
        circles=tuple(_point_text(part) for part in shapely.get_parts(drawn) if part.geom_type == "Point"),
        geocodes=tuple(Pair(name, code) for code in divisions),
    )


def _point_text(point: BaseGeometry) -> str:
    ((lon, lat),) = shapely.get_coordinates(point)
    return f"{lat:.6f},{lon:.6f} 0"


def _polygon_text(polygon: BaseGeometry) -> str:
    return " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in shapely.get_coordinates(shapely.get_exterior_ring(polygon)))


def _position(word: str) -> tuple[float, float] | None:
    match = _POSITION.fullmatch(word)
    if match is None:
        return None
    lat, lon = float(match.group(1)), float(match.group(2))
    return (lon, lat) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _unreadable(code: str, text: str) -> Shape:
    return Shape(None, Departure(code, "", f"“{text[:60]}” cannot be read"))
