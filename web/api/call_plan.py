"""The county's call plan: who is told and called, how often, and when somebody goes there."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from alerts.calls.plans import change_plan, plan_state
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form
from web.edge import IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["settings"])

Level = Literal["red", "orange", "yellow", "blue", "evacuation"]
Seconds = Annotated[int, Field(ge=1, le=86_400)]


class StepForm(Form):
    """One stage: messages with its first try, a call with every try; `wait_s` after each, the last one repeats."""

    whom: Literal["holder", "deputy", "superior", "visit"]
    tell: Annotated[list[Literal["websocket", "sms", "email"]], Field(max_length=3)]
    call: bool
    tries: Annotated[int, Field(ge=1, le=20)]
    wait_s: Annotated[list[Seconds], Field(min_length=1, max_length=20)]


class LevelForm(Form):
    """Who is obliged, the stages in order, and how long until all of them are called again."""

    obliged: Annotated[list[Literal["village", "hazard_point", "leader"]], Field(min_length=1, max_length=3)]
    steps: Annotated[list[StepForm], Field(min_length=1, max_length=20)]
    again_s: Seconds


class PlanForm(Form):
    """All levels that call somebody; null for the plan that the system comes with."""

    levels: dict[Level, LevelForm] | None


@router.get("/call-plan")
def get_call_plan(edge: Known, response: Response) -> State:
    """The plan in force."""
    with edge.reading() as session:
        return tagged(response, plan_state(session, edge.actor))


@router.put("/call-plan")
def put_call_plan(body: PlanForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Put another plan in force for what is issued or received from now on."""
    levels: State | None = body.model_dump()["levels"]
    with edge.writing() as session:
        return tagged(response, change_plan(session, edge.clock, edge.actor, version, levels))
