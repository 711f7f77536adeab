"""Incidents over HTTP: log, look for, read, change, acknowledge; as a table."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime, StringConstraints

from command.checks import Position, invalid
from command.incidents import actions, export
from command.incidents.changes import Changes, Draft, Move
from command.incidents.model import CATEGORIES
from command.incidents.moves import STATUSES
from command.incidents.queries import Search, incident_details, incident_for, search, unit_names
from command.kernel.ids import is_id
from command.kernel.values import Json, State
from gis.divisions import shipped_divisions
from web.api.forms import Form, Id, Point
from web.downloads import csv_download
from web.edge import IfMatch, Known
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["incidents"])

EXPORT_LIMIT = 20_000
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Place = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,32}$")]
DivisionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,12}$")]
Reporter = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Callback = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)]
Category = Literal["natural_disaster", "accident", "public_health", "social_security"]
Source = Literal[
    "phone", "hotline", "fax", "terminal", "sensor", "cap", "public", "email", "superior", "media", "other"
]
Grade = Literal["I", "II", "III", "IV"]
TimePrecision = Literal["exact", "approximate", "unknown"]
Status = Literal["reported", "responding", "controlled", "closed", "archived", "transferred", "merged", "unfounded"]


class IncidentForm(Form):
    """A report as it is taken down."""

    title: Title
    category: Category
    source: Source
    code: Code | None = None
    grade: Grade | None = None
    location: Point | None = None
    location_precision: Literal["exact", "approximate"] = "exact"
    division_code: DivisionCode | None = None
    place: Place | None = None
    occurred_at: AwareDatetime | None = None
    occurred_at_precision: TimePrecision | None = None
    reported_at: AwareDatetime | None = None
    description: Text | None = None
    reporter: Reporter | None = None
    callback: Callback | None = None
    affected_area: dict[str, Any] | None = None
    drill: bool = False

    def draft(self) -> Draft:
        """As the action takes it."""
        values = {name: getattr(self, name) for name in type(self).model_fields if name != "location"}
        return Draft(position=position_of(self.location), **values)


class IncidentChange(Form):
    """Changes and moves of an incident; what is not sent stays."""

    title: Title | None = None
    category: Category | None = None
    code: Code | None = None
    grade: Grade | None = None
    location: Point | None = None
    location_precision: Literal["exact", "approximate"] | None = None
    division_code: DivisionCode | None = None
    place: Place | None = None
    occurred_at: AwareDatetime | None = None
    occurred_at_precision: TimePrecision | None = None
    description: Text | None = None
    reporter: Reporter | None = None
    callback: Callback | None = None
    affected_area: dict[str, Any] | None = None
    status: Status | None = None
    verification: Literal["unverified", "verified", "refuted"] | None = None
    reason: Reason | None = None
    merged_into: Id | None = None
    transferred_to: Title | None = None

    def changes(self) -> Changes:
        """The fields sent; Invalid `request.missing` for one that cannot be emptied."""
        names = self.model_fields_set - Move.__dataclass_fields__.keys()
        values = {name: getattr(self, name) for name in names}
        for name in ("title", "category", "location_precision", "occurred_at_precision"):
            if name in values and values[name] is None:
                raise invalid("request.missing", name)
        if "location" in values:
            values["position"] = position_of(values.pop("location"))
        return cast("Changes", values)

    def move(self) -> Move:
        """The wished move."""
        return Move(**{name: getattr(self, name) for name in Move.__dataclass_fields__})


def position_of(point: Point | None) -> Position | None:
    """The point as (lon, lat)."""
    return None if point is None else (point.coordinates[0], point.coordinates[1])


def tagged(response: Response, state: State) -> State:
    """The object, its version as the answer's ETag."""
    response.headers["ETag"] = f'"{state["version"]}"'
    return state


def chosen(given: Iterable[str], possible: Iterable[str], field: str) -> tuple[str, ...]:
    """The values of a filter, repeated or with commas, blanks left out; Invalid `request.not_in_list` for others."""
    values = tuple(part for one in given for part in one.split(",") if part)
    if not set(values) <= set(possible):
        raise invalid("request.not_in_list", field)
    return values


def after_id(after: str | None) -> str | None:
    """The id a page goes on from; Invalid for what is none."""
    if after and not is_id(after):
        raise invalid("request.invalid_value", "after")
    return after or None


def page(states: list[State], limit: int) -> State:
    """A list as all lists are answered; `next` is the last id while there may be more."""
    full = len(states) == limit
    return {"items": list[Json](states), "next": states[-1]["id"] if full and states else None}


def filters(
    status: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006 (FastAPI copies it)
    category: Annotated[list[str], Query(max_length=20)] = [],  # noqa: B006
    within: Annotated[str, Query(max_length=100)] = "",
    query: Annotated[str, Query(max_length=200)] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> Search:
    """The filters that the list and its table share."""
    return Search(
        status=chosen(status, STATUSES, "status"),
        category=chosen(category, CATEGORIES, "category"),
        within=_bbox(within) if within else None,
        text=query,
        since=since,
        until=until,
    )


Filters = Annotated[Search, Depends(filters)]


@router.post("/incidents", status_code=201)
def post_incident(body: IncidentForm, edge: Known, response: Response) -> State:
    """Log an incident."""
    with edge.writing() as session:
        incident = actions.log(session, edge.clock, edge.actor, body.draft(), shipped_divisions())
        state = incident_details(session, edge.actor, incident)
    response.headers["Location"] = f"/api/v1/incidents/{state['id']}"
    return tagged(response, state)


@router.get("/incidents")
def get_incidents(
    edge: Known, wanted: Filters, after: str | None = None, limit: Annotated[int, Query(ge=1, le=500)] = 50
) -> State:
    """Incidents the reader may see, newest first."""
    wanted = replace(wanted, after=after_id(after), limit=limit)
    with edge.reading() as session:
        states = [row.state() for row in search(session, edge.actor, wanted)]
    return page(states, limit)


@router.get("/incidents.csv")
def get_incidents_table(edge: Known, wanted: Filters, request: Request) -> Response:
    """The same as a table for a spreadsheet, at most 20,000 rows."""
    language = language_of(request)
    with edge.reading() as session:
        rows = search(session, edge.actor, replace(wanted, limit=EXPORT_LIMIT))
        units = unit_names(session, rows)
        table = [export.row(row, units, language) for row in rows]
    return csv_download(f"incidents-{export.local_text(edge.clock.now())[:10]}", export.header(language), table)


@router.get("/incidents/{incident_id}")
def get_incident(incident_id: str, edge: Known, response: Response) -> State:
    """One incident, with the moves open to the reader and, for those who may know, the caller."""
    with edge.reading() as session:
        state = incident_details(session, edge.actor, incident_for(session, edge.actor, incident_id))
    return tagged(response, state)


@router.patch("/incidents/{incident_id}")
def patch_incident(incident_id: str, body: IncidentChange, edge: Known, version: IfMatch, response: Response) -> State:
    """Change or move an incident from the version that was seen."""
    changes, move = body.changes(), body.move()
    with edge.writing() as session:
        incident = actions.amend(
            session, edge.clock, edge.actor, incident_id, version, changes, move, shipped_divisions()
        )
        state = incident_details(session, edge.actor, incident)
    return tagged(response, state)


@router.post("/incidents/{incident_id}/acknowledge")
def post_acknowledgement(incident_id: str, edge: Known, response: Response) -> State:
    """Somebody at the desk has taken note of it."""
    with edge.writing() as session:
        state = incident_details(session, edge.actor, actions.acknowledge(session, edge.clock, edge.actor, incident_id))
    return tagged(response, state)


@router.delete("/incidents/{incident_id}/caller")
def delete_caller(incident_id: str, edge: Known, response: Response) -> State:
    """Forget the caller's name and number for good."""
    with edge.writing() as session:
        incident = actions.erase_caller(session, edge.actor, incident_id)
        state = incident_details(session, edge.actor, incident)
    return tagged(response, state)


def _bbox(text: str) -> tuple[float, float, float, float]:
    """`minlon,minlat,maxlon,maxlat` in degrees."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as problem:
        raise invalid("request.invalid_value", "within") from problem
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise invalid("request.invalid_value", "within")
    return west, south, east, north
