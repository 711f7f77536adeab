"""Numbers to mend, shown at handover, and the check that finds them."""

from typing import Annotated, Literal

from fastapi import APIRouter, Request, Response
from pydantic import Field

from alerts.calls.proving import calls_of, progress_of
from alerts.numbers import actions
from alerts.numbers.export import header, row
from alerts.numbers.queries import counts, last_check, next_check_at, numbers_to_mend, own_county, plan_state
from command.kernel.clock import optional_text
from command.kernel.errors import Refused
from command.kernel.rights import Right
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form
from web.downloads import csv_download
from web.edge import Edge, IfMatch, Known
from web.problems import language_of

router = APIRouter(prefix="/api/v1", tags=["numbers"])


class CheckForm(Form):
    """The numbers of people to be written to, and of telephones to be rung, that were shown."""

    people: Annotated[int, Field(ge=0)]
    calls: Annotated[int, Field(ge=0)]


class PaceForm(Form):
    """When the calendar checks: off or on, from which day of the month, by which hours; how many a minute are written
    to, and how many rung."""

    on: bool
    day: Annotated[int, Field(ge=1, le=28)]
    from_hour: Annotated[int, Field(ge=7, le=20)]
    to_hour: Annotated[int, Field(ge=8, le=21)]
    per_minute: Annotated[int, Field(ge=1, le=600)]
    calls_per_minute: Annotated[int, Field(ge=1, le=60)]


@router.get("/numbers")
def get_numbers(edge: Known, response: Response) -> State:
    """What bounced or was not proven for 31 days, how many a check would write to and ring, the last check and how far
    it is, the plan, and when the calendar checks next."""
    _need(edge)
    with edge.reading() as session:
        unit = own_county(session, edge.actor)
        now, check, plan = edge.clock.now(), last_check(session, unit.id), plan_state(session, unit)
        items = numbers_to_mend(session, edge.actor, now, calls_of(session, check))
        reach = actions.reach_of(session, unit)
        response.headers["ETag"] = f'"{plan["version"]}"'
        return {
            "items": list(items),
            "counts": counts(items),
            **reach._asdict(),
            "check": {**check.state(), "runs": check.runs(now), **progress_of(session, check, now)} if check else None,
            "plan": plan,
            "next_check_at": optional_text(next_check_at(session, unit, now)),
        }


@router.get("/numbers.csv")
def get_table(edge: Known, request: Request) -> Response:
    """The same as a table for the handover."""
    _need(edge)
    language = language_of(request)
    with edge.reading() as session:
        check = last_check(session, own_county(session, edge.actor).id)
        items = numbers_to_mend(session, edge.actor, edge.clock.now(), calls_of(session, check))
    return csv_download("numbers", header(language), [row(one, language) for one in items])


@router.post("/numbers/{person_id}/{kind}/corrected")
def post_corrected(person_id: str, kind: Literal["phone", "email"], edge: Known) -> State:
    """Somebody has asked: the number is right."""
    with edge.writing() as session:
        actions.correct(session, edge.clock, edge.actor, person_id, kind)
    return {"person": person_id, "kind": kind}


@router.post("/numbers/checks", status_code=201)
def post_check(body: CheckForm, edge: Known) -> State:
    """Write a test to everybody who holds a post, or ring them, by day and at the county's paces."""
    with edge.writing() as session:
        return actions.begin(session, edge.clock, edge.actor, body.people, body.calls).state()


@router.post("/numbers/checks/{number_check_id}/stop")
def post_stop(number_check_id: str, edge: Known) -> State:
    """Send no more of it, ring no more, and hang up."""
    with edge.writing() as session:
        return actions.stop(session, edge.clock, edge.actor, number_check_id).state()


@router.put("/numbers/plan")
def put_plan(body: PaceForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Have the calendar check every month, or not."""
    with edge.writing() as session:
        plan = actions.change_plan(session, edge.clock, edge.actor, version, body.model_dump())
    return tagged(response, plan)


def _need(edge: Edge) -> None:
    if not edge.actor.may_somewhere(Right.DIRECTORY_READ):
        raise Refused("access.refused", right=Right.DIRECTORY_READ)
