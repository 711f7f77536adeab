"""Logging in and out, and who I am."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from command.directory.queries import terminal_of, user_of
from command.directory.second_factor import offered, take_off
from command.directory.sessions import LogIn, Opened, log_in, log_out, open_terminal_session
from command.kernel.actor import Actor
from command.kernel.errors import Refused, TooMany, Unauthenticated, Unavailable
from command.kernel.rights import rights_of
from command.kernel.sealed import Unopened
from command.kernel.values import Json, State
from web.account_endings import change_own_password, put_second_factor_on
from web.api.codes import qr_svg
from web.edge import COOKIE, Edge, Known, address_of, database_of, keyring_of
from web.outlets import outlets_by
from web.settings import Settings
from web.strangers import Strangers

router = APIRouter(prefix="/api/v1", tags=["session"])
Browser = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
LOG = logging.getLogger(__name__)


class Credentials(BaseModel):
    """A person's log-in."""

    model_config = ConfigDict(extra="forbid")
    username: str = Field(min_length=1, max_length=64)
    password: str = Field(min_length=1, max_length=256)
    totp: str | None = Field(None, pattern=r"^\d{6}$")


class DeviceToken(BaseModel):
    """A device's credential."""

    model_config = ConfigDict(extra="forbid")
    token: str = Field(min_length=20, max_length=128)


class SecondFactor(BaseModel):
    """An offered secret, the first code made of it, and the password of who asks; `browser` as in `NewPassword`."""

    model_config = ConfigDict(extra="forbid")
    password: str = Field(max_length=256)
    secret: str = Field(max_length=64)
    code: str = Field(pattern=r"^\d{6}$")
    browser: Browser | None = None


class Password(BaseModel):
    """Who asks, once more."""

    model_config = ConfigDict(extra="forbid")
    password: str = Field(max_length=256)


class NewPassword(BaseModel):
    """A change of the own password. `browser` is the id of the one that asks, where warnings are pushed to it."""

    model_config = ConfigDict(extra="forbid")
    old: str = Field(max_length=256)
    new: str = Field(max_length=256)
    browser: Browser | None = None


def strangers_of(request: Request) -> Strangers:
    """The counter of unknown askers."""
    strangers: Strangers = request.app.state.strangers
    return strangers


@router.post("/session", status_code=201)
def open_session(
    body: Credentials, request: Request, response: Response, strangers: Annotated[Strangers, Depends(strangers_of)]
) -> State:
    """Log in; wrong tries are counted per account and per address."""
    db, address = database_of(request), address_of(request)
    if not strangers.allowed(address):
        raise TooMany("session.too_many")
    with db.writing() as session:
        attempt = LogIn(body.username, body.password, body.totp, address)
        opened = log_in(session, db.clock, keyring_of(request), attempt)
    if isinstance(opened, Unopened):
        strangers.count(address)
        LOG.error("the one-time codes of account %s cannot be checked: %s", body.username, opened.params)
        raise Unavailable("totp.unopened", username=body.username, key=opened.params["key"]) from opened
    return _answer(opened, address, request, response, strangers)


@router.post("/session/terminal", status_code=201)
def open_device_session(
    body: DeviceToken, request: Request, response: Response, strangers: Annotated[Strangers, Depends(strangers_of)]
) -> State:
    """A cookie session for a terminal or wall page that holds its device token."""
    db, address = database_of(request), address_of(request)
    if not strangers.allowed(address):
        raise TooMany("session.too_many")
    with db.writing() as session:
        opened = open_terminal_session(session, db.clock, body.token, address)
    return _answer(opened, address, request, response, strangers)


@router.delete("/session", status_code=204)
def close_session(edge: Known, response: Response) -> None:
    """Log out."""
    with edge.writing() as session:
        log_out(session, edge.token)
    response.delete_cookie(COOKIE, path="/")


@router.get("/me")
def who_am_i(edge: Known, request: Request) -> State:
    """The actor, its roles and rights, and what this server is."""
    settings: Settings = request.app.state.settings
    with edge.reading() as session:
        if edge.actor.kind == "terminal":
            own: State = {"terminal": terminal_of(session, edge.actor.id).state(), "must_change_password": False}
        else:
            user = user_of(session, edge.actor.id)
            own = {"must_change_password": user.must_change_password, "second_factor": user.totp_secret is not None}
    server: State = {
        "demo": settings.demo,
        "media_address": list(settings.media_address),
        "channels": sorted(outlets_by(settings).open),
    }
    return {**own, "actor": edge.actor.state(), "unit": edge.actor.unit_id, **_roles(edge.actor), "server": server}


@router.post("/me/password", status_code=204)
def change_password(body: NewPassword, edge: Known) -> None:
    """Change the own password; every other session of the account ends, and every other browser is pushed nothing."""
    _need_user(edge)
    with edge.writing() as session:
        change_own_password(session, edge.actor, body.old, body.new, edge.token, body.browser)


@router.get("/me/second-factor")
def offer_second_factor(edge: Known, response: Response) -> State:
    """A new secret for a phone's authenticator, as text, address and picture. Nothing is kept before its first code."""
    _need_user(edge)
    with edge.reading() as session:
        secret, address = offered(user_of(session, edge.actor.id).username)
    response.headers["Cache-Control"] = "no-store"
    return {"secret": secret, "uri": address, "svg": qr_svg(address).decode()}


@router.post("/me/second-factor", status_code=204)
def post_second_factor(body: SecondFactor, edge: Known) -> None:
    """From now on a log-in needs a code; every other session ends, every other browser is pushed nothing."""
    _need_user(edge)
    with edge.writing() as session:
        put_second_factor_on(session, edge.clock, edge.keyring, edge.actor, edge.token, **body.model_dump())


@router.post("/me/second-factor/off", status_code=204)
def take_second_factor_off(body: Password, edge: Known) -> None:
    """The password alone again."""
    _need_user(edge)
    with edge.writing() as session:
        take_off(session, edge.actor, body.password)


def _need_user(edge: Edge) -> None:
    if edge.actor.kind != "user":
        raise Refused("access.refused", right="password")


def _roles(actor: Actor) -> State:
    roles: list[Json] = [{"role": grant.role, "unit": grant.unit_id} for grant in actor.grants]
    rights: list[Json] = [*sorted({right.value for grant in actor.grants for right in rights_of(grant.role)})]
    return {"roles": roles, "rights": rights}


def _answer(opened: Opened | None, address: str, request: Request, response: Response, strangers: Strangers) -> State:
    if opened is None:
        strangers.count(address)
        raise Unauthenticated("session.wrong")
    secure = request.url.scheme == "https"
    response.set_cookie(COOKIE, opened.token, httponly=True, samesite="strict", secure=secure, path="/")
    return {"token": opened.token, "expires_at": opened.expires_at, "user": opened.user}
