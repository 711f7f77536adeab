"""Checks of input values that several objects share: positions, areas, times, geometry of GeoJSON."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from command.kernel.clock import to_text
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import State
from gis.geometry import GeometryProblem, check_position, from_geojson, to_geojson

CLOCK_TOLERANCE = timedelta(minutes=5)

Position = tuple[float, float]
"""Longitude and latitude in degrees, WGS-84."""


def checked_position(position: Position, field: str = "location") -> Position:
    """The position; Invalid `location.outside_world` where it is not on earth."""
    try:
        return check_position(*position)
    except GeometryProblem as problem:
        raise invalid("location.outside_world", field) from problem


def checked_area(area: Mapping[str, Any] | None, field: str) -> State | None:
    """A GeoJSON polygon or multipolygon, mended; Invalid `area.unusable` or `location.outside_world`."""
    if area is None:
        return None
    try:
        geometry = from_geojson(area)
    except GeometryProblem as problem:
        outside = problem.code == "geometry.out_of_world"
        raise invalid("location.outside_world" if outside else "area.unusable", field) from problem
    if geometry.geom_type not in {"Polygon", "MultiPolygon"}:
        raise invalid("area.unusable", field)
    return to_geojson(geometry)


def not_future(instant: datetime | None, now: datetime, field: str) -> datetime | None:
    """The instant; Invalid `time.future` if it is more than five minutes ahead, which no wrong clock explains."""
    if instant is not None and instant > now + CLOCK_TOLERANCE:
        raise invalid("time.future", field, at=to_text(instant))
    return instant


def invalid(code: str, field: str, /, **params: str) -> Invalid:
    """An error of one field, whose name is among its values."""
    values = {"field": field, **params}
    return Invalid(code, fields=(FieldError(field, code, tuple(values.items())),), **values)
