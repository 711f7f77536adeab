"""The area a unit answers for, and whether a place lies in it."""

from dataclasses import dataclass

import shapely
from sqlalchemy.orm import Session

from command.checks import Position
from command.directory.model import Unit
from command.directory.queries import county_of
from gis.divisions import Divisions, parent_code
from gis.geometry import distance_m

# No boundary that ships is a survey: who stands on the line is not refused.
SLACK_M = 500.0


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
        return self.code is None or self.code in upwards(code)


def area_of(session: Session, unit: Unit, divisions: Divisions) -> Area:
    """The area a unit answers for."""
    return Area(county_of(session, unit).division_code, divisions)


def upwards(code: str) -> list[str]:
    """A division's code and those of the divisions it lies in, the nearest first."""
    chain: list[str] = []
    at: str | None = code
    while at:
        chain.append(at)
        at = parent_code(at)
    return chain
