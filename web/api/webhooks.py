"""Where the webhooks among the terminals post to. Neither address nor secret is ever given back."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field

from alerts.channels.hosts import Allowed
from alerts.webhooks.actions import WebhookFields, set_webhook, webhook_state
from command.kernel.values import State
from web.api.forms import Form
from web.api.settings import settings_of
from web.edge import Known

router = APIRouter(prefix="/api/v1", tags=["terminals"])


class WebhookForm(Form):
    """A webhook's service, address and secret; without `secret` the one before stays."""

    form: Annotated[str, Field(max_length=16)]
    url: Annotated[str, Field(min_length=8, max_length=2000)]
    secret: Annotated[str, Field(max_length=200)] | None = None


@router.get("/terminals/{terminal_id}/webhook")
def get_webhook(terminal_id: str, edge: Known) -> State:
    """What is set for it; `webhook` is null where nothing is."""
    with edge.reading() as session:
        return {"webhook": webhook_state(session, edge.actor, terminal_id)}


@router.put("/terminals/{terminal_id}/webhook")
def put_webhook(terminal_id: str, body: WebhookForm, edge: Known, request: Request) -> State:
    """Set where it posts to; `secret` is the one that was made here, shown this once."""
    allowed = Allowed.of(settings_of(request).webhook_hosts)
    with edge.writing() as session:
        fields = WebhookFields(body.form, body.url, body.secret)
        state, made = set_webhook(session, edge.keyring, edge.actor, allowed, terminal_id, fields)
    return {"webhook": state, "secret": made}
