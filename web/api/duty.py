"""Who is on duty, and the handover to the next one."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import Field, StringConstraints
from sqlalchemy.orm import Session

from command.directory.model import Unit
from command.directory.queries import unit_of
from command.duty import actions
from command.duty.brief import Remark, annotated, changes
from command.duty.model import HANDED, Handover
from command.duty.queries import (
    duty_unit,
    handover_for,
    handovers_of,
    is_officer,
    officers_of,
    shift_of,
    waiting_handover,
)
from command.kernel.values import Json, State
from web.api.forms import Form, Id
from web.downloads import csv_download
from web.edge import Edge, Known
from web.handover.gathering import brief_now
from web.handover.shown import header, rows, shown, shown_changes
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["duty"])

Seen = Annotated[list[Annotated[str, Field(max_length=20)]], Field(max_length=40)]


class RemarkForm(Form):
    """What the officer adds to a line."""

    marked: bool = False
    remark: Annotated[str, Field(max_length=400)] = ""


Remarks = Annotated[dict[Annotated[str, Field(max_length=120)], RemarkForm], Field(max_length=500)]


class HandForm(Form):
    """To whom (nobody named: to any officer of the unit), in own words, and remarks by the lines' ids."""

    to: Id | None = None
    words: Annotated[str, Field(max_length=4000)] = ""
    remarks: Remarks = Field(default_factory=dict)


class AcknowledgeForm(Form):
    """The sections that were seen, of those with something urgent in them."""

    seen: Seen = Field(default_factory=list)


class TakeForm(AcknowledgeForm):
    """Which shift is ended, as `GET /duty` showed it, and why the duty is taken on without a handover."""

    shift: Id
    reason: Annotated[str, StringConstraints(strip_whitespace=True, max_length=400)]


@router.get("/duty")
def get_duty(edge: Known) -> State:
    """The reader's unit, its shift, the handover that waits, and its officers."""
    with edge.reading() as session:
        unit = duty_unit(session, edge.actor)
        shift, waiting = shift_of(session, unit.id), waiting_handover(session, unit.id)
        officers: list[Json] = [{"id": one.id, "name": one.name} for one in officers_of(session, unit.id)]
        return {
            "unit": {"id": unit.id, "name": unit.name},
            "shift": shift.state() if shift else None,
            "waiting": waiting.state() if waiting else None,
            "officers": officers,
            "officer": is_officer(edge.actor, unit.id),
        }


@router.get("/duty/brief")
def get_brief(edge: Known, request: Request) -> State:
    """What would be handed over now."""
    with edge.reading() as session:
        unit = duty_unit(session, edge.actor)
        return _brief_state(brief_now(session, edge.clock, edge.actor, unit), language_of(request))


@router.post("/duty/begin", status_code=201)
def post_begin(edge: Known) -> State:
    """Go on duty where nobody is."""
    with edge.writing() as session:
        return actions.begin(session, edge.clock, edge.actor, duty_unit(session, edge.actor).id).state()


@router.post("/duty/take-over", status_code=201)
def post_take_over(body: TakeForm, edge: Known) -> State:
    """Take the duty on from somebody who did not hand it over."""
    with edge.writing() as session:
        unit = duty_unit(session, edge.actor)
        taking = _taking(session, edge, unit, body)
        return actions.take_over(session, edge.clock, edge.actor, unit.id, body.shift, taking, body.reason).state()


@router.post("/handovers", status_code=201)
def post_handover(body: HandForm, edge: Known) -> State:
    """Freeze the brief and offer the duty."""
    remarks = {key: Remark(one.marked, one.remark) for key, one in body.remarks.items()}
    with edge.writing() as session:
        unit = duty_unit(session, edge.actor)
        brief = annotated(brief_now(session, edge.clock, edge.actor, unit), remarks)
        values = actions.Handing(brief=brief, to=body.to, words=body.words)
        return actions.hand_over(session, edge.clock, edge.actor, unit.id, values).state()


@router.get("/handovers")
def list_handovers(
    edge: Known,
    after: Annotated[str | None, Query(max_length=36)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> State:
    """The unit's handovers, the newest first."""
    with edge.reading() as session:
        found = handovers_of(session, duty_unit(session, edge.actor).id, after, limit)
        items: list[Json] = [one.state() for one in found]
        return {"items": items, "next": found[-1].id if len(found) == limit else None}


@router.get("/handovers/{handover_id}")
def get_handover(handover_id: str, edge: Known, request: Request) -> State:
    """What was handed over, and what has changed since: until somebody acknowledges, until now."""
    language = language_of(request)
    with edge.reading() as session:
        row = handover_for(session, edge.actor, handover_id)
        since = shown_changes(_since(session, edge, row), language)
        return {**row.state(), **_brief_state(row.brief, language), "words": row.words, "since": since}


@router.get("/handovers/{handover_id}/brief.csv")
def get_table(handover_id: str, edge: Known, request: Request) -> Response:
    """The same as a table."""
    language = language_of(request)
    with edge.reading() as session:
        row = handover_for(session, edge.actor, handover_id)
        table = list(rows(row.brief, _since(session, edge, row), language))
    return csv_download(f"handover-{row.id}", header(language), table)


@router.post("/handovers/{handover_id}/withdraw")
def post_withdraw(handover_id: str, edge: Known) -> State:
    """Take it back."""
    with edge.writing() as session:
        return actions.withdraw(session, edge.clock, edge.actor, handover_id).state()


@router.post("/handovers/{handover_id}/acknowledge")
def post_acknowledge(handover_id: str, body: AcknowledgeForm, edge: Known) -> State:
    """Take the duty on."""
    with edge.writing() as session:
        unit = unit_of(session, handover_for(session, edge.actor, handover_id).unit_id)
        taking = _taking(session, edge, unit, body)
        return actions.acknowledge(session, edge.clock, edge.actor, handover_id, taking).state()


def _taking(session: Session, edge: Edge, unit: Unit, body: AcknowledgeForm) -> actions.Taking:
    return actions.Taking(brief=brief_now(session, edge.clock, edge.actor, unit), seen=body.seen)


def _brief_state(brief: Mapping[str, Any], language: str) -> State:
    return {"seq": brief["seq"], "as_of": brief["as_of"], "sections": shown(brief, language)}


def _since(session: Session, edge: Edge, row: Handover) -> Sequence[Any]:
    if row.status != HANDED:
        return row.since if isinstance(row.since, list) else []
    now = brief_now(session, edge.clock, edge.actor, unit_of(session, row.unit_id))
    return changes(row.brief, now)
