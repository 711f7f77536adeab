"""Which meetings should go to another node, and what else is due with the nodes. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from media.nodes.model import MediaNode
from web.rooms import Room, content_of

DOUBT = timedelta(milliseconds=250)
"""How long a node's silence may be contradicted by a web process that reaches it."""
TOLD_AFTER = timedelta(seconds=3)
"""A node that is away for longer is told to people; one that is started anew is back by then."""
MOVE_WITHIN = timedelta(seconds=6)
"""How long a meeting is at both nodes at most, for sites that do not come."""

NOTHING = (False, False)


@dataclass(frozen=True)
class Move:
    """To another node; `gently`: both have it until everybody is there."""

    meeting: str
    number: int
    gently: bool


@dataclass(frozen=True)
class Settle:
    """Everybody is there, or had time enough."""

    meeting: str
    number: int


@dataclass(frozen=True)
class Contradict:
    """This process reaches a node that another one could not."""

    node: str
    run: str


@dataclass(frozen=True)
class TellAway:
    """People should know."""

    node: str


@dataclass(frozen=True)
class Trust:
    """Another process reaches a node that this one does not: nobody there is lost."""

    node: str


@dataclass(frozen=True)
class StopNode:
    """It drained, or is not to wait for that."""

    node: str


Act = StopNode | Move | Settle | Contradict | TellAway | Trust


@dataclass(frozen=True)
class Seen:
    """A node as this process sees it: the process that answers, None where none does; who is connected there.

    `sends` says of whom audio and video arrive there, `sessions` are those connected by a one-way session.
    """

    run: str | None
    connected: Collection[str] = ()
    sends: Mapping[str, tuple[bool, bool]] = field(default_factory=dict)
    sessions: Collection[str] = ()


def acts(now: datetime, rooms: Collection[Room], nodes: Mapping[str, MediaNode], seen: Mapping[str, Seen]) -> list[Act]:
    """What is due. `nodes` as the database has them, `seen` those of the settings; a node in neither is gone."""
    found: list[Act] = []
    for name, here in seen.items():
        node = nodes.get(name)
        if node is not None:
            found += _of_node(now, name, node, here)
    takers = {name for name, here in seen.items() if here.run is not None}
    staying = {name for name in takers if name in nodes and nodes[name].inviting}
    leaving = {room.place.former for room in rooms if room.place is not None}
    for room in rooms:
        act = _of_room(now, room, nodes, seen, takers, staying, leaving)
        if act is not None:
            found.append(act)
            leaving |= {room.place.node} if isinstance(act, Move) and room.place is not None else set()
    kept = leaving | {room.place.node for room in rooms if room.place is not None}
    return found + [StopNode(name) for name, node in nodes.items() if _may_stop(node, seen.get(name), name in kept)]


def unsettled(rooms: Iterable[Room], nodes: Mapping[str, MediaNode]) -> bool:
    """Whether to look again soon, though nothing may be heard."""
    doubtful = any(node.away_since is not None and not node.told for node in nodes.values())
    return doubtful or any(room.place is not None and room.place.former is not None for room in rooms)


def _may_stop(node: MediaNode, here: Seen | None, kept: bool) -> bool:
    """Whether it drains, it is still the same process, and nothing holds it."""
    drains = node.draining and here is not None and here.run is not None and here.run == node.run
    return drains and (node.at_once or not kept)


def _of_node(now: datetime, name: str, node: MediaNode, here: Seen) -> Iterator[Act]:
    if here.run is None and node.away_since is None:
        yield Trust(name)
    if node.away_since is None:
        return
    if here.run is not None:
        yield Contradict(name, here.run)
    elif not node.told and now - node.away_since >= TOLD_AFTER:
        yield TellAway(name)


def _of_room(
    now: datetime,
    room: Room,
    nodes: Mapping[str, MediaNode],
    seen: Mapping[str, Seen],
    takers: set[str],
    staying: set[str],
    leaving: set[str | None],
) -> Act | None:
    place = room.place
    if place is None:
        return None
    if _gone(now, place.node, nodes, seen):
        return Move(room.id, place.number, gently=False) if takers - {place.node} else None
    if place.former is not None:
        arrived = _all_there(room, seen[place.node], seen.get(place.former))
        late = now - place.at >= MOVE_WITHIN or _gone(now, place.former, nodes, seen)
        return Settle(room.id, place.number) if arrived or late else None
    node = nodes.get(place.node)
    wanted_away = node is not None and node.draining and not node.at_once
    if wanted_away and staying - {place.node} and place.node not in leaving:
        return Move(room.id, place.number, gently=True)
    return None


def _all_there(room: Room, there: Seen, former: Seen | None) -> bool:
    """Whether everybody is connected at the new node and sends there whatever it sends to the former one.

    The content too, as long as it comes to the former one. Another one-way session is not waited for: its client knows
    nothing of the move, and comes when it has ended.
    """
    staying = () if former is None else former.sessions
    playing = [site.id for site in room.sites.values() if site.plays and site.id not in staying]
    sent = {} if former is None else former.sends
    if room.content is not None and any(sent.get(content_of(room.content), NOTHING)):
        playing.append(content_of(room.content))
    return all(
        site in there.connected
        and all(
            now or not before
            for now, before in zip(there.sends.get(site, NOTHING), sent.get(site, NOTHING), strict=True)
        )
        for site in playing
    )


def _gone(now: datetime, name: str, nodes: Mapping[str, MediaNode], seen: Mapping[str, Seen]) -> bool:
    """Away beyond doubt, or not one of the settings' nodes any more."""
    node = nodes.get(name)
    if node is None or name not in seen:
        return True
    return seen[name].run is None and node.away_since is not None and now - node.away_since >= DOUBT
