"""What a client may say on its signalling socket (docs/signalling.md, first part)."""

import json
from dataclasses import asdict
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from command.kernel.errors import Malformed
from media.messages import MAX_HEIGHT, SlotCount
from media.sfu.terms import MAX_LAYERS
from web.signal_line import Health, Wish
from web.stills import MOST_PART, MOST_PARTS, Part

# A browser lists every codec it knows in each of a wall's 30 lines: about 3 kB a line.
MOST_BYTES = 192 * 1024
TYPES = ("offer", "view", "refresh", "health", "still", "still_seen", "leave", "ping")
AUDIO_SLOTS, VIDEO_SLOTS = 5, 25


class _Said(BaseModel):
    """Unknown fields are passed over, so that a newer client may talk to us."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Offer(_Said):
    """A complete local description; `id` and `of` come back with the answer.

    `of` content is a connection of its own that sends a second picture and nothing else. `layers` are the mids of the
    lines that are sizes of one picture, of a client that cannot send them all on one.
    """

    type: Literal["offer"]
    id: int
    sdp: str
    slots: SlotCount | None = None
    of: Literal["camera", "content"] = "camera"
    layers: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=MAX_LAYERS)] = []


class View(_Said):
    """What each video slot shows: a participant's id, "speaker", "content" or nothing; how high its tile is, in pixels.

    `pinned`: whether the viewer holds on to it.
    """

    type: Literal["view"]
    slots: Annotated[list[Annotated[str, Field(min_length=1, max_length=36)] | None], Field(max_length=VIDEO_SLOTS)]
    heights: Annotated[
        list[Annotated[int, Field(ge=0, le=MAX_HEIGHT)] | None], Field(default_factory=list, max_length=VIDEO_SLOTS)
    ]

    pinned: Annotated[list[bool], Field(default_factory=list, max_length=VIDEO_SLOTS)]

    def wish(self) -> Wish:
        return Wish(tuple(self.slots), tuple(self.heights), tuple(self.pinned))


class Refresh(_Said):
    """A keyframe is wanted for one slot."""

    type: Literal["refresh"]
    slot: Annotated[int, Field(ge=0, lt=VIDEO_SLOTS)]


class HealthReport(_Said):
    """How a page is, of its own statistics; said every few seconds."""

    type: Literal["health"]
    limited: Literal["none", "cpu", "bandwidth"] = "none"
    uplink_kbps: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    concealed: Annotated[float, Field(ge=0, le=1)] = 0.0
    microphone: bool = True
    camera: bool = False
    uplink_loss: Annotated[float, Field(ge=0, le=1)] = 0.0
    queued_ms: Annotated[int, Field(ge=0, le=1_000_000)] | None = None

    @classmethod
    def of(cls, health: Health) -> Self:
        return cls.model_validate({"type": "health", **asdict(health)})

    def health(self) -> Health:
        return Health(**self.model_dump(exclude={"type"}))


class StillPart(_Said):
    """A piece of a still that was asked for; `data` is base64."""

    type: Literal["still"]
    still: Annotated[int, Field(ge=0)]
    part: Annotated[int, Field(ge=0, lt=MOST_PARTS)]
    of: Annotated[int, Field(ge=1, le=MOST_PARTS)]
    data: Annotated[str, Field(max_length=MOST_PART * 2)]

    def piece(self) -> Part:
        return Part(self.still, self.part, self.of, self.data)


class StillSeen(_Said):
    """All of a still has come."""

    type: Literal["still_seen"]
    site: Annotated[str, Field(min_length=1, max_length=36)]
    still: Annotated[int, Field(ge=0)]


class Leave(_Said):
    """Leaving for good."""

    type: Literal["leave"]


class Ping(_Said):
    """Answered at once with the same `at`."""

    type: Literal["ping"]
    at: float | str | None = None


Said = Annotated[
    Offer | View | Refresh | HealthReport | StillPart | StillSeen | Leave | Ping, Field(discriminator="type")
]
_SAID: TypeAdapter[Said] = TypeAdapter(Said)


def understood(text: str) -> Said:
    """The message in a text frame. Raises Malformed `signal.bad_message` or `signal.unknown_type`."""
    message = _object(text)
    kind = message.get("type")
    if not isinstance(kind, str):
        raise Malformed("signal.bad_message", detail="type")
    if kind not in TYPES:
        raise Malformed("signal.unknown_type", type=kind[:40])
    try:
        return _SAID.validate_json(text)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"][1:])
        raise Malformed("signal.bad_message", detail=where) from error


def offer_id(text: str) -> int | None:
    """The number of an offer that could not be understood, where it has one."""
    try:
        number = _object(text).get("id")
    except Malformed:
        return None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def _object(text: str) -> dict[str, Any]:
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Malformed("signal.bad_message", detail="JSON") from error
    if not isinstance(message, dict):
        raise Malformed("signal.bad_message", detail="JSON")
    return message
