"""What one connection brings in: finding the layer of each packet, and the feedback its sender needs."""

from collections.abc import Callable, Iterable
from typing import Protocol

from media.rtp import extensions, red
from media.rtp.packet import Packet, parse
from media.rtp.rtcp import Nack, Pli, ReceiverReport, Remb, ReportBlock, Rtcp, SenderReport
from media.sfu.arrivals import Arrivals, Arrived
from media.sfu.bindings import Bindings, Stream, Watcher
from media.sfu.budget import START_BPS, Budget
from media.sfu.layer import Layer, Unit
from media.sfu.policing import Allowance
from media.sfu.reports import Report
from media.sfu.sent import Told
from media.sfu.shares import LossShare
from media.sfu.source import Source
from media.sfu.speakers import GuessedLevel, believed
from media.sfu.terms import Kind, Terms

Note = tuple[float, int]
"""When a packet of speech came and its level in -dBov."""


Observe = Callable[[float, str, int], None]
"""Is told when somebody spoke, who, and how loud in -dBov."""


class Notes(Protocol):
    """What was noted of packets that did not come by here, and when they came."""

    @property
    def arrivals(self) -> Arrived:
        """Where the transport sequence numbers of all packets are noted."""

    @property
    def pending(self) -> bool:
        """Whether there is anything."""

    @property
    def refused(self) -> int:
        """How many octets were thrown away unread, but for those that an `Allowance` tells."""

    def take(self) -> Iterable[Note]: ...
    def take_reports(self) -> Iterable[Report]: ...
    def take_told(self) -> tuple[float, Told] | None:
        """What all feedback since the last time told together, and when the last of it came."""


class Intake:
    """Routes by SSRC; what no SSRC is bound to is counted in `unknown`, what is no RTP in `malformed`.

    `mended` are the units that the last packet brought copies of, to be forwarded before its own. `former` is what its
    sender was allowed last, bit/s, where that was we who decided.
    """

    def __init__(self, terms: Terms, sources: dict[Kind, Source], ssrc: int, former: int | None = None) -> None:
        self.ssrc = ssrc
        self.empty_report = ReceiverReport(ssrc).encode()
        self.malformed = 0
        self.unknown = 0
        self.level = 0
        self.round_trip_s: float | None = None
        self.mended: list[Unit] = []
        self._terms = terms
        self._sources = sources
        self._bindings = Bindings(terms.publications, sources)
        self.tells_levels = False
        self._guessed = GuessedLevel()
        self.notes: Notes | None = None
        self.allowance = Allowance()
        self._arrivals: Arrived = Arrivals()
        self._told = (0, 0)
        self._loss = LossShare()
        self._budget = Budget() if former is None else Budget(min(former, START_BPS))

    @property
    def elements(self) -> tuple[int, int]:
        """The numbers of the extensions for transport sequence numbers and for levels; 0 where not agreed."""
        return self._terms.extensions.transport_cc, self._terms.extensions.audio_level

    @property
    def pictures(self) -> list[int]:
        """The payload types of pictures, but for repairs."""
        return [one.payload_type for one in self._terms.publications if one.kind == "video"]

    def share(self, notes: Notes, watcher: Watcher) -> None:
        """Let plain packets of the layers that `watcher` is told of be taken elsewhere, and noted in `notes`.

        Those that tell when they were sent all come by here.
        """
        self.notes = notes
        self._arrivals = notes.arrivals
        if self._terms.transport_cc or not self._terms.extensions.abs_send_time:
            self._bindings.watch(watcher)

    def catch_up(self, name: str, observe: Observe) -> None:
        """Take what was noted elsewhere of the speech of `name`."""
        if self.notes is None:
            return
        for at, level in self.notes.take():
            observe(at, name, level)

    def renew(self, terms: Terms) -> None:
        """Other terms for the same connection."""
        if terms.publications != self._terms.publications:
            self._bindings.renew(terms.publications)
        self._terms = terms

    @property
    def _speech_again(self) -> bool:
        """Whether its sender agreed to be asked for speech again."""
        return any(one.kind == "audio" and one.nack for one in self._terms.publications)

    @property
    def allows(self) -> int | None:
        """What its sender may send, bit/s; None where it finds that out for itself."""
        return None if self._terms.transport_cc else self._budget.bitrate

    @property
    def refused(self) -> int:
        """How many octets of it were thrown away unread, because it brings more than a connection may."""
        return self.allowance.refused + (self.notes.refused if self.notes is not None else 0)

    def police(self, now: float) -> None:
        """Measure that; to be called a few times a second."""
        self.allowance.measure(now, self.refused)

    def close(self) -> None:
        for source in self._sources.values():
            source.unbind()

    def on_rtp(self, now: float, data: bytes) -> Unit | None:
        """The unit to forward, if any; sets `level` for audio. Whatever is no good is counted and dropped."""
        packet = parse(data)
        if packet is None:
            self.malformed += 1
            return None
        found = extensions.read(packet, self._terms.extensions)
        if found.transport_sequence is not None:
            self._arrivals.add(now, found.transport_sequence)
        elif found.abs_send_time is not None and not self._terms.transport_cc:
            self._budget.note(now, found.abs_send_time, len(data))
        stream = self._bindings.find(now, packet, found)
        if stream is None:
            self.unknown += 1
            return None
        if stream.repair:
            if packet.payload_type != stream.publication.rtx_payload_type:
                self.unknown += 1
                return None
            return _on_repair(now, stream, packet)
        publication, layer = stream.publication, stream.layer
        if packet.payload_type != publication.payload_type:
            if packet.payload_type != publication.red_payload_type:
                self.unknown += 1
                return None
            return self._on_redundant(now, stream, packet, found.audio_level)
        if publication.kind == "audio":
            self._hear(layer, found.audio_level, packet.payload_end - packet.payload_start)
        return layer.accept(now, packet)

    def _hear(self, layer: Layer, level: int | None, payload_size: int) -> None:
        """How loud the packet is: as it says as far as its size bears that out, or as its size alone makes likely."""
        self.tells_levels = level is not None
        self.level = self._guessed.of(payload_size) if level is None else believed(level, payload_size)
        layer.state.leveled = self.tells_levels

    def _on_redundant(self, now: float, stream: Stream, packet: Packet, level: int | None) -> Unit | None:
        """Take the copies out (RFC 2198): the n-th from the end is of the n-th packet before this one."""
        start = packet.payload_start
        own = red.own_start(packet.data, start, packet.payload_end)
        if own is None:
            self.malformed += 1
            return None
        self._hear(stream.layer, level, packet.payload_end - own)
        packet.payload_start = own
        unit = stream.layer.accept(now, packet)
        if unit is not None and stream.layer.has_holes:
            self._mend(stream, unit, packet.data[start : packet.payload_end])
        return unit

    def _mend(self, stream: Stream, unit: Unit, payload: bytes) -> None:
        """Keep the copies in `payload` of packets that are missing."""
        blocks = red.parse(payload)
        if blocks is None or any(block.payload_type != stream.publication.payload_type for block in blocks):
            self.malformed += 1
            return
        for back, copy in zip(range(len(blocks) - 1, 0, -1), blocks, strict=False):
            timestamp = (unit.timestamp - copy.offset) & 0xFFFFFFFF
            mended = stream.layer.mend(unit.index - back, timestamp, copy.data) if copy.data else None
            if mended is not None:
                self.mended.append(mended)

    def pause(self) -> None:
        """Nothing comes any more: what is missing before the next packet was lost with the line."""
        for layer in self._layers():
            if layer.reception is not None:
                layer.reception.broken_at = layer.reception.highest

    def on_sender_report(self, now: float, report: SenderReport) -> None:
        """Note a publisher's report."""
        for layer in self._layers():
            reception = layer.reception
            if reception is not None and reception.ssrc == report.ssrc:
                reception.on_sender_report(now, report.ntp)
                layer.clock.on_report(now, report.ntp, report.timestamp)

    def urgent(self, now: float) -> list[Rtcp]:
        """NACKs and key frame requests that are due."""
        messages: list[Rtcp] = []
        for layer in self._in_need():
            reception = layer.reception
            if reception is None:
                continue
            if layer.source.muted or layer.source.spared:
                reception.forget_missing(reception.highest)
            missing = reception.missing(now, self.round_trip_s or 0.0)
            if missing and (layer.source.kind == "video" or self._speech_again):
                messages.append(Nack(self.ssrc, reception.ssrc, tuple(missing)))
            if reception.beyond_repair:
                reception.beyond_repair = False
                layer.keyframe_wanted = layer.keyframe_wanted or (bool(layer.slots) and layer.source.kind == "video")
            if layer.keyframe_due(now):
                messages.append(Pli(self.ssrc, reception.ssrc))
        return messages

    def _in_need(self) -> list[Layer]:
        """Asked of everybody in every turn, and nearly always none."""
        found = list[Layer]()
        for source in self._sources.values():
            if source.in_need:
                needy = [layer for layer in source.layers if layer.in_need]
                source.in_need = bool(needy)
                found += needy
        return found

    @property
    def loss(self) -> float:
        """The share of packets that are lost on the way here, before any repair."""
        return self._loss.share

    def feedback(self, now: float) -> list[Rtcp]:
        """transport-cc feedback on what came since the last call; else a REMB where a queue grows on the way."""
        if not self._terms.transport_cc:
            return [self._remb()] if self._budget.judge(now, self.round_trip_s or 0.0) else []
        arrivals = self._arrivals
        messages: list[Rtcp] = list(arrivals.feedback(self.ssrc, self._any_ssrc()))
        if messages:
            came, lost = self._told
            self._told = arrivals.came, arrivals.lost
            self._loss.feed(now, arrivals.came - came, arrivals.lost - lost)
        return messages

    def reports(self, now: float) -> list[Rtcp]:
        """A receiver report, and a REMB where the sender has nothing better; once a second."""
        receptions = [layer.reception for layer in self._layers() if layer.reception and layer.reception.received]
        blocks = tuple(reception.report(now) for reception in receptions)
        messages: list[Rtcp] = [ReceiverReport(self.ssrc, blocks)]
        if blocks and not self._terms.transport_cc:
            self._loss.feed(now, *_counted(blocks))
            self._budget.update(max(block.fraction_lost for block in blocks))
            messages.append(self._remb())
        return messages

    def _remb(self) -> Remb:
        ssrcs = tuple(layer.reception.ssrc for layer in self._layers() if layer.reception and layer.reception.received)
        return Remb(self.ssrc, self._budget.announce(), ssrcs)

    def _layers(self) -> list[Layer]:
        return [layer for source in self._sources.values() for layer in source.layers]

    def _any_ssrc(self) -> int:
        return next((layer.reception.ssrc for layer in self._layers() if layer.reception), 0)


def _counted(blocks: tuple[ReportBlock, ...]) -> tuple[int, int]:
    """What these blocks say came and was lost, in 1/256 of a stream's packets."""
    lost = sum(block.fraction_lost for block in blocks)
    return 256 * len(blocks) - lost, lost


def _on_repair(now: float, stream: Stream, packet: Packet) -> Unit | None:
    """Undo RTX (RFC 4588 4): the original sequence number stands before the payload."""
    reception = stream.layer.reception
    if packet.payload_end - packet.payload_start < 2 or reception is None:
        return None
    original = Packet(
        packet.data,
        stream.publication.payload_type,
        packet.marker,
        int.from_bytes(packet.data[packet.payload_start : packet.payload_start + 2], "big"),
        packet.timestamp,
        reception.ssrc,
        0,
        packet.extension_start,
        packet.extension_start,
        packet.payload_start + 2,
        packet.payload_end,
    )
    return stream.layer.accept(now, original)
