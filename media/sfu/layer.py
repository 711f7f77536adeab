"""One incoming stream: speech, or a picture in one size; and its packets as they are forwarded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from weakref import WeakMethod

from media.rtp import h264, vp8
from media.rtp.packet import Packet
from media.rtp.sequence import unwrap
from media.sfu.clock import SenderClock, StreamClock
from media.sfu.counted import Counted
from media.sfu.incoming import Incoming, Remake, SourceState
from media.sfu.kept import CAPACITY, Cache
from media.sfu.rates import LayerRate
from media.sfu.receiver import Receiver, Send
from media.sfu.reception import Reception
from media.sfu.state import NEVER, SlotState
from media.sfu.terms import Kind, VideoCodec

KEYFRAME_INTERVAL_S = 0.5
LAYER_SILENT_S = 0.8
LAYER_START_S = 2.5
YOUNG_S = 1.0
"""After that a key frame that is asked for is there sooner than a receiver has caught up, and costs it less."""
USEFUL_S: dict[Kind, float] = {"audio": 0.4, "video": 1.0}
"""How long a receiver may still have use for a packet that is missing: its jitter buffer, or its next key frame."""
CODECS: tuple[VideoCodec, ...] = ("vp8", "h264")
OTHER, FULL, BARE, SPEECH = 0, 1, 2, 3
"""What a slot writes before a body: a header and the six bytes of a full VP8 descriptor, a header alone before a
picture's or speech, or other."""

NO_LEAD = (0, 0, 0)


@dataclass(slots=True)
class Unit:
    """One packet to forward: `body` goes out as it is, everything before it is written anew by each slot.

    `index` is the unwrapped sequence number of the layer, `timestamp` its 32-bit RTP timestamp, `picture` the unwrapped
    picture id, -1 where the stream has none; `tl0` and `key` are TL0PICIDX and KEYIDX, `size` that of descriptor and
    body. `form` is what a slot has to write; `lead` are, of a full descriptor, the first two bytes and the sixth but
    for KEYIDX, where that is there. A video packet without descriptor is padding only.
    """

    layer: Layer
    index: int
    timestamp: int
    marker: bool
    body: bytes
    descriptor: vp8.Descriptor | None = None
    picture: int = -1
    tl0: int = 0
    key: int = 0
    form: int = OTHER
    size: int = 0
    lead: tuple[int, int, int] = NO_LEAD

    @property
    def payload(self) -> bytes:
        """Descriptor and body, as they came."""
        return self.descriptor.raw + self.body if self.descriptor is not None else self.body


class Sink(Protocol):
    """What a layer feeds: a slot of a link."""

    link: Receiver
    state: SlotState

    def is_entered(self, layer: Layer) -> bool: ...
    def write(self, now: float, unit: Unit) -> Sequence[Send]: ...


class Origin(Protocol):
    """The source of a layer. `spared`: nearly all that comes is thrown away unread just now.

    `in_need`: a layer may be; each says so here, for nearly always none is, and all are looked at forty times a second.
    """

    participant: str
    kind: Kind
    codec: VideoCodec
    rate_hz: int
    incoming: Incoming
    state: SourceState
    spared: bool
    in_need: bool
    clock: SenderClock

    @property
    def muted(self) -> bool:
        """Whether nothing of it may reach anybody."""

    @property
    def newest_at(self) -> float:
        """When a layer brought something that was more than padding."""

    def withheld(self, now: float) -> bool:
        """Whether the packet that comes now must not reach anybody."""

    def on_packet(self, now: float, woken: bool) -> None:
        """A layer brought a packet; `woken`: it had been silent."""

    def order_by_height(self) -> None:
        """The height of a layer is another one."""


@dataclass(frozen=True, slots=True)
class KeyFrame:
    """The first packet of a key frame, and when it came."""

    index: int
    at: float


class Layer(Counted):
    """One incoming stream: an SSRC of a source.

    `slots` are those that listen. `place` is its position in the offer, `height` that of its last key frame in pixels
    (0 = not known yet).

    `key_frame` is the last one that anything can begin with. `epoch` changes whenever what was begun cannot be gone on
    with: another SSRC, a mute.
    """

    def __init__(self, source: Origin, place: int) -> None:
        self.source = source
        self.place = place
        super().__init__(source.incoming.stream(source.state, source.kind))
        self.slots: list[Sink] = []
        self.reception: Reception | None = None
        self.clock = StreamClock(source.rate_hz, source.clock)
        self.epoch = 0
        self.key_frame: KeyFrame | None = None
        self.height = 0
        self.malformed = 0
        self.rate = LayerRate()
        self.paused = False
        self.asked_at = float("-inf")
        self.kept: Cache[Unit] = source.incoming.kept(self.state, _weakly(self.remake))
        self._requested_at = float("-inf")

    def bind(self, ssrc: int) -> None:
        """Take `ssrc` as the stream from now on; its numbering begins anew."""
        state = self.state
        self.reception = Reception(ssrc, self.source.rate_hz, USEFUL_S[self.source.kind], state)
        self.interrupt()
        self.clock = StreamClock(self.source.rate_hz, self.source.clock)
        state.picture = -1
        state.codec = CODECS.index(self.source.codec) if self.source.kind == "video" else 0

    def close(self) -> None:
        """Nothing comes any more, and nothing that came is sent again."""
        self.unbind()
        self.interrupt()

    def unbind(self) -> None:
        self.reception = None
        self.state.ssrc, self.state.highest = 0, -1
        self.state.last_packet_at = NEVER

    def recode(self) -> None:
        """The stream goes on in the codec that its source has now, with a key frame."""
        self.interrupt()
        self.state.picture = -1
        self.state.codec = CODECS.index(self.source.codec)
        self.keyframe_wanted = bool(self.slots)

    def interrupt(self) -> None:
        """What comes next goes on from nothing before it, and nothing before it is sent again."""
        self.epoch = self.state.epoch = self.epoch + 1
        self.state.opened_at = -1
        self.key_frame = None
        self.kept.clear()
        self.fan = None

    def join(self, slot: Sink) -> None:
        self.slots.append(slot)
        self.fan = None

    def leave(self, slot: Sink) -> None:
        self.slots.remove(slot)
        self.fan = None

    @property
    def keyframe_wanted(self) -> bool:
        """Whether somebody waits for a key frame."""
        return bool(self.state.keyframe_wanted)

    @keyframe_wanted.setter
    def keyframe_wanted(self, wanted: bool) -> None:
        self.state.keyframe_wanted = wanted
        self.source.in_need = self.source.in_need or wanted

    @property
    def in_need(self) -> bool:
        """Whether its sender may have to be asked for something."""
        return self.keyframe_wanted or (self.reception is not None and self.reception.needs_care)

    @property
    def live(self) -> bool:
        """Whether it sends as long as any layer of its source does: a break of the line silences all alike."""
        return self.source.newest_at - self.last_packet_at < LAYER_SILENT_S

    def missing(self, first: int) -> set[int]:
        """What has not come of the packets since `first`, as far back as is known."""
        return self.reception.unseen(first) if self.reception is not None else set()

    def is_newest(self, index: int) -> bool:
        """Whether no packet after `index` has come."""
        return self.reception is not None and index == self.reception.highest

    def since_key_frame(self, now: float) -> list[Unit]:
        """The last key frame and all that came after it, in order: what a slot can begin with.

        Nothing where it is older than YOUNG_S, or where what is missing of all that is not on its way.
        """
        reception, key_frame = self.reception, self.key_frame
        if reception is None or key_frame is None or now - key_frame.at > YOUNG_S:
            return []
        if reception.highest - key_frame.index >= CAPACITY:
            return []
        found: list[Unit] = []
        for index in range(key_frame.index, reception.highest + 1):
            unit = self.kept.get(index)
            if unit is not None:
                found.append(unit)
            elif not reception.awaits(index):
                return []
        return found

    def available(self, now: float) -> bool:
        """Whether it comes, or would soon: it was paused because nobody wanted it, or its sender was just asked."""
        return self.live or self.paused or now - self.asked_at < LAYER_START_S

    def accept(self, now: float, packet: Packet) -> Unit | None:
        """Count a packet; the unit to forward, or None when it is a double, withheld or malformed."""
        reception = self.reception
        if reception is None:
            return None
        index = reception.accept(now, packet.sequence, packet.timestamp)
        if index is None:
            return None
        if reception.needs_care:
            self.source.in_need = True
        if reception.restarted:
            reception.restarted = False
            self.interrupt()
        size = packet.payload_end - packet.payload_start
        state = self.state
        state.packets += 1
        state.octets += size
        if size:
            woken = not self.live
            state.last_packet_at = now
            self.source.on_packet(now, woken)
        if self.source.withheld(now):
            return None
        if self.source.kind == "audio":
            return self._speech(index, packet)
        if not size:
            return Unit(self, index, packet.timestamp, packet.marker, b"")
        return self._video(now, index, packet)

    def _speech(self, index: int, packet: Packet) -> Unit | None:
        """Nothing from before the first packet that was forwarded since the last mute: it was said while muted."""
        state = self.state
        if state.opened_at < 0:
            state.opened_at = index
        elif index < state.opened_at:
            return None
        return self._spoken(index, packet.timestamp, packet.marker, packet.payload)

    def _spoken(self, index: int, timestamp: int, marker: bool, body: bytes) -> Unit:
        return Unit(self, index, timestamp, marker, body, form=SPEECH if body else OTHER, size=len(body))

    @property
    def has_holes(self) -> bool:
        """Whether something is missing that could still be mended."""
        return self.reception is not None and self.reception.has_holes

    def mend(self, index: int, timestamp: int, body: bytes) -> Unit | None:
        """The unit for a copy that a later packet carried, where it is still missing and may be heard."""
        reception = self.reception
        opened_at = self.state.opened_at
        if reception is None or opened_at < 0 or index < opened_at:
            return None
        return Unit(self, index, timestamp, False, body) if reception.mend(index) else None

    def _video(self, now: float, index: int, packet: Packet) -> Unit | None:
        payload = packet.data[packet.payload_start : packet.payload_end]
        descriptor = self._parsed(payload)
        if descriptor is None:
            self.malformed += 1
            return None
        if descriptor.keyframe:
            self.keyframe_wanted = False
            self._begin_key_frame(now, index, descriptor.height)
        picture = self._unwrapped(descriptor)
        unit = self._unit(index, packet.timestamp, packet.marker, picture, payload, descriptor)
        self.state.octets_by_temporal[descriptor.temporal_layer] += len(unit.body)
        if self.slots:
            self.kept.add(now, unit)
        return unit

    def _parsed(self, payload: bytes) -> vp8.Descriptor | None:
        return vp8.parse(payload) if self.source.codec == "vp8" else h264.parse(payload)

    def _unit(
        self, index: int, timestamp: int, marker: bool, picture: int, payload: bytes, descriptor: vp8.Descriptor
    ) -> Unit:
        raw = descriptor.raw
        return Unit(
            self,
            index,
            timestamp,
            marker,
            payload[len(raw) :],
            descriptor,
            picture,
            descriptor.tl0picidx or 0,
            descriptor.keyidx or 0,
            FULL if descriptor.full else OTHER if raw else BARE,
            len(payload),
            (raw[0], raw[1], raw[5] & 0xE0 if raw[1] & vp8.KEYIDX else raw[5]) if descriptor.full else NO_LEAD,
        )

    def remake(self, index: int, timestamp: int, marker: bool, picture: int, payload: bytes) -> Unit:
        """The unit of a packet that was taken as it came."""
        if self.source.kind == "audio":
            return self._spoken(index, timestamp, marker, payload)
        descriptor = self._parsed(payload)
        if descriptor is None:
            return Unit(self, index, timestamp, marker, payload)
        return self._unit(index, timestamp, marker, picture, payload, descriptor)

    def _begin_key_frame(self, now: float, index: int, height: int) -> None:
        """A key frame begins at `index`: what lies before it is no longer needed."""
        if self.reception is not None:
            self.reception.forget_missing(index)
        if self.key_frame is None or index > self.key_frame.index:
            self.key_frame = KeyFrame(index, now)
        self._note_height(height)

    def _note_height(self, height: int) -> None:
        if height and height != self.height:
            self.height = height
            self.source.order_by_height()

    def _unwrapped(self, descriptor: vp8.Descriptor) -> int:
        """The picture id as an integer that only grows; a first one leaves room for what comes late."""
        value, bits = descriptor.picture_id, descriptor.picture_id_bits
        if value is None:
            return -1
        state = self.state
        newest = state.picture
        picture = value + (1 << bits) if newest < 0 else unwrap(newest, value, bits)
        if picture > newest:
            state.picture = picture
        return picture

    def ask_keyframe(self, at_once: bool) -> None:
        """Somebody cannot go on without a key frame; `at_once`: that of the last request has come and was of no use."""
        self.keyframe_wanted = True
        if at_once:
            self._requested_at = float("-inf")

    def keyframe_due(self, now: float) -> bool:
        """Whether to ask for a key frame now: wanted, and the last request long enough ago. Notes the asking."""
        if not self.keyframe_wanted or self.reception is None or self.source.muted:
            return False
        if now - self._requested_at < KEYFRAME_INTERVAL_S:
            return False
        self._requested_at = now
        return True


def _weakly(method: Remake[Unit]) -> Remake[Unit]:
    """A layer's method for what the layer keeps, which goes with it: neither is to hold the other one."""
    held = WeakMethod(method)

    def remake(index: int, timestamp: int, marker: bool, picture: int, payload: bytes) -> Unit:
        found = held()
        if found is None:
            raise ReferenceError("the layer of what is kept is gone")
        return found(index, timestamp, marker, picture, payload)

    return remake
