"""A participant's audio or video as it comes in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from media.rtp import vp8
from media.rtp.packet import Packet
from media.sfu.reception import Reception
from media.sfu.terms import Kind, clock_rate

KEYFRAME_INTERVAL_S = 0.5
SILENT_AFTER_S = 2.0
UNMUTE_GUARD_S = 0.06


@dataclass(slots=True)
class Unit:
    """One packet to forward: `body` goes out as it is, everything before it is written anew by each slot.

    `index` is the unwrapped sequence number of the source, `timestamp` its 32-bit RTP timestamp.
    """

    source: Source
    index: int
    timestamp: int
    marker: bool
    body: bytes
    descriptor: vp8.Descriptor | None = None


class Receiver(Protocol):
    """Who gets packets: a link."""

    participant: str


Send = tuple[Receiver, bytes, bytes]
"""To whom, head and body of one RTP packet; or an RTCP compound as the head."""


class Sink(Protocol):
    """What a source feeds: a slot of a link."""

    link: Receiver

    def write(self, now: float, unit: Unit) -> bytes | None: ...
    def skip(self, source: Source, index: int) -> None: ...


class Source:
    """Outlives its connections: slots stay attached when the participant comes back with other SSRCs."""

    def __init__(self, participant: str, kind: Kind) -> None:
        self.participant = participant
        self.kind = kind
        self.rate_hz = clock_rate(kind)
        self.slots: list[Sink] = []
        self.muted = False
        self.reception: Reception | None = None
        self.last_packet_at = float("-inf")
        self.keyframe_wanted = False
        self.epoch = 0
        self.packets = 0
        self.malformed = 0
        self.octets = 0
        self.sender_report: tuple[int, int] | None = None
        self._guard_until = 0.0
        self._requested_at = float("-inf")

    def bind(self, ssrc: int, repairable: bool) -> None:
        """Take `ssrc` as the stream from now on; its numbering begins anew."""
        self.reception = Reception(ssrc, self.rate_hz, repairable)
        self.epoch += 1
        self.sender_report = None

    def unbind(self) -> None:
        self.reception = None
        self.last_packet_at = float("-inf")

    def publishing(self, now: float) -> bool:
        return now - self.last_packet_at < SILENT_AFTER_S

    def mute(self, now: float, muted: bool) -> None:
        """After unmuting the first packets are dropped too: their redundancy still carries muted speech."""
        if muted == self.muted:
            return
        self.muted = muted
        self.epoch += 1
        if not muted:
            self._guard_until = now + UNMUTE_GUARD_S
            self.keyframe_wanted = self.kind == "video" and bool(self.slots)

    def accept(self, now: float, packet: Packet) -> Unit | None:
        """Count a packet; the unit to forward, or None when it is a double, muted, padding only or malformed."""
        reception = self.reception
        if reception is None:
            return None
        index = reception.accept(now, packet.sequence, packet.timestamp)
        if index is None:
            return None
        self.last_packet_at = now
        self.packets += 1
        self.octets += packet.payload_end - packet.payload_start
        if self.muted or (now < self._guard_until and self.kind == "audio"):
            return None
        if packet.payload_start == packet.payload_end:
            for slot in self.slots:
                slot.skip(self, index)
            return None
        return self._unit(index, packet)

    def _unit(self, index: int, packet: Packet) -> Unit | None:
        if self.kind == "audio":
            return Unit(self, index, packet.timestamp, packet.marker, packet.payload)
        descriptor = vp8.parse(packet.data[packet.payload_start : packet.payload_end])
        if descriptor is None:
            self.malformed += 1
            return None
        if descriptor.keyframe:
            self.keyframe_wanted = False
        body = packet.data[packet.payload_start + len(descriptor.raw) : packet.payload_end]
        return Unit(self, index, packet.timestamp, packet.marker, body, descriptor)

    def keyframe_due(self, now: float) -> bool:
        """Whether to ask for a key frame now: wanted, and the last request long enough ago. Notes the asking."""
        if not self.keyframe_wanted or self.reception is None or self.muted:
            return False
        if now - self._requested_at < KEYFRAME_INTERVAL_S:
            return False
        self._requested_at = now
        return True
