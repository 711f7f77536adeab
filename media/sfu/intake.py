"""What one connection brings in: finding the source of each packet, and the feedback its sender needs."""

from media.rtp import extensions
from media.rtp.packet import Packet, parse
from media.rtp.rtcp import Nack, Pli, ReceiverReport, Remb, Rtcp, SenderReport
from media.sfu.arrivals import Arrivals
from media.sfu.budget import LossBudget
from media.sfu.source import Source, Unit
from media.sfu.speakers import guessed_level
from media.sfu.terms import Kind, Publication, Terms

MAX_STREAMS = 16
REBIND_AFTER_S = 1.0


class Intake:
    """Routes by SSRC; an unknown SSRC is bound by MID, then by payload type, for the life of the connection."""

    def __init__(self, terms: Terms, sources: dict[Kind, Source], ssrc: int) -> None:
        self.ssrc = ssrc
        self.malformed = 0
        self.unknown = 0
        self.level = 0
        self._terms = terms
        self._sources = sources
        self._streams: dict[int, tuple[Publication, bool]] = {}
        self._arrivals = Arrivals()
        self._budget = LossBudget()
        for publication in terms.publications:
            self._bind_signalled(publication)

    def _bind_signalled(self, publication: Publication) -> None:
        if publication.ssrc is not None:
            self._take(publication, publication.ssrc)
        if publication.rtx_ssrc is not None:
            self._streams[publication.rtx_ssrc] = (publication, True)

    def _take(self, publication: Publication, ssrc: int) -> None:
        self._streams[ssrc] = (publication, False)
        self._sources[publication.kind].bind(ssrc, repairable=publication.kind == "video")

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
        stream = self._streams.get(packet.ssrc) or self._bind(now, packet, found.mid)
        if stream is None:
            self.unknown += 1
            return None
        publication, repair = stream
        source = self._sources[publication.kind]
        if repair:
            return self._on_repair(now, publication, source, packet)
        if packet.payload_type != publication.payload_type or (
            source.reception is None or source.reception.ssrc != packet.ssrc
        ):
            self.unknown += 1
            return None
        if publication.kind == "audio":
            level = found.audio_level
            self.level = guessed_level(packet.payload_end - packet.payload_start) if level is None else level
        return source.accept(now, packet)

    def _bind(self, now: float, packet: Packet, mid: str | None) -> tuple[Publication, bool] | None:
        if len(self._streams) >= MAX_STREAMS:
            return None
        for publication in self._terms.publications:
            if mid is not None and publication.mid != mid:
                continue
            if packet.payload_type == publication.rtx_payload_type:
                self._streams[packet.ssrc] = (publication, True)
                return publication, True
            if packet.payload_type == publication.payload_type and self._may_rebind(now, publication):
                self._take(publication, packet.ssrc)
                return publication, False
        return None

    def _may_rebind(self, now: float, publication: Publication) -> bool:
        source = self._sources[publication.kind]
        return source.reception is None or now - source.last_packet_at > REBIND_AFTER_S

    def _on_repair(self, now: float, publication: Publication, source: Source, packet: Packet) -> Unit | None:
        """Undo RTX (RFC 4588 4): the original sequence number stands before the payload."""
        if packet.payload_end - packet.payload_start < 2 or source.reception is None:
            return None
        original = Packet(
            packet.data,
            publication.payload_type,
            packet.marker,
            int.from_bytes(packet.data[packet.payload_start : packet.payload_start + 2], "big"),
            packet.timestamp,
            source.reception.ssrc,
            0,
            packet.extension_start,
            packet.extension_start,
            packet.payload_start + 2,
            packet.payload_end,
        )
        return source.accept(now, original)

    def on_sender_report(self, now: float, report: SenderReport) -> Source | None:
        """Note a publisher's report; the source it belongs to."""
        for source in self._sources.values():
            reception = source.reception
            if reception is not None and reception.ssrc == report.ssrc:
                reception.on_sender_report(now, report.ntp)
                source.sender_report = (report.ntp, report.timestamp)
                return source
        return None

    def urgent(self, now: float) -> list[Rtcp]:
        """NACKs and key frame requests that are due."""
        messages: list[Rtcp] = []
        for source in self._sources.values():
            reception = source.reception
            if reception is None:
                continue
            if reception.repairable:
                missing = reception.missing(now)
                if missing and not source.muted:
                    messages.append(Nack(self.ssrc, reception.ssrc, tuple(missing)))
                if reception.beyond_repair:
                    reception.beyond_repair = False
                    source.keyframe_wanted = source.keyframe_wanted or bool(source.slots)
            if source.keyframe_due(now):
                messages.append(Pli(self.ssrc, reception.ssrc))
        return messages

    def transport_feedback(self) -> list[Rtcp]:
        """transport-cc feedback on what came since the last call."""
        return list(self._arrivals.feedback(self.ssrc, self._any_ssrc()))

    def reports(self, now: float) -> list[Rtcp]:
        """A receiver report, and a REMB where the sender has nothing better; once a second."""
        receptions = [s.reception for s in self._sources.values() if s.reception and s.reception.received]
        blocks = tuple(reception.report(now) for reception in receptions)
        messages: list[Rtcp] = [ReceiverReport(self.ssrc, blocks)]
        if blocks and not self._terms.transport_cc:
            bitrate = self._budget.update(max(block.fraction_lost for block in blocks))
            messages.append(Remb(self.ssrc, bitrate, tuple(block.ssrc for block in blocks)))
        return messages

    def _any_ssrc(self) -> int:
        return next((s.reception.ssrc for s in self._sources.values() if s.reception), 0)
