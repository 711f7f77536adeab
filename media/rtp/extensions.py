"""RTP header extensions (RFC 8285): finding elements and reading those that the bridge uses."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from media.rtp.packet import Packet

MID_URI = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_URI = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID_URI = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL_URI = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC_URI = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME_URI = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

ONE_BYTE_PROFILE = 0xBEDE
TWO_BYTE_PROFILE = 0x1000
MAX_ONE_BYTE_ID = 14
EXTENDED = 0x90
"""The first byte of a packet with extensions, without padding or CSRC."""
_U16 = struct.Struct("!H")


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """The element numbers agreed for a connection; 0 = not agreed."""

    mid: int = 0
    rid: int = 0
    repaired_rid: int = 0
    audio_level: int = 0
    transport_cc: int = 0
    abs_send_time: int = 0


@dataclass(slots=True)
class Extensions:
    """The elements of one packet; None where absent.

    `audio_level` is in -dBov, 0 (loudest) to 127 (silence), RFC 6464; `abs_send_time` is seconds in 6.18 fixed point.
    """

    mid: str | None = None
    rid: str | None = None
    repaired_rid: str | None = None
    audio_level: int | None = None
    voice: bool = False
    transport_sequence: int | None = None
    abs_send_time: int | None = None


def elements(packet: Packet) -> Iterator[tuple[int, int, int]]:
    """Yield (id, offset of the value in packet.data, length in bytes); stops at the first element that does not fit."""
    if packet.extension_profile == ONE_BYTE_PROFILE:
        return _one_byte_elements(packet)
    if packet.extension_profile & 0xFFF0 == TWO_BYTE_PROFILE:
        return _two_byte_elements(packet)
    return iter(())


def _one_byte_elements(packet: Packet) -> Iterator[tuple[int, int, int]]:
    data, at, end = packet.data, packet.extension_start, packet.extension_end
    while at < end:
        number, length = data[at] >> 4, (data[at] & 0x0F) + 1
        at += 1
        if number == 0:
            continue
        if number == 15 or at + length > end:
            return
        yield number, at, length
        at += length


def _two_byte_elements(packet: Packet) -> Iterator[tuple[int, int, int]]:
    data, at, end = packet.data, packet.extension_start, packet.extension_end
    while at < end:
        number = data[at]
        at += 1
        if number == 0:
            continue
        if at >= end or at + 1 + data[at] > end:
            return
        yield number, at + 1, data[at]
        at += 1 + data[at]


def read(packet: Packet, ids: ExtensionIds) -> Extensions:
    """The known elements of a packet; unknown ones and those of a wrong length are passed over."""
    found = Extensions()
    data = packet.data
    for number, at, length in elements(packet):
        if number == ids.transport_cc and length == 2:
            found.transport_sequence = _U16.unpack_from(data, at)[0]
        elif number == ids.audio_level and length >= 1:
            found.audio_level, found.voice = data[at] & 0x7F, data[at] >= 0x80
        elif number == ids.mid:
            found.mid = _text(data[at : at + length])
        elif number == ids.rid:
            found.rid = _text(data[at : at + length])
        elif number == ids.repaired_rid:
            found.repaired_rid = _text(data[at : at + length])
        elif number == ids.abs_send_time and length == 3:
            found.abs_send_time = int.from_bytes(data[at : at + 3], "big")
    return found


def _text(value: bytes) -> str | None:
    return value.decode("ascii") if value.isascii() else None


def build_one_byte(values: dict[int, bytes]) -> bytes:
    """A whole extension block (profile, length, elements, padding) to stand after the fixed header.

    Ids must be 1 to 14, values 1 to 16 bytes long; ValueError otherwise.
    """
    block = bytearray()
    for number, value in values.items():
        if not (1 <= number <= MAX_ONE_BYTE_ID and 1 <= len(value) <= 16):
            raise ValueError(f"extension {number} of {len(value)} bytes does not fit the one-byte form")
        block.append(number << 4 | len(value) - 1)
        block += value
    block += bytes(-len(block) % 4)
    return struct.pack("!HH", ONE_BYTE_PROFILE, len(block) // 4) + bytes(block)
