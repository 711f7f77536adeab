"""叫应 over HTTP: who has answered for each place, and what people do where nobody has."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from alerts import export_answers
from alerts.calls import actions
from alerts.calls.queries import obligation_details, obligation_for, obligations_of
from alerts.calls.unheld import LONGEST_NAME, report_told
from alerts.lookup import alert_for
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form
from web.downloads import csv_download
from web.edge import Known
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["obligations"])

Whom = Literal["holder", "deputy", "superior"]
Note = Annotated[str, Field(max_length=400)]


class CallForm(Form):
    """Whom to call now."""

    whom: Whom = "holder"


class HandForm(Form):
    """A call made by hand: whom, and whether they confirmed."""

    whom: Whom = "holder"
    confirmed: bool
    note: Note = ""


class VisitForm(Form):
    """A visit: whether they were found."""

    found: bool
    note: Note = ""


class ToldForm(Form):
    """Who was told there."""

    whom: Annotated[str, Field(max_length=LONGEST_NAME)]
    note: Note = ""


class NoteForm(Form):
    """What was done."""

    note: Note = ""


@router.get("/alerts/{alert_id}/obligations")
def list_obligations(alert_id: str, edge: Known) -> State:
    """Every obligation of an alert, silent ones first."""
    with edge.reading() as session:
        alert = alert_for(session, edge.actor, alert_id)
        return {"items": list(obligations_of(session, edge.actor, alert.id)), "next": None}


@router.get("/alerts/{alert_id}/obligations.csv")
def get_obligations_table(alert_id: str, edge: Known, request: Request) -> Response:
    """The same and the places that nobody answers for, as a table, also of an alert that has ended."""
    language = language_of(request)
    with edge.reading() as session:
        rows = list(export_answers.place_rows(session, edge.actor, alert_id, language))
    return csv_download(f"answers-{alert_id}", export_answers.PLACES[language], rows)


@router.post("/alerts/{alert_id}/unheld/{place_id}/told")
def post_told(alert_id: str, place_id: str, body: ToldForm, edge: Known, response: Response) -> State:
    """Somebody was told in a village or at a hazard point that no post answers for."""
    with edge.writing() as session:
        alert = report_told(session, edge.clock, edge.actor, alert_id, place_id, body.whom, body.note)
        return tagged(response, alert.state())


@router.get("/obligations/{obligation_id}")
def get_obligation(obligation_id: str, edge: Known, response: Response) -> State:
    """One, with who holds it, how to ring them, and what was tried."""
    with edge.reading() as session:
        row = obligation_for(session, edge.actor, obligation_id)
        return tagged(response, obligation_details(session, edge.actor, row))


@router.post("/obligations/{obligation_id}/call")
def post_call(obligation_id: str, body: CallForm, edge: Known, response: Response) -> State:
    """Have somebody called at once."""
    with edge.writing() as session:
        return tagged(response, actions.call(session, edge.clock, edge.actor, obligation_id, body.whom).state())


@router.post("/obligations/{obligation_id}/by-hand")
def post_by_hand(obligation_id: str, body: HandForm, edge: Known, response: Response) -> State:
    """A call made on another telephone, and what came of it."""
    report = actions.ByHand(body.whom, body.confirmed, body.note)
    with edge.writing() as session:
        row = actions.report_call(session, edge.clock, edge.actor, obligation_id, report)
        return tagged(response, row.state())


@router.post("/obligations/{obligation_id}/visit")
def post_visit(obligation_id: str, body: VisitForm, edge: Known, response: Response) -> State:
    """Somebody went there."""
    with edge.writing() as session:
        row = actions.report_visit(session, edge.clock, edge.actor, obligation_id, found=body.found, note=body.note)
        return tagged(response, row.state())


@router.post("/obligations/{obligation_id}/acted")
def post_acted(obligation_id: str, body: NoteForm, edge: Known, response: Response) -> State:
    """What was to be done there is done."""
    with edge.writing() as session:
        row = actions.report_acted(session, edge.clock, edge.actor, obligation_id, body.note)
        return tagged(response, row.state())
