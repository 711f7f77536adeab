"""The areas of one CAP message on the map, within what a message may cost."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any, Protocol

import shapely
from shapely.geometry.base import BaseGeometry

from alerts.cap.geometry import Drawings, division_codes, join
from alerts.cap.message import Area, Departure, Info
from gis.geometry import to_geojson

GeoJson = dict[str, Any]

MOST_JOINED = 4000
"""Corners of the boundaries that are joined as they are; beyond, they are drawn to 2 km."""
MOST_SHOWN = 30_000
"""Corners in the areas of one message; beyond, an area is shown by the box around it."""
_COARSE_DEG = 0.02
_ISLET = 0.01


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
class Place:
    """One CAP area on the map. `geometry` is GeoJSON in WGS-84 lon, lat, or None where nothing tells.

    `approximate` is True where something larger stands in for what is named or drawn, `drawn` where it is not of
    divisions. `shapes` are what it is made of: what is drawn, or each boundary.
    """

    description: str
    geometry: GeoJson | None
    approximate: bool
    divisions: tuple[str, ...]
    warnings: tuple[Departure, ...]
    drawn: bool = False
    shapes: tuple[BaseGeometry, ...] = ()

    def public(self) -> GeoJson:
        return {"description": self.description, "geometry": self.geometry, "approximate": self.approximate}


class Places:
    """Where the infos of one message apply. Each boundary is found once and each set of them joined once.

    A polygon or circle counts before a geocode. A geocode of a name listed in `data/geocodes.json` gets its
    division's boundary valid on the day `on`, an unknown division its parent's, marked approximate.
    """

    def __init__(self, boundary_of: BoundaryOf, on: date, drawings: Drawings | None = None) -> None:
        self._boundary_of, self._on = boundary_of, on
        self._drawings = drawings or Drawings()
        self._boundaries: dict[str, Boundary | None] = {}
        self._joined: dict[tuple[str, ...], BaseGeometry] = {}
        self._left = MOST_SHOWN

    def of(self, info: Info) -> tuple[Place, ...]:
        """Every area of an info."""
        return tuple(self._place(area, f"area[{number}]") for number, area in enumerate(info.areas, 1))

    def _place(self, area: Area, where: str) -> Place:
        codes = division_codes(area.geocodes)
        drawn = self._drawings.of(area)
        shapes = [shape.geometry for shape in drawn if shape.geometry is not None]
        if shapes:
            whole, hull = join(shapes)
            rough = "what stands around it" if hull or any(shape.rough for shape in drawn) else ""
            return self._shown(
                Place(area.description, None, bool(rough), codes, (), True, (whole,)), whole, where, rough
            )
        found = [one for code in codes if (one := self._boundary(code)) is not None]
        if not found:
            departure = Departure("cap.area_without_geometry", where, "no polygon or circle, and no known division")
            return Place(area.description, None, False, codes, (departure,))
        used = {one.used_code: one.geometry for one in found}
        key = tuple(sorted(used))
        if key not in self._joined:
            self._joined[key] = _join_boundaries(tuple(used.values()))
        rough = f"boundary of {', '.join(used)}" if any(one.approximate for one in found) else ""
        place = Place(area.description, None, False, codes, (), shapes=tuple(used.values()))
        return self._shown(place, self._joined[key], where, rough)

    def _shown(self, place: Place, whole: BaseGeometry, where: str, rough: str) -> Place:
        """The place with its picture: the whole of it, or the box around it where the message shows too much already.

        `rough` is in what way it is larger than what was said, empty where it is not.
        """
        corners = int(shapely.get_num_coordinates(whole))
        if corners > self._left:
            whole, rough = shapely.box(*whole.bounds), rough or "the box around it"
        self._left -= min(corners, self._left)
        warnings = (Departure("cap.area_approximate", where, rough),) if rough else ()
        return replace(place, geometry=written(whole), approximate=bool(rough), warnings=warnings)

    def _boundary(self, code: str) -> Boundary | None:
        if code not in self._boundaries:
            try:
                self._boundaries[code] = self._boundary_of(code, self._on)
            except ValueError:  # gis.divisions.DivisionCodeError: no division code at all
                self._boundaries[code] = None
        return self._boundaries[code]


def union(places: Iterable[Place]) -> BaseGeometry | None:
    """All that the places are made of as one; None where nothing tells."""
    drawn: dict[int, BaseGeometry] = {}
    boundaries: dict[int, BaseGeometry] = {}
    for place in places:
        (drawn if place.drawn else boundaries).update({id(shape): shape for shape in place.shapes})
    wholes = [join(list(drawn.values()))[0]] if drawn else []
    wholes += [_join_boundaries(tuple(boundaries.values()))] if boundaries else []
    return wholes[0] if len(wholes) == 1 else shapely.union_all(wholes) if wholes else None


@lru_cache(maxsize=8)
def written(whole: BaseGeometry) -> GeoJson:
    """As GeoJSON, not to be changed. Kept, since an area is often the whole of its message."""
    return to_geojson(whole)


@lru_cache(maxsize=8)
def _join_boundaries(boundaries: tuple[BaseGeometry, ...]) -> BaseGeometry:
    """Boundaries as one; where they are many, to 2 km and without islets: it is a picture of half a country."""
    if len(boundaries) == 1:
        return boundaries[0]
    many = int(shapely.get_num_coordinates(boundaries).sum()) > MOST_JOINED
    return shapely.union_all([_coarse(one) for one in boundaries] if many else list(boundaries))


@lru_cache(maxsize=256)
def _coarse(boundary: BaseGeometry) -> BaseGeometry:
    parts = shapely.get_parts(boundary)
    large = parts[shapely.area(parts) >= _ISLET * boundary.area]
    outer = shapely.polygons(shapely.get_exterior_ring(large))
    return shapely.union_all(shapely.simplify(outer, _COARSE_DEG))
