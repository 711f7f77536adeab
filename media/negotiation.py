"""What is agreed with the client of a participant: answers to offers, and one-way sessions."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from media import answer, sdp
from media.connections import Connection, Connections
from media.errors import BridgeError
from media.ice import Credentials
from media.messages import Flow, SlotCount
from media.one_way import one_way
from media.sfu.room import Room
from media.sfu.shedding import Load
from media.sfu.terms import Terms
from media.tcp import TcpPort
from media.transport import PeerParameters
from media.udp import UdpPort

MAX_PEERS = 500
STREAM = "meeting"


def room_of(rooms: Mapping[str, Room], name: str, participant: str | None = None) -> Room:
    """The room of that name. Raises BridgeError `media.unknown_room`, `media.not_in_room`."""
    room = rooms.get(name)
    if room is None:
        raise BridgeError("media.unknown_room", f"no room {name!r}")
    if participant is not None and participant not in room.participants:
        raise BridgeError("media.not_in_room", f"{participant!r} is not admitted to {name!r}")
    return room


class Negotiation:
    """Makes connections; `end` is called for those that are to go. `addresses` are announced with the ports."""

    def __init__(
        self,
        port: UdpPort,
        tcp: TcpPort,
        addresses: tuple[str, ...],
        load: Load,
        rooms: Mapping[str, Room],
        connections: Connections,
        end: Callable[[Connection], None],
    ) -> None:
        self._port = port
        self._tcp = tcp
        self._addresses = addresses
        self._load = load
        self._rooms = rooms
        self._connections = connections
        self._end = end

    def offer(self, name: str, participant: str, text: str, slots: SlotCount | None, layers: Sequence[str] = ()) -> str:
        """Answer an offer. A fingerprint that is known restarts ICE, another one makes a new connection.

        `layers` are the lines that are sizes of one picture, by mid.

        Raises BridgeError `media.unknown_room`, `media.not_in_room`, `media.bad_offer`, `media.too_many_slots`
        `media.full` or, for who was not here yet, `media.busy`.
        """
        room = room_of(self._rooms, name, participant)
        offer = sdp.parse_offer(text)
        former = self._same_peer(name, participant, offer)
        choose = partial(room.codecs.preferred, participant)
        terms = answer.agree(offer, _new_ssrc, former.terms if former is not None else None, choose, layers)
        _check_count(terms, slots)
        if former is not None:
            connection = self._renew(former, offer, terms)
        else:
            connection = self._make(name, participant, offer, terms)
        return answer.render(offer, terms, self._local(connection))

    def open_session(self, name: str, participant: str, resource: str, text: str, flow: Flow) -> tuple[str, str]:
        """Answer the offer of a one-way session: (answer, name of its ICE session).

        It replaces the participant's former connection as soon as it stands; where the session is there already and has
        the fingerprint of the offer, its ICE is restarted. Raises as `offer`, and BridgeError `media.unsupported`.
        """
        room = room_of(self._rooms, name, participant)
        offer = sdp.parse_offer(text)
        terms = one_way(offer, flow, _new_ssrc, partial(room.codecs.preferred, participant))
        former = self._same_peer(name, participant, offer)
        if former is not None and former.resource == resource:
            connection = self._renew(former, offer, terms)
        else:
            connection = self._make(name, participant, offer, terms, resource)
        connection.tagged = answer.tagged(offer, terms)
        return answer.render(offer, terms, self._local(connection)), connection.peer.local.ufrag

    def renew_session(
        self, name: str, participant: str, resource: str, ice: tuple[str, ...] | None, text: str
    ) -> tuple[str, str | None]:
        """Take an sdpfrag: (name of the ICE session, the bridge's fragment when it restarted ICE).

        Raises BridgeError `media.no_session`, `media.stale_session` when it is none of `ice`, `media.bad_fragment`.
        """
        connection = self._connections.session(name, participant, resource)
        peer, news = connection.peer, sdp.parse_fragment(text)
        if ice is not None and peer.local.ufrag not in ice:
            raise BridgeError("media.stale_session", "ICE was restarted meanwhile")
        remote = Credentials(news.ufrag, news.password)
        if remote == peer.remote:
            return peer.local.ufrag, None
        self._port.restart(peer, remote)
        return peer.local.ufrag, answer.fragment(connection.tagged, self._local(connection))

    def end_session(self, name: str, participant: str, resource: str) -> None:
        """End a one-way session. Raises BridgeError `media.no_session`."""
        self._end(self._connections.session(name, participant, resource))

    def _same_peer(self, name: str, participant: str, offer: sdp.Offer) -> Connection | None:
        known = self._connections.of(name, participant)
        return next((one for one in known if one.peer.parameters.fingerprints == offer.fingerprints), None)

    def _renew(self, connection: Connection, offer: sdp.Offer, terms: Terms) -> Connection:
        if terms.slots != connection.terms.slots:
            raise BridgeError("media.bad_offer", "the slots of a connection are fixed: make a new one")
        connection.terms = terms
        if connection.link is not None:
            self._rooms[connection.room].renew(connection.participant, terms)
        remote = Credentials(offer.ufrag, offer.password)
        if remote != connection.peer.remote:
            self._port.restart(connection.peer, remote)
        return connection

    def _make(
        self, name: str, participant: str, offer: sdp.Offer, terms: Terms, resource: str | None = None
    ) -> Connection:
        connections = self._connections
        if not self._load.lets_in and (name, participant) not in connections.numbers:
            raise BridgeError("media.busy", "the node is late and takes nobody new just now")
        if self._port.peers >= MAX_PEERS:
            raise BridgeError("media.full", f"the node has {MAX_PEERS} connections")
        waiting = connections.pending.get((name, participant))
        if waiting is not None:
            self._end(waiting)
        passive = offer.setup == "passive"
        parameters = PeerParameters(
            Credentials(offer.ufrag, offer.password),
            offer.fingerprints,
            "client" if passive else "server",
            keep_ciphertext=any(slot.repeats for slot in terms.slots),
            goodbye=not passive,  # FFmpeg offers that, and stands still at a goodbye: docs/adr/whip.md
        )
        peer = self._port.make_peer(parameters)
        connection = Connection(name, participant, peer, terms, secrets.randbits(62), resource)
        connections.pending[name, participant] = connections.by_peer[peer] = connection
        return connection

    def _local(self, connection: Connection) -> answer.Local:
        return answer.Local(
            connection.peer.local,
            self._port.identity.fingerprint,
            "active" if connection.peer.parameters.role == "client" else "passive",
            self._addresses,
            self._port.port,
            connection.session,
            self._tcp.is_open,
            connection.resource and STREAM,
        )


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
