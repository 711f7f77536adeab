"""Reading where meetings, nodes and sockets are."""

from collections.abc import Collection, Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command.directory.queries import Sight, root_unit
from command.kernel.values import State
from media.meetings.model import Meeting, Site
from media.meetings.moves import PRESENT
from media.nodes.model import MediaNode, Placement, Seat


def nodes(session: Session) -> dict[str, MediaNode]:
    """Every node that is known, by name."""
    return {node.name: node for node in session.scalars(select(MediaNode).order_by(MediaNode.name))}


def placements(session: Session, meetings: Iterable[str]) -> dict[str, Placement]:
    """Where these meetings are; one that no node has is missing."""
    query = select(Placement).where(Placement.meeting_id.in_(list(meetings)))
    return {one.meeting_id: one for one in session.scalars(query)}


def seats(session: Session, sites: Collection[str]) -> dict[str, int]:
    """The number of the newest socket of each of these sites."""
    query = select(Seat).where(Seat.site_id.in_(list(sites)))
    return {one.site_id: one.number for one in session.scalars(query)}


def loads(session: Session, names: Iterable[str]) -> dict[str, int]:
    """How many sites of live meetings each of these nodes carries."""
    inside = Site.site_state.in_([state.value for state in PRESENT])
    query = (
        select(Placement.node, func.count(Site.id).label("sites"))
        .join(Meeting, Meeting.id == Placement.meeting_id)
        .join(Site, Site.meeting_id == Meeting.id)
        .where(Meeting.status == "live", inside)
        .group_by(Placement.node)
    )
    found = {row.node: row.sites for row in session.execute(query)}
    return {name: found.get(name, 0) for name in names}


def meetings_at(session: Session, node: str) -> list[Placement]:
    """The live meetings that a node has, or is just giving away."""
    here = (Placement.node == node) | (Placement.former == node)
    query = select(Placement).join(Meeting, Meeting.id == Placement.meeting_id)
    return list(session.scalars(query.where(Meeting.status == "live", here).order_by(Placement.meeting_id)))


def board_nodes(session: Session, sight: Sight) -> list[State]:
    """Nodes with which something is the matter, for readers of the whole system's unit."""
    unit = root_unit(session)
    if unit is None or not sight.covers(unit, ()):
        return []
    known = nodes(session)
    states = [node.state(len(known)) for node in known.values()]
    return [state for state in states if state["on_board"]]
