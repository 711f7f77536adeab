"""Which part of the county belongs to which township where nobody has its boundary: what lies nearest to its places.

The division table holds boundaries down to the county. A village whose position is not entered lies somewhere in its
township, and this is where.
"""

from collections.abc import Mapping

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from alerts.recipients import Position
from gis.divisions import shipped_divisions
from gis.geometry import FloatArray

_WORLD = shapely.box(-180, -90, 180, 90)
_BEYOND = 10.0
"""Degrees around the places that cells reach."""
_LINE = 0.02
"""Degrees by which a county is taken larger: its line is off by some hundreds of metres, villages stand at it."""


def territories(places: Mapping[str, list[Position]], county_code: str) -> dict[str, BaseGeometry]:
    """By township, from the positions known in it (degrees WGS-84): all that is nearer to one of these than to another
    township's, in the county. A township of which no position is known may be anywhere in the county."""
    county = _county(county_code)
    cells = _cells({at for known in places.values() for at in known})
    found = {name: shapely.union_all([cells[at] for at in known]) for name, known in places.items() if known}
    return {name: shapely.intersection(found[name], county) if name in found else county for name in places}


def _county(code: str) -> BaseGeometry:
    known = shipped_divisions().boundary_of(code) if code else None
    return _WORLD if known is None or known.approximate else shapely.buffer(known.geometry, _LINE)


def _cells(places: set[Position]) -> dict[Position, BaseGeometry]:
    """What is nearest to each place. A degree of longitude is shorter than one of latitude."""
    if len(places) < 2:
        return dict.fromkeys(places, _WORLD)
    ordered = sorted(places)
    scale = np.array([np.cos(np.radians(np.mean([lat for _, lat in ordered]))), 1.0])

    def stretched(geometry: BaseGeometry, by: FloatArray) -> BaseGeometry:
        return shapely.transform(geometry, lambda xy: xy * by)

    points = stretched(shapely.MultiPoint(ordered), scale)
    around = shapely.box(*points.bounds).buffer(_BEYOND)
    cells = shapely.voronoi_polygons(points, extend_to=around, ordered=True)
    return {at: stretched(cell, 1 / scale) for at, cell in zip(ordered, cells.geoms, strict=True)}
