"""What a web process holds of the live meetings; all of it belongs to one event loop, the truth is in the database."""

from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from media.meetings.queries import live_meetings
from media.nodes.queries import placements
from web.absences import Absences
from web.media_node import Links
from web.open_lines import OpenLines
from web.rooms import Room, room_of
from web.signal_line import Health
from web.store import Store

Refresh = Callable[[Collection[str] | None], Awaitable[None]]
"""Take over these meetings (None: all live ones) as they are now; command the nodes and tell the sockets."""


@dataclass
class Live:
    """The parts that the conference's files share."""

    store: Store
    links: Links
    rooms: dict[str, Room] = field(default_factory=dict)
    lines: OpenLines = field(default_factory=OpenLines)
    absences: Absences = field(default_factory=Absences)

    def note_microphones(self, meeting: str, healths: Mapping[str, Health]) -> None:
        """Pages say whether their own microphone is open: everybody is told when that changes."""
        room = self.rooms.get(meeting)
        if room is not None and room.note_microphones(healths):
            self.lines.tell(meeting, room.participants())


def read_rooms(session: Session, ids: Collection[str] | None) -> list[Room]:
    """The live meetings and their places, all or those of `ids`."""
    meetings = live_meetings(session, ids)
    places = placements(session, [meeting.id for meeting in meetings])
    return [room_of(meeting, places.get(meeting.id)) for meeting in meetings]
