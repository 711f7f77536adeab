"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01, 3.1)."""

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

REFERENCE_TICK_S = 0.064
DELTA_TICK_S = 0.00025
MAX_STATUS_COUNT = 8192
_NOT_RECEIVED, _SMALL, _LARGE = 0, 1, 2
_CHUNK = struct.Struct("!H")
_MOST_IN_RUN = 0x1FFF


@dataclass(frozen=True, slots=True)
class Feedback:
    """When packets `base`, `base`+1, … came.

    `base` is a 16-bit transport sequence, `reference` the base time in 64 ms ticks (24 bits), `count` numbers the
    feedbacks (8 bits). `deltas` has one element per packet: 250 µs ticks since the one received before it (the first:
    since `reference`), None when it was not received. As bytes where all were received and none is greater.
    """

    base: int
    reference: int
    count: int
    deltas: Sequence[int | None]

    def arrivals(self) -> Iterator[tuple[int, float]]:
        """(16-bit sequence, seconds on the receiver's clock modulo 2^24 reference ticks) of the received ones."""
        ticks = 0
        for offset, delta in enumerate(self.deltas):
            if delta is not None:
                ticks += delta
                yield (self.base + offset) & 0xFFFF, self.reference * REFERENCE_TICK_S + ticks * DELTA_TICK_S


def encode(feedback: Feedback) -> bytes:
    """The feedback control information, unpadded. Deltas must fit 16 bits signed (struct.error otherwise)."""
    count, tail = len(feedback.deltas), (feedback.reference & 0xFFFFFF) << 8 | feedback.count & 0xFF
    head = struct.pack("!HHI", feedback.base & 0xFFFF, count, tail)
    if isinstance(feedback.deltas, bytes) and 0 < count <= _MOST_IN_RUN:
        return head + _CHUNK.pack(_SMALL << 13 | count) + feedback.deltas
    statuses = [_status(delta) for delta in feedback.deltas]
    deltas = b"".join(
        struct.pack("!B" if status == _SMALL else "!h", delta)
        for status, delta in zip(statuses, feedback.deltas, strict=True)
        if delta is not None
    )
    return head + b"".join(_chunks(statuses)) + deltas


def parse(body: bytes) -> Feedback:
    """Read feedback control information.

    struct.error or ValueError when cut short, of a reserved status, or telling of more than MAX_STATUS_COUNT packets: a
    few bytes can claim 65,535, more than anybody has sent between two feedbacks.
    """
    base, total, tail = struct.unpack_from("!HHI", body)
    if total > MAX_STATUS_COUNT:
        raise ValueError("feedback on too many packets")
    statuses = bytearray()
    at = 8
    while len(statuses) < total:
        (chunk,) = _CHUNK.unpack_from(body, at)
        statuses += _chunk_statuses(chunk)
        at += 2
    return Feedback(base, tail >> 8, tail & 0xFF, _deltas(body, at, statuses[:total]))


def _deltas(body: bytes, at: int, statuses: bytes | bytearray) -> Sequence[int | None]:
    """One delta for each status. The common case, all received with small deltas, is one slice."""
    small = statuses.count(_SMALL)
    if small == len(statuses) and at + small <= len(body):
        return body[at : at + small]
    deltas: list[int | None] = []
    for status in statuses:
        if status == _NOT_RECEIVED:
            deltas.append(None)
        elif status == _SMALL:
            if at >= len(body):
                raise ValueError("feedback cut short")
            deltas.append(body[at])
            at += 1
        elif status == _LARGE:
            deltas.append(struct.unpack_from("!h", body, at)[0])
            at += 2
        else:
            raise ValueError("reserved packet status")
    return tuple(deltas)


def _status(delta: int | None) -> int:
    if delta is None:
        return _NOT_RECEIVED
    return _SMALL if 0 <= delta <= 0xFF else _LARGE


def _chunks(statuses: list[int]) -> Iterator[bytes]:
    at = 0
    while at < len(statuses):
        run = _run_length(statuses, at)
        if run >= 7 or at + run == len(statuses):
            yield struct.pack("!H", statuses[at] << 13 | run)
            at += run
        else:
            chunk = 0xC000
            for offset, status in enumerate(statuses[at : at + 7]):
                chunk |= status << 12 - 2 * offset
            yield struct.pack("!H", chunk)
            at += 7


def _run_length(statuses: list[int], at: int) -> int:
    end = at + 1
    limit = min(len(statuses), at + _MOST_IN_RUN)
    while end < limit and statuses[end] == statuses[at]:
        end += 1
    return end - at


def _chunk_statuses(chunk: int) -> bytes:
    if chunk & 0x8000:
        return _vector(chunk)
    if chunk & 0x1FFF == 0:
        raise ValueError("empty run in packet status chunk")
    return bytes((chunk >> 13 & 0x03,)) * (chunk & 0x1FFF)


@lru_cache(1024)
def _vector(chunk: int) -> bytes:
    """The statuses of a status vector: most of those that come are the same few."""
    if chunk & 0x4000:
        return bytes(chunk >> shift & 0x03 for shift in range(12, -1, -2))
    return bytes(chunk >> shift & 0x01 for shift in range(13, -1, -1))
