"""Taking part in one meeting from Python: signalling and an aiortc connection (docs/signalling.md, first part)."""

import asyncio
import contextlib
import json
import logging
import random
import ssl
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiortc import RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRelay
from aiortc.mediastreams import MediaStreamTrack
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from media import encoders
from media.alive import answered, health_of
from media.call import Call
from media.layers import LARGE, SMALL
from media.relays import Relays
from media.sfu.tiers import BY_NAME, TOP
from media.still_maker import Newest, StillMaker
from media.uplink import Uplink

logger = logging.getLogger(__name__)

PING_EVERY_S = 2.0
LOOK_AFTER_S = 0.5
"""Whoever comes back is told so at once by the bridge, which waits for it: sooner than by the socket."""
SILENT_AFTER_S = 5.0
FRESH_S = 3.0
"""A ping is answered by then."""
REDIAL_S = (0.5, 1.0)
CONNECT_PATIENCE_S = 8.0
ENDED_PATIENCE_S = 60.0
"""What goes on is not cut off more often for the sake of what has ended."""
FINAL_CLOSES = frozenset({4401, 4403, 4404, 4409, 4410})

MakeTracks = Callable[[], list[MediaStreamTrack]]
OnTrack = Callable[[MediaStreamTrack], None]
OnMessage = Callable[[dict[str, Any]], None]


@dataclass(frozen=True, slots=True)
class Seat:
    """Where to sit: the signal URL (ws or wss), the bearer token, the number of slots to receive.

    `tls` says who is believed to be the server, `relay_tls` who a relay; None: whom the system trusts.
    """

    url: str
    token: str
    tls: ssl.SSLContext | None = None
    audio_slots: int = 0
    video_slots: int = 0
    view: tuple[str | None, ...] = ()
    relay_tls: ssl.SSLContext | None = None


class Attendance:
    """Stays in the meeting until it is over, through broken sockets, connections and bridges.

    `make_tracks` is asked for each new connection; `on_track` gets the tracks of the slots. While a meeting goes to
    another node there are two connections with the same tracks. `newest` gives the camera's newest frame, for stills.
    `relays` remembers by which one it went last. `on_message` gets all that the server says (docs/signalling.md).
    """

    def __init__(
        self,
        seat: Seat,
        make_tracks: MakeTracks,
        on_track: OnTrack | None = None,
        newest: Newest | None = None,
        relays: Relays | None = None,
        on_message: OnMessage | None = None,
    ) -> None:
        encoders.install()
        self._seat = seat
        self._newest = newest
        self._stills = StillMaker(newest) if newest is not None else None
        self._make_tracks = make_tracks
        self._on_track = on_track
        self._on_message = on_message
        self._socket: ClientConnection | None = None
        self._relays = relays or Relays()
        self._relay = MediaRelay()
        self._call: Call | None = None
        self._staying: Call | None = None
        self._offer_id = 0
        self._offered_at = 0.0
        self._told_at = 0.0
        self._offer_wanted = asyncio.Event()
        self._tier, self._small_voice = TOP, False
        self._ping_s: float | None = None
        self._over = False
        # By these the server knows which dial is the last one: a former one may come to it later.
        self._name, self._dials = uuid.uuid4().hex, 0

    @property
    def state(self) -> str:
        """The connection's state in WebRTC's words; "new" before the first."""
        return self._call.connection.connectionState if self._call is not None else "new"

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

    async def _open(self) -> ClientConnection:
        seat = self._seat
        self._dials += 1
        return await connect(
            f"{seat.url}?page={self._name}&dial={self._dials}",
            ssl=seat.tls,
            additional_headers={"Authorization": f"Bearer {seat.token}"},
            open_timeout=SILENT_AFTER_S,
            close_timeout=1,
        )

    async def _dial(self) -> None:
        seat = self._seat
        try:
            self._socket = socket = await answered(self._open, health_of(seat.url), seat.tls)
            try:
                await self._converse(socket)
            finally:
                await socket.close()
        except InvalidStatus as error:
            self._over = error.response.status_code in (401, 403, 404)
        except (OSError, TimeoutError, InvalidHandshake, ConnectionClosed) as error:
            logger.info("signalling: %s", error)
        finally:
            self._socket = None

    async def _converse(self, socket: ClientConnection) -> None:
        beside = [asyncio.create_task(self._watch()), asyncio.create_task(self._offer_when_wanted())]
        if self._stills is not None:
            beside.append(asyncio.create_task(self._stills.run(self._send)))
        try:
            while not self._over:
                async with asyncio.timeout(SILENT_AFTER_S):
                    text = await socket.recv()
                self._told_at = asyncio.get_running_loop().time()
                message = json.loads(text)
                if self._on_message is not None:
                    self._on_message(message)
                await self._take(message)
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd is not None else None
            self._over = self._over or code in FINAL_CLOSES
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _watch(self) -> None:
        """Ping, say how the line is, and make a connection anew that is broken or does not come to stand.

        Where the socket is as silent the line is cut: the connection lives on if that is short.
        """
        loop = asyncio.get_running_loop()
        pause = LOOK_AFTER_S
        while True:
            await asyncio.sleep(pause)
            pause = PING_EVERY_S
            await self._send({"type": "ping", "at": int(loop.time() * 1000)})
            await self._send(await self._health())
            waited = loop.time() - self._offered_at
            waits = self.state in ("new", "connecting") and waited <= CONNECT_PATIENCE_S
            call = self._call
            renewed = call is not None and call.ended and waited > ENDED_PATIENCE_S
            broken = call is not None and (renewed or not (waits or await self._stands()))
            if broken and loop.time() - self._told_at < FRESH_S:
                self._offer_wanted.set()

    async def _health(self) -> dict[str, Any]:
        frame = self._newest() if self._newest is not None else None
        height = frame.height if frame is not None else None
        if self._call is None or self.state != "connected":
            return Uplink(camera=height is not None).message(None)
        return await self._call.health(height, self._ping_s)

    async def _stands(self) -> bool:
        """Whether the connection is one, and something came over it lately."""
        call = self._call
        return call is not None and self.state == "connected" and await call.listen(asyncio.get_running_loop().time())

    async def _offer_when_wanted(self) -> None:
        """One offer at a time; the socket is read meanwhile."""
        while True:
            await self._offer_wanted.wait()
            self._offer_wanted.clear()
            await self._offer()

    async def _take(self, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "relays":
                self._relays.know(message["ice_servers"])
            case "welcome":
                self._relays.know(message.get("ice_servers", ()))
                self._fit(small_voice=False)
                await self._send(await self._health())
                if self.state != "connected":
                    self._offer_wanted.set()
                else:  # until it is looked at: it may have been cut off with the socket, and live again
                    await self._view()
                    await self._leave_former()  # a move that was over while the socket was away
            case "reoffer":
                await self._leave_former()
                self._offer_wanted.set()
            case "move" if self.state == "connected":
                await self._leave_former()
                self._staying, self._call = self._call, None
                self._offer_wanted.set()
            case "moved":
                await self._leave_former()
            case "answer" if message.get("id") == self._offer_id and self._call is not None:
                connection = self._call.connection
                if connection.signalingState == "have-local-offer":
                    answer = RTCSessionDescription(message["sdp"], "answer")
                    await connection.setRemoteDescription(answer)
            case "layers":
                self._pause(message["active"])
            case "uplink":
                self._tier = BY_NAME[message["tier"]]
                self._fit(self._small_voice)
            case "voice":
                self._fit(message["small"])
            case "pong":
                self._ping_s = asyncio.get_running_loop().time() - message["at"] / 1000
            case "stills_wanted" if self._stills is not None:
                self._stills.ask(message)
            case "removed" | "ended":
                self._over = True
            case "error":
                logger.warning("signalling: %s %s", message.get("code"), message.get("detail"))
                if message.get("id") == self._offer_id:
                    await asyncio.sleep(REDIAL_S[1])
                    self._offer_wanted.set()

    @property
    def _calls(self) -> list[Call]:
        return [call for call in (self._call, self._staying) if call is not None]

    def _pause(self, active: list[bool]) -> None:
        """Make no picture that nobody wants."""
        for call in self._calls:
            call.layers.active = active[SMALL], active[LARGE]

    def _fit(self, small_voice: bool) -> None:
        """Send what the own line carries, and a voice that weak lines of others carry."""
        self._small_voice = small_voice
        for call in self._calls:
            call.fit(self._tier, small_voice)

    def _configuration(self) -> RTCConfiguration:
        """Of the next connection. One way for all its lines is all that the bridge takes, and asks a relay once."""
        return RTCConfiguration(self._relays.servers(), bundlePolicy=RTCBundlePolicy.MAX_BUNDLE)

    async def _offer(self) -> None:
        if self._call is not None and self._call.in_vain:
            self._relays.failed(self._call.relay)
        await self._drop_call()
        seat = self._seat
        sources = self._staying.sources if self._staying is not None else self._make_tracks()
        connection = RTCPeerConnection(self._configuration())
        call = self._call = Call(connection, sources, self._relays.chosen)
        call.fit(self._tier, self._small_voice)
        if self._on_track is not None:
            connection.on("track", self._on_track)
        call.feed(self._relay)
        for kind, slots in (("audio", seat.audio_slots), ("video", seat.video_slots)):
            for _ in range(slots):
                connection.addTransceiver(kind, direction="recvonly")
        self._offer_id += 1
        self._offered_at = asyncio.get_running_loop().time()
        if seat.relay_tls is not None:
            call.trust(seat.relay_tls)
        sdp, layers = await call.offer(), [one.mid for one in call.pictures]
        if call.relay is not None and " typ relay" not in sdp:
            self._relays.failed(call.relay)
        slots_wanted = {"audio": seat.audio_slots, "video": seat.video_slots}
        offer = {"type": "offer", "id": self._offer_id, "sdp": sdp, "slots": slots_wanted, "layers": layers}
        await self._send(offer)
        await self._view()

    async def _view(self) -> None:
        await self._send({"type": "view", "slots": list(self._seat.view)})

    async def _send(self, message: dict[str, Any]) -> None:
        if self._socket is not None:
            with contextlib.suppress(ConnectionClosed):
                await self._socket.send(json.dumps(message))

    async def _drop_call(self) -> None:
        call, self._call = self._call, None
        if call is not None:
            await call.close(sources=self._staying is None)

    async def _leave_former(self) -> None:
        """The connection to a node that the meeting has left ends; what it sent goes on over the other one."""
        staying, self._staying = self._staying, None
        if staying is not None:
            await staying.close(sources=self._call is None)

    async def _hang_up(self) -> None:
        await self._leave_former()
        await self._drop_call()
