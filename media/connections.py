"""The connections of a node's participants, from the answer to an offer until their end."""

from dataclasses import dataclass

from media.errors import BridgeError
from media.sfu.link import Link
from media.sfu.receiver import Receiver
from media.sfu.terms import Terms
from media.transport import Peer


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


class Connections:
    """Of each (room, participant) the `current` one stands, the `pending` one replaces it as soon as its DTLS stands.

    `numbers` says how many have stood so far, until the participant is removed.
    """

    def __init__(self) -> None:
        self.by_peer: dict[Peer, Connection] = {}
        self.by_link: dict[Receiver, Peer] = {}
        self.current: dict[tuple[str, str], Connection] = {}
        self.pending: dict[tuple[str, str], Connection] = {}
        self.numbers: dict[tuple[str, str], int] = {}

    def of(self, name: str, participant: str) -> list[Connection]:
        """At most two, the newer one first."""
        key = (name, participant)
        return [table[key] for table in (self.pending, self.current) if key in table]

    def session(self, name: str, participant: str, resource: str) -> Connection:
        """That of a one-way session. Raises BridgeError `media.no_session`."""
        found = next((one for one in self.of(name, participant) if one.resource == resource), None)
        if found is None:
            raise BridgeError("media.no_session", f"no session {resource!r}")
        return found

    def count(self, connection: Connection) -> None:
        """It stands, for the first time or anew."""
        key = (connection.room, connection.participant)
        self.numbers[key] = connection.number = self.numbers.get(key, 0) + 1

    def forget(self, connection: Connection) -> None:
        """It is none of its participant's any more."""
        key = (connection.room, connection.participant)
        for table in (self.pending, self.current):
            if table.get(key) is connection:
                del table[key]
        self.by_peer.pop(connection.peer, None)
        if connection.link is not None:
            self.by_link.pop(connection.link, None)
