"""Where an incident is: a position, or that of the named division, or only words."""

from dataclasses import dataclass

import shapely
from sqlalchemy.orm import Session

from command.checks import Position, checked_position, invalid
from command.directory.model import Unit
from command.directory.queries import county_of, unit_by_division
from gis.divisions import Division, DivisionCodeError, Divisions, parent_code
from gis.geometry import distance_m

# No boundary that ships is a survey: who stands on the line is not refused.
SLACK_M = 500.0
PRECISIONS = ("exact", "approximate", "division", "unknown")


@dataclass(frozen=True)
class Place:
    """A resolved place: WGS-84 degrees or None, how sure, and the division's unpadded code if one is known."""

    position: Position | None
    precision: str
    division_code: str | None


@dataclass(frozen=True)
class Area:
    """The area one answers for: the county (or what stands at the root) of the acting unit."""

    code: str | None
    divisions: Divisions

    def covers(self, position: Position) -> bool:
        """Whether the position lies inside, give or take how far the outline itself may be off."""
        boundary = self.divisions.boundary_of(self.code) if self.code else None
        if boundary is None:
            return True
        spot = shapely.Point(position)
        if boundary.geometry.covers(spot):
            return True
        edge = shapely.shortest_line(spot, boundary.geometry).coords[1]
        return float(distance_m(*position, *edge)) <= boundary.tolerance_m + SLACK_M

    def holds(self, code: str) -> bool:
        """Whether a division is this one or under it."""
        return self.code is None or self.code in _upwards(code)


def area_of(session: Session, unit: Unit, divisions: Divisions) -> Area:
    """The area a unit answers for."""
    return Area(county_of(session, unit).division_code, divisions)


def resolve(
    session: Session, area: Area, position: Position | None, precision: str, division_code: str | None
) -> Place:
    """The place meant by a position and its `precision`, or failing that by a division.

    Invalid: `location.outside_world`, `location.outside_area`, `division.unknown`.
    """
    code = _known_code(session, area, division_code) if division_code else None
    if position is not None:
        where = checked_position(position)
        if not area.covers(where):
            raise invalid("location.outside_area", "location")
        return Place(where, precision, code or area.code)
    found = _position_of(session, area, code) if code else None
    return Place(found, "division" if found else "unknown", code)


def _known_code(session: Session, area: Area, code: str) -> str:
    division = _division(area.divisions, code)
    if division is None and unit_by_division(session, code) is None:
        raise invalid("division.unknown", "division_code", value=code)
    own = division.code if division else code
    if not area.holds(own):
        raise invalid("location.outside_area", "division_code")
    return own


def _division(divisions: Divisions, code: str) -> Division | None:
    try:
        return divisions.current(code)
    except DivisionCodeError as problem:
        raise invalid("division.unknown", "division_code", value=code) from problem


def _position_of(session: Session, area: Area, code: str) -> Position | None:
    """The position of the nearest unit upwards that has one (a village's is its township's), else inside the area."""
    for step in _upwards(code):
        unit = unit_by_division(session, step)
        if unit is not None and unit.lon is not None and unit.lat is not None:
            return unit.lon, unit.lat
        if step == area.code:
            break
    boundary = area.divisions.boundary_of(code)
    if boundary is None:
        return None
    inner = boundary.geometry.representative_point()
    return round(inner.x, 6), round(inner.y, 6)


def _upwards(code: str) -> list[str]:
    chain: list[str] = []
    at: str | None = code
    while at:
        chain.append(at)
        at = parent_code(at)
    return chain
