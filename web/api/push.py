"""Web Push for whoever asks: what a browser subscribes with, and its subscription."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import Field

from alerts.channels.hosts import Allowed
from alerts.channels.push_vapid import Vapid
from alerts.webpush.actions import BrowserFields, browsers_of, remove, subscribe, unsubscribe
from alerts.webpush.agents import agent_words
from command.kernel.values import Json, State
from web.api.forms import Form
from web.api.settings import settings_of
from web.edge import Known
from web.secret_files import vapid_private

router = APIRouter(prefix="/api/v1", tags=["session"])

BrowserId = Annotated[str, Path(pattern=r"^[0-9a-f]{64}$")]
Endpoint = Annotated[str, Field(min_length=8, max_length=1000)]
Key = Annotated[str, Field(min_length=16, max_length=100, pattern=r"^[A-Za-z0-9_-]+=*$")]


class Keys(Form):
    """A browser's public key and secret (RFC 8291 §2.1), base64url."""

    p256dh: Key
    auth: Annotated[str, Field(min_length=16, max_length=40, pattern=r"^[A-Za-z0-9_-]+=*$")]


class BrowserForm(Form):
    """A browser's subscription, as the Push API gives it."""

    endpoint: Endpoint
    keys: Keys


class BrowserGone(Form):
    """The subscription that ends."""

    endpoint: Endpoint


@router.get("/me/push")
def get_push(edge: Known, request: Request) -> State:
    """The key that a browser subscribes with, null where there is no push service, and the browsers told: `id` is the
    SHA-256 of its endpoint, hex."""
    settings = settings_of(request)
    key = Vapid(vapid_private(settings), "").public_key if settings.push_hosts else None
    with edge.reading() as session:
        return {"public_key": key, "browsers": list[Json](browsers_of(session, edge.actor))}


@router.put("/me/push", status_code=204)
def put_push(body: BrowserForm, edge: Known, request: Request) -> None:
    """Tell this browser of warnings, also while no page is open."""
    allowed = Allowed.of(settings_of(request).push_hosts)
    agent = agent_words(request.headers.get("user-agent", ""))
    fields = BrowserFields(body.endpoint, body.keys.p256dh, body.keys.auth, agent)
    with edge.writing() as session:
        subscribe(session, edge.clock, edge.keyring, edge.actor, allowed, fields)


@router.post("/me/push/off", status_code=204)
def post_push_off(body: BrowserGone, edge: Known) -> None:
    """Tell it no longer."""
    with edge.writing() as session:
        unsubscribe(session, edge.actor, body.endpoint)


@router.delete("/me/push/{browser}", status_code=204)
def delete_push(browser: BrowserId, edge: Known) -> None:
    """Tell another browser of one's own no longer; one that is not known is nothing."""
    with edge.writing() as session:
        remove(session, edge.actor, browser)
