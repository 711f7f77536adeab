"""The situation map: what the reader's board shows, as one HTML file that needs nothing else."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Query, Request, Response
from shapely.geometry.base import BaseGeometry

from alerts.shapes import geometry_in
from command.directory.model import Unit
from command.directory.queries import county_of, sight_of, unit_of
from command.incidents.queries import incident_for
from command.kernel.clock import from_text
from gis.divisions import shipped_divisions
from gis.geometry import from_geojson
from gis.situation_map import (
    MapArea,
    MapIncident,
    MapResource,
    MapTownship,
    Situation,
    render,
    shipped_background,
)
from gis.situation_words import Language
from web.board import Collection
from web.edge import Known
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["incidents"])

Thing: TypeAlias = dict[str, Any]
_TITLES: Mapping[Language, str] = {"zh": "{name}态势图", "en": "Situation: {name}"}
_SHOWN = ("incidents", "resources", "units", "alerts")


@router.get("/situation-map.html")
def get_situation_map(
    edge: Known, request: Request, incident: Annotated[str | None, Query(max_length=36)] = None
) -> Response:
    """The map of the reader's board, or of one incident with all that is around it."""
    language: Language = "en" if language_of(request) == "en" else "zh"
    collections: Mapping[str, Collection] = request.app.state.collections
    with edge.reading() as session:
        sight = sight_of(session, edge.actor)
        board: dict[str, list[Thing]] = {
            name: list(collections[name](session, sight)) for name in _SHOWN if name in collections
        }
        if incident is not None:
            board["incidents"] = [incident_for(session, edge.actor, incident).state()]
        board["alerts"] = [{**one, "geometry": geometry_in(session, one["area"])} for one in board.get("alerts", [])]
        county = county_of(session, unit_of(session, edge.actor.unit_id))
        situation = situation_of(county, board, edge.clock.now(), language)
    headers = {"Content-Disposition": 'inline; filename="situation.html"', "Cache-Control": "no-store"}
    return Response(render(situation), media_type="text/html; charset=utf-8", headers=headers)


def situation_of(county: Unit, board: Mapping[str, list[Thing]], as_of: datetime, language: Language) -> Situation:
    """What the map shows of a board's objects, of alerts with their `geometry`."""
    incidents, resources = board.get("incidents", []), board.get("resources", [])
    townships = [unit for unit in board.get("units", []) if unit["kind"] == "township"]
    boundary, neighbours = _background(county.division_code)
    return Situation(
        title=_TITLES[language].format(name=county.name),
        as_of=as_of,
        boundary=boundary,
        neighbours=neighbours,
        incidents=[_incident(one) for one in incidents],
        areas=[*_affected(incidents), *_warned(board.get("alerts", []))],
        resources=[
            MapResource(one["name"], one["kind"], one["status"], *lon_lat) for one, lon_lat in _placed(resources)
        ],
        townships=[
            MapTownship(one["name"], *lon_lat, approximate=one["approximate"]) for one, lon_lat in _placed(townships)
        ],
        drill=any(one["drill"] for one in incidents),
        sample=any(one["sample"] for one in (*resources, *townships)),
        language=language,
    )


def _incident(one: Thing) -> MapIncident:
    lon, lat = one["location"]["coordinates"] if one["location"] else (None, None)
    states = (one["category"], one["status"])
    return MapIncident(one["number"], one["title"], *states, lon, lat, one["verification"], one["place"] or "")


def _placed(things: list[Thing]) -> Iterator[tuple[Thing, tuple[float, float]]]:
    for one in things:
        if one["location"]:
            lon, lat = one["location"]["coordinates"]
            yield one, (lon, lat)


def _affected(incidents: list[Thing]) -> Iterator[MapArea]:
    for one in incidents:
        if one["affected_area"]:
            yield MapArea(one["title"], from_geojson(one["affected_area"]))


def _warned(alerts: list[Thing]) -> Iterator[MapArea]:
    for one in alerts:
        if one["geometry"] and one["status"] in {"issued", "changed", "received"}:
            until = from_text(one["expires_at"]) if one.get("expires_at") else None
            geometry = from_geojson(one["geometry"])
            yield MapArea(one["headline"] or one["event"], geometry, "warning", one["colour"], until)


def _background(code: str | None) -> tuple[BaseGeometry, list[BaseGeometry]]:
    shipped, neighbours = shipped_background()
    own = shipped_divisions().boundary_of(code) if code else None
    return (own.geometry if own else shipped), neighbours
