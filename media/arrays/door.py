"""One peer's way in: its plain packets are taken by the shortest way, all else is left as it was."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from media import srtp
from media.arrays.kept import Raw, RawKept
from media.arrays.noted import Noted
from media.compiled.gate import Owner
from media.outlet import Path
from media.rtp import red
from media.rtp.extensions import EXTENDED, ONE_BYTE_PROFILE
from media.rtp.packet import HEADER_SIZE
from media.rtp.sequence import unwrap
from media.rtp.vp8 import FULL_SIZE, KEYIDX, PICTURE_ID_BITS
from media.sfu.bindings import Stream
from media.sfu.incoming import SourceState, StreamState
from media.sfu.intake import Intake
from media.sfu.layer import BARE, FULL, LAYER_SILENT_S, NO_LEAD, SPEECH, Layer, Unit
from media.sfu.sent import Sent
from media.sfu.speakers import believed
from media.srtp import Inbound
from media.transport import Routed

_HEADER = struct.Struct("!BBHIIHH")
"""With the first words of the extensions, where there are any."""
_BARE = 0x80
"""The first byte of a packet without extensions, padding or CSRC."""
_FULL = struct.Struct("!BBHBBB")
_SEQUENCE_PARAMETERS, _LAST_SINGLE, _PART, _PART_BEGINS = 7, 23, 28, 0x80

P = TypeVar("P", bound=Routed)


class Ways(Protocol):
    """Where doors are found by the addresses of their peers."""

    def know(self, path: Path, door: Any) -> bool: ...
    def unknow(self, path: Path, door: Any) -> None: ...


class Forwarder(Protocol):
    """Who writes."""

    def forward(self, now: float, unit: Unit) -> bool:
        """Whether all who listen get it together."""


@dataclass(slots=True)
class Bound:
    """An SSRC that is a layer, and the payload types that are plain; None for redundant audio that was not agreed."""

    layer: Layer
    state: StreamState
    source: SourceState
    kept: RawKept[Unit]
    video: bool
    payload_type: int
    redundant_type: int | None

    def is_awake(self, now: float, ssrc: int) -> bool:
        """Whether it is what comes by this SSRC, nothing is withheld and nobody waits for a key frame."""
        state, source = self.state, self.source
        fresh = source.newest_at - state.last_packet_at < LAYER_SILENT_S
        open_ = not source.muted and not source.guarded and now >= source.guard_until
        return fresh and open_ and not state.keyframe_wanted and state.ssrc == ssrc and state.highest >= 0


class Door(Generic[P]):
    """Plain is what compiled/intake.c takes: the next packet of a layer, nothing withheld, no key frame.

    `heard_at` is when something authentic came; `pictures` are payload types of pictures, `spared` those of which
    nearly everything is thrown away.
    """

    def __init__(self, ways: Ways, forwarder: Forwarder, peer: P, inbound: Inbound, sent: Sent, intake: Intake) -> None:
        self.peer = peer
        self.context = srtp.ffi.cast("void *", inbound.context)
        self.heard_at = 0.0
        self.pictures = set(intake.pictures)
        self.spared = frozenset[int]()
        self.allowance = intake.allowance
        self.noted = Noted(sent)
        self._held = inbound
        self._ways, self._forwarder = ways, forwarder
        self._transport_cc, self._audio_level = intake.elements
        self._bound: dict[int, Bound] = {}
        self._paths: set[Path] = set()
        intake.share(self.noted, self.bind)

    # -- who is who -----------------------------------------------------------------------------

    def know(self, path: Path) -> None:
        """The peer is reached by `path`."""
        if self._ways.know(path, self):
            self._paths.add(path)

    def unknow(self, path: Path) -> None:
        """No longer."""
        if path in self._paths:
            self._paths.remove(path)
            self._ways.unknow(path, self)

    def bind(self, ssrc: int, stream: Stream) -> None:
        """An SSRC was found to be a layer; again for one that is bound already: with another payload type."""
        publication, layer = stream.publication, stream.layer
        kept: Any = layer.kept
        types = publication.payload_type, publication.red_payload_type
        video = publication.kind == "video"
        if video:
            self.pictures.add(publication.payload_type)
        self._bound[ssrc] = Bound(layer, layer.state, layer.source.state, kept, video, *types)

    def spare(self, payload_types: frozenset[int]) -> None:
        """Of these payload types nearly everything is thrown away unread."""
        self.spared = payload_types

    def close(self) -> None:
        """Nothing of the peer comes by here any more."""
        for path in list(self._paths):
            self.unknow(path)
        self._bound.clear()

    # -- packets --------------------------------------------------------------------------------

    def on_rtp(self, owner: Owner[P], now: float, arrived: float, data: bytes) -> bool:
        """Whether a packet was plain: then it is on its way. Else nothing was changed for it."""
        if len(data) <= _HEADER.size:
            return False
        first, second, sequence, timestamp, ssrc, profile, words = _HEADER.unpack_from(data)
        bound, start = self._bound.get(ssrc), HEADER_SIZE
        if first == EXTENDED and profile == ONE_BYTE_PROFILE:
            start = _HEADER.size + 4 * words
        elif first != _BARE:
            return False
        if bound is None or start >= len(data):
            return False
        state = bound.state
        if sequence != state.highest + 1 & 0xFFFF or not bound.is_awake(arrived, ssrc):
            return False
        transport, level = self._elements(data, start)
        if bound.video:
            unit = _picture(bound, second, timestamp, data[start:])
        else:
            unit = _speech(bound, second, timestamp, data, start) if level >= 0 else None
        if unit is None:
            return False
        if transport >= 0:
            self.noted.arrivals.add(arrived, transport)
        _count(bound, arrived, sequence, unit)
        if not bound.video:
            self.noted.speech.append((arrived, believed(level, unit.size)))
        elif bound.layer.slots:
            bound.kept.raw.add(arrived, Raw(unit.index, timestamp, unit.marker, unit.picture, data[start:]))
        if not self._forwarder.forward(now, unit):
            whole = unit.layer.remake(unit.index, timestamp, unit.marker, unit.picture, data[len(data) - unit.size :])
            owner.on_unit(now, self.peer, whole, 0)
        return True

    def _elements(self, data: bytes, end: int) -> tuple[int, int]:
        """The transport sequence number and the level in -dBov, -1 where there is none (RFC 8285 4.2)."""
        transport = level = -1
        at = _HEADER.size
        while at < end:
            kind = data[at]
            if kind < 0x10:
                at += 1
                continue
            after = at + 2 + (kind & 0x0F)
            number = kind >> 4
            if number == 15 or after > end:
                break
            if number == self._transport_cc and after - at == 3:
                transport = data[at + 1] << 8 | data[at + 2]
            elif number == self._audio_level:
                level = data[at + 1] & 0x7F
            at = after
        return transport, level


def _count(bound: Bound, arrived: float, sequence: int, unit: Unit) -> None:
    """As `Layer.accept` does."""
    layer, state = bound.layer, bound.state
    if layer.reception is not None:
        layer.reception.accept(arrived, sequence, unit.timestamp)
    state.packets += 1
    state.octets += unit.size
    state.last_packet_at = bound.source.newest_at = arrived
    if bound.video:
        _, second, last = unit.lead
        temporal = last >> 6 if second & 0x20 else 0
        state.octets_by_temporal[temporal] += len(unit.body)
        if unit.picture > state.picture:
            state.picture = unit.picture


def _speech(bound: Bound, second: int, timestamp: int, data: bytes, start: int) -> Unit | None:
    """Of redundant audio (RFC 2198) the packet's own frame, where no packet is missing that a copy could be of."""
    kind, state = second & 0x7F, bound.state
    if kind == bound.redundant_type and not bound.layer.has_holes:
        own = red.own_start(data, start, len(data))
        start = len(data) if own is None else own
    elif kind != bound.payload_type:
        return None
    size = len(data) - start
    if size <= 0 or not state.leveled or state.opened_at < 0:
        return None
    return Unit(bound.layer, state.highest + 1, timestamp, second >= 0x80, data[start:], form=SPEECH, size=size)


def _picture(bound: Bound, second: int, timestamp: int, payload: bytes) -> Unit | None:
    if second & 0x7F != bound.payload_type:
        return None
    made = _vp8 if bound.layer.source.codec == "vp8" else _h264
    return made(bound, second >= 0x80, timestamp, payload)


def _vp8(bound: Bound, marker: bool, timestamp: int, payload: bytes) -> Unit | None:
    """A full descriptor, and what begins no key frame."""
    if len(payload) <= FULL_SIZE:
        return None
    first, second, number, tl0, last, begins = _FULL.unpack_from(payload)
    if not first & 0x80 or second & 0xC0 != 0xC0 or not second & 0x30 or not number & 0x8000:
        return None
    state = bound.state
    if state.picture < 0 or (first & 0x17 == 0x10 and not begins & 1):
        return None
    picture = unwrap(state.picture, number & 0x7FFF, PICTURE_ID_BITS)
    key, last = (last & 0x1F, last & 0xE0) if second & KEYIDX else (0, last)
    lead, body = (first, second, last), payload[FULL_SIZE:]
    numbers = picture, tl0, key, FULL, len(payload), lead
    return Unit(bound.layer, state.highest + 1, timestamp, marker, body, None, *numbers)


def _h264(bound: Bound, marker: bool, timestamp: int, payload: bytes) -> Unit | None:
    """A single NAL unit or a part of one (RFC 6184 5.6, 5.8), and no sequence parameter set."""
    kind = payload[0] & 0x1F
    if kind == _PART:
        plain = len(payload) > 2 and payload[1] & 0x9F != _PART_BEGINS | _SEQUENCE_PARAMETERS
    else:
        plain = 1 <= kind <= _LAST_SINGLE and kind != _SEQUENCE_PARAMETERS
    if not plain:
        return None
    numbers = -1, 0, 0, BARE, len(payload), NO_LEAD
    return Unit(bound.layer, bound.state.highest + 1, timestamp, marker, payload, None, *numbers)
