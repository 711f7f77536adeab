"""Warnings over HTTP: draft, preview, the moves to issue, who was reached, receipts."""

import hmac
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime, Field
from sqlalchemy.orm import Session

from alerts import actions, export, export_answers
from alerts.deliveries import DeliveryFilter, deliveries_of
from alerts.drafting import AreaInput, CircleInput, Draft
from alerts.files import File, own_file
from alerts.ledger import ledger
from alerts.lookup import alert_for
from alerts.outlets import Outlets
from alerts.preview import preview, preview_end, preview_of
from alerts.queries import AlertFilter, alert_details, alerts_of, coverages_of
from alerts.recipients import USUAL
from alerts.resending import doubts
from command.incidents.queries import incident_for
from command.kernel.attachments import AttachmentStore
from command.kernel.errors import FieldError, Invalid, Unauthenticated
from command.kernel.values import State
from gis.divisions import shipped_divisions
from web.api.forms import Form, Id
from web.attachments import Store, shelf_of
from web.cap_keys import cap_keys_of
from web.downloads import csv_download
from web.edge import Edge, IfMatch, IfMatchNamed, Known, database_of, known_edge, token_of
from web.evacuation_order import open_for
from web.outlets import outlets_of
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["alerts"])

Line = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=4000)]
Words = Annotated[str, Field(max_length=2000)]
Key = Annotated[str, Field(min_length=1, max_length=40)]
Language = Annotated[str, Field(max_length=35, pattern=r"^([A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*)?$")]
Channel = Literal["websocket", "email", "mqtt", "sms", "webhook", "webpush"]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Titles = Annotated[list[Annotated[str, Field(min_length=1, max_length=80)]], Field(max_length=40)]
Groups = Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=40)]
Codes = Annotated[list[Annotated[str, Field(pattern=r"^\d{2,12}$")]], Field(max_length=500)]


class Circle(Form):
    """A circle: degrees WGS-84, metres."""

    center: Annotated[list[float], Field(min_length=2, max_length=2)]
    radius_m: Annotated[float, Field(gt=0, le=500_000)]


class AreaForm(Form):
    """Where, in one or several ways together."""

    divisions: Codes | None = None
    polygon: dict[str, Any] | None = None
    circle: Circle | None = None
    description: Line | None = None
    worded: bool = True
    """Whether a person wrote the description; what a page made of the area is no person's."""

    def area(self) -> AreaInput:
        """The value the actions take."""
        drawn = self.circle
        circle = None if drawn is None else CircleInput(drawn.center[0], drawn.center[1], drawn.radius_m)
        return AreaInput(tuple(self.divisions or ()), self.polygon, circle, self.description, self.worded)


class ReadForm(Form):
    """What a person wrote of what is read; what is empty or absent is a template's."""

    short: Words = ""
    medium: Words = ""
    long: Words = ""

    def written(self) -> dict[str, str]:
        return {name: text for name, text in self.model_dump().items() if text}


class TextsForm(ReadForm):
    """What a person wrote in the place of a template's texts."""

    voice: Words = ""


class TranslationForm(ReadForm):
    """What a person wrote in another language."""

    headline: Line = ""
    description: Text = ""
    instruction: Text = ""


class FileForm(Form):
    """A file that was handed in before, by its content, and what is said of it."""

    sha256: Sha256
    description: Line = ""


Translations = Annotated[dict[str, TranslationForm], Field(max_length=8)]
"""By the tags of the languages."""


Files = Annotated[list[FileForm], Field(max_length=20)]


class Fields(Form):
    """What a draft and its changes share."""

    event: Line
    headline: Line
    description: Text
    instruction: Text
    area: AreaForm
    expires_at: AwareDatetime | None
    effective_at: AwareDatetime | None
    incident: Id | None
    kind: Literal["warning", "notice", "evacuation"] | None
    colour: Literal["red", "orange", "yellow", "blue"] | None
    channels: Annotated[list[Channel], Field(min_length=1, max_length=8)] | None
    language: Language
    template: Key | None
    texts: TextsForm
    translations: Translations
    drill: bool
    titles: Titles
    groups: Groups
    files: Files

    def values(self, store: AttachmentStore) -> dict[str, Any]:
        """The fields that were sent, as `Draft` names them, files with what lies in the store.

        Raises Invalid `alert.file_unknown`, and as `own_file`.
        """
        sent = {name: getattr(self, name) for name in self.model_fields_set}
        if "area" in sent:
            sent["area"] = sent["area"].area()
        if sent.get("channels") is not None:
            sent["channels"] = tuple(sent["channels"])
        if "texts" in sent:
            sent["texts"] = sent["texts"].written()
        if "translations" in sent:
            sent["translations"] = {tag: one.written() for tag, one in sent["translations"].items()}
        if "titles" in sent:
            sent["titles"] = tuple(dict.fromkeys(sent["titles"]))
        if "groups" in sent:
            sent["groups"] = dict.fromkeys(sent["groups"], "")
        if "files" in sent:
            sent["files"] = tuple(_file(one, store) for one in {one.sha256: one for one in sent["files"]}.values())
        return sent


class DraftForm(Fields):
    """A new draft."""

    description: Text = ""
    instruction: Text = ""
    expires_at: AwareDatetime | None = None
    effective_at: AwareDatetime | None = None
    incident: Id | None = None
    kind: Literal["warning", "notice", "evacuation"] | None = None
    colour: Literal["red", "orange", "yellow", "blue"] | None = None
    channels: Annotated[list[Channel], Field(min_length=1, max_length=8)] | None = None
    language: Language = "zh-CN"
    template: Key | None = None
    texts: TextsForm = Field(default_factory=TextsForm)
    translations: Translations = Field(default_factory=dict)
    drill: bool = False
    titles: Titles = Field(default_factory=list)
    groups: Groups = Field(default_factory=list)
    files: Files = Field(default_factory=list)

    def draft(self, outlets: Outlets, store: AttachmentStore) -> Draft:
        """The value the actions take; one that names no channels has the usual ones that are set up."""
        usual = tuple(one for one in USUAL if one in outlets.open)
        given = {"description": "", "instruction": "", "expires_at": None, **self.values(store)}
        return Draft(**{**given, "channels": given.get("channels") or usual})


class PreviewForm(DraftForm):
    """A draft that is not stored as it is here; `of` is the one that it will change."""

    of: Id | None = None

    def values(self, store: AttachmentStore) -> dict[str, Any]:
        """The draft's fields alone."""
        return {name: value for name, value in super().values(store).items() if name != "of"}


class DraftChange(DraftForm):
    """Changes of a draft; what is absent stays."""

    event: Line = ""
    headline: Line = ""
    area: AreaForm = Field(default_factory=AreaForm)


class Reason(Form):
    """Why it is given back."""

    reason: Annotated[str, Field(max_length=1000)]


class People(Form):
    """The number of people that the issuer typed."""

    people: Annotated[int, Field(ge=0, le=10**9)]


class Adoption(Form):
    """`again`: somebody has adopted it already, and another draft is meant all the same."""

    again: bool = False


class Other(Form):
    """The other alert of two that may be one."""

    alert: Annotated[str, Field(max_length=40)]


class End(Form):
    """How an alert ends, and what everyone told is told."""

    end: Literal["lifted", "withdrawn"]
    text: Annotated[str, Field(max_length=1000)]
    texts: TextsForm = Field(default_factory=TextsForm)
    translations: Annotated[dict[str, ReadForm], Field(max_length=8)] = Field(default_factory=dict)

    def in_others(self) -> dict[str, dict[str, str]]:
        """What was written in other languages, by variants."""
        return {language: texts.written() for language, texts in self.translations.items()}


class Again(Form):
    """A channel's unknown ones, or those that failed for the way, and the number of them that the operator saw."""

    channel: Channel
    state: Literal["unknown", "failed"] = "unknown"
    count: Annotated[int, Field(ge=0, le=10**9)]


class ReceiptForm(Form):
    """A provider's or a page's receipt."""

    delivery: Id | None = None
    alert: Id | None = None
    state: Literal["delivered", "answered", "failed"]
    at: AwareDatetime | None = None


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
    alert_id: str, edge: Known, request: Request, response: Response, body: Adoption | None = None
) -> State:
    """A draft of our own from a received alert."""
    again = body is not None and body.again
    with edge.writing() as session:
        outlets = outlets_of(request)
        alert = actions.adopt(session, edge.clock, edge.actor, alert_id, again=again, outlets=outlets)
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


@router.post("/receipts/{channel}")
def post_receipt(channel: Channel, body: ReceiptForm, request: Request) -> State:
    """A receipt: a page's for itself, or a provider's with the receipts' token. Again changes nothing."""
    db = database_of(request)
    edge = None if _is_provider(request) else known_edge(request)
    with db.writing() as session:
        new = actions.record_receipt(
            session,
            db.clock,
            channel,
            body.state,
            delivery=body.delivery if edge is None else None,
            alert_id=body.alert,
            actor=edge.actor if edge else None,
            at=body.at,
        )
    return {"new": new}


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


def _file(named: FileForm, store: AttachmentStore) -> File:
    content = store.find(named.sha256)
    if content is None:
        code, said = "alert.file_unknown", named.description or named.sha256[:12]
        raise Invalid(code, fields=(FieldError("files", code, (("name", said),)),), name=said)
    return own_file(content, named.description)


def _is_provider(request: Request) -> bool:
    expected = request.app.state.settings.receipt_token.get_secret_value()
    given = token_of(request)
    if given is None:
        raise Unauthenticated("access.unknown")
    return bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
