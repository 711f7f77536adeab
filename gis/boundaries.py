"""The boundaries that ship with the product, by division code, and which county a position lies in.

Four sheets, from fine to coarse (see gis/data/SOURCES.md): the demo county in full, its prefecture and neighbours to
80 m, the rest of its province to 400 m, the provinces of the country to 3 km. Not an official survey product.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis.package_data import read_json

SHEETS = ("county", "near", "province", "country")


@dataclass(frozen=True, slots=True)
class Outline:
    """A division's polygon in WGS-84 and how far, in metres, its line may be from the one it was simplified from."""

    code: str
    geometry: BaseGeometry
    tolerance_m: float


class Outlines:
    """Outlines by six-digit code; where sheets overlap the finer one counts."""

    def __init__(self, outlines: Mapping[str, Outline]) -> None:
        self._by_code = dict(outlines)
        self._counties = [item for code, item in self._by_code.items() if not code.endswith("00")]
        self._tree = shapely.STRtree([item.geometry for item in self._counties])

    def get(self, code: str) -> Outline | None:
        """The outline of a six-digit code, None where none is held."""
        return self._by_code.get(code)

    def county_at(self, lon: float, lat: float) -> str | None:
        """The county whose outline covers the position, None where no county outline does."""
        hits = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        return self._counties[int(np.min(hits))].code if hits.size else None


@cache
def shipped_outlines() -> Outlines:
    """The outlines in the package data, read once."""
    found: dict[str, Outline] = {}
    for sheet in SHEETS:
        for feature in read_json(f"boundaries_{sheet}.geojson")["features"]:
            code, tolerance_m = feature["properties"]["code"], feature["properties"]["tolerance_m"]
            found.setdefault(code, Outline(code, shape(feature["geometry"]), tolerance_m))
    return Outlines(found)
