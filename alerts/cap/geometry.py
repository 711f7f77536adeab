"""Where a CAP message applies, as GeoJSON. The only place that knows CAP writes latitude before longitude."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

import shapely
from shapely.geometry.base import BaseGeometry

from alerts.cap.message import Area, Departure, Info, Pair
from alerts.data import table
from gis.geometry import GeometryProblem, circle, to_geojson

_NUMBER = r"[+-]?\d{1,3}(?:\.\d{1,20})?"
_POSITION = re.compile(rf"({_NUMBER}),({_NUMBER})", re.ASCII)
_CIRCLE = re.compile(rf"({_NUMBER}),({_NUMBER})\s+(\d{{1,5}}(?:\.\d{{1,20}})?)", re.ASCII)

GeoJson = dict[str, Any]


class Boundary(Protocol):
    """As `gis.divisions.Boundary`."""

    @property
    def geometry(self) -> BaseGeometry: ...
    @property
    def approximate(self) -> bool: ...
    @property
    def used_code(self) -> str: ...


BoundaryOf = Callable[[str, date], "Boundary | None"]


@dataclass(frozen=True, slots=True)
class Shape:
    """The geometry of one polygon or circle text, or why there is none or how it was mended."""

    geometry: BaseGeometry | None
    fault: Departure | None


@dataclass(frozen=True, slots=True)
class Place:
    """One CAP area on the map. `geometry` is GeoJSON in WGS-84 lon, lat, or None where nothing tells.

    `approximate` is True where a larger division stands in for the one named, `drawn` where it is not of divisions.
    """

    description: str
    geometry: GeoJson | None
    approximate: bool
    divisions: tuple[str, ...]
    warnings: tuple[Departure, ...]
    drawn: bool = False

    def public(self) -> GeoJson:
        return {"description": self.description, "geometry": self.geometry, "approximate": self.approximate}


def polygon_fault(text: str) -> Departure | None:
    """Why a CAP polygon cannot be taken as it is; None where it can."""
    return read_polygon(text).fault


def circle_fault(text: str) -> Departure | None:
    """Why a CAP circle cannot be taken as it is; None where it can."""
    return read_circle(text).fault


def read_polygon(text: str) -> Shape:
    """A polygon from `lat,lon lat,lon …`.

    Whitespace may be anything, newlines included. An open ring is closed, a ring that crosses itself is
    split, a trailing comma is passed over: each with a `cap.polygon_mended` warning. What has no area or
    lies outside the world is unreadable: `cap.polygon`.
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
    geometry: BaseGeometry = shapely.Polygon(points)
    if not geometry.is_valid:
        geometry = _surfaces(shapely.make_valid(geometry))
        mended.append("a ring that crosses or touches itself")
    if geometry.is_empty or geometry.area == 0:
        return _unreadable("cap.polygon", text)
    return Shape(geometry, Departure("cap.polygon_mended", "", "; ".join(mended)) if mended else None)


def read_circle(text: str) -> Shape:
    """A circle from `lat,lon radius` with the radius in kilometres; radius 0 is a point."""
    match = _CIRCLE.fullmatch(text.strip())
    if match is None:
        return _unreadable("cap.circle", text)
    lat, lon, radius_km = map(float, match.groups())
    try:
        return Shape(circle(lon, lat, radius_km * 1000), None)
    except GeometryProblem:
        return _unreadable("cap.circle", text)


def places_of(info: Info, boundary_of: BoundaryOf, on: date) -> tuple[Place, ...]:
    """Every area of an info on the map.

    A polygon or circle counts before a geocode. A geocode of a name listed in `data/geocodes.json` gets its
    division's boundary valid on the day `on`, an unknown division its parent's, marked approximate.
    """
    return tuple(_place(area, number, boundary_of, on) for number, area in enumerate(info.areas, 1))


def _place(area: Area, number: int, boundary_of: BoundaryOf, on: date) -> Place:
    codes = division_codes(area.geocodes)
    drawn = [shape.geometry for shape in _shapes(area) if shape.geometry is not None]
    if drawn:
        return Place(area.description, to_geojson(shapely.union_all(drawn)), False, codes, (), drawn=True)
    found = [boundary for code in codes if (boundary := _boundary(code, boundary_of, on)) is not None]
    where = f"area[{number}]"
    if not found:
        departure = Departure("cap.area_without_geometry", where, "no polygon or circle, and no known division")
        return Place(area.description, None, False, codes, (departure,))
    approximate = any(boundary.approximate for boundary in found)
    used = ", ".join(boundary.used_code for boundary in found)
    warnings = (Departure("cap.area_approximate", where, f"boundary of {used}"),) if approximate else ()
    geometry = shapely.union_all([boundary.geometry for boundary in found])
    return Place(area.description, to_geojson(geometry), approximate, codes, warnings)


def _shapes(area: Area) -> Iterable[Shape]:
    yield from map(read_polygon, area.polygons)
    yield from map(read_circle, area.circles)


def _boundary(code: str, boundary_of: BoundaryOf, on: date) -> Boundary | None:
    try:
        return boundary_of(code, on)
    except ValueError:  # gis.divisions.DivisionCodeError: no division code at all
        return None


def division_codes(geocodes: Sequence[Pair]) -> tuple[str, ...]:
    """The division codes among geocodes, each once, in their order."""
    names = table("geocodes")["division_names"]
    return tuple(dict.fromkeys(pair.value for pair in geocodes if pair.name in names))


def cap_area(description: str, divisions: Sequence[str], geometry: Mapping[str, Any] | None) -> Area:
    """A CAP area from our own: its divisions as geocodes and its GeoJSON as polygons or zero circles."""
    name = table("geocodes")["own_name"]
    parts = _parts(shapely.geometry.shape(dict(geometry))) if geometry else []
    return Area(
        description=description,
        polygons=tuple(_polygon_text(part) for part in parts if part.geom_type == "Polygon"),
        circles=tuple(_point_text(part) for part in parts if part.geom_type == "Point"),
        geocodes=tuple(Pair(name, code) for code in divisions),
    )


def _point_text(point: BaseGeometry) -> str:
    ((lon, lat),) = shapely.get_coordinates(point)
    return f"{lat:.6f},{lon:.6f} 0"


def _polygon_text(polygon: BaseGeometry) -> str:
    return " ".join(f"{lat:.6f},{lon:.6f}" for lon, lat in shapely.get_coordinates(shapely.get_exterior_ring(polygon)))


def _parts(geometry: BaseGeometry) -> list[BaseGeometry]:
    return list(shapely.get_parts(geometry))


def _surfaces(geometry: BaseGeometry) -> BaseGeometry:
    return shapely.union_all([part for part in _parts(geometry) if part.geom_type == "Polygon"] or [shapely.Polygon()])


def _position(word: str) -> tuple[float, float] | None:
    match = _POSITION.fullmatch(word)
    if match is None:
        return None
    lat, lon = float(match.group(1)), float(match.group(2))
    return (lon, lat) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _unreadable(code: str, text: str) -> Shape:
    return Shape(None, Departure(code, "", f"“{text[:60]}” cannot be read"))
