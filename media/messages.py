"""The messages between the web edge and a media node (docs/signalling.md, second part)."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from media.sfu.ladder import Why
from media.sfu.shedding import StageName
from media.sfu.standing import RestsFor
from media.sfu.terms import MAX_LAYERS, Part, VideoCodec
from media.sfu.tiers import TierName

VERSION = 1
Flow = Literal["sends", "receives"]
"""What the client of a one-way session does: WHIP sends, WHEP receives."""
Name = Annotated[str, Field(min_length=1, max_length=200)]
MAX_HEIGHT = 16_384
MOST_ATTENDED = 1_000
MOST_BODY = 128 * 1024


class _Message(BaseModel):
    """Unknown fields are passed over, so that either side may be newer."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class SlotCount(_Message):
    audio: int = Field(ge=0)
    video: int = Field(ge=0)


class WantedParticipant(_Message):
    participant: Name
    muted: bool = False
    video_muted: bool = False
    part: Part = "site"


class WantedRoom(_Message):
    room: Name
    participants: tuple[WantedParticipant, ...] = ()


class Sync(_Message):
    do: Literal["sync"] = "sync"
    rooms: tuple[WantedRoom, ...]


class OpenRoom(_Message):
    do: Literal["open_room"] = "open_room"
    room: Name
    participants: tuple[WantedParticipant, ...] = ()


class CloseRoom(_Message):
    do: Literal["close_room"] = "close_room"
    room: Name


class Admit(_Message):
    do: Literal["admit"] = "admit"
    room: Name
    participant: Name
    muted: bool = False
    video_muted: bool = False
    part: Part = "site"


class Offer(_Message):
    """`layers` are the mids of the lines that are sizes of one picture, where each has a line of its own."""

    do: Literal["offer"] = "offer"
    room: Name
    participant: Name
    sdp: str
    slots: SlotCount | None = None
    layers: tuple[Name, ...] = Field(default=(), max_length=MAX_LAYERS)


class OpenSession(_Message):
    """A one-way session under a name of the web edge's choice; answered as `OpenedSession`."""

    do: Literal["open_session"] = "open_session"
    room: Name
    participant: Name
    session: Name
    sdp: str
    flow: Flow


class RenewSession(_Message):
    """ICE news of a one-way session; `ice` are the ICE sessions that may be meant, None is whichever it is."""

    do: Literal["renew_session"] = "renew_session"
    room: Name
    participant: Name
    session: Name
    ice: tuple[str, ...] | None
    fragment: str


class View(_Message):
    """`heights` are those of the tiles in pixels; 0 = not visible, null or missing = not known.

    `pinned` says which slots the viewer holds on to: they come first where not all fits.
    """

    do: Literal["view"] = "view"
    room: Name
    participant: Name
    slots: tuple[Name | None, ...] = Field(max_length=25)
    heights: tuple[Annotated[int, Field(ge=0, le=MAX_HEIGHT)] | None, ...] = Field(default=(), max_length=25)
    pinned: tuple[bool, ...] = Field(default=(), max_length=25)


class Refresh(_Message):
    do: Literal["refresh"] = "refresh"
    room: Name
    participant: Name
    slot: int


class Beside(_Message):
    """What goes to a participant's line beside its media connection, bit/s: stills, over its socket."""

    do: Literal["beside"] = "beside"
    room: Name
    participant: Name
    bps: float = Field(ge=0, le=1e9)


class Mute(_Message):
    do: Literal["mute"] = "mute"
    room: Name
    participant: Name
    muted: bool
    kind: Literal["audio", "video"] = "audio"


class Leave(_Message):
    """`session` ends that one only, and is refused where it is not there."""

    do: Literal["leave"] = "leave"
    room: Name
    participant: Name
    session: Name | None = None


class Remove(_Message):
    do: Literal["remove"] = "remove"
    room: Name
    participant: Name


class Stop(_Message):
    """The node ends; whoever keeps its process up may start it anew."""

    do: Literal["stop"] = "stop"


class Attend(_Message):
    """The rooms in which this control client has part, and no others: those of participants whose sockets it has."""

    do: Literal["attend"] = "attend"
    rooms: tuple[Name, ...] = Field(max_length=MOST_ATTENDED)


class PassOn(_Message):
    """Something for the other control clients that have part in a room, or for those of them named in `to`."""

    do: Literal["pass_on"] = "pass_on"
    room: Name
    to: tuple[Name, ...] | None = None
    body: str = Field(max_length=MOST_BODY)


class Stats(_Message):
    do: Literal["stats"] = "stats"
    room: Name | None = None


BridgeCommand = (
    Sync
    | OpenRoom
    | CloseRoom
    | Admit
    | Offer
    | OpenSession
    | RenewSession
    | View
    | Refresh
    | Beside
    | Mute
    | Leave
    | Remove
    | Stats
)
"""What the bridge does."""
Command = Annotated[BridgeCommand | Attend | PassOn | Stop, Field(discriminator="do")]
COMMAND: TypeAdapter[Command] = TypeAdapter(Command)


class OpenedSession(_Message):
    """`ice` names the ICE session, another one after each restart."""

    sdp: str
    ice: str


class RenewedSession(_Message):
    """`fragment` is the bridge's side after a restart; None when nothing was restarted."""

    ice: str
    fragment: str | None


class Hello(_Message):
    """The node's first words. `node` is another one after each start of its process."""

    node: str
    started: str
    udp_port: int
    addresses: tuple[str, ...]
    version: int


class Flags(_Message):
    audio: bool
    video: bool


class ParticipantState(_Message):
    participant: str
    connected: bool
    muted: bool
    video_muted: bool
    publishing: Flags
    layers: tuple[bool, ...] = ()
    tier: TierName = "720p"
    why: Why = "all"
    session: str | None = None


class RoomState(_Message):
    room: str
    speaker: str | None
    loudest: tuple[str, ...]
    participants: tuple[ParticipantState, ...]
    codec: VideoCodec | None = "vp8"
    asked: tuple[str, ...] = ()
    unseen: dict[str, tuple[str, ...]] = {}


class Snapshot(_Message):
    """What the node has after a sync, what it gives up for lateness just now, whether its sockets overflow."""

    rooms: tuple[RoomState, ...]
    stage: StageName = "open"
    overflows: bool = False


class _Event(_Message):
    event: int
    room: str


class Connected(_Event):
    """`session` is the name of a one-way session, here and in the others."""

    type: Literal["connected"] = "connected"
    participant: str
    connection: int
    session: str | None = None


class Disconnected(_Event):
    type: Literal["disconnected"] = "disconnected"
    participant: str
    connection: int
    reason: str
    session: str | None = None


class Publishing(_Event):
    type: Literal["publishing"] = "publishing"
    participant: str
    audio: bool
    video: bool


class Speaker(_Event):
    """Not kept: needs no acknowledgement."""

    type: Literal["speaker"] = "speaker"
    participant: str | None
    loudest: tuple[str, ...]


class Layers(_Event):
    """Which layers of its picture a participant should send, in its offer's order. Not kept, as Speaker."""

    type: Literal["layers"] = "layers"
    participant: str
    active: tuple[bool, ...]


class Tiers(_Event):
    """Where a participant stands on the ladder as a receiver; what its line carries, bit/s. Not kept, as Speaker."""

    type: Literal["tier"] = "tier"
    participant: str
    tier: TierName
    why: Why
    carries_bps: float | None = None


class Rests(_Event):
    """Pictures that a participant looks for and is not sent, and why. Not kept, as Speaker; told anew after `view`."""

    type: Literal["rests"] = "rests"
    participant: str
    sites: dict[str, RestsFor]


class Codecs(_Event):
    """What a room's pictures are sent in, None where no codec is taken by all. Not kept, as Speaker.

    `asked` are to offer anew, since they send another codec than they should; `unseen`: whose picture whom cannot show.
    """

    type: Literal["codecs"] = "codecs"
    codec: VideoCodec | None
    asked: tuple[str, ...]
    unseen: dict[str, tuple[str, ...]]


class Attending(_Event):
    """Which other control clients have part in a room. Not kept, as Speaker; told anew to who dials anew."""

    type: Literal["attending"] = "attending"
    clients: tuple[str, ...]


class Passed(_Event):
    """What another control client passes on. Not kept: who is far behind misses it."""

    type: Literal["passed"] = "passed"
    client: str
    body: str


class NodeLoad(_Event):
    """What the node gives up for lateness from now on (media.sfu.shedding). Of no room; not kept, as Speaker."""

    type: Literal["load"] = "load"
    stage: StageName
    lag_ms: int
    overflows: int


class NodeOverflow(_Event):
    """The node's sockets have no room for what comes, or have again (media.overload). Of no room; not kept.

    `datagrams` are those that were lost meanwhile.
    """

    type: Literal["overflow"] = "overflow"
    lasts: bool
    datagrams: int


Event = Annotated[
    Connected
    | Disconnected
    | Publishing
    | Speaker
    | Layers
    | Tiers
    | Rests
    | Codecs
    | Attending
    | Passed
    | NodeLoad
    | NodeOverflow,
    Field(discriminator="type"),
]
EVENT: TypeAdapter[Event] = TypeAdapter(Event)
