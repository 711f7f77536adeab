"""Administrative divisions and the map's background layers."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from command.checks import invalid
from command.kernel.errors import NotFound
from command.kernel.values import Json, State
from gis.divisions import Division, DivisionCodeError, Divisions, shipped_divisions
from gis.geometry import to_geojson
from gis.layers import layer
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["divisions"])


@router.get("/divisions")
def get_divisions(
    edge: Known,
    query: Annotated[str, Query(max_length=60)] = "",
    within: Annotated[str | None, Query(max_length=12)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> State:
    """Divisions whose name holds `query`, or whose code begins with it; `within` keeps those under a code."""
    divisions = shipped_divisions()
    try:
        found = divisions.search(query, limit, within or None)
    except DivisionCodeError as problem:
        raise invalid("division.unknown", "within", value=within or "") from problem
    items: list[Json] = [division_state(divisions, one) for one in found]
    return {"items": items, "next": None}


@router.get("/divisions/{code}")
def get_division(code: str, edge: Known) -> State:
    """A division's names, parent, validity and boundary (its own, or marked approximate a larger one's)."""
    divisions = shipped_divisions()
    try:
        found = divisions.get(code)
    except DivisionCodeError:
        found = None
    if found is None:
        raise NotFound("division.unknown", value=code[:20])
    boundary = divisions.boundary_of(found.code)
    shape: State | None = None
    if boundary is not None:
        shape = {
            "geometry": to_geojson(boundary.geometry),
            "approximate": boundary.approximate,
            "used_code": boundary.used_code,
            "tolerance_m": boundary.tolerance_m,
        }
    return {**division_state(divisions, found), "boundary": shape}


@router.get("/layers/{name}")
def get_layer(name: str, edge: Known) -> Response:
    """A background layer as GeoJSON."""
    content = layer(name)
    if content is None:
        raise NotFound("layer.unknown", name=name[:40])
    return Response(content, media_type="application/geo+json", headers={"Cache-Control": "private, max-age=86400"})


def division_state(divisions: Divisions, division: Division) -> State:
    """A division as answered; days are ISO 8601 dates, `valid_to` the first day after."""
    return {
        "code": division.code,
        "name": division.name,
        "full_name": divisions.full_name(division.code),
        "level": division.level.value,
        "parent": division.parent,
        "valid_from": division.valid_from.isoformat() if division.valid_from else None,
        "valid_to": division.valid_to.isoformat() if division.valid_to else None,
        "successor": division.successor,
    }
