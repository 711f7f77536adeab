"""Warnings over HTTP: draft, preview, the moves to issue, who was reached."""

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from alerts import actions, export, export_answers
from alerts.deliveries import DeliveryFilter, deliveries_of
from alerts.ledger import ledger
from alerts.lookup import alert_for
from alerts.preview import preview, preview_end, preview_of
from alerts.queries import AlertFilter, alert_details, alerts_of, coverages_of
from alerts.resending import doubts
from command.incidents.queries import incident_for
from command.kernel.values import State
from gis.divisions import shipped_divisions
from web.api.alert_forms import (
    Adoption,
    Again,
    DraftChange,
    DraftForm,
    End,
    Other,
    People,
    PreviewForm,
    Reason,
)
from web.attachments import Store, shelf_of
from web.cap_keys import cap_keys_of
from web.downloads import csv_download
from web.edge import Edge, IfMatch, IfMatchNamed, Known
from web.evacuation_order import open_for
from web.outlets import outlets_of
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["alerts"])


@router.post("/alerts", status_code=201)
def post_alert(body: DraftForm, edge: Known, store: Store, request: Request, response: Response) -> State:
    """A draft; nobody is told."""
    with edge.writing() as session:
        check_incident(session, edge, body.incident)
        fields = body.draft(outlets_of(request), store)
        alert = actions.draft(session, edge.clock, edge.actor, fields, shipped_divisions())
        return tagged(response, alert.state())


@router.post("/alerts/preview")
def post_preview(body: PreviewForm, edge: Known, store: Store, request: Request) -> State:
    """Who would be told, how, in which words and how fast."""
    with edge.reading() as session:
        check_incident(session, edge, body.incident, body.of)
        outlets, divisions = outlets_of(request), shipped_divisions()
        return preview(session, edge.clock, edge.actor, body.draft(outlets, store), divisions, outlets, body.of)


@router.get("/alerts")
def list_alerts(
    edge: Known,
    status: Annotated[list[str] | None, Query(max_length=12)] = None,
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    kept: bool | None = None,
    query: Annotated[str, Query(max_length=200)] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
) -> State:
    """Alerts, newest first; `kept` false leaves out received ones that are merely kept, true has these alone."""
    wanted = AlertFilter(status=status or (), kept=kept, text=query, since=since, until=until, after=after, limit=limit)
    with edge.reading() as session:
        rows = alerts_of(session, edge.actor, wanted)
        items = [row.state() for row in rows]
    return {"items": list(items), "next": rows[-1].id if len(rows) == limit else None}


@router.get("/alerts/{alert_id}")
def get_alert(alert_id: str, edge: Known, response: Response) -> State:
    """One alert and the moves open to the reader."""
    with edge.reading() as session:
        return tagged(
            response, alert_details(session, edge.clock, edge.actor, alert_for(session, edge.actor, alert_id))
        )


@router.get("/alerts/{alert_id}/preview")
def get_preview(alert_id: str, edge: Known, request: Request) -> State:
    """The preview of a draft as it stands."""
    with edge.reading() as session:
        return preview_of(session, edge.clock, edge.actor, alert_id, outlets_of(request))


@router.patch("/alerts/{alert_id}")
def patch_alert(
    alert_id: str, body: DraftChange, version: IfMatch, edge: Known, store: Store, response: Response
) -> State:
    """Change a draft or returned alert."""
    with edge.writing() as session:
        check_incident(session, edge, body.incident, alert_id)
        changes, divisions = body.values(store), shipped_divisions()
        alert = actions.amend(session, edge.clock, edge.actor, alert_id, version, changes, divisions)
        return tagged(response, alert.state())


@router.post("/alerts/{alert_id}/submit")
def submit_alert(alert_id: str, version: IfMatchNamed, edge: Known, request: Request, response: Response) -> State:
    """Hand the draft that was read to the reviewers."""
    with edge.writing() as session:
        alert = actions.submit(session, edge.clock, edge.actor, alert_id, version, outlets_of(request))
        return tagged(response, alert.state())


@router.post("/alerts/{alert_id}/return")
def return_alert(alert_id: str, body: Reason, version: IfMatchNamed, edge: Known, response: Response) -> State:
    """Give it back with a reason."""
    with edge.writing() as session:
        return tagged(
            response, actions.return_(session, edge.clock, edge.actor, alert_id, body.reason, version).state()
        )


@router.post("/alerts/{alert_id}/sign-off")
def sign_off_alert(alert_id: str, version: IfMatchNamed, edge: Known, response: Response) -> State:
    """Release the text that was read: a person who wrote nothing of it."""
    with edge.writing() as session:
        return tagged(response, actions.sign_off(session, edge.clock, edge.actor, alert_id, version).state())


@router.post("/alerts/{alert_id}/drop")
def drop_alert(alert_id: str, edge: Known, response: Response) -> State:
    """Give up what was not issued."""
    with edge.writing() as session:
        return tagged(response, actions.drop(session, edge.clock, edge.actor, alert_id).state())


@router.post("/alerts/{alert_id}/issue")
def issue_alert(
    alert_id: str, body: People, version: IfMatchNamed, edge: Known, request: Request, response: Response
) -> State:
    """Issue to the audience as it is at this moment; workers are woken after the commit."""
    with edge.writing() as session:
        issued = actions.issue(
            session,
            edge.clock,
            edge.actor,
            alert_id,
            body.people,
            version,
            sign=cap_keys_of(request).sign,
            outlets=outlets_of(request),
            shelf=shelf_of(request),
        )
        open_for(session, edge.clock, edge.actor, issued.alert)
        state = issued.alert.state()
    waker(request)(issued.chunks)
    return tagged(response, state)


@router.post("/alerts/{alert_id}/update", status_code=201)
def update_alert(alert_id: str, body: DraftChange, edge: Known, store: Store, response: Response) -> State:
    """Draft the change of a running alert; what is absent is as in that one."""
    with edge.writing() as session:
        check_incident(session, edge, body.incident, alert_id)
        alert = actions.update(session, edge.clock, edge.actor, alert_id, body.values(store), shipped_divisions())
        return tagged(response, alert.state())


@router.post("/alerts/{alert_id}/cancel")
def cancel_alert(
    alert_id: str, body: End, version: IfMatchNamed, edge: Known, request: Request, response: Response
) -> State:
    """End a running alert; everyone who was told is told."""
    with edge.writing() as session:
        ended = actions.cancel(
            session,
            edge.clock,
            edge.actor,
            alert_id,
            body.end,
            body.text,
            version,
            sign=cap_keys_of(request).sign,
            texts=body.texts.model_dump(),
            translations=body.in_others(),
            outlets=outlets_of(request),
        )
        state = ended.alert.state()
    waker(request)(ended.chunks)
    return tagged(response, state)


@router.post("/alerts/{alert_id}/end-preview")
def post_end_preview(alert_id: str, body: End, edge: Known, request: Request) -> State:
    """What each channel would carry of an end; nobody is told."""
    with edge.reading() as session:
        outlets, own = outlets_of(request), body.texts.model_dump()
        return preview_end(
            session, edge.clock, edge.actor, alert_id, body.end, body.text, outlets, own, body.in_others()
        )


@router.post("/alerts/{alert_id}/acknowledge")
def acknowledge_alert(alert_id: str, edge: Known) -> State:
    """收到: a person before an open page."""
    with edge.writing() as session:
        return actions.acknowledge(session, edge.clock, edge.actor, alert_id).state()


@router.post("/alerts/{alert_id}/adopt", status_code=201)
def adopt_alert(
    alert_id: str, edge: Known, request: Request, response: Response, store: Store, body: Adoption | None = None
) -> State:
    """A draft of our own from a received alert, with its files."""
    again = body is not None and body.again
    with edge.writing() as session:
        outlets = outlets_of(request)
        alert = actions.adopt(session, edge.clock, edge.actor, alert_id, again=again, outlets=outlets, store=store)
        return tagged(response, alert.state())


@router.post("/alerts/{alert_id}/same")
def say_same(alert_id: str, body: Other, edge: Known, response: Response) -> State:
    """A received alert is a copy of another."""
    with edge.writing() as session:
        return tagged(response, actions.say_same(session, edge.clock, edge.actor, alert_id, body.alert).state())


@router.post("/alerts/{alert_id}/another")
def say_another(alert_id: str, body: Other, edge: Known, response: Response) -> State:
    """A received alert is no copy of another."""
    with edge.writing() as session:
        return tagged(response, actions.say_another(session, edge.clock, edge.actor, alert_id, body.alert).state())


@router.post("/alerts/{alert_id}/undecided")
def say_undecided(alert_id: str, body: Other, edge: Known, response: Response) -> State:
    """What was said of the two is taken back."""
    with edge.writing() as session:
        return tagged(response, actions.undecide(session, edge.clock, edge.actor, alert_id, body.alert).state())


@router.get("/alerts/{alert_id}/coverage")
def get_coverage(alert_id: str, edge: Known) -> State:
    """Reached and not reached by township, silent ones first."""
    with edge.reading() as session:
        return {"items": list(coverages_of(session, edge.actor, alert_id)), "next": None}


@router.get("/alerts/{alert_id}/coverage.csv")
def get_coverage_table(alert_id: str, edge: Known, request: Request) -> Response:
    """The same as a table for a spreadsheet, also of an alert that has ended."""
    language = language_of(request)
    with edge.reading() as session:
        rows = list(export_answers.coverage_rows(session, edge.actor, alert_id, language))
    return csv_download(f"coverage-{alert_id}", export_answers.COVERAGE[language], rows)


@router.get("/alerts/{alert_id}/deliveries")
def get_deliveries(
    alert_id: str,
    edge: Known,
    state: str | None = None,
    unit: str | None = None,
    person: Annotated[str, Query(max_length=80)] = "",
    after: str | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> State:
    """Who was to be told, and what became of it. A page may be short and yet have a `next`."""
    wanted = DeliveryFilter(state=state or None, unit=unit, person=person.strip() or None, after=after, limit=limit)
    with edge.reading() as session:
        items, following = deliveries_of(session, edge.actor, alert_id, wanted)
    return {"items": list(items), "next": following}


@router.get("/alerts/{alert_id}/deliveries.csv")
def get_deliveries_table(alert_id: str, edge: Known, request: Request) -> Response:
    """Who was told, who answered and who was called, as a table for a spreadsheet."""
    language = language_of(request)
    with edge.reading() as session:
        rows = list(export.rows(session, edge.actor, alert_id, language))
    return csv_download(f"alert-{alert_id}", export.header(language), rows)


@router.get("/alerts/{alert_id}/ledger")
def get_ledger(alert_id: str, edge: Known) -> State:
    """Planned, pending, sent, failed, unknown by act and channel, whether they agree, what of it waits for a way that
    is away, and what may be sent again."""
    with edge.reading() as session:
        found = ledger(session, edge.clock, edge.actor, alert_id)
        return {**found, "doubts": [one.state() for one in doubts(session, edge.actor, alert_id)]}


@router.post("/alerts/{alert_id}/resend")
def resend_alert(alert_id: str, body: Again, edge: Known, request: Request) -> State:
    """Send the unknown ones of a channel again, whoever may have got it included, or those that failed for the way."""
    with edge.writing() as session:
        chunks = actions.resend(session, edge.clock, edge.actor, alert_id, body.channel, body.count, body.state)
    waker(request)(chunks)
    return {"chunks": len(chunks)}


def check_incident(session: Session, edge: Edge, wanted: str | None, alert_id: str | None = None) -> None:
    """NotFound `incident.unknown` where the author may not read the incident; the one it has already stands."""
    before = alert_for(session, edge.actor, alert_id).incident_id if alert_id else None
    if wanted not in (None, before):
        incident_for(session, edge.actor, str(wanted))


def waker(request: Request) -> Callable[[tuple[str, ...]], None]:
    """What tells the workers of new chunks; a lost call costs a sweep."""
    wake: Callable[[tuple[str, ...]], None] = request.app.state.wake_workers
    return wake


def tagged(response: Response, state: State) -> State:
    """The state with its version as ETag."""
    response.headers["ETag"] = f'"{state["version"]}"'
    return state
