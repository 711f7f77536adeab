"""The rooms of one node and the peers that feed them: where the pure core meets the wire."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from media.connections import Connection, Connections
from media.negotiation import Negotiation, room_of
from media.outlet import DEFAULT_MARKS, Marks
from media.overload import Overload
from media.recording import RecordedRoom
from media.sfu.codecs import CodecsChanged
from media.sfu.events import LayersChanged, PublishingChanged, RoomEvent, SpeakerChanged
from media.sfu.layer import Unit
from media.sfu.probe import FLUSH_S
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.sfu.standing import RestsChanged, TierChanged
from media.sfu.terms import Kind, Part
from media.steps import Choice, SlotStep, choose
from media.tcp import TcpPort
from media.transport import Peer
from media.udp import Handlers, UdpPort

logger = logging.getLogger(__name__)

TICK_S = 0.025
CHECK_EVERY = 10

Emit = Callable[..., None]


class Bridge:
    """`emit(type, room, **fields)` takes the events. All methods belong to one event loop.

    With `recordings`, a folder, all that comes into each room is kept there, and every packet is written slot by slot.
    """

    def __init__(
        self,
        udp_host: str,
        udp_port: int,
        addresses: tuple[str, ...],
        emit: Emit,
        step: Choice = "auto",
        sheds: bool = True,
        marks: Marks = DEFAULT_MARKS,
        recordings: Path | None = None,
    ) -> None:
        told = self._on_rtp, self._on_rtcp, self._on_connected, self._on_closed, self._on_unit
        handlers = Handlers(*told, lambda: self.step.flush(), self._on_away, self._on_back)
        self.port = UdpPort(udp_host, udp_port, handlers, addresses, marks)
        self.marks = marks
        self.tcp = TcpPort(self.port)
        self._recordings = recordings
        if recordings is not None:
            recordings.mkdir(parents=True, exist_ok=True)
        self.step = choose(step, self.port.counters) if recordings is None else SlotStep()
        if self.step.gate is not None:
            self.port.take_by(self.step.gate)
        self.overload = Overload(self.port.outlets, self.now(), sheds)
        self.rooms: dict[str, Room] = {}
        self.connections = Connections()
        # Looked at for every packet.
        self._by_peer, self._by_link = self.connections.by_peer, self.connections.by_link
        self.negotiation = Negotiation(
            self.port, self.tcp, addresses, self.overload.load, self.rooms, self.connections, self._end
        )
        self._emit = emit
        self._unix_offset = time.time() - asyncio.get_running_loop().time()

    async def run(self) -> None:
        """Do what is due, for ever."""
        loop = asyncio.get_running_loop()
        ticks, due = 0, loop.time()
        while True:
            busy = [room for room in self.rooms.values() if room.busy]
            await asyncio.sleep(FLUSH_S if busy else max(0.0, due - loop.time()))
            now = loop.time()
            if now < due:
                for room in busy:
                    self._send(room.flush(now))
                continue
            if self.overload.tick(now, now - due):
                self._shed(now)
            if self.overload.overflow.step(now, self.overload.overflows):
                self._tell_overflow()
            due = now + TICK_S
            for name, room in list(self.rooms.items()):
                self._send(room.on_tick(now))
                self._tell(name, room.take_events())
            ticks += 1
            if ticks % CHECK_EVERY == 0:
                self.port.check(now)

    def _shed(self, now: float) -> None:
        """Give up what the stage says, or take it back, everywhere; and tell."""
        load = self.overload.load
        for room in self.rooms.values():
            room.shed(now, load.stage)
        for connection in self._by_peer.values():
            self._spare(connection)
        logger.warning("stage %s: %.0f ms late", load.stage.name, 1000 * load.lag_s)
        told = {"stage": load.stage.name, "lag_ms": round(1000 * load.lag_s), "overflows": self.overload.overflows}
        self._emit("load", "", None, **told)

    def _tell_overflow(self) -> None:
        overflow = self.overload.overflow
        logger.warning("sockets %s; %d datagrams lost", "overflow" if overflow.lasts else "hold", overflow.datagrams)
        self._emit("overflow", "", None, lasts=overflow.lasts, datagrams=overflow.datagrams)

    def _spare(self, connection: Connection) -> None:
        """Do not even read pictures while nobody gets any."""
        pictures = [one for one in connection.terms.publications if one.kind == "video"]
        moves = self.overload.load.stage.tier.moves
        types = [] if moves else [number for one in pictures for number in (one.payload_type, one.rtx_payload_type)]
        connection.peer.spare(frozenset(number for number in types if number is not None))

    async def close(self) -> None:
        for room in self.rooms.values():
            _end_recording(room)
        await self.tcp.close()
        await self.port.close()

    # -- commands -------------------------------------------------------------------------------

    def open_room(self, name: str) -> Room:
        if name not in self.rooms:
            self.rooms[name] = self._new_room()
            self.rooms[name].shed(self.now(), self.overload.load.stage)
        return self.rooms[name]

    def _new_room(self) -> Room:
        if self._recordings is None:
            return Room(self._unix_offset, self.step)
        return RecordedRoom(self._unix_offset, self.step, self._recordings / f"{time.time_ns()}.xz")

    def close_room(self, name: str) -> None:
        room = self.rooms.get(name)
        if room is not None:
            for participant in list(room.participants):
                self.remove(name, participant)
            _end_recording(room)
            del self.rooms[name]

    def admit(self, name: str, participant: str, muted: bool, video_muted: bool, part: Part = "site") -> None:
        room = room_of(self.rooms, name)
        room.admit(participant)
        room.take_part(self.now(), participant, part)
        self._send(room.mute(self.now(), participant, "audio", muted))
        self._send(room.mute(self.now(), participant, "video", video_muted))

    def leave(self, name: str, participant: str) -> None:
        """End a participant's connections; nothing is emitted for them."""
        for connection in self.connections.of(name, participant):
            self._end(connection)

    def remove(self, name: str, participant: str) -> None:
        self.leave(name, participant)
        self.connections.numbers.pop((name, participant), None)
        room = self.rooms.get(name)
        if room is not None:
            room.remove(self.now(), participant)

    def mute(self, name: str, participant: str, kind: Kind, muted: bool) -> None:
        self._send(room_of(self.rooms, name, participant).mute(self.now(), participant, kind, muted))

    def view(
        self,
        name: str,
        participant: str,
        slots: tuple[str | None, ...],
        heights: tuple[int | None, ...],
        pinned: tuple[bool, ...] = (),
    ) -> None:
        self._send(room_of(self.rooms, name, participant).view(self.now(), participant, slots, heights, pinned))

    def beside(self, name: str, participant: str, bps: float) -> None:
        """So much goes to the participant's line beside its media."""
        room_of(self.rooms, name, participant).beside(participant, bps)

    def refresh(self, name: str, participant: str, slot: int) -> None:
        self._send(room_of(self.rooms, name, participant).refresh(self.now(), participant, slot))

    # -- the wire -------------------------------------------------------------------------------

    def _on_rtp(self, peer: Peer, arrived: float, data: bytes) -> None:
        connection = self._by_peer[peer]
        self._put(self.rooms[connection.room].on_rtp(self.now(), connection.participant, data, arrived))

    def _on_unit(self, peer: Peer, now: float, unit: Unit, place: int) -> None:
        connection = self._by_peer[peer]
        self._put(self.rooms[connection.room].go_on(now, connection.participant, unit, place))

    def _on_rtcp(self, peer: Peer, now: float, data: bytes) -> None:
        connection = self._by_peer[peer]
        self._put(self.rooms[connection.room].on_rtcp(now, connection.participant, data))

    def _on_connected(self, peer: Peer) -> None:
        connection = self._by_peer.get(peer)
        if connection is None:
            return
        key = (connection.room, connection.participant)
        connections = self.connections
        connections.pending.pop(key, None)
        former = connections.current.pop(key, None)
        room = self.rooms[connection.room]
        line = hash(peer.path.address[0]) if peer.path is not None else 0
        seed = secrets.randbits(32)
        connection.link = room.connect(self.now(), connection.participant, connection.terms, seed, line)
        if former is not None:
            self._end(former)
        self._by_link[connection.link] = peer
        intake = room.participants[connection.participant].intake
        if intake is not None:
            peer.allowance = intake.allowance
        peer.speech = connection.terms.speech
        peer.twice = connection.link.outflow.twice.types
        self.step.mark(connection.link.outflow.sent, peer.speech, self.marks)
        self.step.connect(peer, connection.link.outflow.sent)
        if intake is not None:
            self.step.admit(peer, connection.link.outflow.sent, intake)
        self._spare(connection)
        connections.current[key] = connection
        self._tell_connected(connection)

    def _tell_connected(self, connection: Connection) -> None:
        self.connections.count(connection)
        told = {"connection": connection.number, "session": connection.resource}
        self._emit("connected", connection.room, connection.participant, **told)

    def _on_away(self, peer: Peer) -> bool:
        """All but players are waited for: clients send on for half a minute (RFC 7675), encoders know of no silence.

        Meanwhile it is sent nothing but checks.
        """
        connection = self._by_peer.get(peer)
        if connection is None or (connection.resource is not None and not connection.terms.publications):
            return False
        if connection.link is not None:
            self.rooms[connection.room].pause(self.now(), connection.participant)
        self._tell_disconnected(connection, "timeout")
        return True

    def _on_back(self, peer: Peer) -> None:
        connection = self._by_peer.get(peer)
        if connection is not None:
            self.rooms[connection.room].resume(self.now(), connection.participant)
            self._tell_connected(connection)

    def _on_closed(self, peer: Peer, reason: str) -> None:
        connection = self._by_peer.get(peer)
        if connection is None:
            return
        self._end(connection)
        if not (peer.away and reason == "timeout"):
            self._tell_disconnected(connection, reason)

    def _tell_disconnected(self, connection: Connection, reason: str) -> None:
        told = {"connection": connection.number, "reason": reason, "session": connection.resource}
        self._emit("disconnected", connection.room, connection.participant, **told)

    def _end(self, connection: Connection) -> None:
        self.connections.forget(connection)
        self.port.drop(connection.peer, None)
        if connection.link is not None:
            room = self.rooms[connection.room]
            if room.participants[connection.participant].link is connection.link:
                room.disconnect(self.now(), connection.participant)
                self._tell(connection.room, room.take_events())

    def _send(self, sends: Iterable[Send]) -> None:
        self._put(sends)
        self.step.flush()

    def _put(self, sends: Iterable[Send]) -> None:
        """To be flushed when all that came at once has been dealt with."""
        for link, head, body in sends:
            peer = self._by_link.get(link)
            if peer is not None:
                peer.send(head, body)

    def _tell(self, name: str, events: list[RoomEvent]) -> None:
        for event in events:
            match event:
                case PublishingChanged():
                    self._emit("publishing", name, event.participant, audio=event.audio, video=event.video)
                case LayersChanged():
                    self._emit("layers", name, event.participant, active=event.active)
                case SpeakerChanged():
                    self._emit("speaker", name, event.participant, loudest=event.loudest)
                case TierChanged():
                    told = {"tier": event.tier.name, "why": event.why, "carries_bps": event.carries}
                    self._emit("tier", name, event.participant, **told)
                case RestsChanged():
                    self._emit("rests", name, event.participant, sites=dict(event.sites))
                case CodecsChanged():
                    self._emit("codecs", name, None, codec=event.common, asked=event.asked, unseen=event.unseen)

    @staticmethod
    def now() -> float:
        """The clock of all rooms, seconds."""
        return asyncio.get_running_loop().time()


def _end_recording(room: Room) -> None:
    if isinstance(room, RecordedRoom):
        room.close()
