"""The RTP fixed header (RFC 3550 5.1) and where the parts of a packet lie."""

import struct
from dataclasses import dataclass

HEADER_SIZE = 12
FIRST_RTCP, LAST_RTCP = 192, 223
"""Of the second byte, where RTP and RTCP come by one port (RFC 5761 4)."""
_HEADER = struct.Struct("!BBHII")
_EXTENSION = struct.Struct("!HH")


@dataclass(slots=True)
class Packet:
    """A parsed RTP packet: header fields, and byte offsets into `data` for the rest.

    `extension_profile` is 0 when there is no header extension; then start and end are equal.
    """

    data: bytes
    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    extension_profile: int
    extension_start: int
    extension_end: int
    payload_start: int
    payload_end: int

    @property
    def payload(self) -> bytes:
        return self.data[self.payload_start : self.payload_end]


def parse(data: bytes) -> Packet | None:
    """Parse a plain RTP packet; None when it is not one (wrong version, lengths that do not fit)."""
    size = len(data)
    if size < HEADER_SIZE:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    if first >> 6 != 2:
        return None
    start = HEADER_SIZE + 4 * (first & 0x0F)
    profile, extension_start, payload_start = 0, start, start
    if first & 0x10:
        if start + 4 > size:
            return None
        profile, words = _EXTENSION.unpack_from(data, start)
        extension_start = start + 4
        payload_start = extension_start + 4 * words
    end = size - data[-1] if first & 0x20 else size
    if payload_start > end or (first & 0x20 and data[-1] == 0):
        return None
    return Packet(
        data,
        second & 0x7F,
        second >= 0x80,
        sequence,
        timestamp,
        ssrc,
        profile,
        extension_start,
        payload_start,
        payload_start,
        end,
    )


def header(payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int) -> bytes:
    """A fixed header without extension, CSRC or padding; counters are cut to their width."""
    return _HEADER.pack(
        0x80,
        payload_type | 0x80 if marker else payload_type,
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )


def rewrite(buffer: bytearray, *, payload_type: int, marker: bool, sequence: int, timestamp: int, ssrc: int) -> None:
    """Overwrite the header fields of the packet in `buffer` in place, leaving its flags of the first byte.

    Raises struct.error when the buffer is shorter than a header.
    """
    second = payload_type | 0x80 if marker else payload_type
    _HEADER.pack_into(buffer, 0, buffer[0], second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)


def is_rtcp(data: bytes | bytearray | memoryview) -> bool:
    """Whether a datagram of the RTP plane is RTCP, by its second byte (RFC 5761 4)."""
    return len(data) >= 2 and FIRST_RTCP <= data[1] <= LAST_RTCP
