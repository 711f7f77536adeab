"""转移避险台账 over HTTP: open, report household by household, let back, close; names for those who act on them."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field, StringConstraints
from sqlalchemy.orm import Session

from alerts.lookup import alert_for
from command.checks import invalid
from command.evacuation import export
from command.evacuation.actions import amending, ending, lists, opening, reporting
from command.evacuation.area import Wanted
from command.evacuation.queries import (
    STATUSES,
    details,
    evacuation_for,
    evacuations,
    hazard_points,
    ledger,
    steps_of,
)
from command.kernel.values import Json, State
from web.api.forms import Form, Id, Name, Point
from web.api.incidents import chosen, position_of, tagged
from web.downloads import csv_download
from web.edge import Edge, IfMatch, Known
from web.evacuation_order import is_drill, wanted_of
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["evacuations"])

Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Division = Annotated[str, StringConstraints(pattern=r"^\d{2,12}$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Hazard = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
_COLUMNS = {"post": "post_id", "shelter": "shelter_id"}
Reason = Literal["refuses", "cannot_walk", "road_cut", "no_vehicle", "other"]


class PlacesForm(Form):
    """Which hazard points: by division, inside an area, by id, or those of an alert's area."""

    divisions: Annotated[tuple[Division, ...], Field(max_length=200)] = ()
    area: dict[str, Any] | None = None
    hazard_points: Annotated[tuple[Id, ...], Field(max_length=2000)] = ()
    alert: Id | None = None
    drill: bool = False


class OpeningForm(PlacesForm):
    """An evacuation to open by hand."""

    title: Title
    incident: Id | None = None


class ReportForm(Form):
    """A report of one household; `id` is the device's own UUID for it."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    household: Id
    to: Literal["moved", "not_moved", "absent", "undone"]
    reason: Reason | None = None
    note: Text = ""
    shelter: Id | None = None
    how: Literal["on_scene", "telephone", "relayed"] = "on_scene"
    corrects: Id | None = None
    pressed_at: AwareDatetime | None = None


class AmendForm(Form):
    """What is right of a household where what is listed is wrong; an empty text takes what stood there away."""

    id: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    people: Annotated[int, Field(ge=1, le=99)] | None = None
    needs: Text | None = None
    responsible: Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)] | None = None
    how: Literal["on_scene", "telephone", "relayed"] = "on_scene"


class PointForm(Form):
    """A new hazard point. `post` is the id of the one that answers for it."""

    unit: Id
    name: Name
    hazard: Hazard
    location: Point | None = None
    post: Id | None = None
    shelter: Id | None = None


class PointChange(Form):
    """Changes of a hazard point; what is not sent stays."""

    name: Name | None = None
    hazard: Hazard | None = None
    location: Point | None = None
    post: Id | None = None
    shelter: Id | None = None
    active: bool | None = None
    sample: Literal[False] | None = None

    def changes(self) -> dict[str, Any]:
        """The fields sent, as the action names them; Invalid `request.missing` for one that cannot be emptied."""
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        for name in ("name", "hazard", "active", "sample"):
            if name in sent and sent[name] is None:
                raise invalid("request.missing", name)
        if "location" in sent:
            sent["position"] = position_of(sent.pop("location"))
        return {_COLUMNS.get(name, name): value for name, value in sent.items()}


class ReturnForm(Form):
    """Which of the evacuation's points people may go back to; none named means all."""

    points: Annotated[tuple[Id, ...], Field(max_length=2000)] = ()


class CloseForm(Form):
    """Why it ends with households missing."""

    reason: Text = ""


@router.get("/evacuations")
def list_evacuations(
    edge: Known,
    status: Annotated[list[str], Query(max_length=4)] = [],  # noqa: B006 (FastAPI copies it)
) -> State:
    """Evacuations the reader may see, with totals by township, the newest first."""
    states = chosen(status, STATUSES, "status")
    with edge.reading() as session:
        return {"items": list[Json](evacuations(session, edge.actor, states)), "next": None}


@router.post("/evacuations/preview")
def post_preview(body: PlacesForm, edge: Known) -> State:
    """What opening would list now."""
    with edge.reading() as session:
        wanted, drill = _meant(edge, session, body)
        found = {row.id for row in opening.find(session, edge.actor, wanted, drill=drill)}
        known = [one for one in hazard_points(session, edge.actor) if one["id"] in found and one["households"]]
    counted = {name: sum(int(str(one[name])) for one in known) for name in ("households", "people")}
    return {"points": list[Json](known), **counted}


@router.post("/evacuations", status_code=201)
def post_evacuation(body: OpeningForm, edge: Known, response: Response) -> State:
    """Open an evacuation by hand."""
    with edge.writing() as session:
        wanted, drill = _meant(edge, session, body)
        values = opening.Opening(title=body.title, wanted=wanted, alert=body.alert, incident=body.incident, drill=drill)
        row = opening.open_evacuation(session, edge.clock, edge.actor, values)
        return tagged(response, details(session, edge.actor, row))


@router.get("/evacuations/{evacuation_id}")
def get_evacuation(evacuation_id: str, edge: Known, response: Response) -> State:
    """One, with its totals."""
    with edge.reading() as session:
        return tagged(response, details(session, edge.actor, evacuation_for(session, edge.actor, evacuation_id)))


@router.get("/evacuations/{evacuation_id}/ledger")
def get_ledger(evacuation_id: str, edge: Known) -> State:
    """Every household and where it stands; names are null for those who do not act on them."""
    with edge.reading() as session:
        rows = ledger(session, edge.actor, evacuation_for(session, edge.actor, evacuation_id))
    return {"items": list[Json](rows), "next": None}


@router.get("/evacuations/{evacuation_id}/ledger.csv")
def get_ledger_table(evacuation_id: str, edge: Known, request: Request) -> Response:
    """The same as a table for a spreadsheet."""
    language = language_of(request)
    with edge.reading() as session:
        rows = ledger(session, edge.actor, evacuation_for(session, edge.actor, evacuation_id))
    return csv_download(
        f"evacuation-{evacuation_id}", export.header(language), [export.row(one, language) for one in rows]
    )


@router.get("/evacuations/{evacuation_id}/households/{household_id}")
def get_steps(evacuation_id: str, household_id: str, edge: Known) -> State:
    """Everything reported of one household, corrections among it."""
    with edge.reading() as session:
        row = evacuation_for(session, edge.actor, evacuation_id)
        return {"items": list[Json](steps_of(session, edge.actor, row, household_id)), "next": None}


@router.post("/evacuations/{evacuation_id}/reports")
def post_report(evacuation_id: str, body: ReportForm, edge: Known, response: Response) -> State:
    """Report a household; the same id again answers the point unchanged."""
    with edge.writing() as session:
        values = reporting.Report(**body.model_dump())
        place = reporting.report(session, edge.clock, edge.actor, evacuation_id, values)
        return tagged(response, place.state())


@router.post("/evacuations/{evacuation_id}/households/{household_id}/amend")
def post_amendment(evacuation_id: str, household_id: str, body: AmendForm, edge: Known, response: Response) -> State:
    """Correct what is listed of a household; the same id again answers the point unchanged."""
    given = {"needs": body.needs, "responsible": body.responsible}
    personal = {name: text for name, text in given.items() if text is not None}
    values = amending.Amendment(id=body.id, household=household_id, people=body.people, personal=personal, how=body.how)
    with edge.writing() as session:
        return tagged(response, amending.amend(session, edge.clock, edge.actor, evacuation_id, values).state())


@router.post("/evacuations/{evacuation_id}/permit-return")
def post_return(evacuation_id: str, body: ReturnForm, edge: Known, response: Response) -> State:
    """准许返回: those moved may go back."""
    with edge.writing() as session:
        row = ending.permit_return(session, edge.clock, edge.actor, evacuation_id, body.points)
        return tagged(response, details(session, edge.actor, row))


@router.post("/evacuations/{evacuation_id}/close")
def post_close(evacuation_id: str, body: CloseForm, edge: Known, response: Response) -> State:
    """End it; with households missing only with a reason."""
    with edge.writing() as session:
        row = ending.close(session, edge.clock, edge.actor, evacuation_id, body.reason)
        return tagged(response, details(session, edge.actor, row))


@router.get("/hazard-points")
def list_hazard_points(edge: Known) -> State:
    """The standing list, with how many live there."""
    with edge.reading() as session:
        return {"items": list[Json](hazard_points(session, edge.actor)), "next": None}


@router.post("/hazard-points", status_code=201)
def post_hazard_point(body: PointForm, edge: Known, response: Response) -> State:
    """A new one."""
    values = lists.PointValues(
        hazard=body.hazard, position=position_of(body.location), post_id=body.post, shelter_id=body.shelter
    )
    with edge.writing() as session:
        return tagged(response, lists.register_point(session, edge.actor, body.unit, body.name, values).state())


@router.patch("/hazard-points/{point_id}")
def patch_hazard_point(point_id: str, body: PointChange, version: IfMatch, edge: Known, response: Response) -> State:
    """Where it lies, who answers for it, whether it is still one."""
    with edge.writing() as session:
        return tagged(response, lists.change_point(session, edge.actor, point_id, version, body.changes()).state())


@router.delete("/households/{household_id}/personal")
def delete_personal(household_id: str, edge: Known, response: Response) -> State:
    """Forget who lives there, for good."""
    with edge.writing() as session:
        return tagged(response, lists.erase_personal(session, edge.actor, household_id).state())


def _meant(edge: Edge, session: Session, body: PlacesForm) -> tuple[Wanted, bool]:
    """The points meant, and whether it is an exercise: what comes of an exercise's alert is one."""
    alert = alert_for(session, edge.actor, body.alert) if body.alert else None
    of_alert = wanted_of(alert) if alert is not None else Wanted()
    named = body.area is not None or body.divisions or body.hazard_points
    wanted = Wanted(divisions=body.divisions, area=body.area, points=body.hazard_points)
    return (wanted if named else of_alert), body.drill or (alert is not None and is_drill(alert))
