"""The signalling socket of one participant: it enters the meeting, its words go to the media node, news come back."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect

from command.directory.sessions import actor_of
from command.kernel.db import Database
from command.kernel.errors import FengsuiError, Malformed, TooMany, Unauthenticated
from command.kernel.values import Json, State, compact
from media.errors import BridgeError
from media.meetings.actions.taking_part import enter
from media.nodes.model import Dial
from web.api.timeline import socket_token
from web.conference import Conference
from web.messages import told
from web.problems import language_from
from web.signal_line import ENDED, REMOVED, UNKNOWN, Budget, Line
from web.signal_messages import (
    AUDIO_SLOTS,
    MOST_BYTES,
    VIDEO_SLOTS,
    HealthReport,
    Leave,
    Offer,
    Ping,
    Refresh,
    Said,
    StillPart,
    StillSeen,
    View,
    offer_id,
    understood,
)
from web.turn import Relays

router = APIRouter(prefix="/api/v1", tags=["meetings"])

IDLE_S = 30.0
SEND_S = 10.0
RATE_PER_S, BURST = 20.0, 60.0
MOST_JOBS = 16
MOST_DIALS = 1_000_000_000
NO_MEETING, TOO_FAST, TOO_BIG, IDLE, NORMAL = 4404, 1008, 1009, 4408, 1000
_CLOSES = {"access.unknown": UNKNOWN, "meeting.removed": REMOVED, "meeting.over": ENDED}


@dataclass(frozen=True)
class Entered:
    """Who a socket is in its meeting."""

    site: str
    name: str
    muted: bool


@router.websocket("/meetings/{meeting_id}/signal")
async def signal(
    socket: WebSocket,
    meeting_id: str,
    page: Annotated[str | None, Query(pattern=r"^[0-9A-Za-z-]{1,32}$")] = None,
    dial: Annotated[int, Query(ge=0, le=MOST_DIALS)] = 0,
) -> None:
    """Take part in a meeting as the own terminal, desk or wall."""
    token, protocol = socket_token(socket)
    await socket.accept(subprotocol=protocol)
    language = language_from(socket.headers.get("accept-language", ""))
    try:
        entered = await asyncio.to_thread(_enter, socket.app.state.db, token, meeting_id)
    except FengsuiError as error:
        await _refuse(socket, error, language)
        return
    dialled = Dial(page, dial) if page is not None else None
    line = Line(meeting_id, entered.site, token or "", entered.muted, dial=dialled)
    state = socket.app.state
    relays = Relays(state.settings, entered.site, state.db.clock)
    recorded = state.settings.media_recordings is not None
    line.send(_welcome(meeting_id, entered, relays.renewed() or [], recorded=recorded))
    conference: Conference = socket.app.state.conference
    await _Talk(socket, conference, line, relays, language).run()


def _enter(db: Database, token: str | None, meeting_id: str) -> Entered:
    with db.writing() as session:
        actor = actor_of(session, db.clock, token) if token else None
        if actor is None:
            raise Unauthenticated("access.unknown")
        site = enter(session, db.clock, actor, meeting_id)
        return Entered(site.id, site.name, site.silent)


def _welcome(meeting_id: str, entered: Entered, relays: list[Json], *, recorded: bool) -> State:
    return {
        "type": "welcome",
        "meeting": meeting_id,
        "participant": entered.site,
        "name": entered.name,
        "muted": entered.muted,
        "slots": {"audio": AUDIO_SLOTS, "video": VIDEO_SLOTS},
        "ice_servers": relays,
        "recorded": recorded,
    }


async def _refuse(socket: WebSocket, error: FengsuiError, language: str) -> None:
    with suppress(WebSocketDisconnect, RuntimeError):
        await _send(socket, _error(error, language))
        await socket.close(_CLOSES.get(error.code, NO_MEETING))


def _error(error: FengsuiError, language: str, number: int | None = None) -> State:
    message: dict[str, Json] = {"type": "error", **told(error.code, language, error.params)}
    return message if number is None else {**message, "id": number}


async def _send(socket: WebSocket, message: State) -> None:
    async with asyncio.timeout(SEND_S):
        await socket.send_text(compact(message))


class _Talk:
    """One open socket: a task that sends, one that listens, one that waits for the node, so that pings never wait."""

    def __init__(self, socket: WebSocket, conference: Conference, line: Line, relays: Relays, language: str) -> None:
        self._socket = socket
        self._conference = conference
        self._line = line
        self._relays = relays
        self._language = language
        self._jobs: asyncio.Queue[Said] = asyncio.Queue(MOST_JOBS)
        self._leaving = False
        self._attached = asyncio.Event()
        self._farewell: asyncio.Task[None] | None = None

    async def run(self) -> None:
        """Until either side ends it."""
        tasks = [asyncio.create_task(part()) for part in (self._send_all, self._listen, self._work)]
        try:
            await self._conference.attach(self._line)
            self._attached.set()
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
            if self._line.closing:
                async with asyncio.timeout(SEND_S):
                    await tasks[0]
        except (WebSocketDisconnect, TimeoutError, RuntimeError):
            with suppress(RuntimeError):
                await self._socket.close(IDLE)
        finally:
            self._attached.set()
            self._conference.detach(self._line)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            if self._leaving:  # said, but the socket was closed before it was done
                await self._leave()

    async def _send_all(self) -> None:
        while True:
            message = await self._line.next()
            if isinstance(message, int):
                await self._socket.close(message)
                return
            await _send(self._socket, message)

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        budget = Budget(RATE_PER_S, BURST, loop.time())
        while not self._line.closing:
            async with asyncio.timeout(IDLE_S):
                frame = await self._socket.receive()
            if frame["type"] == "websocket.disconnect":
                return
            text = frame.get("text")
            if not budget.take(loop.time()):
                self._line.send(_error(TooMany("signal.too_fast"), self._language))
                self._line.close(TOO_FAST)
            elif text is None:
                self._complain(Malformed("signal.bad_message", detail="text"))
            elif len(text) > MOST_BYTES or len(text.encode()) > MOST_BYTES:
                self._line.close(TOO_BIG)
            else:
                self._hear(text)

    def _hear(self, text: str) -> None:
        try:
            said = understood(text)
        except Malformed as error:
            self._complain(error, offer_id(text))
            return
        if isinstance(said, Ping):
            if relays := self._relays.renewed():
                self._line.send({"type": "relays", "ice_servers": relays})
            self._line.send({"type": "pong", "at": said.at})
            return
        if isinstance(said, HealthReport):
            self._conference.hear_health(self._line, said.health())
            return
        if isinstance(said, StillPart | StillSeen):
            self._take_still(said)
            return
        self._leaving = self._leaving or isinstance(said, Leave)
        try:
            self._jobs.put_nowait(said)
        except asyncio.QueueFull:
            self._complain(TooMany("signal.too_fast"), said.id if isinstance(said, Offer) else None)

    def _take_still(self, said: StillPart | StillSeen) -> None:
        if isinstance(said, StillPart):
            self._conference.hear_still(self._line, said.piece())
        else:
            self._conference.thin.on_seen(self._line, said.site, said.still)

    async def _work(self) -> None:
        await self._attached.wait()  # before that the node does not know that it is to let the participant in
        while True:
            said = await self._jobs.get()
            try:
                await self._do(said)
            except BridgeError as error:
                refused = Malformed(error.code, detail=error.detail)
                self._complain(refused, said.id if isinstance(said, Offer) else None)

    async def _do(self, said: Said) -> None:
        match said:
            case Offer():
                if said.of == "content":
                    answer = await self._conference.offer_content(self._line, said.sdp)
                else:
                    answer = await self._conference.offer(self._line, said.sdp, said.slots, said.layers)
                self._line.send({"type": "answer", "id": said.id, "of": said.of, "sdp": answer})
            case View():
                await self._conference.view(self._line, said.wish())
            case Refresh():
                await self._conference.ask_picture(self._line, said.slot)
            case Leave():
                await self._leave()
                self._line.close(NORMAL)

    async def _leave(self) -> None:
        """Once: the participant may be back on another socket while this one ends."""
        await self._attached.wait()
        if self._farewell is None:
            self._farewell = asyncio.create_task(self._conference.leave(self._line))
        await asyncio.shield(self._farewell)

    def _complain(self, error: FengsuiError, number: int | None = None) -> None:
        self._line.send(_error(error, self._language, number))
