"""A headless terminal: waits for its ring, answers, sends a file, camera or RTSP stream into the meeting."""

import asyncio
import json
import logging
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
from aiortc.mediastreams import MediaStreamTrack
from av.video.frame import VideoFrame
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from media.announcer import Announcer, Situation
from media.attendance import Attendance, Seat
from media.playback import AudioPlayback, VideoPlayback, has_audio, is_live
from media.relays import Relays

logger = logging.getLogger(__name__)

RETRY_S = 1.0
HEARTBEAT_S = 2
SILENT_AFTER_S = 6.0
PRESENT_STATES = frozenset({"answered", "joined", "lost"})
ABSENT_STATES = frozenset({"refused", "timed_out", "left", "removed"})


@dataclass(frozen=True, slots=True)
class TerminalConfig:
    """`server` is http(s)://host:port, `token` the terminal's. `ca_file` is the server's authority, PEM.

    `video` is a file, an rtsp:// URL or /dev/videoN; `audio` a file, by default the sound of the video file. `on_state`
    is a command and its first arguments; what the people in the room should know is added to them (media.announcer).
    """

    server: str
    token: str
    video: str | None = None
    audio: str | None = None
    auto_answer: bool = False
    ca_file: Path | None = None
    on_state: tuple[str, ...] = ()


class Refused(Exception):
    """The server does not know this terminal's token."""


class Terminal:
    """One registered terminal. `tell(event, meeting)` reports what it does: ringing, answered, over."""

    def __init__(self, config: TerminalConfig, tell: Callable[[str, str], None] | None = None) -> None:
        self._config = config
        self._tell = tell or (lambda event, meeting: logger.info("%s %s", event, meeting))
        self._tls = _tls(config)
        self._own_id = ""
        self._seq = 0
        self._meeting: str | None = None
        self._attendance: asyncio.Task[None] | None = None
        self._fault: str | None = None
        self._camera: VideoPlayback | None = None
        self._relays = Relays()
        self._relay_tls = relay_tls(config.ca_file)
        self._ringing: set[str] = set()
        self._situation = Situation()
        self._announcer = Announcer(config.on_state)

    async def run(self) -> None:
        """Serve until cancelled. Raises Refused when the token is not accepted."""
        announcing = asyncio.create_task(self._announcer.run() if self._config.on_state else _nothing())
        self._become()
        try:
            while True:
                try:
                    await self._watch()
                except (OSError, TimeoutError, httpx.HTTPError, ConnectionClosed, InvalidHandshake) as error:
                    self._note(repr(error))
                await asyncio.sleep(RETRY_S)
        finally:
            await self._quit_meeting()
            self._announcer.end()
            await announcing

    def _become(self, **changes: bool) -> None:
        """Note what holds from now on, and have the people in the room told."""
        self._situation = replace(self._situation, ringing=bool(self._ringing), **changes)
        self._announcer.tell(self._situation.words)

    def _hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "welcome":
                self._become(muted=message["muted"], recorded=message["recorded"])
            case "muted":
                self._become(muted=message["muted"])

    async def _watch(self) -> None:
        """Read the board, then follow the stream from there until it breaks."""
        async with self._http() as http:
            self._own_id = await self._identify(http)
            board = await self._get(http, "/api/v1/board")
            self._seq = board["seq"]
            self._ringing.clear()
            for site in board["sites"].values():
                await self._on_site(http, site)
            url = self._websocket(f"/api/v1/stream?after={self._seq}&heartbeat={HEARTBEAT_S}")
            async with connect(url, ssl=self._tls, additional_headers=self._headers(), close_timeout=1) as stream:
                self._note(None)
                await self._follow(http, stream)

    def _note(self, fault: str | None) -> None:
        """Log a fault of the server once, and its end: a box retries for days, its log must stay readable."""
        if fault != self._fault:
            logger.warning("server %s: %s", self._config.server, fault or "back")
        self._fault = fault

    async def _follow(self, http: httpx.AsyncClient, stream: ClientConnection) -> None:
        while True:
            async with asyncio.timeout(SILENT_AFTER_S):
                text = await stream.recv()
            message = json.loads(text)
            if "reset" in message:
                return
            body = message.get("body") or {}
            if "site" in body:
                await self._on_site(http, body["site"])
            meeting = body.get("meeting")
            if meeting is not None and meeting["status"] == "ended":
                self._ringing.discard(str(meeting["id"]))
                self._become()
                if meeting["id"] == self._meeting:
                    await self._quit_meeting()

    async def _on_site(self, http: httpx.AsyncClient, site: dict[str, Any]) -> None:
        if site.get("terminal") != self._own_id:
            return
        meeting, state = str(site["meeting"]), site["state"]
        (self._ringing.add if state == "ringing" else self._ringing.discard)(meeting)
        self._become()
        if state == "ringing":
            self._tell("ringing", meeting)
            if self._config.auto_answer:
                await self._answer(http, meeting)
        elif state in PRESENT_STATES and self._meeting != meeting:
            await self._join(meeting)
        elif state in ABSENT_STATES and self._meeting == meeting:
            await self._quit_meeting()

    async def _answer(self, http: httpx.AsyncClient, meeting: str) -> None:
        answer = await http.post(f"/api/v1/meetings/{meeting}/answer", json={"accept": True})
        if answer.is_success:
            self._tell("answered", meeting)
            await self._join(meeting)
        else:
            logger.warning("answering %s: %s %s", meeting, answer.status_code, answer.text)

    async def _join(self, meeting: str) -> None:
        if self._meeting == meeting and self._attendance is not None and not self._attendance.done():
            return
        await self._quit_meeting()
        self._meeting = meeting
        url = self._websocket(f"/api/v1/meetings/{meeting}/signal")
        seat = Seat(url, self._config.token, self._tls, relay_tls=self._relay_tls)
        self._attendance = asyncio.create_task(self._attend(self._attendance_at(seat), meeting))

    def _attendance_at(self, seat: Seat) -> Attendance:
        """Where there is a camera, it gives stills too."""
        newest = self._newest if self._config.video is not None else None
        return Attendance(seat, self._tracks, newest=newest, relays=self._relays, on_message=self._hear)

    def _newest(self) -> VideoFrame | None:
        return self._camera.newest if self._camera is not None else None

    async def _attend(self, attendance: Attendance, meeting: str) -> None:
        microphone, camera = self._sound() is not None, self._config.video is not None
        self._become(takes_part=True, microphone=microphone, camera=camera, muted=False, recorded=False)
        try:
            await attendance.attend()
            if self._meeting == meeting:
                self._meeting = None
        finally:
            self._become(takes_part=False)
            self._tell("over", meeting)

    async def _quit_meeting(self) -> None:
        task, self._attendance, self._meeting = self._attendance, None, None
        if task is not None:
            await end(task)

    def _sound(self) -> str | None:
        """Where it comes from."""
        video, audio = self._config.video, self._config.audio
        if audio is None and video is not None and not is_live(video) and has_audio(video):
            return video
        return audio

    def _tracks(self) -> list[MediaStreamTrack]:
        video, audio = self._config.video, self._sound()
        tracks: list[MediaStreamTrack] = []
        if audio is not None:
            tracks.append(AudioPlayback(audio))
        if video is not None:
            self._camera = VideoPlayback(video)
            tracks.append(self._camera)
        return tracks

    async def _identify(self, http: httpx.AsyncClient) -> str:
        terminal = (await self._get(http, "/api/v1/me")).get("terminal")
        if terminal is None:
            raise Refused("the token does not belong to a terminal")
        return str(terminal["id"] if isinstance(terminal, dict) else terminal)

    async def _get(self, http: httpx.AsyncClient, path: str) -> dict[str, Any]:
        answer = await http.get(path)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise Refused("the server does not accept the token")
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found

    def _http(self) -> httpx.AsyncClient:
        verify = self._tls if self._tls is not None else True
        return httpx.AsyncClient(base_url=self._config.server, headers=self._headers(), verify=verify, timeout=10)

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._config.token}"}

    def _websocket(self, path: str) -> str:
        parts = urlsplit(self._config.server)
        scheme = "wss" if parts.scheme == "https" else "ws"
        return urlunsplit((scheme, parts.netloc, "", "", "")) + path


def _tls(config: TerminalConfig) -> ssl.SSLContext | None:
    if not config.server.startswith("https:"):
        return None
    return ssl.create_default_context(cafile=str(config.ca_file) if config.ca_file is not None else None)


def relay_tls(ca_file: Path | None) -> ssl.SSLContext | None:
    """A relay's certificate may be of the server's authority or of one that everybody knows."""
    if ca_file is None:
        return None
    tls = ssl.create_default_context()
    tls.load_verify_locations(cafile=str(ca_file))
    return tls


async def run(config: TerminalConfig, tell: Callable[[str, str], None] | None = None) -> None:
    """The body of `fengsui terminal`: serve until cancelled."""
    await Terminal(config, tell).run()


async def _nothing() -> None:
    """Nobody wants to know."""


async def end(task: "asyncio.Task[None]") -> None:
    """Cancel a task and wait until it is over. Whoever is cancelled while it waits here is cancelled indeed."""
    task.cancel()
    await asyncio.wait([task])
