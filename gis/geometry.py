"""Geometry in WGS-84 degrees, lengths in metres: GeoJSON in and out, mending, circles, distances, point-in-area.

Pure functions over Shapely 2 geometries and numpy arrays. Distances are great-circle distances on the mean sphere,
within 0.6 % of the ellipsoid. Areas across the 180th meridian are refused.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis.tangle import FEW_EDGES, MOST_CROSSINGS, crossings

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

EARTH_RADIUS_M = 6_371_008.8
"""Mean radius of the GRS-80 ellipsoid (IUGG)."""
MAX_VERTICES = 100_000
_GEOMETRY_TYPES = {"Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon"}


class GeometryProblem(ValueError):
    """A position or geometry that cannot be used. `code` is stable; the text says what is wrong with it."""

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


@dataclass(frozen=True, slots=True)
class Bbox:
    """Degrees; a geometry's bounding-box columns."""

    west: float
    south: float
    east: float
    north: float


def check_position(lon: float, lat: float) -> tuple[float, float]:
    """The position as floats; GeometryProblem `geometry.out_of_world` or `geometry.not_a_number` if it is none."""
    if not (math.isfinite(lon) and math.isfinite(lat)):
        raise GeometryProblem("geometry.not_a_number", "a coordinate is not a finite number")
    if abs(lon) > 180 or abs(lat) > 90:
        raise GeometryProblem("geometry.out_of_world", f"longitude {lon}, latitude {lat} is not on earth")
    return float(lon), float(lat)


def from_geojson(mapping: Mapping[str, Any]) -> BaseGeometry:
    """A usable geometry from a GeoJSON geometry or Feature, polygons mended.

    Raises GeometryProblem: `geometry.type`, `geometry.coordinates`, `geometry.out_of_world`, `geometry.not_a_number`,
    `geometry.too_large`, `geometry.empty`, `geometry.unmendable`, `geometry.tangled`.
    """
    inner = mapping.get("geometry") if mapping.get("type") == "Feature" else mapping
    if not isinstance(inner, Mapping) or inner.get("type") not in _GEOMETRY_TYPES:
        raise GeometryProblem("geometry.type", "not a GeoJSON point, line or polygon")
    try:
        geometry = shapely.force_2d(shape(dict(inner)))
    except (KeyError, TypeError, ValueError, IndexError, AttributeError, shapely.errors.ShapelyError) as problem:
        raise GeometryProblem("geometry.coordinates", "the coordinates do not fit the geometry's type") from problem
    return checked(geometry)


def needs_mending(mapping: Mapping[str, Any]) -> bool:
    """Whether a GeoJSON geometry or Feature that `from_geojson` takes is another area than it was drawn as."""
    inner = mapping["geometry"] if mapping.get("type") == "Feature" else mapping
    return not shape(dict(inner)).is_valid


def to_geojson(geometry: BaseGeometry, decimals: int = 6) -> dict[str, Any]:
    """A GeoJSON geometry with the given decimals (6: a tenth of a metre), exterior rings counter-clockwise."""
    oriented = shapely.orient_polygons(geometry)
    rounded = shapely.transform(oriented, lambda xy: np.round(xy, decimals))
    return dict(json.loads(shapely.to_geojson(rounded)))


def checked(geometry: BaseGeometry) -> BaseGeometry:
    """The geometry if all its positions are on earth, mended if it is an area. Raises GeometryProblem."""
    coordinates = shapely.get_coordinates(geometry)
    if not len(coordinates):
        raise GeometryProblem("geometry.empty", "the geometry has no positions")
    if len(coordinates) > MAX_VERTICES:
        raise GeometryProblem("geometry.too_large", f"more than {MAX_VERTICES} positions")
    if not np.isfinite(coordinates).all():
        raise GeometryProblem("geometry.not_a_number", "a coordinate is not a finite number")
    if (np.abs(coordinates) > (180.0, 90.0)).any():
        raise GeometryProblem("geometry.out_of_world", "a position is not on earth")
    return mend(geometry) if geometry.geom_type in {"Polygon", "MultiPolygon"} else geometry


def mend(area: BaseGeometry) -> BaseGeometry:
    """A valid polygon or multipolygon from one that crosses itself, repeats positions or winds the wrong way.

    A crossing ring becomes all that it encloses, also what it goes around twice. Raises GeometryProblem
    `geometry.unmendable` when nothing with an area is left (all positions on one line, fewer than three different
    ones), `geometry.tangled` when the edges cross so often that nobody can have meant it.
    """
    few = shapely.get_num_coordinates(area) <= FEW_EDGES
    if not (few and area.is_valid) and crossings([area], MOST_CROSSINGS) > MOST_CROSSINGS:
        raise GeometryProblem("geometry.tangled", f"the edges cross more than {MOST_CROSSINGS} times")
    parts = [part for part in polygons_of(area if area.is_valid else enclosed(area)) if part.area > 0]
    if not parts:
        raise GeometryProblem("geometry.unmendable", "the polygon encloses no area")
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    return shapely.orient_polygons(shapely.remove_repeated_points(whole))


def without_holes(area: BaseGeometry) -> list[shapely.Polygon]:
    """Polygons that cover together what `area` does, none with a hole: cut through the middle hole, again and again.

    What is cut lies on the grid of a written position (six decimals), so that rounding makes nothing cross.
    """
    done, waiting = [], polygons_of(area)
    while waiting:
        one = waiting.pop()
        if not one.interiors:
            done.append(one)
            continue
        west, south, east, north = one.bounds
        middles = sorted((hole.bounds[0] + hole.bounds[2]) / 2 for hole in one.interiors)
        cut = round(middles[len(middles) // 2], 6)
        for half in (shapely.box(west, south, cut, north), shapely.box(cut, south, east, north)):
            waiting += polygons_of(shapely.intersection(one, half, grid_size=1e-6))
    return done


def enclosed(area: BaseGeometry) -> BaseGeometry:
    """All that the rings of an invalid area enclose: the middle of a pentagram belongs to it."""
    parts = polygons_of(shapely.make_valid(area, method="structure", keep_collapsed=False))
    return shapely.union_all(parts or [shapely.Polygon()])


def polygon(ring: ArrayLike) -> BaseGeometry:
    """An area from one ring of (lon, lat) rows, closed if it is open. Raises GeometryProblem as `from_geojson`."""
    rows = np.asarray(ring, dtype=np.float64)
    if rows.ndim != 2 or rows.shape[1] != 2 or len(rows) < 3:
        raise GeometryProblem("geometry.coordinates", "a ring needs at least three (lon, lat) positions")
    return checked(shapely.Polygon(rows))


def circle(lon: float, lat: float, radius_m: float, corners: int = 72) -> BaseGeometry:
    """The area within `radius_m` of a position, as a polygon whose corners lie on the great-circle distance.

    A radius of 0 gives the point itself. Raises GeometryProblem `geometry.radius` below 0 or beyond 2,000 km and
    `geometry.out_of_world` when the circle leaves the map (a pole or the 180th meridian).
    """
    _check_circle(lon, lat, radius_m)
    if radius_m == 0:
        return shapely.Point(lon, lat)
    lons, lats = destination(lon, lat, np.linspace(0.0, 360.0, corners, endpoint=False)[::-1], radius_m)
    if (np.abs(lons) > 180).any() or abs(lat) + np.degrees(radius_m / EARTH_RADIUS_M) > 90:
        raise GeometryProblem("geometry.out_of_world", "the circle leaves the map")
    return mend(shapely.Polygon(np.column_stack((lons, lats))))


def box_around(lon: float, lat: float, radius_m: float) -> BaseGeometry:
    """The box around a circle: less precise, and a tenth of its cost. Raises GeometryProblem as `circle`."""
    _check_circle(lon, lat, radius_m)
    up = math.degrees(radius_m / EARTH_RADIUS_M)
    side = up / math.cos(math.radians(abs(lat) + up)) if abs(lat) + up < 90 else math.inf
    if abs(lon) + side > 180:
        raise GeometryProblem("geometry.out_of_world", "the circle leaves the map")
    return shapely.box(lon - side, lat - up, lon + side, lat + up) if radius_m else shapely.Point(lon, lat)


def _check_circle(lon: float, lat: float, radius_m: float) -> None:
    check_position(lon, lat)
    if not (math.isfinite(radius_m) and 0 <= radius_m <= 2_000_000):
        raise GeometryProblem("geometry.radius", "the radius must be between 0 and 2,000 km")


def destination(lon: float, lat: float, bearing_deg: ArrayLike, distance_m: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Where one arrives going `distance_m` from a position at the bearing (clockwise from north), broadcast.

    The longitude is not wrapped, so that it may lie beyond 180.
    """
    theta = np.radians(np.asarray(bearing_deg, dtype=np.float64))
    delta = np.asarray(distance_m, dtype=np.float64) / EARTH_RADIUS_M
    phi = np.radians(lat)
    sine = np.sin(phi) * np.cos(delta) + np.cos(phi) * np.sin(delta) * np.cos(theta)
    turn = np.arctan2(np.sin(theta) * np.sin(delta) * np.cos(phi), np.cos(delta) - np.sin(phi) * sine)
    return lon + np.degrees(turn), np.degrees(np.arcsin(sine))


def distance_m(lon1: ArrayLike, lat1: ArrayLike, lon2: ArrayLike, lat2: ArrayLike) -> FloatArray:
    """Great-circle distance in metres by the haversine formula, broadcast over the arguments."""
    x1, y1, x2, y2 = (np.radians(np.asarray(value, dtype=np.float64)) for value in (lon1, lat1, lon2, lat2))
    haversine = np.sin((y2 - y1) / 2) ** 2 + np.cos(y1) * np.cos(y2) * np.sin((x2 - x1) / 2) ** 2
    return np.asarray(2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(haversine, 0.0, 1.0))))


def inside(area: BaseGeometry, lons: ArrayLike, lats: ArrayLike) -> BoolArray:
    """Which of the positions lie in the area or on its edge: a boolean array of the positions' shape.

    The bounding box is tried first, so that positions far away cost nothing. NaN positions are outside.
    """
    x, y = np.asarray(lons, dtype=np.float64), np.asarray(lats, dtype=np.float64)
    box = bbox(area)
    near = (x >= box.west) & (x <= box.east) & (y >= box.south) & (y <= box.north)
    shapely.prepare(area)
    found = np.zeros(x.shape, dtype=np.bool_)
    found[near] = shapely.intersects_xy(area, x[near], y[near])
    return found


def bbox(geometry: BaseGeometry) -> Bbox:
    """The bounding box. Raises GeometryProblem `geometry.empty`."""
    if geometry.is_empty:
        raise GeometryProblem("geometry.empty", "an empty geometry has no bounds")
    return Bbox(*(float(value) for value in geometry.bounds))


def area_km2(area: BaseGeometry) -> float:
    """The area in square kilometres, by Lambert's cylindrical equal-area projection of the mean sphere."""
    equal = shapely.transform(area, lambda xy: np.column_stack((np.radians(xy[:, 0]), np.sin(np.radians(xy[:, 1])))))
    return float(equal.area) * (EARTH_RADIUS_M / 1000.0) ** 2


def polygons_of(geometry: BaseGeometry) -> list[shapely.Polygon]:
    """The polygons in a geometry, however deep they lie in it."""
    if isinstance(geometry, shapely.Polygon):
        return [geometry]
    parts = shapely.get_parts(geometry) if geometry.geom_type in {"MultiPolygon", "GeometryCollection"} else ()
    return [polygon for part in parts for polygon in polygons_of(part)]
