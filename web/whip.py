"""WHIP (RFC 9725) and WHEP (draft-ietf-wish-whep): sending to a meeting, or playing it, with HTTP alone.

Nothing is kept here: the media node has the sessions by their names, the database has who is in the meeting.
"""

import asyncio
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from sqlalchemy.orm import Session
from starlette.exceptions import HTTPException

from command.kernel.actor import Actor
from command.kernel.clock import Clock
from command.kernel.errors import (
    FengsuiError,
    Invalid,
    Malformed,
    NotFound,
    StaleVersion,
    TooLarge,
    TooMany,
    Unavailable,
    UnsupportedKind,
    VersionNeeded,
)
from media.errors import BridgeError
from media.meetings.actions import presence, taking_part
from media.meetings.actions.access import site_in
from media.meetings.model import Meeting, Site
from media.meetings.queries import meeting_seen, viewing
from media.meetings.queries import taking_part as own_site
from media.messages import Flow
from media.one_way import one_way
from media.sdp import parse_offer
from web.conference import Conference
from web.edge import Edge, Known
from web.signal_line import Budget
from web.signal_messages import MOST_BYTES
from web.turn import ice_links

router = APIRouter(tags=["meetings"])

PREFIXES = ("/whip/", "/whep/")
OFFER, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
MOST_FRAGMENT = 16 * 1024
RATE_PER_S, BURST = 2.0, 100.0
MOST_PACED = 10_000
SPEAKER = "speaker"
_ENDPOINTS = ("/whip/{meeting_id}", "/whep/{meeting_id}", "/whep/{meeting_id}/{participant_id}")
_SESSIONS = ("/whip/{meeting_id}/sessions/{session_id}", "/whep/{meeting_id}/sessions/{session_id}")
_ENDPOINT_HEADERS = {"Allow": "GET, HEAD, OPTIONS, POST", "Accept-Post": OFFER}
_SESSION_HEADERS = {"Allow": "DELETE, GET, HEAD, OPTIONS, PATCH", "Accept-Patch": FRAGMENT}
_PREFLIGHT_HEADERS = {
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match",
    "Access-Control-Max-Age": "600",
}
_REFUSALS: dict[str, type[FengsuiError]] = {
    "media.bad_offer": Malformed,
    "media.bad_fragment": Malformed,
    "media.unsupported": Invalid,
    "media.too_many_slots": Invalid,
    "media.no_session": NotFound,
    "media.not_in_room": NotFound,
    "media.unknown_room": NotFound,
    "media.stale_session": StaleVersion,
}

Enter = Callable[[Session, Clock, Actor, str], Site]


@dataclass(frozen=True)
class _Way:
    """One of the two protocols: what its client does, how it enters, which of its sites is meant."""

    path: str
    flow: Flow
    enter: Enter
    site: Callable[[Actor, Meeting], Site | None]


_WHIP = _Way("whip", "sends", taking_part.publish, own_site)
_WHEP = _Way("whep", "receives", taking_part.watch, viewing)


class Pace:
    """How often each actor opens and renews sessions. One per process, used from its event loop."""

    def __init__(self) -> None:
        self._budgets: OrderedDict[str, Budget] = OrderedDict()

    def take(self, actor_id: str, now: float) -> bool:
        """Whether one more is within the actor's budget; `now` in seconds."""
        budget = self._budgets.pop(actor_id, None) or Budget(RATE_PER_S, BURST, now)
        self._budgets[actor_id] = budget
        if len(self._budgets) > MOST_PACED:
            self._budgets.popitem(last=False)
        return budget.take(now)


# -- sessions ---------------------------------------------------------------------------------------


@router.post("/whip/{meeting_id}", status_code=201, response_class=Response)
async def post_whip(meeting_id: str, edge: Known, request: Request) -> Response:
    """Send audio and video to the meeting, as the own terminal or desk; the offer answers the ring."""
    return await _open(_WHIP, request, edge, meeting_id)


@router.post("/whep/{meeting_id}", status_code=201, response_class=Response)
async def post_whep(meeting_id: str, edge: Known, request: Request) -> Response:
    """Play the meeting: who speaks, and the loudest."""
    return await _open(_WHEP, request, edge, meeting_id, SPEAKER)


@router.post("/whep/{meeting_id}/{participant_id}", status_code=201, response_class=Response)
async def post_whep_of(meeting_id: str, participant_id: str, edge: Known, request: Request) -> Response:
    """Play the meeting with one participant's picture."""
    return await _open(_WHEP, request, edge, meeting_id, participant_id)


@router.patch("/whip/{meeting_id}/sessions/{session_id}", response_class=Response)
async def patch_whip(meeting_id: str, session_id: str, edge: Known, request: Request) -> Response:
    """Trickle ICE, or restart it."""
    return await _renew(_WHIP, request, edge, meeting_id, session_id)


@router.patch("/whep/{meeting_id}/sessions/{session_id}", response_class=Response)
async def patch_whep(meeting_id: str, session_id: str, edge: Known, request: Request) -> Response:
    """Trickle ICE, or restart it."""
    return await _renew(_WHEP, request, edge, meeting_id, session_id)


@router.delete("/whip/{meeting_id}/sessions/{session_id}", response_class=Response)
async def delete_whip(meeting_id: str, session_id: str, edge: Known, request: Request) -> Response:
    """End the session; the site leaves."""
    return await _close(_WHIP, request, edge, meeting_id, session_id)


@router.delete("/whep/{meeting_id}/sessions/{session_id}", response_class=Response)
async def delete_whep(meeting_id: str, session_id: str, edge: Known, request: Request) -> Response:
    """End the session; the viewer leaves."""
    return await _close(_WHEP, request, edge, meeting_id, session_id)


async def _open(way: _Way, request: Request, edge: Edge, meeting_id: str, shows: str | None = None) -> Response:
    _pace(request, edge)
    offer = await _text(request, OFFER, MOST_BYTES)
    conference: Conference = request.app.state.conference
    session_id = secrets.token_urlsafe(16)
    with _refusals():
        one_way(parse_offer(offer), way.flow, lambda: 0)  # refused before anything is written
        conference.need_node()
        site = await asyncio.to_thread(_enter, way, edge, meeting_id, shows)
        try:
            await conference.refresh([meeting_id])
            node = conference.node_of(meeting_id)
            opened = await node.open_session(meeting_id, site, session_id, offer, way.flow)
            if shows is not None:
                await node.view(meeting_id, site, (shows,))
        except BridgeError as error:
            reason = error.code
            await conference.write(lambda session: presence.gave_up(session, edge.clock, site, reason))
            raise
    location = f"{request.base_url}{way.path}/{meeting_id}/sessions/{session_id}"
    answer = Response(opened.sdp, 201, {"Location": location, "ETag": _tag(opened.ice)}, OFFER)
    for link in ice_links(request.app.state.settings, site, edge.clock.now()):
        answer.headers.append("Link", link)
    return answer


def _enter(way: _Way, edge: Edge, meeting_id: str, shows: str | None) -> str:
    """The id of the site that the session is for."""
    with edge.writing() as session:
        site = way.enter(session, edge.clock, edge.actor, meeting_id)
        if shows not in (None, SPEAKER) and site_in(site.meeting, str(shows)).watches:
            raise NotFound("meeting.site_unknown", id=shows)
        return site.id


async def _renew(way: _Way, request: Request, edge: Edge, meeting_id: str, session_id: str) -> Response:
    _pace(request, edge)
    fragment = await _text(request, FRAGMENT, MOST_FRAGMENT)
    expected = _expected(request)
    site = await asyncio.to_thread(_own_site, way, edge, meeting_id)
    with _refusals():
        conference: Conference = request.app.state.conference
        renewed = await conference.renew_session(meeting_id, site, session_id, expected, fragment)
    if renewed.fragment is None:
        return Response(status_code=204)
    return Response(renewed.fragment, 200, {"ETag": _tag(renewed.ice)}, FRAGMENT)


async def _close(way: _Way, request: Request, edge: Edge, meeting_id: str, session_id: str) -> Response:
    site = await asyncio.to_thread(_own_site, way, edge, meeting_id)
    conference: Conference = request.app.state.conference
    with _refusals():
        connected = await conference.end_session(meeting_id, site, session_id)
    if not connected:  # else a newer session of the same site goes on
        await conference.write(lambda session: presence.leave(session, edge.clock, site))
        await conference.refresh([meeting_id])
    return Response(status_code=200)


def _own_site(way: _Way, edge: Edge, meeting_id: str) -> str:
    with edge.reading() as session:
        site = way.site(edge.actor, meeting_seen(session, edge.actor, meeting_id))
        if site is None:
            raise NotFound("media.no_session")
        return site.id


# -- what belongs to no session ---------------------------------------------------------------------


async def _say_nothing(request: Request) -> Response:
    """Neither endpoints nor sessions have a representation (RFC 9725 4.1); WHEP's endpoint says what it takes."""
    if request.url.path.startswith("/whep/") and "/sessions/" not in request.url.path:
        return Response(status_code=200, media_type=OFFER)
    return Response(status_code=204)


def _options(headers: dict[str, str]) -> Callable[[], Response]:
    def options() -> Response:
        allowed = {"Access-Control-Allow-Methods": headers["Allow"]}
        return Response(status_code=200, headers={**headers, **_PREFLIGHT_HEADERS, **allowed})

    return options


def _refuse_method(headers: dict[str, str]) -> Callable[[], Response]:
    def refuse() -> Response:
        raise HTTPException(405, headers=headers)

    return refuse


for _paths, _headers, _others in (
    (_ENDPOINTS, _ENDPOINT_HEADERS, ["DELETE", "PATCH", "PUT"]),
    (_SESSIONS, _SESSION_HEADERS, ["POST", "PUT"]),
):
    for _path in _paths:
        router.add_api_route(_path, _say_nothing, methods=["GET", "HEAD"], include_in_schema=False)
        router.add_api_route(_path, _options(_headers), methods=["OPTIONS"], include_in_schema=False)
        router.add_api_route(_path, _refuse_method(_headers), methods=_others, include_in_schema=False)


# -- reading requests -------------------------------------------------------------------------------


def _pace(request: Request, edge: Edge) -> None:
    pace: Pace = request.app.state.whip_pace
    if not pace.take(edge.actor.id, asyncio.get_running_loop().time()):
        raise TooMany("media.too_fast")


async def _text(request: Request, kind: str, most: int) -> str:
    """The body; UnsupportedKind, TooLarge or Malformed when it is not what is taken."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != kind:
        raise UnsupportedKind("media.wrong_kind", kind=kind)
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise TooLarge("request.too_large")
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise Malformed("media.bad_offer", detail="UTF-8") from error


def _expected(request: Request) -> tuple[str, ...] | None:
    """The entity tags of `If-Match` (RFC 9110 13.1.1), None for any; weak ones match nothing."""
    value = request.headers.get("if-match")
    if value is None:
        raise VersionNeeded("version.needed")
    if value.strip() in {"*", '"*"'}:
        return None
    return tuple(tag for weak, tag in re.findall(r'(W/)?"([^"]*)"', value) if not weak)


def _tag(ice: str) -> str:
    return f'"{ice}"'


@contextmanager
def _refusals() -> Iterator[None]:
    """The bridge's refusals as errors of the edge."""
    try:
        yield
    except BridgeError as error:
        kind = _REFUSALS.get(error.code, Unavailable)
        raise kind(error.code, detail=error.detail) from error
