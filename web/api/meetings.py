"""Meetings over HTTP: convene, look, answer, control. Being in one is web/signalling.py."""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from command.directory.queries import sight_of
from command.incidents.actions import share
from command.incidents.queries import incident_for
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import FieldError, Invalid
from command.kernel.values import Json, State
from gis.geometry import GeometryProblem, from_geojson
from media.meetings.actions import chairing, convening, sharing, speaking, taking_part
from media.meetings.actions.convening import Call
from media.meetings.model import LAYOUT_CELLS, Meeting, Mode
from media.meetings.queries import inside, meeting_seen, ringing_kinds, sites_seen
from web.api.forms import Form, Id
from web.api.terminals import terminals_inside
from web.edge import Edge, Known
from web.insight import Insight

router = APIRouter(prefix="/api/v1", tags=["meetings"])

MOST_INVITED = 500
MOST_CELLS = max(LAYOUT_CELLS.values())
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
LayoutKind = Literal["1", "2", "3", "4", "6", "9", "16", "25", "1+5", "1+7"]
Action = Literal[
    "ring",
    "mute",
    "unmute",
    "mute_all",
    "unmute_all",
    "remove",
    "broadcast",
    "stop_broadcast",
    "layout",
    "end",
    "grant_floor",
    "refuse_floor",
    "end_floor",
    "end_content",
]


class Invitation(Form):
    """Whom to ring: all terminals of units, single ones, and those that stand in an area (a GeoJSON polygon)."""

    units: list[Id] = Field(default_factory=list, max_length=MOST_INVITED)
    terminals: list[Id] = Field(default_factory=list, max_length=MOST_INVITED)
    area: dict[str, Any] | None = None


class MeetingForm(Form):
    """A meeting to convene."""

    title: Title
    incident: Id | None = None
    invite: Invitation
    mode: Mode = Mode.DISCUSSION


class AnswerForm(Form):
    """What a terminal says to its ring."""

    accept: bool
    reason: Reason | None = None


class FloorForm(Form):
    """Whether the own site wants to speak; false withdraws that, or says that all is said."""

    ask: bool


class ContentForm(Form):
    """Whether the own site shares its content: a second picture, a screen for example."""

    share: bool


class LayoutForm(Form):
    """How the pictures are arranged: site ids in reading order, null fills itself."""

    kind: LayoutKind
    cells: list[Id | None] = Field(default_factory=list, max_length=MOST_CELLS)


class ControlForm(Form):
    """One act of the chair."""

    action: Action
    site: Id | None = None
    terminal: Id | None = None
    layout: LayoutForm | None = None

    def site_id(self) -> str:
        """The site meant; Invalid `meeting.site_needed`."""
        if self.site is None:
            raise Invalid("meeting.site_needed", fields=(FieldError("site", "meeting.site_needed"),))
        return self.site

    def arranged(self) -> LayoutForm:
        """The layout meant; Invalid `meeting.layout_needed`."""
        if self.layout is None:
            raise Invalid("meeting.layout_needed", fields=(FieldError("layout", "meeting.layout_needed"),))
        return self.layout


@router.post("/meetings", status_code=201)
def post_meeting(body: MeetingForm, edge: Known, request: Request) -> State:
    """Convene: every terminal invited rings at once."""
    with edge.writing() as session:
        incident = incident_for(session, edge.actor, body.incident) if body.incident else None
        area = _terminals_in(session, edge.actor, body.invite.area)
        terminals = [*body.invite.terminals, *area]
        drill = incident is not None and incident.drill
        call = Call(body.title, body.invite.units, terminals, body.incident, drill, body.mode)
        meeting = convening.convene(session, edge.clock, edge.actor, call)
        if incident is not None:
            # Whoever is called about an incident may read what it is about.
            share(session, edge.actor, incident, [site.unit_id for site in meeting.sites])
        invited: list[Json] = [site.state() for site in meeting.sites]
        url = f"{request.base_url}terminal?meeting={meeting.id}"
        return {"id": meeting.id, "join_url": url, "meeting": meeting.state(), "invited": invited}


@router.get("/meetings/{meeting_id}")
def get_meeting(meeting_id: str, edge: Known) -> State:
    """The meeting, running or over, and the sites this reader may know of."""
    with edge.reading() as session:
        return _shown(session, edge.actor, meeting_seen(session, edge.actor, meeting_id))


@router.get("/meetings/{meeting_id}/inside")
def get_inside(meeting_id: str, edge: Known) -> State:
    """Who is in, by name: also for a site that is rung and otherwise knows of itself alone."""
    with edge.reading() as session:
        sites = inside(meeting_seen(session, edge.actor, meeting_id))
        items: list[Json] = [{"site": site.id, "name": site.name, "kind": site.kind} for site in sites]
    return {"items": items, "next": None}


@router.get("/meetings/{meeting_id}/quality")
async def get_quality(meeting_id: str, edge: Known, request: Request) -> State:
    """How well the connections of the sites are that this reader may know of, as the bridge sees them now."""
    known = await asyncio.to_thread(_known_sites, edge, meeting_id)
    insight: Insight = request.app.state.insight
    rows = await insight.quality(meeting_id)
    items: list[Json] = [row for row in rows or [] if row["site"] in known]
    return {"items": items, "next": None, "node": rows is not None}


def _known_sites(edge: Edge, meeting_id: str) -> set[str]:
    with edge.reading() as session:
        meeting = meeting_seen(session, edge.actor, meeting_id)
        return {site.id for site in sites_seen(sight_of(session, edge.actor), meeting)}


@router.post("/meetings/{meeting_id}/answer")
def post_answer(meeting_id: str, body: AnswerForm, edge: Known) -> State:
    """Accept or refuse the ring; saying the same again changes nothing."""
    act = taking_part.answer if body.accept else taking_part.refuse
    with edge.writing() as session:
        return act(session, edge.clock, edge.actor, meeting_id, body.reason or None).state()


@router.post("/meetings/{meeting_id}/floor")
def post_floor(meeting_id: str, body: FloorForm, edge: Known) -> State:
    """Ask for the floor, withdraw that, or give it back; saying the same again changes nothing."""
    with edge.writing() as session:
        if body.ask:
            meeting = speaking.ask(session, edge.clock, edge.actor, meeting_id)
        else:
            meeting = speaking.withdraw(session, edge.actor, meeting_id)
        return meeting.state()


@router.post("/meetings/{meeting_id}/content")
def post_content(meeting_id: str, body: ContentForm, edge: Known) -> State:
    """Share the own content, or no more; saying the same again changes nothing."""
    with edge.writing() as session:
        if body.share:
            meeting = sharing.share(session, edge.clock, edge.actor, meeting_id)
        else:
            meeting = sharing.unshare(session, edge.actor, meeting_id)
        return meeting.state()


@router.post("/meetings/{meeting_id}/control")
def post_control(meeting_id: str, body: ControlForm, edge: Known) -> State:
    """One act of the chair; the meeting and its sites as they are then."""
    with edge.writing() as session:
        _ACTS[body.action](session, edge.clock, edge.actor, meeting_id, body)
        session.flush()
        return _shown(session, edge.actor, meeting_seen(session, edge.actor, meeting_id))


Act = Callable[[Session, Clock, Actor, str, ControlForm], None]


def _ring(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    if body.terminal is not None:
        convening.ring_terminal(session, clock, actor, meeting_id, body.terminal)
    else:
        convening.ring(session, clock, actor, meeting_id, body.site_id())


def _muting(muted: bool, everybody: bool) -> Act:
    def act(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
        if everybody:
            chairing.mute_all(session, actor, meeting_id, muted)
        else:
            chairing.mute(session, actor, meeting_id, body.site_id(), muted)

    return act


def _remove(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    chairing.remove(session, clock, actor, meeting_id, body.site_id())


def _broadcast(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    chairing.broadcast(session, actor, meeting_id, body.site_id())


def _stop_broadcast(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    chairing.broadcast(session, actor, meeting_id, None)


def _lay_out(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    layout = body.arranged()
    chairing.lay_out(session, actor, meeting_id, layout.kind, layout.cells)


def _grant_floor(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    speaking.grant(session, clock, actor, meeting_id, body.site_id())


def _refuse_floor(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    speaking.refuse(session, actor, meeting_id, body.site_id())


def _end_floor(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    speaking.end(session, actor, meeting_id)


def _end_content(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    sharing.end(session, actor, meeting_id)


def _end(session: Session, clock: Clock, actor: Actor, meeting_id: str, body: ControlForm) -> None:
    convening.end(session, clock, actor, meeting_id)


_ACTS: dict[str, Act] = {
    "ring": _ring,
    "mute": _muting(muted=True, everybody=False),
    "unmute": _muting(muted=False, everybody=False),
    "mute_all": _muting(muted=True, everybody=True),
    "unmute_all": _muting(muted=False, everybody=True),
    "remove": _remove,
    "broadcast": _broadcast,
    "stop_broadcast": _stop_broadcast,
    "layout": _lay_out,
    "end": _end,
    "grant_floor": _grant_floor,
    "refuse_floor": _refuse_floor,
    "end_floor": _end_floor,
    "end_content": _end_content,
}


def _terminals_in(session: Session, actor: Actor, area: dict[str, Any] | None) -> list[str]:
    if area is None:
        return []
    try:
        shape = from_geojson(area)
    except GeometryProblem as error:
        raise Invalid("area.unreadable", fields=(FieldError("invite.area", "area.unreadable"),)) from error
    if shape.geom_type not in {"Polygon", "MultiPolygon"}:
        raise Invalid("area.unreadable", fields=(FieldError("invite.area", "area.unreadable"),))
    return ringing_kinds(session, actor, terminals_inside(session, shape))


def _shown(session: Session, actor: Actor, meeting: Meeting) -> State:
    sites: list[Json] = [site.state() for site in sites_seen(sight_of(session, actor), meeting)]
    return {"meeting": meeting.state(), "sites": sites}
