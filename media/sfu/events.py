"""What a room tells of itself."""

from dataclasses import dataclass

from media.sfu.codecs import CodecsChanged
from media.sfu.standing import RestsChanged, TierChanged


@dataclass(frozen=True, slots=True)
class SpeakerChanged:
    participant: str | None
    loudest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishingChanged:
    participant: str
    audio: bool
    video: bool


@dataclass(frozen=True, slots=True)
class LayersChanged:
    """Which layers of its picture a participant should send, in the order of its offer."""

    participant: str
    active: tuple[bool, ...]


RoomEvent = SpeakerChanged | PublishingChanged | LayersChanged | TierChanged | RestsChanged | CodecsChanged
