"""The rooms of one node and the peers that feed them: where the pure core meets the wire."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from media import answer, sdp
from media.errors import BridgeError
from media.ice import Credentials
from media.messages import Flow, SlotCount
from media.one_way import one_way
from media.outlet import DEFAULT_MARKS, Marks
from media.overload import Overload
from media.sfu.codecs import CodecsChanged
from media.sfu.events import LayersChanged, PublishingChanged, RoomEvent, SpeakerChanged
from media.sfu.layer import Unit
from media.sfu.link import Link
from media.sfu.probe import FLUSH_S
from media.sfu.receiver import Receiver, Send
from media.sfu.room import Room
from media.sfu.standing import TierChanged
from media.sfu.terms import Kind, Part, Terms
from media.steps import Choice, choose
from media.tcp import TcpPort
from media.transport import Peer, PeerParameters
from media.udp import Handlers, UdpPort

logger = logging.getLogger(__name__)

MAX_PEERS = 500
TICK_S = 0.025
CHECK_EVERY = 10
STREAM = "meeting"

Emit = Callable[..., None]


@dataclass(slots=True)
class Connection:
    """A peer in its room. `link` is None until DTLS stands; `number` counts the participant's connections.

    `resource` is the name of a one-way session, `tagged` how its sdpfrags name the transport.
    """

    room: str
    participant: str
    peer: Peer
    terms: Terms
    session: int
    resource: str | None = None
    tagged: tuple[str, ...] = ()
    number: int = 0
    link: Link | None = None


class Bridge:
    """`emit(type, room, **fields)` takes the events. All methods belong to one event loop."""

    def __init__(
        self,
        udp_host: str,
        udp_port: int,
        addresses: tuple[str, ...],
        emit: Emit,
        step: Choice = "auto",
        sheds: bool = True,
        marks: Marks = DEFAULT_MARKS,
    ) -> None:
        handlers = Handlers(self._on_rtp, self._on_rtcp, self._on_connected, self._on_closed, self._on_unit)
        self.port = UdpPort(udp_host, udp_port, handlers, addresses, marks)
        self.marks = marks
        self.tcp = TcpPort(self.port)
        self.step = choose(step, self.port.counters)
        if self.step.gate is not None:
            self.port.take_by(self.step.gate)
        self.overload = Overload(self.port.outlets, self.now(), sheds)
        self.addresses = addresses
        self.rooms: dict[str, Room] = {}
        self._emit = emit
        self._by_peer: dict[Peer, Connection] = {}
        self._by_link: dict[Receiver, Peer] = {}
        self._current: dict[tuple[str, str], Connection] = {}
        self._pending: dict[tuple[str, str], Connection] = {}
        self._numbers: dict[tuple[str, str], int] = {}
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

    def _spare(self, connection: Connection) -> None:
        """Do not even read pictures while nobody gets any."""
        pictures = [one for one in connection.terms.publications if one.kind == "video"]
        moves = self.overload.load.stage.tier.moves
        types = [] if moves else [number for one in pictures for number in (one.payload_type, one.rtx_payload_type)]
        connection.peer.spare(frozenset(number for number in types if number is not None))

    async def close(self) -> None:
        await self.tcp.close()
        await self.port.close()

    # -- commands -------------------------------------------------------------------------------

    def open_room(self, name: str) -> Room:
        if name not in self.rooms:
            self.rooms[name] = Room(self._unix_offset, self.step)
            self.rooms[name].shed(self.now(), self.overload.load.stage)
        return self.rooms[name]

    def close_room(self, name: str) -> None:
        room = self.rooms.get(name)
        if room is not None:
            for participant in list(room.participants):
                self.remove(name, participant)
            del self.rooms[name]

    def admit(self, name: str, participant: str, muted: bool, video_muted: bool, part: Part = "site") -> None:
        room = self._room(name)
        room.admit(participant)
        room.take_part(self.now(), participant, part)
        self._send(room.mute(self.now(), participant, "audio", muted))
        self._send(room.mute(self.now(), participant, "video", video_muted))

    def leave(self, name: str, participant: str) -> None:
        """End a participant's connections; nothing is emitted for them."""
        for table in (self._pending, self._current):
            connection = table.pop((name, participant), None)
            if connection is not None:
                self._end(connection)

    def remove(self, name: str, participant: str) -> None:
        self.leave(name, participant)
        self._numbers.pop((name, participant), None)
        room = self.rooms.get(name)
        if room is not None:
            room.remove(self.now(), participant)

    def mute(self, name: str, participant: str, kind: Kind, muted: bool) -> None:
        self._send(self._room(name, participant).mute(self.now(), participant, kind, muted))

    def view(
        self,
        name: str,
        participant: str,
        slots: tuple[str | None, ...],
        heights: tuple[int | None, ...],
        pinned: tuple[bool, ...] = (),
    ) -> None:
        self._send(self._room(name, participant).view(self.now(), participant, slots, heights, pinned))

    def beside(self, name: str, participant: str, bps: float) -> None:
        """So much goes to the participant's line beside its media; a new connection begins with none."""
        link = self._room(name, participant).participants[participant].link
        if link is not None:
            link.outflow.estimator.beside = bps

    def refresh(self, name: str, participant: str, slot: int) -> None:
        self._send(self._room(name, participant).refresh(self.now(), participant, slot))

    def offer(self, name: str, participant: str, text: str, slots: SlotCount | None) -> str:
        """Answer an offer. A fingerprint that is known restarts ICE, another one makes a new connection.

        Raises BridgeError `media.unknown_room`, `media.not_in_room`, `media.bad_offer`, `media.too_many_slots`
        `media.full` or, for who was not here yet, `media.busy`.
        """
        self._room(name, participant)
        offer = sdp.parse_offer(text)
        former = self._same_peer((name, participant), offer)
        choose = partial(self._room(name).codecs.preferred, participant)
        terms = answer.agree(offer, _new_ssrc, former.terms if former is not None else None, choose)
        _check_count(terms, slots)
        if former is not None:
            connection = self._renew(former, offer, terms)
        else:
            connection = self._make(name, participant, offer, terms)
        return answer.render(offer, terms, self._local(connection))

    def open_session(self, name: str, participant: str, resource: str, text: str, flow: Flow) -> tuple[str, str]:
        """Answer the offer of a one-way session: (answer, name of its ICE session).

        It replaces the participant's former connection as soon as it stands. Raises as `offer`, and
        BridgeError `media.unsupported`.
        """
        self._room(name, participant)
        offer = sdp.parse_offer(text)
        terms = one_way(offer, flow, _new_ssrc, partial(self._room(name).codecs.preferred, participant))
        connection = self._make(name, participant, offer, terms, resource)
        connection.tagged = answer.tagged(offer, terms)
        return answer.render(offer, terms, self._local(connection)), connection.peer.local.ufrag

    def renew_session(
        self, name: str, participant: str, resource: str, ice: tuple[str, ...] | None, text: str
    ) -> tuple[str, str | None]:
        """Take an sdpfrag: (name of the ICE session, the bridge's fragment when it restarted ICE).

        Raises BridgeError `media.no_session`, `media.stale_session` when it is none of `ice`, `media.bad_fragment`.
        """
        connection = self._session(name, participant, resource)
        peer, news = connection.peer, sdp.parse_fragment(text)
        if ice is not None and peer.local.ufrag not in ice:
            raise BridgeError("media.stale_session", "ICE was restarted meanwhile")
        remote = Credentials(news.ufrag, news.password)
        if remote == peer.remote:
            return peer.local.ufrag, None
        self.port.restart(peer, remote)
        return peer.local.ufrag, answer.fragment(connection.tagged, self._local(connection))

    def end_session(self, name: str, participant: str, resource: str) -> None:
        """End a one-way session. Raises BridgeError `media.no_session`."""
        connection = self._session(name, participant, resource)
        for table in (self._pending, self._current):
            if table.get((name, participant)) is connection:
                del table[name, participant]
        self._end(connection)

    def _session(self, name: str, participant: str, resource: str) -> Connection:
        for table in (self._pending, self._current):
            connection = table.get((name, participant))
            if connection is not None and connection.resource == resource:
                return connection
        raise BridgeError("media.no_session", f"no session {resource!r}")

    def _local(self, connection: Connection) -> answer.Local:
        return answer.Local(
            connection.peer.local,
            self.port.identity.fingerprint,
            "active" if connection.peer.parameters.role == "client" else "passive",
            self.addresses,
            self.port.port,
            connection.session,
            self.tcp.is_open,
            connection.resource and STREAM,
        )

    def connection(self, name: str, participant: str) -> Connection | None:
        return self._current.get((name, participant))

    def _same_peer(self, key: tuple[str, str], offer: sdp.Offer) -> Connection | None:
        for connection in (self._pending.get(key), self._current.get(key)):
            if connection is not None and connection.peer.parameters.fingerprints == offer.fingerprints:
                return connection
        return None

    def _renew(self, connection: Connection, offer: sdp.Offer, terms: Terms) -> Connection:
        if terms.slots != connection.terms.slots:
            raise BridgeError("media.bad_offer", "the slots of a connection are fixed: make a new one")
        connection.terms = terms
        if connection.link is not None:
            self.rooms[connection.room].renew(connection.participant, terms)
        remote = Credentials(offer.ufrag, offer.password)
        if remote != connection.peer.remote:
            self.port.restart(connection.peer, remote)
        return connection

    def _make(
        self, name: str, participant: str, offer: sdp.Offer, terms: Terms, resource: str | None = None
    ) -> Connection:
        if not self.overload.load.stage.joins and (name, participant) not in self._numbers:
            raise BridgeError("media.busy", "the node is late and takes nobody new just now")
        if self.port.peers >= MAX_PEERS:
            raise BridgeError("media.full", f"the node has {MAX_PEERS} connections")
        waiting = self._pending.pop((name, participant), None)
        if waiting is not None:
            self._end(waiting)
        video = [slot for slot in terms.slots if slot.kind == "video"]
        parameters = PeerParameters(
            Credentials(offer.ufrag, offer.password),
            offer.fingerprints,
            "client" if offer.setup == "passive" else "server",
            keep_ciphertext=any(slot.rtx_ssrc is None for slot in video),
        )
        peer = self.port.make_peer(parameters)
        connection = Connection(name, participant, peer, terms, secrets.randbits(62), resource)
        self._pending[name, participant] = connection
        self._by_peer[connection.peer] = connection
        return connection

    def _room(self, name: str, participant: str | None = None) -> Room:
        room = self.rooms.get(name)
        if room is None:
            raise BridgeError("media.unknown_room", f"no room {name!r}")
        if participant is not None and participant not in room.participants:
            raise BridgeError("media.not_in_room", f"{participant!r} is not admitted to {name!r}")
        return room

    # -- the wire -------------------------------------------------------------------------------

    def _on_rtp(self, peer: Peer, arrived: float, data: bytes) -> None:
        connection = self._by_peer[peer]
        self._send(self.rooms[connection.room].on_rtp(self.now(), connection.participant, data, arrived))

    def _on_unit(self, peer: Peer, now: float, unit: Unit, place: int) -> None:
        connection = self._by_peer[peer]
        self._send(self.rooms[connection.room].go_on(now, connection.participant, unit, place))

    def _on_rtcp(self, peer: Peer, now: float, data: bytes) -> None:
        connection = self._by_peer[peer]
        self._send(self.rooms[connection.room].on_rtcp(now, connection.participant, data))

    def _on_connected(self, peer: Peer) -> None:
        connection = self._by_peer.get(peer)
        if connection is None:
            return
        key = (connection.room, connection.participant)
        self._pending.pop(key, None)
        former = self._current.pop(key, None)
        room = self.rooms[connection.room]
        connection.link = room.connect(self.now(), connection.participant, connection.terms, secrets.randbits(32))
        if former is not None:
            self._end(former)
        self._by_link[connection.link] = peer
        intake = room.participants[connection.participant].intake
        peer.speech = connection.terms.speech
        self.step.mark(connection.link.outflow.sent, peer.speech, self.marks)
        self.step.connect(peer, connection.link.outflow.sent)
        if intake is not None:
            self.step.admit(peer, connection.link.outflow.sent, intake)
        self._spare(connection)
        self._current[key] = connection
        self._numbers[key] = connection.number = self._numbers.get(key, 0) + 1
        self._emit("connected", *key, connection=connection.number)

    def _on_closed(self, peer: Peer, reason: str) -> None:
        connection = self._by_peer.get(peer)
        if connection is None:
            return
        key = (connection.room, connection.participant)
        for table in (self._pending, self._current):
            if table.get(key) is connection:
                del table[key]
        self._end(connection)
        told = {"connection": connection.number, "reason": reason, "session": connection.resource}
        self._emit("disconnected", *key, **told)

    def _end(self, connection: Connection) -> None:
        self._by_peer.pop(connection.peer, None)
        self.port.drop(connection.peer, None)
        if connection.link is not None:
            self._by_link.pop(connection.link, None)
            room = self.rooms[connection.room]
            if room.participants[connection.participant].link is connection.link:
                room.disconnect(self.now(), connection.participant)
                self._tell(connection.room, room.take_events())

    def _send(self, sends: Iterable[Send]) -> None:
        for link, head, body in sends:
            peer = self._by_link.get(link)
            if peer is not None:
                peer.send(head, body)
        self.step.flush()

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
                case CodecsChanged():
                    self._emit("codecs", name, None, codec=event.common, asked=event.asked, unseen=event.unseen)

    @staticmethod
    def now() -> float:
        """The clock of all rooms, seconds."""
        return asyncio.get_running_loop().time()


def _new_ssrc() -> int:
    return secrets.randbelow(0xFFFFFFFE) + 1


def _check_count(terms: Terms, slots: SlotCount | None) -> None:
    if slots is None:
        return
    audio = sum(1 for slot in terms.slots if slot.kind == "audio")
    video = len(terms.slots) - audio
    if (audio, video) != (slots.audio, slots.video):
        raise BridgeError(
            "media.bad_offer",
            f"{audio} audio and {video} video lines receive, announced {slots.audio} and {slots.video}",
        )
