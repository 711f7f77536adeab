"""The media nodes as this web process knows them: where they are, what they hold, and how an order reaches them."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from media.control import NodeClient, Wanted
from media.messages import Admit, CloseRoom, OpenRoom, Remove, WantedParticipant
from media.sfu.shedding import OPEN, Stage
from web.rooms import Order, Room, orders, rooms_at, wanted_rooms
from web.settings import Settings


@dataclass(frozen=True)
class NodeAddress:
    """A media node's name, its control WebSocket and its token."""

    name: str
    url: str
    token: str


def node_addresses(settings: Settings) -> tuple[NodeAddress, ...]:
    """The media nodes of these settings; none where neither addresses nor a control port are set."""
    token = settings.media_control_token.get_secret_value()
    named = settings.media_nodes
    if isinstance(named, int):
        if settings.media_control_port == 0:
            return ()
        named = (f"media=ws://{settings.media_control_host}:{settings.media_control_port}",)
    return tuple(_address(text, token) for text in named)


def _address(text: str, token: str) -> NodeAddress:
    """`NAME=ws://HOST:PORT`; without a name it is HOST:PORT."""
    name, equals, url = text.partition("=")
    if not equals:
        name, url = urlsplit(text).netloc, text
    return NodeAddress(name, url, token)


@dataclass
class Link:
    """A node and what this process knows of it: the flags it holds, who is connected by which connection.

    `sends` says of whom audio and video arrive, `sessions` are those connected by a one-way session, `run` is its
    process that answered last, `stage` what it gives up for lateness, `attends` are the meetings in which it was told
    that this process has part.
    """

    name: str
    client: NodeClient
    held: dict[str, dict[str, WantedParticipant]] = field(default_factory=dict)
    numbers: dict[str, int] = field(default_factory=dict)
    connected: set[str] = field(default_factory=set)
    sends: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    sessions: set[str] = field(default_factory=set)
    run: str | None = None
    stage: Stage = OPEN
    attends: set[str] = field(default_factory=set)

    @property
    def ready(self) -> bool:
        """Whether it can be reached now."""
        return self.client.ready

    async def command(self, rooms: Iterable[Room]) -> None:
        """Bring the node to what is wanted of it. One that is away gets all of it when it is back. BridgeError."""
        if not self.ready:
            return
        wanted = wanted_rooms(rooms_at(rooms, self.name))
        for order in orders(self.held, wanted):
            await carry_out(self.client, order)
        self.held = wanted

    def forget(self, sites: Iterable[str]) -> None:
        """These take no part any more."""
        for site in sites:
            self.numbers.pop(site, None)
            self.gone(site)

    def came(self, site: str, *, session: bool) -> None:
        """It has a connection, perhaps in place of another one."""
        self.connected.add(site)
        if session:
            self.sessions.add(site)
        else:
            self.sessions.discard(site)

    def gone(self, site: str) -> None:
        """Its connection ended."""
        self.connected.discard(site)
        self.sessions.discard(site)
        self.sends.pop(site, None)

    def restarted(self) -> None:
        """It knows nobody any more."""
        self.numbers.clear()
        self.away()

    def away(self) -> None:
        """What it has now is not known."""
        self.connected.clear()
        self.sends.clear()
        self.sessions.clear()


class Links:
    """All nodes of the settings, by name."""

    def __init__(self, addresses: Iterable[NodeAddress]) -> None:
        self._addresses = {one.name: one for one in addresses}
        self._links: dict[str, Link] = {}

    def open(self, wanted_of: Callable[[str], Wanted]) -> None:
        """Make all of them anew; `wanted_of(name)` gives what the node of that name should hold."""
        self._links = {
            name: Link(name, NodeClient(one.url, one.token, wanted_of(name))) for name, one in self._addresses.items()
        }

    def __iter__(self) -> Iterator[Link]:
        return iter(self._links.values())

    @property
    def names(self) -> set[str]:
        """As the settings have them."""
        return set(self._addresses)

    @property
    def ready(self) -> set[str]:
        """Those that can be reached now."""
        return {link.name for link in self if link.ready}

    @property
    def open_for_more(self) -> set[str]:
        """Those of them that are not late; all where none is."""
        return {link.name for link in self if link.ready and link.stage is OPEN} or self.ready

    def named(self, name: str) -> Link | None:
        """The node of that name; None for one that the settings do not have."""
        return self._links.get(name)

    def at(self, room: Room | None) -> Link | None:
        """The node that has a meeting, where the settings know it."""
        return self._links.get(room.place.node) if room is not None and room.place is not None else None


async def carry_out(node: NodeClient, order: Order) -> None:
    """Send one order. Raises BridgeError."""
    match order:
        case OpenRoom():
            await node.open_room(order.room, order.participants)
        case CloseRoom():
            await node.close_room(order.room)
        case Admit():
            await node.admit(
                order.room,
                order.participant,
                muted=order.muted,
                video_muted=order.video_muted,
                part=order.part,
            )
        case Remove():
            await node.remove(order.room, order.participant)
