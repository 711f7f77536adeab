"""Taking part in one meeting from Python: signalling and an aiortc connection (docs/signalling.md, first part)."""

import asyncio
import contextlib
import json
import logging
import random
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamTrack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

logger = logging.getLogger(__name__)

PING_EVERY_S = 2.0
SILENT_AFTER_S = 5.0
REDIAL_S = (0.5, 1.0)
CONNECT_PATIENCE_S = 8.0
FINAL_CLOSES = frozenset({4401, 4403, 4404, 4409, 4410})

MakeTracks = Callable[[], list[MediaStreamTrack]]
OnTrack = Callable[[MediaStreamTrack], None]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where to sit: the signal URL (ws or wss), the bearer token, the number of slots to receive."""

    url: str
    token: str
    tls: ssl.SSLContext | None = None
    audio_slots: int = 0
    video_slots: int = 0
    view: tuple[str | None, ...] = ()


class Attendance:
    """Stays in the meeting until it is over, through broken sockets, connections and bridges.

    `make_tracks` is asked for each new connection; `on_track` gets the tracks of the slots.
    """

    def __init__(self, seat: Seat, make_tracks: MakeTracks, on_track: OnTrack | None = None) -> None:
        self._seat = seat
        self._make_tracks = make_tracks
        self._on_track = on_track
        self._socket: ClientConnection | None = None
        self._relays: list[RTCIceServer] = []
        self._connection: RTCPeerConnection | None = None
        self._tracks: list[MediaStreamTrack] = []
        self._offer_id = 0
        self._offered_at = 0.0
        self._offer_wanted = asyncio.Event()
        self._over = False

    @property
    def state(self) -> str:
        """The connection's state in WebRTC's words; "new" before the first."""
        return self._connection.connectionState if self._connection is not None else "new"

    async def attend(self) -> None:
        """Take part; returns when the meeting is over for this participant. Cancel it to leave."""
        try:
            while not self._over:
                await self._dial()
                await asyncio.sleep(random.uniform(*REDIAL_S))  # noqa: S311  # spreads redials, no secret
        finally:
            await self._hang_up()

    async def leave(self) -> None:
        """Say that this participant leaves for good."""
        self._over = True
        await self._send({"type": "leave"})
        if self._socket is not None:
            await self._socket.close()

    async def _dial(self) -> None:
        seat = self._seat
        try:
            async with connect(
                seat.url,
                ssl=seat.tls,
                additional_headers={"Authorization": f"Bearer {seat.token}"},
                open_timeout=SILENT_AFTER_S,
                close_timeout=1,
            ) as socket:
                self._socket = socket
                await self._converse(socket)
        except InvalidStatus as error:
            self._over = error.response.status_code in (401, 403, 404)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            logger.info("signalling: %s", error)
        finally:
            self._socket = None

    async def _converse(self, socket: ClientConnection) -> None:
        beside = [asyncio.create_task(self._watch()), asyncio.create_task(self._offer_when_wanted())]
        try:
            while not self._over:
                text = await asyncio.wait_for(socket.recv(), SILENT_AFTER_S)
                await self._take(json.loads(text))
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else None
            self._over = self._over or code in FINAL_CLOSES
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _watch(self) -> None:
        """Ping, and make a connection anew that is broken or does not come to stand."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(PING_EVERY_S)
            await self._send({"type": "ping", "at": int(loop.time() * 1000)})
            waited = loop.time() - self._offered_at
            ended = any(track.readyState == "ended" for track in self._tracks)
            late = self.state in ("new", "connecting") and waited > CONNECT_PATIENCE_S
            if self._connection is not None and (ended or late or self.state in ("failed", "closed")):
                self._offer_wanted.set()

    async def _offer_when_wanted(self) -> None:
        """One offer at a time; the socket is read meanwhile."""
        while True:
            await self._offer_wanted.wait()
            self._offer_wanted.clear()
            await self._offer()

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "welcome":
                self._relays = [RTCIceServer(**one) for one in message.get("ice_servers", ())]
                if self.state != "connected":
                    self._offer_wanted.set()
            case "reoffer":
                self._offer_wanted.set()
            case "answer" if message.get("id") == self._offer_id and self._connection is not None:
                if self._connection.signalingState == "have-local-offer":
                    answer = RTCSessionDescription(message["sdp"], "answer")
                    await self._connection.setRemoteDescription(answer)
            case "removed" | "ended":
                self._over = True
            case "error":
                logger.warning("signalling: %s %s", message.get("code"), message.get("detail"))
                if message.get("id") == self._offer_id:
                    await asyncio.sleep(REDIAL_S[1])
                    self._offer_wanted.set()

    async def _offer(self) -> None:
        # Relays only after a first try without: asking one that is out of order would keep everybody waiting.
        relays = self._relays if self._connection is not None else []
        await self._hang_up()
        seat = self._seat
        connection = self._connection = RTCPeerConnection(RTCConfiguration(iceServers=relays))
        if self._on_track is not None:
            connection.on("track", self._on_track)
        self._tracks = self._make_tracks()
        for track in self._tracks:
            connection.addTransceiver(track, direction="sendonly")
        for kind, slots in (("audio", seat.audio_slots), ("video", seat.video_slots)):
            for _ in range(slots):
                connection.addTransceiver(kind, direction="recvonly")
        self._offer_id += 1
        self._offered_at = asyncio.get_running_loop().time()
        await connection.setLocalDescription(await connection.createOffer())
        slots_wanted = {"audio": seat.audio_slots, "video": seat.video_slots}
        sdp = connection.localDescription.sdp
        await self._send({"type": "offer", "id": self._offer_id, "sdp": sdp, "slots": slots_wanted})
        await self._send({"type": "view", "slots": list(seat.view)})

    async def _send(self, message: dict[str, Any]) -> None:
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(json.dumps(message))

    async def _hang_up(self) -> None:
        connection, self._connection = self._connection, None
        tracks, self._tracks = self._tracks, []
        for track in tracks:
            track.stop()
        if connection is not None:
            await connection.close()
