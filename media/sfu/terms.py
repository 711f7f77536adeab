"""What offer and answer agreed on: the only thing the packet core knows of SDP."""

from dataclasses import dataclass, field
from typing import Literal

from media.rtp.extensions import ExtensionIds

Kind = Literal["audio", "video"]
VideoCodec = Literal["vp8", "h264"]
PREFERENCE: tuple[VideoCodec, ...] = ("vp8", "h264")
"""The first of equals: VP8 tells its temporal layers, so that a thin link can be served a part of it."""
Part = Literal["site", "chair", "broadcast", "content"]
"""What somebody is in the meeting, for whose sake the others may have to step back.

`content` is no site but the second picture of one, over a connection of its own.
"""

AUDIO_CLOCK_HZ = 48_000
VIDEO_CLOCK_HZ = 90_000
MAX_AUDIO_SLOTS = 5
MAX_VIDEO_SLOTS = 25
MAX_LAYERS = 3


def clock_rate(kind: Kind) -> int:
    """Ticks per second of a kind's RTP timestamps: the bridge carries Opus, VP8 and H.264 only."""
    return AUDIO_CLOCK_HZ if kind == "audio" else VIDEO_CLOCK_HZ


@dataclass(frozen=True, slots=True)
class LayerTerms:
    """One of several sizes of a picture: known by its RID (RFC 8852) or by the SSRCs that the offer names.

    `mid` is its own line, where the client cannot send several on one and named the lines that belong together.
    """

    rid: str | None = None
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    mid: str | None = None


@dataclass(frozen=True, slots=True)
class Publication:
    """What the client sends on one line. SSRCs are None when the offer does not name them.

    `simulcast` has the layers in the offer's order; it is empty where there is one stream. `red_payload_type` is that
    of redundant audio (RFC 2198), None where the client does not know it. `nack`: speech may be asked for again.
    """

    kind: Kind
    mid: str
    payload_type: int
    rtx_payload_type: int | None = None
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    simulcast: tuple[LayerTerms, ...] = ()
    codec: VideoCodec = "vp8"
    red_payload_type: int | None = None
    nack: bool = True

    @property
    def payload_types(self) -> tuple[int, ...]:
        """Those of the stream itself: the codec's, and that of redundant audio."""
        return (self.payload_type,) if self.red_payload_type is None else (self.payload_type, self.red_payload_type)

    @property
    def layers(self) -> tuple[LayerTerms, ...]:
        """All streams, at least one."""
        return self.simulcast or (LayerTerms(None, self.ssrc, self.rtx_ssrc),)

    @property
    def mids(self) -> frozenset[str]:
        """The lines on which it comes."""
        return frozenset(layer.mid or self.mid for layer in self.layers)


@dataclass(frozen=True, slots=True)
class PayloadTypes:
    """A codec's payload type and that of its RTX."""

    codec: int
    rtx: int | None = None


@dataclass(frozen=True, slots=True)
class SlotTerms:
    """One stream that the bridge sends, with SSRCs of the bridge's choice.

    `transport_cc` is the number of the transport-wide sequence number extension on it, 0 where the client wants none.
    `red_payload_type` is that of redundant audio (RFC 2198), None where the client does not take it.
    Where `h264` has the slot's own `payload_type`, the client takes no VP8.
    """

    kind: Kind
    mid: str
    ssrc: int
    payload_type: int
    rtx_ssrc: int | None = None
    rtx_payload_type: int | None = None
    h264: PayloadTypes | None = None
    transport_cc: int = 0
    red_payload_type: int | None = None

    def types(self, codec: VideoCodec) -> PayloadTypes | None:
        """What a stream of video is sent as; None where the client cannot take it."""
        if codec == "h264":
            return self.h264
        no_vp8 = self.h264 is not None and self.h264.codec == self.payload_type
        return None if no_vp8 else PayloadTypes(self.payload_type, self.rtx_payload_type)

    @property
    def repeats(self) -> bool:
        """Whether it may be asked for packets that can only go out again as they were encrypted.

        So it is when any of its codecs has no RTX: which one is sent may change.
        """
        types = [self.types(codec) for codec in PREFERENCE] if self.kind == "video" else []
        return any(one is not None and (self.rtx_ssrc is None or one.rtx is None) for one in types)


@dataclass(frozen=True, slots=True)
class Terms:
    """One connection. `transport_cc`: the client wants transport-cc feedback; otherwise it is told a REMB.

    `choices` are the codecs in which its picture could be sent after another offer; empty where it makes no other.
    """

    publications: tuple[Publication, ...] = ()
    slots: tuple[SlotTerms, ...] = ()
    extensions: ExtensionIds = field(default_factory=ExtensionIds)
    transport_cc: bool = False
    choices: frozenset[VideoCodec] = frozenset()

    @property
    def sendable(self) -> frozenset[VideoCodec]:
        """The codecs in which its picture can be sent; none where it sends no picture."""
        return self.choices or frozenset(one.codec for one in self.publications if one.kind == "video")

    @property
    def speech(self) -> frozenset[int]:
        """The payload types in which it is sent speech."""
        slots = [slot for slot in self.slots if slot.kind == "audio"]
        types = [number for slot in slots for number in (slot.payload_type, slot.red_payload_type)]
        return frozenset(number for number in types if number is not None)

    @property
    def showable(self) -> frozenset[VideoCodec]:
        """The codecs that all its slots take; none where it has no slot for a picture."""
        slots = [slot for slot in self.slots if slot.kind == "video"]
        return frozenset(codec for codec in PREFERENCE if slots and all(slot.types(codec) for slot in slots))
