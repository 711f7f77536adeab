"""The timeline as read: board, pages of entries, the live stream, the proof."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Query, Request, WebSocket, WebSocketDisconnect
from pydantic import AwareDatetime, StringConstraints

from command.directory.queries import Sight, sight_of
from command.directory.sessions import actor_of
from command.kernel.actor import Actor
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Database
from command.kernel.errors import Refused
from command.kernel.rights import Right
from command.kernel.timeline import Entry, Wanted, head_of, read_after, read_before, verify
from command.kernel.values import State, compact
from web.board import Collection, snapshot
from web.edge import COOKIE, Known
from web.presence import Presence
from web.stream import Tail

router = APIRouter(prefix="/api/v1", tags=["timeline"])

Limit = Annotated[int, Query(ge=1, le=1000)]
Seq = Annotated[int, Query(ge=0, le=2**53)]
Kinds = Annotated[list[Annotated[str, StringConstraints(pattern=r"^[a-z_.]{1,64}$")]], Query(max_length=20)]
UNKNOWN_CLOSE, BEHIND_CLOSE = 4401, 4408
_LEAVES = frozenset({1000, 1001})
"""Normal closure and going away (RFC 6455 §7.4.1): a page that was closed, not a line that was cut."""
_RIGHTS_KINDS = ("unit.", "user.", "terminal.")
_SEND_SECONDS = 20


@router.get("/board")
def get_board(edge: Known, request: Request) -> State:
    """Everything the reader may see of the present, and the `seq` it is true for."""
    collections: Mapping[str, Collection] = request.app.state.collections
    with edge.reading() as session:
        sight = sight_of(session, edge.actor)
        return snapshot(session, edge.clock, edge.actor, sight, collections)


@router.get("/timeline")
def get_timeline(
    edge: Known,
    after: Seq = 0,
    before: Seq | None = None,
    incident: str | None = None,
    kind: Kinds = [],  # noqa: B006 (FastAPI copies it)
    actor: Annotated[str, Query(max_length=80)] = "",
    since: AwareDatetime | None = None,
    until: AwareDatetime | None = None,
    limit: Limit = 200,
) -> State:
    """Entries the reader may see: after `after` oldest first, or before `before` newest first.

    `kind` is a whole kind or a beginning that ends with a dot; `actor` a part of the name or an id.
    """
    wanted = Wanted(incident, tuple(kind), actor, optional_text(since) or "", optional_text(until) or "")
    with edge.reading() as session:
        sight, head = sight_of(session, edge.actor), head_of(session)[0]
        if before is None:
            scanned = read_after(session, after, limit, wanted)
        else:
            scanned = read_before(session, before, limit, wanted)
    seen = [entry.state() for entry in scanned if sight.covers(entry.unit, entry.shared)]
    more = scanned[-1].seq if len(scanned) == limit else None
    return {"entries": list(seen), "head": head, "next": more}


@router.get("/timeline/verify")
def get_proof(edge: Known) -> State:
    """Walk the whole chain (the auditor's)."""
    if not edge.actor.may_somewhere(Right.AUDIT):
        raise Refused("access.refused", right=Right.AUDIT)
    with edge.reading() as session:
        count, broken = verify(session)
    fault: State | None = {"seq": broken.seq, "id": broken.id, "reason": broken.reason} if broken else None
    return {"entries": count, "holds": broken is None, "first_bad": fault}


@router.websocket("/stream")
async def stream(socket: WebSocket, after: Seq = 0, heartbeat: Annotated[float, Query(ge=0, le=60)] = 0) -> None:
    """Everything after `after` that the reader may see, as it happens."""
    token, protocol = socket_token(socket)
    db: Database = socket.app.state.db
    reader = await asyncio.to_thread(_reader, db, token) if token else None
    await socket.accept(subprotocol=protocol)
    if reader is None or token is None:
        await socket.close(UNKNOWN_CLOSE)
        return
    presence: Presence = socket.app.state.presence
    tail: Tail = socket.app.state.tail
    tail.followers += 1
    try:
        with presence.here(reader[0]) as leave:
            listening = asyncio.create_task(_until_closed(socket, leave))
            following = asyncio.create_task(_follow(socket, db, token, reader, after, heartbeat))
            done, rest = await asyncio.wait({listening, following}, return_when=asyncio.FIRST_COMPLETED)
            for task in rest:
                task.cancel()
            await asyncio.gather(*rest, return_exceptions=True)
            for task in done:
                task.result()
    except (WebSocketDisconnect, TimeoutError, RuntimeError):
        with suppress(RuntimeError):
            await socket.close(BEHIND_CLOSE)
    finally:
        tail.followers -= 1


def socket_token(socket: WebSocket) -> tuple[str | None, str | None]:
    """The token of a socket and the subprotocol to answer with.

    A page's cookie counts only when the page is ours: browsers send cookies with foreign pages' sockets too.
    """
    offered = [part.strip() for part in socket.headers.get("sec-websocket-protocol", "").split(",") if part.strip()]
    protocol = "fengsui" if offered[:1] == ["fengsui"] else None
    if protocol is not None and len(offered) == 2:
        return offered[1], protocol
    scheme, _, token = socket.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token:
        return token, protocol
    origin = socket.headers.get("origin", "").partition("://")[2]
    return (socket.cookies.get(COOKIE) if origin == socket.headers.get("host") else None), protocol


def _reader(db: Database, token: str) -> tuple[Actor, Sight] | None:
    with db.reading() as session:
        actor = actor_of(session, db.clock, token)
        return None if actor is None else (actor, sight_of(session, actor))


async def _until_closed(socket: WebSocket, leave: Callable[[], None]) -> None:
    """Until the other end is gone; `leave` is called where it said so and was not cut off."""
    while True:
        message = await socket.receive()
        if message["type"] == "websocket.disconnect":
            if message.get("code") in _LEAVES:
                leave()
            return


async def _follow(
    socket: WebSocket, db: Database, token: str, reader: tuple[Actor, Sight], after: int, heartbeat: float
) -> None:
    tail: Tail = socket.app.state.tail
    sight, sent = reader[1], after
    if after > tail.head and not await tail.wait(after - 1, 2.0):
        await _send(socket, compact({"reset": "unknown_seq"}))
        return
    while True:
        entries = await tail.after(sent)
        for entry in entries:
            if sight.covers(entry.unit, entry.shared):
                await _send(socket, entry.text)
            sent = entry.seq
        if _touches_rights(entries) or not entries:
            fresh = await asyncio.to_thread(_reader, db, token)
            if fresh is None:
                await socket.close(UNKNOWN_CLOSE)
                return
            if fresh[1] != sight:
                await _send(socket, compact({"reset": "rights"}))
                return
        if not entries and not await tail.wait(sent, heartbeat or 30.0) and heartbeat:
            await _send(socket, compact({"heartbeat": {"at": to_text(db.clock.now()), "seq": sent}}))


def _touches_rights(entries: list[Entry]) -> bool:
    return any(entry.kind.startswith(_RIGHTS_KINDS) for entry in entries)


async def _send(socket: WebSocket, text: str) -> None:
    async with asyncio.timeout(_SEND_SECONDS):
        await socket.send_text(text)
