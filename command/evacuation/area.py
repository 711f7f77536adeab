"""Which hazard points an evacuation is about."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.checks import checked_area, invalid
from command.directory.model import HazardPoint, Unit
from command.kernel.actor import Actor
from command.kernel.rights import Right
from gis.divisions import DivisionCodeError, covers, shipped_divisions
from gis.geometry import from_geojson, inside


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Hazard points by division code (theirs or one above), inside a GeoJSON area, or by id; any of the three."""

    divisions: tuple[str, ...] = ()
    area: Mapping[str, Any] | None = None
    points: tuple[str, ...] = ()


def points_in(session: Session, actor: Actor, wanted: Wanted) -> list[HazardPoint]:
    """The hazard points in use that are meant and that lie where the actor may open an evacuation, by name.

    Raises Invalid `evacuation.area_needed`, `area.unusable` or `location.outside_world`.
    """
    if not (wanted.divisions or wanted.area or wanted.points):
        raise invalid("evacuation.area_needed", "area")
    units = {unit.id: unit for unit in session.scalars(select(Unit))}
    query = select(HazardPoint).where(HazardPoint.active).order_by(HazardPoint.name, HazardPoint.id)
    rows = [row for row in session.scalars(query) if actor.may(Right.EVACUATION_OPEN, units[row.unit_id].path)]
    drawn = _drawn(wanted.area, rows)
    codes = _found(wanted.divisions, units.values())
    return [
        row
        for row in rows
        if row.id in drawn
        or row.id in wanted.points
        or any(covers(code, _division(row.unit_id, units)) for code in codes)
    ]


def township_of(unit_id: str, units: Mapping[str, Unit]) -> Unit:
    """The nearest township at or above a unit, else the unit itself."""
    chain = _upwards(unit_id, units)
    return next((unit for unit in chain if unit.kind == "township"), chain[0])


def _drawn(area: Mapping[str, Any] | None, rows: Collection[HazardPoint]) -> frozenset[str]:
    usable = checked_area(area, "area")
    if usable is None:
        return frozenset()
    lons = [np.nan if row.lon is None else row.lon for row in rows]
    lats = [np.nan if row.lat is None else row.lat for row in rows]
    held = inside(from_geojson(usable), lons, lats)
    return frozenset(row.id for row, within in zip(rows, held, strict=True) if within)


def _under(row: HazardPoint, units: Mapping[str, Unit], codes: Collection[str]) -> bool:
    place = _division(row.unit_id, units)
    return any(covers(code, place) for code in codes)


def _found(divisions: Collection[str], units: Collection[Unit]) -> frozenset[str]:
    """The codes by which divisions are found among the units."""
    held = frozenset(unit.division_code for unit in units if unit.division_code)
    return frozenset(found for code in divisions if (found := _found_among(code, held)))


def _found_among(code: str, held: Collection[str]) -> str | None:
    try:
        return shipped_divisions().found_among(code, held)
    except DivisionCodeError:
        return None


def _division(unit_id: str, units: Mapping[str, Unit]) -> str:
    return next((unit.division_code for unit in _upwards(unit_id, units) if unit.division_code), "")


def _upwards(unit_id: str, units: Mapping[str, Unit]) -> list[Unit]:
    chain = [units[unit_id]]
    while chain[-1].parent_id in units:
        chain.append(units[str(chain[-1].parent_id)])
    return chain
