"""Where an incident is: a position, or that of the named division, or only words."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from command.area import Area, upwards
from command.checks import Position, checked_position, invalid
from command.directory.queries import unit_by_division
from gis.divisions import Division, DivisionCodeError, Divisions

PRECISIONS = ("exact", "approximate", "division", "unknown")


@dataclass(frozen=True)
class Place:
    """A resolved place: WGS-84 degrees or None, how sure, and the division's unpadded code if one is known."""

    position: Position | None
    precision: str
    division_code: str | None


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
    for step in upwards(code):
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
