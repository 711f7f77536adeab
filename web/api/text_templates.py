"""Templates of warnings: the county's, a look at one filled, and the one that is offered to a draft."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field

from alerts.templates.book import book_state, checked, chosen, put_template
from alerts.templates.filling import Facts, offered
from alerts.templates.looking import look
from command.directory.queries import unit_of
from command.kernel.rights import Right
from command.kernel.values import State
from web.api.alert_forms import Key
from web.api.alerts import tagged
from web.api.forms import Form
from web.edge import IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["settings"])

Kind = Literal["warning", "notice", "evacuation"]
Colour = Literal["red", "orange", "yellow", "blue"]
Line = Annotated[str, Field(max_length=200)]
Text = Annotated[str, Field(max_length=2000)]


class ContentForm(Form):
    """A template. An empty list means any; the texts hold placeholders in braces."""

    kinds: Annotated[list[Kind], Field(max_length=3)]
    events: Annotated[list[Annotated[str, Field(min_length=1, max_length=40)]], Field(max_length=20)]
    colours: Annotated[list[Colour], Field(max_length=4)]
    purpose: Literal["alert", "change", "lifted", "withdrawn", "expired"]
    language: Annotated[str, Field(max_length=8)]
    sample: bool
    description: Text
    instruction: Text
    short: Text
    medium: Text
    long: Text
    voice: Text


class NewTemplate(Form):
    """One more template of the county's."""

    content: ContentForm


class TemplateForm(Form):
    """Null takes the county's own away: the shipped one is in force again, where there is one."""

    content: ContentForm | None


class AskedForm(Form):
    """What is being drafted: for what a template is looked for, and what its placeholders stand for."""

    kind: Kind
    event: Line
    colour: Colour | None = None
    purpose: Literal["alert", "change"] = "alert"
    language: Line = "zh-CN"
    place: Text = ""
    expires_at: AwareDatetime | None = None


@router.get("/text-templates")
def get_text_templates(edge: Known) -> State:
    """All that are in force."""
    with edge.reading() as session:
        return {"items": list(book_state(session, edge.actor)), "next": None}


@router.post("/text-templates", status_code=201)
def post_text_template(body: NewTemplate, edge: Known, response: Response) -> State:
    """Add one."""
    with edge.writing() as session:
        content = body.content.model_dump()
        return tagged(response, put_template(session, edge.clock, edge.actor, None, 0, content))


@router.put("/text-templates/{key}")
def put_text_template(key: Key, body: TemplateForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Put another text in its place, for what is drafted from now on."""
    content = body.content.model_dump() if body.content else None
    with edge.writing() as session:
        return tagged(response, put_template(session, edge.clock, edge.actor, key, version, content))


@router.post("/text-templates/preview")
def preview_text_template(body: NewTemplate, edge: Known) -> State:
    """A template filled with sample values; nothing is kept."""
    with edge.reading() as session:
        unit = unit_of(session, edge.actor.unit_id)
        edge.actor.need(Right.SETTINGS_CHANGE, unit.path)
        return look(checked(body.content.model_dump()), unit.name, edge.clock.now())


@router.post("/text-templates/offer")
def offer_text_template(body: AskedForm, edge: Known) -> State:
    """The template that names most of what is drafted, and what it puts there; `key` null where there is none."""
    with edge.reading() as session:
        unit = unit_of(session, edge.actor.unit_id)
        edge.actor.need(Right.ALERT_DRAFT, unit.path)
        found = chosen(session, unit, body.kind, body.event, body.colour, body.purpose, body.language)
        if found is None or not body.event.strip():
            return {"key": None}
        facts = Facts(unit.name, body.place, body.event.strip(), body.colour, body.kind, body.expires_at)
        key, template = found
        return {
            "key": key,
            "sample": template.sample,
            "events": list(template.events),
            "colours": list(template.colours),
            **offered(template, facts),
        }
