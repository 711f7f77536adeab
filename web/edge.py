"""What every route gets: who asks, in which language, and the database."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response
from sqlalchemy.orm import Session

from command.directory.sessions import actor_of
from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.db import Database
from command.kernel.errors import Malformed, Refused, Unauthenticated, VersionNeeded
from command.kernel.sealing import Keyring

COOKIE = "fengsui"
UNNAMED_SINCE = "@1795305600"
"""Since 2026-11-22 an alert's moves should name the version that was read."""


@dataclass(frozen=True)
class Edge:
    """One request of a known actor. Open `reading()` or `writing()` once: one request is one transaction."""

    actor: Actor
    token: str
    address: str
    db: Database
    clock: Clock
    keyring: Keyring
    reading: Callable[[], AbstractContextManager[Session]]
    writing: Callable[[], AbstractContextManager[Session]]


def address_of(request: Request) -> str:
    """The peer's network address; proxies are trusted only where uvicorn was told to."""
    return request.client.host if request.client else "?"


def database_of(request: Request) -> Database:
    """The one database the application was built with."""
    database: Database = request.app.state.db
    return database


def keyring_of(request: Request) -> Keyring:
    """What secrets are sealed with."""
    keyring: Keyring = request.app.state.core.keyring
    return keyring


def token_of(request: Request) -> str | None:
    """The bearer token, or the session cookie of a page of ours.

    A cookie alone may not write: another site's form would carry it too, but cannot set the header `X-Fengsui`.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token
    cookie = request.cookies.get(COOKIE)
    if cookie and request.method not in {"GET", "HEAD", "OPTIONS"} and "x-fengsui" not in request.headers:
        raise Refused("access.forged")
    return cookie


def known_edge(request: Request) -> Edge:
    """The edge of a known actor; Unauthenticated `access.unknown` for anybody else."""
    token, db = token_of(request), database_of(request)
    with db.reading() as session:
        actor = actor_of(session, db.clock, token) if token else None
    if token is None or actor is None:
        raise Unauthenticated("access.unknown")
    request.state.actor = actor
    return Edge(actor, token, address_of(request), db, db.clock, keyring_of(request), db.reading, db.writing)


def expected_version(if_match: Annotated[str | None, Header()] = None) -> int:
    """The version `If-Match` names, quoted as `ETag` gave it; VersionNeeded without, Malformed if unreadable."""
    if if_match is None:
        raise VersionNeeded("version.needed")
    text = if_match.removeprefix("W/").strip('"')
    if not text.isdigit() or len(text) > 9:
        raise Malformed("version.unreadable", value=if_match[:40])
    return int(text)


def named_version(response: Response, if_match: Annotated[str | None, Header()] = None) -> int | None:
    """The version that `If-Match` names; None, and told as deprecated (RFC 9745), where it names none."""
    if if_match is not None:
        return expected_version(if_match)
    response.headers["Deprecation"] = UNNAMED_SINCE
    return None


Known = Annotated[Edge, Depends(known_edge)]
IfMatch = Annotated[int, Depends(expected_version)]
IfMatchNamed = Annotated[int | None, Depends(named_version)]
