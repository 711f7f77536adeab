"""The county's policy of what is sent again by itself where nobody knows whether it arrived."""

from typing import Annotated, Literal

from fastapi import APIRouter, Response
from pydantic import Field

from alerts.resends.policies import change_policy, policy_state
from alerts.resends.policy import LONGEST_S, MOST_TIMES, SHORTEST_S
from command.kernel.values import State
from web.api.alerts import tagged
from web.api.forms import Form
from web.edge import IfMatch, Known

router = APIRouter(prefix="/api/v1", tags=["settings"])

Level = Literal["red", "orange", "yellow", "blue", "evacuation"]


class RuleForm(Form):
    """Whom, how many seconds after the result came, how often at most."""

    whom: Annotated[list[Literal["officials", "responsible"]], Field(min_length=1, max_length=2)]
    after_s: Annotated[int, Field(ge=SHORTEST_S, le=LONGEST_S)]
    times: Annotated[int, Field(ge=1, le=MOST_TIMES)]


class PolicyForm(Form):
    """The levels at which something is sent again, none for nothing; null for the policy that the system comes with."""

    levels: dict[Level, RuleForm] | None


@router.get("/resend-policy")
def get_resend_policy(edge: Known, response: Response) -> State:
    """The policy in force."""
    with edge.reading() as session:
        return tagged(response, policy_state(session, edge.actor))


@router.put("/resend-policy")
def put_resend_policy(body: PolicyForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Put another policy in force, also for the alerts that run."""
    levels: State | None = body.model_dump()["levels"]
    with edge.writing() as session:
        return tagged(response, change_policy(session, edge.clock, edge.actor, version, levels))
