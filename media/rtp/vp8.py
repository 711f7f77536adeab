"""The VP8 payload descriptor (RFC 7741 4.2): reading it, and putting other counters into it."""

import struct
from dataclasses import dataclass

from media.rtp.packet import header

PICTURE_ID_BITS = 15
_START_CODE = b"\x9d\x01\x2a"
_HEAD_WITH_FULL_DESCRIPTOR = struct.Struct("!BBHIIBBHBB")
FULL_SIZE = 6
KEYIDX = 0x10


@dataclass(slots=True)
class Descriptor:
    """The payload descriptor of one packet; `raw` are its bytes, offsets (0 = absent) point into them.

    `keyframe` is true only for the packet that begins a key frame, `height` is its picture's in pixels (0 otherwise, or
    when it is cut short). `layer_sync` is the Y bit: the frame refers to none but temporal layer 0. `full` is true for
    the six bytes that browsers send; Chromium has no KEYIDX in them any more, whose bits are as they came then.
    """

    raw: bytes
    start: bool
    keyframe: bool
    picture_id: int | None
    picture_id_bits: int
    tl0picidx: int | None
    temporal_layer: int
    keyidx: int | None
    picture_id_at: int
    tl0picidx_at: int
    keyidx_at: int
    full: bool
    layer_sync: bool = False
    height: int = 0


def parse(payload: bytes) -> Descriptor | None:
    """Read the descriptor of a VP8 payload; None when it is cut short or no VP8 data follows it."""
    size = len(payload)
    if size < 2:
        return None
    first = payload[0]
    at, flags = 1, 0
    if first & 0x80:
        flags, at = payload[1], 2
    picture_id, bits, picture_id_at = None, 0, 0
    if flags & 0x80:
        if at >= size:
            return None
        picture_id_at, picture_id, bits = at, payload[at] & 0x7F, 7
        if payload[at] & 0x80:
            if at + 1 >= size:
                return None
            picture_id, bits = picture_id << 8 | payload[at + 1], PICTURE_ID_BITS
        at += 2 if bits == PICTURE_ID_BITS else 1
    tl0picidx_at, keyidx_at = 0, 0
    if flags & 0x40:
        tl0picidx_at, at = at, at + 1
    if flags & 0x30:
        keyidx_at, at = at, at + 1
    if at >= size:
        return None
    start = first & 0x17 == 0x10
    keyframe = start and payload[at] & 0x01 == 0
    return Descriptor(
        raw=payload[:at],
        start=start,
        keyframe=keyframe,
        picture_id=picture_id,
        picture_id_bits=bits,
        tl0picidx=payload[tl0picidx_at] if tl0picidx_at else None,
        temporal_layer=payload[keyidx_at] >> 6 if flags & 0x20 else 0,
        keyidx=payload[keyidx_at] & 0x1F if flags & 0x10 else None,
        picture_id_at=picture_id_at,
        tl0picidx_at=tl0picidx_at,
        keyidx_at=keyidx_at if flags & 0x10 else 0,
        full=flags & 0xC0 == 0xC0 and flags & 0x30 != 0 and bits == PICTURE_ID_BITS,
        layer_sync=flags & 0x20 != 0 and payload[keyidx_at] & 0x20 != 0,
        height=_height(payload, at) if keyframe else 0,
    )


def _height(payload: bytes, at: int) -> int:
    """The height in a key frame's header (RFC 6386 9.1): 14 bits after a tag, a start code and the width."""
    if len(payload) < at + 10 or payload[at + 3 : at + 6] != _START_CODE:
        return 0
    return int.from_bytes(payload[at + 8 : at + 10], "little") & 0x3FFF


def rewritten(descriptor: Descriptor, picture_id: int, tl0picidx: int, keyidx: int) -> bytes:
    """The descriptor's bytes with other counters, each cut to its width; fields that are absent stay absent."""
    raw = bytearray(descriptor.raw)
    at = descriptor.picture_id_at
    if descriptor.picture_id_bits == PICTURE_ID_BITS:
        raw[at] = 0x80 | picture_id >> 8 & 0x7F
        raw[at + 1] = picture_id & 0xFF
    elif at:
        raw[at] = picture_id & 0x7F
    if descriptor.tl0picidx_at:
        raw[descriptor.tl0picidx_at] = tl0picidx & 0xFF
    if descriptor.keyidx_at:
        raw[descriptor.keyidx_at] = raw[descriptor.keyidx_at] & 0xE0 | keyidx & 0x1F
    return bytes(raw)


def head(
    descriptor: Descriptor,
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    ssrc: int,
    counters: tuple[int, int, int],
) -> bytes:
    """RTP header and descriptor in one, with `counters` (picture id, TL0PICIDX, KEYIDX); all are cut to their width."""
    picture_id, tl0picidx, keyidx = counters
    if not descriptor.full:
        fixed = header(payload_type, marker, sequence, timestamp, ssrc)
        return fixed + rewritten(descriptor, picture_id, tl0picidx, keyidx)
    raw = descriptor.raw
    return _HEAD_WITH_FULL_DESCRIPTOR.pack(
        0x80,
        payload_type | 0x80 if marker else payload_type,
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
        raw[0],
        raw[1],
        0x8000 | picture_id & 0x7FFF,
        tl0picidx & 0xFF,
        raw[5] & 0xE0 | keyidx & 0x1F if raw[1] & KEYIDX else raw[5],
    )
