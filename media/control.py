"""The web edge's side of a media node's control WebSocket."""

import asyncio
import contextlib
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Literal, Self

from pydantic import ValidationError
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from media.errors import BridgeError
from media.messages import (
    EVENT,
    Admit,
    Attend,
    Attending,
    Beside,
    CloseRoom,
    Codecs,
    Command,
    Connected,
    Disconnected,
    Event,
    Flow,
    Hello,
    Layers,
    Leave,
    Mute,
    NodeLoad,
    Offer,
    OpenedSession,
    OpenRoom,
    OpenSession,
    Passed,
    PassOn,
    Publishing,
    Refresh,
    Remove,
    RenewedSession,
    RenewSession,
    Rests,
    SlotCount,
    Snapshot,
    Speaker,
    Stats,
    Stop,
    Sync,
    Tiers,
    View,
    WantedParticipant,
    WantedRoom,
)
from media.sfu.terms import Part

logger = logging.getLogger(__name__)

FIRST_DELAY_S = 0.1
LAST_DELAY_S = 0.2
DIAL_TIMEOUT_S = 1.0
CLOSE_TIMEOUT_S = 0.1
AT_ONCE_S = 0.02
PING_EVERY_S = 0.25
PONG_WITHIN_S = 1.5
SLICE_S = 0.1
READY_TIMEOUT_S = 3.0
ANSWER_TIMEOUT_S = 5.0
MAX_MESSAGE = 4 * 1024 * 1024

Wanted = Callable[[], Awaitable[Iterable[WantedRoom]]]


@dataclass(frozen=True, slots=True)
class Synced:
    """A control connection stands and the node holds the wanted state.

    `restarted`: it is another process than before, all media connections are gone, clients must offer anew.
    """

    hello: Hello
    snapshot: Snapshot
    restarted: bool


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The node does not answer: its line broke and it cannot be dialled, or it was silent for `PONG_WITHIN_S`."""


class Silent(Exception):
    """A ping was not answered in time."""


class NodeClient:
    """`wanted` gives the complete state that the node should have; it is sent after every (re)connection.

    Use as `async with`; read `events()` in one task and `acknowledge` what is done. Commands raise BridgeError with the
    node's code, or `media.unavailable` when the node cannot be reached in time.
    """

    def __init__(self, url: str, token: str, wanted: Wanted) -> None:
        self._url = url
        self._token = token
        self._wanted = wanted
        self._connection: ClientConnection | None = None
        self._ready = asyncio.Event()
        self._next = 1
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._events: asyncio.Queue[Event | Synced | Unreachable] = asyncio.Queue()
        self._reachable: bool | None = None
        self._delivered: set[int] = set()
        self._node: str | None = None
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    # -- events ---------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[Event | Synced | Unreachable]:
        """What happens at the node, in order. Only those with a number that is kept need an acknowledgement."""
        while True:
            yield await self._events.get()

    async def acknowledge(self, event: Connected | Disconnected | Publishing) -> None:
        """The event is dealt with for good; without this it comes again over the next connection."""
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(ConnectionClosed):
                await connection.send(json.dumps({"ack": event.event}))
        self._delivered.discard(event.event)

    # -- commands -------------------------------------------------------------------------------

    async def sync(self) -> Snapshot:
        """Send the wanted state again."""
        rooms = tuple(await self._wanted())
        return Snapshot.model_validate(await self._ask(Sync(rooms=rooms)))

    async def open_room(self, room: str, participants: Iterable[WantedParticipant] = ()) -> None:
        await self._ask(OpenRoom(room=room, participants=tuple(participants)))

    async def close_room(self, room: str) -> None:
        await self._ask(CloseRoom(room=room))

    async def admit(
        self, room: str, participant: str, *, muted: bool = False, video_muted: bool = False, part: Part = "site"
    ) -> None:
        await self._ask(Admit(room=room, participant=participant, muted=muted, video_muted=video_muted, part=part))

    async def offer(
        self, room: str, participant: str, sdp: str, slots: SlotCount | None = None, layers: Sequence[str] = ()
    ) -> str:
        """The node's answer to a client's offer."""
        offer = Offer(room=room, participant=participant, sdp=sdp, slots=slots, layers=tuple(layers))
        answer = await self._ask(offer)
        return str(answer["sdp"])

    async def open_session(self, room: str, participant: str, session: str, sdp: str, flow: Flow) -> OpenedSession:
        """The node's answer to the offer of a one-way session."""
        command = OpenSession(room=room, participant=participant, session=session, sdp=sdp, flow=flow)
        return OpenedSession.model_validate(await self._ask(command))

    async def renew_session(
        self, room: str, participant: str, session: str, ice: tuple[str, ...] | None, fragment: str
    ) -> RenewedSession:
        """Trickle or restart the ICE of a one-way session; `ice` None leaves open which ICE session is meant."""
        command = RenewSession(room=room, participant=participant, session=session, ice=ice, fragment=fragment)
        return RenewedSession.model_validate(await self._ask(command))

    async def end_session(self, room: str, participant: str, session: str) -> bool:
        """End a one-way session; whether the participant has another connection still."""
        return bool((await self._ask(Leave(room=room, participant=participant, session=session)))["connected"])

    async def view(
        self,
        room: str,
        participant: str,
        slots: Iterable[str | None],
        heights: Iterable[int | None] = (),
        pinned: Iterable[bool] = (),
    ) -> None:
        """What the video slots show, the heights of their tiles in pixels, which of them go first."""
        wish = {"slots": tuple(slots), "heights": tuple(heights), "pinned": tuple(pinned)}
        await self._ask(View.model_validate({"room": room, "participant": participant, **wish}))

    async def refresh(self, room: str, participant: str, slot: int) -> None:
        await self._ask(Refresh(room=room, participant=participant, slot=slot))

    async def beside(self, room: str, participant: str, bps: float) -> None:
        await self._ask(Beside(room=room, participant=participant, bps=bps))

    async def attend(self, rooms: Iterable[str]) -> None:
        """Have part in these rooms and in no others; `Attending` tells who else has."""
        await self._ask(Attend(rooms=tuple(rooms)))

    async def pass_on(self, room: str, body: str, to: Iterable[str] | None = None) -> None:
        """Something for the others that have part in a room, or for those of them named."""
        await self._ask(PassOn(room=room, body=body, to=None if to is None else tuple(to)))

    async def mute(self, room: str, participant: str, muted: bool, kind: Literal["audio", "video"] = "audio") -> None:
        await self._ask(Mute(room=room, participant=participant, muted=muted, kind=kind))

    async def leave(self, room: str, participant: str) -> None:
        await self._ask(Leave(room=room, participant=participant))

    async def remove(self, room: str, participant: str) -> None:
        await self._ask(Remove(room=room, participant=participant))

    async def stop(self) -> None:
        """End the node's process."""
        await self._ask(Stop())

    async def stats(self, room: str | None = None) -> dict[str, Any]:
        return await self._ask(Stats(room=room))

    async def _ask(self, command: Command) -> dict[str, Any]:
        try:
            async with asyncio.timeout(READY_TIMEOUT_S):
                await self._ready.wait()
        except TimeoutError as error:
            raise BridgeError("media.unavailable", "the media node is not connected") from error
        return await self._send(command)

    async def _send(self, command: Command) -> dict[str, Any]:
        connection = self._connection
        if connection is None:
            raise BridgeError("media.unavailable", "the media node is not connected")
        number, self._next = self._next, self._next + 1
        future: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        try:
            await connection.send(json.dumps({"n": number, **command.model_dump(mode="json")}))
            async with asyncio.timeout(ANSWER_TIMEOUT_S):
                return await future
        except (ConnectionClosed, TimeoutError) as error:
            raise BridgeError("media.unavailable", "the media node did not answer") from error
        finally:
            self._waiting.pop(number, None)

    # -- the connection -------------------------------------------------------------------------

    async def _run(self) -> None:
        delay = FIRST_DELAY_S
        while True:
            stood = False
            try:
                await self._dial()
            except (OSError, TimeoutError, ConnectionClosed, InvalidHandshake, BridgeError) as error:
                logger.info("media node %s: %s", self._url, error)
                stood = self.ready
            except Silent:
                logger.warning("media node %s: silent for %g s", self._url, PONG_WITHIN_S)
            except Exception:
                logger.exception("media node %s: the wanted state could not be had", self._url)
            finally:
                self._lose()
            if stood:  # a line may break without its node: one more try before anybody is told
                delay = FIRST_DELAY_S
                await asyncio.sleep(AT_ONCE_S)
                continue
            self._tell_unreachable()
            await asyncio.sleep(delay * random.uniform(0.7, 1.3))  # noqa: S311  # spreads redials, no secret
            delay = min(LAST_DELAY_S, delay * 2)

    async def _dial(self) -> None:
        async with connect(
            self._url,
            additional_headers={"Authorization": f"Bearer {self._token}"},
            max_size=MAX_MESSAGE,
            compression=None,
            open_timeout=DIAL_TIMEOUT_S,
            close_timeout=CLOSE_TIMEOUT_S,
            ping_interval=None,
            proxy=None,
        ) as connection:
            await self._use(connection)

    def _tell_unreachable(self) -> None:
        if self._reachable is not False:
            self._reachable = False
            self._events.put_nowait(Unreachable())

    async def _use(self, connection: ClientConnection) -> None:
        async with asyncio.timeout(DIAL_TIMEOUT_S):
            greeting = await connection.recv()
        hello = Hello.model_validate(json.loads(greeting)["hello"])
        restarted = self._node is not None and self._node != hello.node
        if self._node != hello.node:
            self._delivered.clear()
        self._node = hello.node
        self._connection = connection
        beside = [asyncio.create_task(part(connection)) for part in (self._read, _ping)]
        try:
            wanted = Sync(rooms=tuple(await self._wanted()))
            snapshot = Snapshot.model_validate(await self._send(wanted))
            self._reachable = True
            self._events.put_nowait(Synced(hello, snapshot, restarted))
            self._ready.set()
            done, _ = await asyncio.wait(beside, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)

    async def _read(self, connection: ClientConnection) -> None:
        while True:
            self._take(json.loads(await connection.recv()))

    def _lose(self) -> None:
        self._connection = None
        self._ready.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(BridgeError("media.unavailable", "the media node is gone"))

    def _take(self, message: dict[str, Any]) -> None:
        if "event" in message:
            self._take_event(message)
            return
        future = self._waiting.get(message.get("n", 0))
        if future is None or future.done():
            return
        if "error" in message:
            future.set_exception(BridgeError(message["error"]["code"], message["error"]["detail"]))
        else:
            future.set_result(message["ok"])

    def _take_event(self, message: dict[str, Any]) -> None:
        try:
            event = EVENT.validate_python(message)
        except ValidationError:
            logger.warning("unknown event %s", message.get("type"))
            return
        if isinstance(event, Speaker | Layers | Tiers | Rests | Codecs | Attending | Passed | NodeLoad):
            self._events.put_nowait(event)
        elif event.event not in self._delivered:
            self._delivered.add(event.event)
            self._events.put_nowait(event)


async def _ping(connection: ClientConnection) -> None:
    """Until the node falls silent: Silent, whatever its kernel still takes for it."""
    while True:
        pong = asyncio.ensure_future(await connection.ping())
        try:
            if not await _comes(pong):
                raise Silent
            await pong
        finally:
            pong.cancel()
        await asyncio.sleep(PING_EVERY_S)


async def _comes(pong: asyncio.Future[float]) -> bool:
    """Whether it is there within PONG_WITHIN_S; time in which our own loop stood still is not the node's silence."""
    loop = asyncio.get_running_loop()
    left = PONG_WITHIN_S
    while left > 0:
        began = loop.time()
        done, _ = await asyncio.wait([pong], timeout=SLICE_S)
        if done:
            return True
        left -= min(loop.time() - began, 2 * SLICE_S)
    return False
