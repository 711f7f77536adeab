"""What the conference knows of each live meeting: the database's truth and what the media node tells. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from command.kernel.timeline import Entry
from command.kernel.values import Json, State
from media.meetings.model import WATCHING, Meeting, Site
from media.meetings.moves import PRESENT, SiteState
from media.messages import Admit, CloseRoom, Codecs, OpenRoom, Remove, RoomState, WantedParticipant, WantedRoom
from media.nodes.model import Placement
from media.sfu.terms import Part
from web.signal_line import Health

REOFFER_CODEC: State = {"type": "reoffer", "reason": "codec"}
Order = OpenRoom | CloseRoom | Admit | Remove
Held = Mapping[str, Mapping[str, WantedParticipant]]
"""What the node holds: room → participant → its flags."""


@dataclass(frozen=True)
class SiteView:
    """A site as it stands in the database; `muted`: nothing of its microphone is let through now."""

    id: str
    name: str
    kind: str
    state: SiteState
    muted: bool
    answer_by: datetime | None
    part: Part = "site"

    @property
    def present(self) -> bool:
        """Whether the bridge lets it in."""
        return self.state in PRESENT

    @property
    def plays(self) -> bool:
        """Whether it should have a connection: a viewer is nothing without one."""
        return self.state is SiteState.JOINED or (self.kind == "viewer" and self.present)

    def wanted(self) -> WantedParticipant:
        """Its flags at the bridge: a wall or viewer only receives."""
        watches = self.kind in WATCHING
        muted = self.muted or watches
        return WantedParticipant(participant=self.id, muted=muted, video_muted=watches, part=self.part)


@dataclass(frozen=True)
class Place:
    """The node that has a meeting, the one that it is just leaving; `number` counts the changes, `at` is the last."""

    node: str
    former: str | None
    number: int
    at: datetime


@dataclass
class Room:
    """A live meeting: its sites by id, who is sending, who is heard, which layers of a site's picture are wanted.

    `place` is None while no node has it, `content` the site that shares its content. `speaker` is None while nobody
    says anything; `last_speaker` is who did.
    `asked` are the sites that are to offer anew for the codec's sake, `unseen` says whose picture whom cannot show,
    `closed` whose own microphone is closed.
    """

    id: str
    sites: dict[str, SiteView]
    place: Place | None = None
    content: str | None = None
    publishing: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    layers: dict[str, tuple[bool, ...]] = field(default_factory=dict)
    speaker: str | None = None
    last_speaker: str | None = None
    loudest: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    unseen: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()

    def participants(self) -> State:
        """The message that lists everybody."""
        return {"type": "participants", "participants": [self._participant(site) for site in self.sites.values()]}

    def speaking(self) -> State:
        """The message that says who speaks and who is heard."""
        return {"type": "speaker", "participant": self.speaker, "loudest": list(self.loudest)}

    def wanted_layers(self, site: str) -> State:
        """The message that tells a site which layers of its picture to send."""
        return {"type": "layers", "active": list(self.layers.get(site, ()))}

    def is_at(self, node: str) -> bool:
        """Whether it is this node that has it."""
        return self.place is not None and self.place.node == node

    def silence(self) -> None:
        """Nothing is known of what is sent: its node is gone."""
        self.publishing, self.layers, self.speaker, self.loudest = {}, {}, None, ()
        self.asked, self.unseen = (), {}

    def settle(self, told: Codecs | RoomState) -> set[str]:
        """Take over what the node told of codecs; the sites that are to offer anew and were not before."""
        newly = set(told.asked) - set(self.asked)
        self.asked, self.unseen = told.asked, told.unseen
        return newly

    def note_microphones(self, healths: Mapping[str, Health]) -> bool:
        """Take over what pages say of their own microphones; whether that changed what is told."""
        before = self.participants()
        self.closed = frozenset(site for site, health in healths.items() if not health.microphone)
        return self.participants() != before

    def update(self, fresh: "Room") -> None:
        """Take over the database's part; whoever is not in any more sends nothing."""
        self.sites, self.place, self.content = fresh.sites, fresh.place, fresh.content
        self.layers = {site: active for site, active in self.layers.items() if site in fresh.sites}
        self.publishing = {
            site: flags for site, flags in self.publishing.items() if site in fresh.sites and fresh.sites[site].present
        }

    def _participant(self, site: SiteView) -> Json:
        audio, video = self.publishing.get(site.id, (False, False))
        return {
            "id": site.id,
            "name": site.name,
            "kind": site.kind,
            "state": site.state.value,
            "muted": site.muted,
            "publishing": {"audio": audio, "video": video},
            "microphone": audio and site.id not in self.closed,
            "unseen_by": list(self.unseen.get(site.id, ())),
        }


def room_of(meeting: Meeting, placement: Placement | None = None) -> Room:
    """The room of a live meeting."""
    sites = {site.id: _view(site, meeting) for site in meeting.sites}
    content = meeting.sharing.id if meeting.sharing else None
    if placement is None:
        return Room(meeting.id, sites, content=content)
    return Room(meeting.id, sites, Place(placement.node, placement.former, placement.number, placement.at), content)


def rooms_at(rooms: Iterable[Room], node: str) -> list[Room]:
    """The rooms that a node should hold: its own, and those that are just leaving it."""
    return [room for room in rooms if room.place is not None and node in (room.place.node, room.place.former)]


def wanted_rooms(rooms: Iterable[Room]) -> dict[str, dict[str, WantedParticipant]]:
    """What the node should hold: the sites that are in, and the content that one of them shares."""
    return {room.id: {one.participant: one for one in _members(room)} for room in rooms}


def content_of(site: str) -> str:
    """The participant as which a site's content goes to the node."""
    return f"content-{site}"


def _members(room: Room) -> list[WantedParticipant]:
    members = [site.wanted() for site in room.sites.values() if site.present]
    if room.content is not None:
        members.append(WantedParticipant(participant=content_of(room.content), muted=True, part="content"))
    return members


def as_sync(wanted: Held) -> tuple[WantedRoom, ...]:
    """The same as the command `sync` carries it."""
    return tuple(WantedRoom(room=room, participants=tuple(members.values())) for room, members in wanted.items())


def orders(held: Held, wanted: Held) -> list[Order]:
    """The commands that bring a node from what it holds to what is wanted."""
    found: list[Order] = [CloseRoom(room=room) for room in held if room not in wanted]
    for room, members in wanted.items():
        before = held.get(room)
        if before is None:
            found.append(OpenRoom(room=room, participants=tuple(members.values())))
            continue
        found += [Remove(room=room, participant=one) for one in before if one not in members]
        found += [
            Admit.model_validate({**one.model_dump(), "room": room})
            for one in members.values()
            if before.get(one.participant) != one
        ]
    return found


def next_ring_end(rooms: Iterable[Room]) -> datetime | None:
    """When the next ring runs out, if any site rings."""
    ends = [site.answer_by for room in rooms for site in room.sites.values() if site.answer_by is not None]
    return min(ends, default=None)


def meetings_in(entries: Iterable[Entry]) -> set[str]:
    """The meetings that these entries tell of."""
    found = set()
    for entry in entries:
        meeting = entry.body.get("meeting")
        if entry.kind.startswith("meeting.") and isinstance(meeting, dict):
            found.add(str(meeting["id"]))
    return found


def _view(site: Site, meeting: Meeting) -> SiteView:
    answer_by = site.answer_by if site.at is SiteState.RINGING else None
    return SiteView(site.id, site.name, site.kind, site.at, site.silent, answer_by, _part(site, meeting))


def _part(site: Site, meeting: Meeting) -> Part:
    """The chair's own desk, and the one site that everybody sees."""
    if site.id == meeting.broadcast:
        return "broadcast"
    return "chair" if site.user_id == meeting.chair_id and not site.watches else "site"
