"""What happens to media nodes and to the meetings that they have. All may be repeated, by several web processes."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.directory.queries import root_unit
from command.kernel.actor import Actor, system_actor
from command.kernel.clock import Clock
from command.kernel.errors import NotFound
from command.kernel.timeline import record
from command.kernel.values import State
from media.meetings.actions.access import locked
from media.meetings.actions.telling import tell_meeting
from media.meetings.model import Site
from media.nodes.choice import choose
from media.nodes.model import Dial, MediaNode, Placement, Seat
from media.nodes.queries import loads, nodes
from media.sfu.shedding import OPEN


def register(session: Session, clock: Clock, names: Collection[str]) -> None:
    """Take note of the nodes that the settings name; what else was known is forgotten."""
    known = nodes(session)
    for name in set(names) - known.keys():
        session.add(
            MediaNode(name=name, away_since=clock.now(), told=False, draining=False, at_once=False, stage=OPEN.name)
        )
    for name in known.keys() - set(names):
        gone = known[name]
        was_told = gone.state(len(known))["on_board"]
        gone.told = gone.draining = False
        gone.stage, gone.overflows_since = OPEN.name, None
        if was_told:
            _tell(session, "system.node_back", gone)
        session.delete(gone)


def answered(session: Session, name: str, run: str) -> None:
    """The process `run` of a node answers; another one than before drains no more."""
    node = _node(session, name)
    if node is None:
        return
    renewed = node.run != run and node.draining
    was_told = node.told or renewed
    node.run, node.away_since, node.told = run, None, False
    if renewed:
        node.draining = node.at_once = False
    if was_told:
        _tell(session, "system.node_back", node)


def loaded(session: Session, name: str, stage: str) -> None:
    """A node gives up what `stage` says, or takes it back."""
    node = _node(session, name)
    if node is not None and node.stage != stage:
        node.stage = stage
        _tell(session, "system.node_load", node)


def overflowed(session: Session, clock: Clock, name: str, lasts: bool, datagrams: int) -> None:
    """A node's sockets have no room for what comes, or have again after so many lost datagrams."""
    node = _node(session, name)
    if node is not None and lasts != (node.overflows_since is not None):
        node.overflows_since = clock.now() if lasts else None
        kind = "system.node_overflows" if lasts else "system.node_holds"
        _tell(session, kind, node, overflow={"datagrams": datagrams})


def silent(session: Session, clock: Clock, name: str) -> None:
    """A node does not answer."""
    node = _node(session, name)
    if node is not None and node.away_since is None:
        node.away_since = clock.now()


def tell_away(session: Session, name: str) -> None:
    """A node has not answered for so long that people should know; one that drained has stopped by itself."""
    node = _node(session, name)
    if node is not None and node.away_since is not None and not node.told:
        node.told = True
        _tell(session, "system.node_stopped" if node.draining else "system.node_away", node)


def drain(session: Session, actor: Actor, name: str, at_once: bool = False) -> None:
    """A node shall give its meetings away and stop; `at_once`: stop without that. NotFound `media.node_unknown`."""
    node = _known(session, name)
    if (node.draining, node.at_once) != (True, at_once):
        node.draining, node.at_once = True, at_once
        _tell(session, "system.node_draining", node, actor)


def keep(session: Session, actor: Actor, name: str) -> None:
    """A node that drains goes on after all. NotFound `media.node_unknown`."""
    node = _known(session, name)
    if node.draining:
        node.draining = node.at_once = False
        _tell(session, "system.node_back", node, actor)


def place(session: Session, clock: Clock, meeting_id: str, ready: Collection[str]) -> None:
    """Give a live meeting that no node has to one of those that are ready."""
    if not locked(session, meeting_id).live or session.get(Placement, meeting_id) is not None:
        return
    node = choose(loads(session, ready), _shunned(session), None, needy=True)
    if node is not None:
        session.add(Placement(meeting_id=meeting_id, node=node, number=1, at=clock.now()))


def move(session: Session, clock: Clock, meeting_id: str, number: int, ready: Collection[str], *, gently: bool) -> bool:
    """Move a meeting to another one of the ready nodes; whether it moved.

    `gently`: its present node keeps it beside until `settle`. Nothing happens where it changed since `number`.
    """
    meeting = locked(session, meeting_id)
    placement = session.get(Placement, meeting_id, populate_existing=True)
    if not meeting.live or placement is None or placement.number != number:
        return False
    node = choose(loads(session, ready), _shunned(session), placement.node, needy=not gently)
    if node is None:
        return False
    placement.former = placement.node if gently else None
    placement.node, placement.number, placement.at = node, number + 1, clock.now()
    tell_meeting(session, system_actor(meeting.unit_id), "meeting.moved", meeting)
    return True


def settle(session: Session, meeting_id: str, number: int) -> bool:
    """Everybody is at the new node: the former one need not keep the meeting any more. Whether that was news."""
    locked(session, meeting_id)
    placement = session.get(Placement, meeting_id, populate_existing=True)
    if placement is None or placement.number != number or placement.former is None:
        return False
    placement.former, placement.number = None, number + 1
    return True


def sit(session: Session, site_id: str, dial: Dial | None) -> int | None:
    """Seat a participant's newest socket: its number; sockets with a smaller one end.

    None where a later dial of the same page sits there already.
    """
    session.execute(select(Site.id).where(Site.id == site_id).with_for_update())
    seat = session.get(Seat, site_id, populate_existing=True) or Seat(site_id=site_id, number=0)
    if dial is not None and seat.page == dial.page and seat.dial > dial.number:
        return None
    seat.number += 1
    seat.page, seat.dial = (dial.page, dial.number) if dial is not None else (None, 0)
    session.add(seat)
    return seat.number


def _node(session: Session, name: str) -> MediaNode | None:
    query = select(MediaNode).where(MediaNode.name == name).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one_or_none()


def _known(session: Session, name: str) -> MediaNode:
    node = _node(session, name)
    if node is None:
        raise NotFound("media.node_unknown", name=name)
    return node


def _shunned(session: Session) -> set[str]:
    return {node.name for node in nodes(session).values() if not node.inviting}


def _tell(session: Session, kind: str, node: MediaNode, actor: Actor | None = None, **more: State) -> None:
    """A change of a node, for readers of the whole system's unit."""
    unit = root_unit(session)
    if unit is not None:
        body: State = {"media_node": node.state(len(nodes(session))), **more}
        record(session, actor or system_actor(unit), kind, unit=unit, body=body)
