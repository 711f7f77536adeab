"""Opus packets (RFC 6716 3): how long they last, and several of them as one, without decoding anything."""

from collections.abc import Sequence

TICKS_PER_MS = 48
_SILK_MS, _HYBRID_MS, _CELT_MS = (10.0, 20.0, 40.0, 60.0), (10.0, 20.0), (2.5, 5.0, 10.0, 20.0)
_CODE = 0x03
_VARIABLE = 0x80
_LONG = 252
MOST_FRAME = 1_275


def frame_ms(toc: int) -> float:
    """How long each frame of a packet lasts whose first byte is `toc` (3.1, table 2), ms."""
    config = toc >> 3
    if config < 12:
        return _SILK_MS[config & 3]
    return _HYBRID_MS[config & 1] if config < 16 else _CELT_MS[config & 3]


def single(packet: bytes) -> bool:
    """Whether it holds exactly one frame (code 0), no longer than a packet of several may have."""
    return bool(packet) and packet[0] & _CODE == 0 and len(packet) <= MOST_FRAME + 1


def join(packets: Sequence[bytes]) -> bytes:
    """Packets of one frame each and of the same kind as one packet: code 3, each frame of its own length (3.2.5).

    Together they may last 120 ms at most. One alone stays what it is.
    """
    if len(packets) == 1:
        return packets[0]
    head = bytearray((packets[0][0] | _CODE, _VARIABLE | len(packets)))
    for packet in packets[:-1]:
        head += _length(len(packet) - 1)
    return bytes(head) + b"".join(packet[1:] for packet in packets)


def _length(octets: int) -> bytes:
    """A frame's length in one or two bytes (3.2.1)."""
    if octets < _LONG:
        return bytes((octets,))
    first = _LONG + (octets & 3)
    return bytes((first, (octets - first) >> 2))
