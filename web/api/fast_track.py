"""绿色通道: the county's written policy, the issue by one person, and the second person's word afterwards."""

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import AwareDatetime, Field

from alerts import actions
from alerts.fast_track.policies import change_policy, policy_state
from alerts.fast_track.policy import MOST_HOURS
from alerts.fast_track.queries import own_fast_track
from command.kernel.clock import to_text
from command.kernel.values import State
from web.api.alert_forms import Key, People, Reason
from web.api.alerts import tagged, waker
from web.api.forms import Form, Id
from web.api.text_templates import ContentForm
from web.attachments import shelf_of
from web.cap_keys import cap_keys_of
from web.edge import IfMatch, Known
from web.outlets import outlets_of

router = APIRouter(prefix="/api/v1", tags=["alerts"])

Word = Annotated[str, Field(min_length=1, max_length=80)]
Ids = Annotated[list[Id], Field(max_length=200)]


class ApprovedForm(Form):
    """A template as it was read and approved; `numbers`: those in it may be others."""

    key: Key
    numbers: bool
    content: ContentForm


class PolicyForm(Form):
    """A whole policy: at least one of accounts, roles or posts is named."""

    document: Annotated[str, Field(min_length=1, max_length=200)]
    text: Annotated[str, Field(max_length=4000)]
    events: Annotated[list[Word], Field(min_length=1, max_length=40)]
    templates: Annotated[list[ApprovedForm], Field(min_length=1, max_length=40)]
    users: Ids
    roles: Annotated[list[Word], Field(max_length=10)]
    posts: Ids
    until: AwareDatetime
    countersign_hours: Annotated[int, Field(ge=1, le=MOST_HOURS)]

    def content(self) -> State:
        """As the policy is kept."""
        return {**self.model_dump(exclude={"until"}), "until": to_text(self.until)}


class FastTrackForm(Form):
    """Null for none: then every alert is signed off before it is issued."""

    policy: PolicyForm | None


@router.get("/fast-track")
def get_fast_track(edge: Known, response: Response) -> State:
    """The policy in force."""
    with edge.reading() as session:
        return tagged(response, policy_state(session, edge.actor))


@router.put("/fast-track")
def put_fast_track(body: FastTrackForm, version: IfMatch, edge: Known, response: Response) -> State:
    """Put another policy in force for what is issued from now on."""
    content = body.policy.content() if body.policy else None
    with edge.writing() as session:
        return tagged(response, change_policy(session, edge.clock, edge.actor, version, content))


@router.get("/fast-track/mine")
def get_own_fast_track(edge: Known) -> State:
    """What the asker may issue without a sign-off."""
    with edge.reading() as session:
        return own_fast_track(session, edge.actor, edge.clock.now())


@router.post("/alerts/{alert_id}/fast-track")
def fast_track_alert(
    alert_id: str, body: People, version: IfMatch, edge: Known, request: Request, response: Response
) -> State:
    """Issue the draft that was read without a sign-off; workers are woken after the commit."""
    with edge.writing() as session:
        issued = actions.issue_fast_track(
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
        state = issued.alert.state()
    waker(request)(issued.chunks)
    return tagged(response, state)


@router.post("/alerts/{alert_id}/countersign")
def countersign_alert(alert_id: str, edge: Known) -> State:
    """A second person stands for it."""
    with edge.writing() as session:
        return actions.countersign(session, edge.clock, edge.actor, alert_id).state()


@router.post("/alerts/{alert_id}/object")
def object_to_alert(alert_id: str, body: Reason, edge: Known) -> State:
    """A second person does not, and says why; the alert runs until somebody ends it."""
    with edge.writing() as session:
        return actions.object_to(session, edge.clock, edge.actor, alert_id, body.reason).state()
