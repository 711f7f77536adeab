"""Redundant audio (RFC 2198): a packet that carries copies of those before it beside its own frame."""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

MAX_OFFSET = (1 << 14) - 1
MAX_BLOCK = (1 << 10) - 1
MAX_BLOCKS = 16
"""More would reach further back than the offset can tell, at 20 ms a frame."""
_FOLLOWED = 0x80
_head = struct.Struct("!I")


@dataclass(frozen=True, slots=True)
class Block:
    """One frame: the codec's payload type, how many ticks before the packet's timestamp it begins, its payload."""

    payload_type: int
    offset: int
    data: bytes


def own_start(data: bytes, start: int, end: int) -> int | None:
    """Where in `data` the packet's own frame begins, whose payload is `start` to `end`; None when malformed."""
    at, copies = start, 0
    while at < end and data[at] & _FOLLOWED:
        if at + 4 > end:
            return None
        copies += (data[at + 2] & 3) << 8 | data[at + 3]
        at += 4
    found = at + 1 + copies
    return found if at < end and found <= end else None


def parse(payload: bytes) -> list[Block] | None:
    """The blocks of a payload, oldest first; the last is the packet's own, its offset is 0. None when malformed."""
    heads: list[tuple[int, int, int]] = []
    at, size = 0, len(payload)
    while at < size and payload[at] & _FOLLOWED:
        if at + 4 > size or len(heads) >= MAX_BLOCKS:
            return None
        word = _head.unpack_from(payload, at)[0]
        heads.append((word >> 24 & 0x7F, word >> 10 & MAX_OFFSET, word & MAX_BLOCK))
        at += 4
    if at >= size:
        return None
    own = payload[at]
    at += 1
    blocks = []
    for payload_type, offset, length in heads:
        blocks.append(Block(payload_type, offset, payload[at : at + length]))
        at += length
    return [*blocks, Block(own, 0, payload[at:])] if at <= size else None


def build(copies: Sequence[Block], payload_type: int, data: bytes) -> bytes:
    """The payload of `data` behind `copies`, oldest first.

    ValueError for a copy that is too far back (MAX_OFFSET), too long (MAX_BLOCK), or one too many (MAX_BLOCKS).
    """
    if len(copies) > MAX_BLOCKS:
        raise ValueError(f"{len(copies)} copies")
    parts = []
    for copy in copies:
        if not 0 < copy.offset <= MAX_OFFSET or len(copy.data) > MAX_BLOCK:
            raise ValueError(f"a copy of {len(copy.data)} bytes, {copy.offset} ticks back")
        word = (_FOLLOWED | copy.payload_type) << 24 | copy.offset << 10 | len(copy.data)
        parts.append(_head.pack(word))
    parts.append(bytes([payload_type & 0x7F]))
    return b"".join([*parts, *(copy.data for copy in copies), data])
