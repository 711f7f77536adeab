"""RTCP: what the bridge reads and writes of RFC 3550, RFC 4585, RFC 5104, REMB."""

import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from media.rtp import transport_cc

SR, RR, BYE, RTPFB, PSFB = 200, 201, 203, 205, 206
NACK_FORMAT, TRANSPORT_CC_FORMAT = 1, 15
PLI_FORMAT, FIR_FORMAT, APPLICATION_FORMAT = 1, 4, 15
MAX_REPORTS = 31
_REPORT = struct.Struct("!IIIIII")
_SENDER_INFO = struct.Struct("!IQIII")
_PAIR = struct.Struct("!HH")


class ReportBlock(NamedTuple):
    """Reception of one stream. `fraction_lost` in 1/256, `jitter` in timestamp units, the last two in 1/65536 s."""

    ssrc: int
    fraction_lost: int
    cumulative_lost: int
    highest_sequence: int
    jitter: int
    last_sr: int
    delay_since_last_sr: int

    def encode(self) -> bytes:
        lost = max(-0x800000, min(0x7FFFFF, self.cumulative_lost)) & 0xFFFFFF
        return _REPORT.pack(
            self.ssrc,
            (self.fraction_lost & 0xFF) << 24 | lost,
            self.highest_sequence & 0xFFFFFFFF,
            self.jitter & 0xFFFFFFFF,
            self.last_sr & 0xFFFFFFFF,
            self.delay_since_last_sr & 0xFFFFFFFF,
        )


@dataclass(frozen=True, slots=True)
class SenderReport:
    """`ntp` is the 64-bit NTP time, `timestamp` the RTP timestamp of the same instant."""

    ssrc: int
    ntp: int
    timestamp: int
    packets: int
    octets: int
    reports: tuple[ReportBlock, ...] = ()

    def encode(self) -> bytes:
        info = _SENDER_INFO.pack(
            self.ssrc,
            self.ntp & 0xFFFFFFFFFFFFFFFF,
            self.timestamp & 0xFFFFFFFF,
            self.packets & 0xFFFFFFFF,
            self.octets & 0xFFFFFFFF,
        )
        return _packet(SR, len(self.reports), info + b"".join(r.encode() for r in self.reports))


@dataclass(frozen=True, slots=True)
class ReceiverReport:
    ssrc: int
    reports: tuple[ReportBlock, ...] = ()

    def encode(self) -> bytes:
        body = struct.pack("!I", self.ssrc) + b"".join(r.encode() for r in self.reports)
        return _packet(RR, len(self.reports), body)


@dataclass(frozen=True, slots=True)
class Bye:
    ssrcs: tuple[int, ...]

    def encode(self) -> bytes:
        return _packet(BYE, len(self.ssrcs), struct.pack(f"!{len(self.ssrcs)}I", *self.ssrcs))


@dataclass(frozen=True, slots=True)
class Nack:
    """Generic NACK (RFC 4585 6.2.1): 16-bit sequence numbers that are missing, in ascending order of asking."""

    sender_ssrc: int
    media_ssrc: int
    sequences: tuple[int, ...]

    def encode(self) -> bytes:
        pairs = b"".join(_PAIR.pack(first, mask) for first, mask in _nack_pairs(self.sequences))
        return _feedback(RTPFB, NACK_FORMAT, self.sender_ssrc, self.media_ssrc, pairs)


@dataclass(frozen=True, slots=True)
class Pli:
    """Picture loss indication (RFC 4585 6.3.1): a wish for a key frame."""

    sender_ssrc: int
    media_ssrc: int

    def encode(self) -> bytes:
        return _feedback(PSFB, PLI_FORMAT, self.sender_ssrc, self.media_ssrc, b"")


@dataclass(frozen=True, slots=True)
class Fir:
    """Full intra request (RFC 5104 4.3.1); `targets` are (SSRC, command number)."""

    sender_ssrc: int
    targets: tuple[tuple[int, int], ...]

    def encode(self) -> bytes:
        body = b"".join(struct.pack("!IBxxx", ssrc, number & 0xFF) for ssrc, number in self.targets)
        return _feedback(PSFB, FIR_FORMAT, self.sender_ssrc, 0, body)


@dataclass(frozen=True, slots=True)
class Remb:
    """Receiver estimated maximum bitrate (draft-alvestrand-rmcat-remb); `bitrate` in bit/s."""

    sender_ssrc: int
    bitrate: int
    ssrcs: tuple[int, ...] = field(default=())

    def encode(self) -> bytes:
        exponent = max(0, self.bitrate.bit_length() - 18)
        mantissa = self.bitrate >> exponent
        body = b"REMB" + struct.pack(
            f"!BBH{len(self.ssrcs)}I",
            len(self.ssrcs),
            exponent << 2 | mantissa >> 16,
            mantissa & 0xFFFF,
            *self.ssrcs,
        )
        return _feedback(PSFB, APPLICATION_FORMAT, self.sender_ssrc, 0, body)


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """transport-cc feedback; see media.rtp.transport_cc."""

    sender_ssrc: int
    media_ssrc: int
    feedback: transport_cc.Feedback

    def encode(self) -> bytes:
        body = transport_cc.encode(self.feedback)
        return _feedback(RTPFB, TRANSPORT_CC_FORMAT, self.sender_ssrc, self.media_ssrc, body)


@dataclass(frozen=True, slots=True)
class Encoded:
    """One packet that was made elsewhere."""

    data: bytes

    def encode(self) -> bytes:
        return self.data


Rtcp = SenderReport | ReceiverReport | Bye | Nack | Pli | Fir | Remb | TransportFeedback | Encoded


def parse(data: bytes) -> list[Rtcp] | None:
    """The packets of a compound (RFC 3550 6.1) in order, those of unknown type left out.

    Reduced-size RTCP (RFC 5506) is taken too. None when any length in it does not fit: nothing of it is to be believed.
    """
    found: list[Rtcp] = []
    at, size = 0, len(data)
    while at < size:
        if at + 4 > size or data[at] >> 6 != 2:
            return None
        end = at + 4 + 4 * int.from_bytes(data[at + 2 : at + 4], "big")
        if end > size:
            return None
        padding = data[end - 1] if data[at] & 0x20 else 0
        if padding > end - at - 4:
            return None
        body = data[at + 4 : end - padding]
        try:
            packet = _parse_one(data[at + 1], data[at] & 0x1F, body)
        except (struct.error, ValueError):
            return None
        if packet is not None:
            found.append(packet)
        at = end
    return found if size else None


def compound(packets: Iterable[Rtcp]) -> bytes:
    return b"".join(packet.encode() for packet in packets)


def _parse_one(kind: int, count: int, body: bytes) -> Rtcp | None:
    if kind == SR:
        ssrc, ntp, timestamp, packets, octets = _SENDER_INFO.unpack_from(body)
        return SenderReport(ssrc, ntp, timestamp, packets, octets, _reports(body, 24, count))
    if kind == RR:
        return ReceiverReport(_u32(body, 0), _reports(body, 4, count))
    if kind == BYE:
        return Bye(struct.unpack_from(f"!{count}I", body))
    if kind in (RTPFB, PSFB):
        return _parse_feedback(kind, count, _u32(body, 0), _u32(body, 4), body[8:])
    return None


def _parse_feedback(kind: int, fmt: int, sender: int, media: int, body: bytes) -> Rtcp | None:
    if kind == RTPFB and fmt == NACK_FORMAT:
        return Nack(sender, media, tuple(_nack_sequences(body)))
    if kind == RTPFB and fmt == TRANSPORT_CC_FORMAT:
        return TransportFeedback(sender, media, transport_cc.parse(body))
    if kind == PSFB and fmt == PLI_FORMAT:
        return Pli(sender, media)
    if kind == PSFB and fmt == FIR_FORMAT:
        return Fir(sender, tuple((ssrc, number) for ssrc, number in struct.iter_unpack("!IBxxx", body)))
    if kind == PSFB and fmt == APPLICATION_FORMAT and body[:4] == b"REMB":
        count, high, low = struct.unpack_from("!BBH", body, 4)
        bitrate = ((high & 0x03) << 16 | low) << (high >> 2)
        return Remb(sender, bitrate, struct.unpack_from(f"!{count}I", body, 8))
    return None


def _reports(body: bytes, at: int, count: int) -> tuple[ReportBlock, ...]:
    blocks = []
    for number in range(count):
        ssrc, loss, highest, jitter, last_sr, delay = _REPORT.unpack_from(body, at + 24 * number)
        lost = loss & 0xFFFFFF
        signed = lost - 0x1000000 if lost & 0x800000 else lost
        blocks.append(ReportBlock(ssrc, loss >> 24, signed, highest, jitter, last_sr, delay))
    return tuple(blocks)


def _nack_sequences(body: bytes) -> Iterable[int]:
    for first, mask in _PAIR.iter_unpack(body):
        yield first
        for bit in range(16):
            if mask >> bit & 1:
                yield (first + bit + 1) & 0xFFFF


def _nack_pairs(sequences: Iterable[int]) -> list[tuple[int, int]]:
    pairs: list[tuple[int, int]] = []
    for sequence in sequences:
        if pairs:
            first, mask = pairs[-1]
            offset = (sequence - first) & 0xFFFF
            if offset == 0:
                continue
            if offset <= 16:
                pairs[-1] = (first, mask | 1 << offset - 1)
                continue
        pairs.append((sequence & 0xFFFF, 0))
    return pairs


def _packet(kind: int, count: int, body: bytes) -> bytes:
    padding = -len(body) % 4
    first = 0xA0 if padding else 0x80
    tail = bytes(padding - 1) + bytes([padding]) if padding else b""
    return struct.pack("!BBH", first | count, kind, (len(body) + padding) // 4) + body + tail


def _feedback(kind: int, fmt: int, sender: int, media: int, body: bytes) -> bytes:
    return _packet(kind, fmt, struct.pack("!II", sender, media) + body)


def _u32(body: bytes, at: int) -> int:
    value: int = struct.unpack_from("!I", body, at)[0]
    return value
