"""Terminals: registered by an administrator, found by who convenes, checked by themselves."""

import json
from typing import Annotated, Literal

import shapely
from fastapi import APIRouter, Query, Response
from shapely.geometry.base import BaseGeometry
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.model import Terminal, Unit
from command.directory.queries import sight_of
from command.directory.terminals import TerminalValues, change_terminal, register_terminal, report_check
from command.kernel.clock import optional_text
from command.kernel.errors import Invalid
from command.kernel.rights import Right
from command.kernel.values import State
from gis.geometry import GeometryProblem, from_geojson
from web.api.forms import Form, Id, Name, Point, lon_lat, position_changes
from web.edge import IfMatch, Known
from web.presence import is_online, last_seen
from web.terminal_tokens import fresh_token

router = APIRouter(prefix="/api/v1", tags=["terminals"])


class TerminalForm(Form):
    """A new terminal."""

    unit: Id
    name: Name
    kind: str
    auto_answer: bool = False
    location: Point | None = None


class TerminalChange(Form):
    """Changes of a terminal."""

    name: Name | None = None
    auto_answer: bool | None = None
    location: Point | None = None
    active: bool | None = None
    sample: Literal[False] | None = None


Outcome = Literal["ok", "failed", "absent"]


class Check(Form):
    """What a terminal found of its own devices."""

    camera: Outcome
    microphone: Outcome
    loudspeaker: Outcome


@router.get("/terminals")
def list_terminals(edge: Known, within_area: Annotated[str | None, Query(max_length=20_000)] = None) -> State:
    """Terminals the reader may see, with whether they are connected; `within_area` is a GeoJSON polygon."""
    with edge.reading() as session:
        sight, seen = sight_of(session, edge.actor, Right.DIRECTORY_READ), last_seen(session)
        rows = [row for row in session.scalars(select(Terminal)) if sight.covers(row.unit_id)]
        if within_area is not None:
            inside = terminals_inside(session, json_area(within_area))
            rows = [row for row in rows if row.id in inside]
        now = edge.clock.now()
        items = [
            {
                **row.state(),
                "online": is_online(seen.get(row.id), now),
                "last_seen": optional_text(seen.get(row.id)),
            }
            for row in rows
        ]
    return {"items": list(items), "next": None}


@router.post("/terminals", status_code=201)
def post_terminal(body: TerminalForm, edge: Known) -> State:
    """A new terminal; its token is shown this once."""
    lon, lat = lon_lat(body.location)
    values = TerminalValues(body.name, body.kind, body.auto_answer, lon, lat)
    with edge.writing() as session:
        terminal, token = register_terminal(session, edge.actor, values, body.unit)
        return {"terminal": terminal.state(), "token": token}


@router.patch("/terminals/{terminal_id}")
def patch_terminal(terminal_id: str, body: TerminalChange, version: IfMatch, edge: Known, response: Response) -> State:
    """Change a terminal."""
    with edge.writing() as session:
        terminal = change_terminal(session, edge.actor, terminal_id, version, position_changes(body.sent()))
        response.headers["ETag"] = f'"{terminal.version}"'
        return terminal.state()


@router.post("/terminals/{terminal_id}/token", status_code=201)
def post_token(terminal_id: str, edge: Known) -> State:
    """A new token, shown this once; the old one ends, and with it what is pushed to whoever held it."""
    with edge.writing() as session:
        return {"token": fresh_token(session, edge.actor, terminal_id)}


@router.post("/terminals/self/check")
def post_check(body: Check, edge: Known) -> State:
    """What the terminal found at the start of the shift."""
    with edge.writing() as session:
        found = report_check(session, edge.clock, edge.actor, body.camera, body.microphone, body.loudspeaker)
        return found.state()


def json_area(text: str) -> BaseGeometry:
    """A GeoJSON area from a query; Invalid `area.unreadable`."""
    try:
        return from_geojson(json.loads(text))
    except (GeometryProblem, ValueError, TypeError, KeyError) as error:
        raise Invalid("area.unreadable") from error


def terminals_inside(session: Session, area: BaseGeometry) -> set[str]:
    """Ids of active terminals that stand, or whose unit stands, inside the area."""
    query = select(Terminal, Unit.lon, Unit.lat).join(Unit, Unit.id == Terminal.unit_id).where(Terminal.active)
    found = set()
    for terminal, unit_lon, unit_lat in session.execute(query):
        lon, lat = (terminal.lon, terminal.lat) if terminal.lon is not None else (unit_lon, unit_lat)
        if lon is not None and lat is not None and area.covers(shapely.Point(lon, lat)):
            found.add(terminal.id)
    return found
