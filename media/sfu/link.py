"""The way to one receiver: its slots, and what it tells about them. Only links send."""

from collections.abc import Iterable

from media.rtp.rtcp import Fir, Nack, Pli, ReceiverReport, Rtcp, SenderReport
from media.sfu.slot import AudioSlot
from media.sfu.source import Send, Source
from media.sfu.terms import Terms, clock_rate
from media.sfu.video_slot import VideoSlot

NTP_UNIX_OFFSET_S = 2_208_988_800
MAX_RESENDS_PER_NACK = 100


def ntp_time(unix_s: float) -> int:
    """Seconds since 1970 as a 64-bit NTP time."""
    return int((unix_s + NTP_UNIX_OFFSET_S) * 4294967296)


class Link:
    """One connection of one receiver. `seed` spreads the first sequence numbers and timestamps (RFC 3550 5.1)."""

    def __init__(self, participant: str, terms: Terms, seed: int) -> None:
        self.participant = participant
        self.terms = terms
        self.audio: list[AudioSlot] = []
        self.video: list[VideoSlot] = []
        self.fraction_lost = 0
        self.round_trip_s: float | None = None
        for number, slot in enumerate(terms.slots):
            start = (seed + number * 2654435761) & 0xFFFFFFFF
            if slot.kind == "audio":
                self.audio.append(AudioSlot(self, slot, start & 0x7FFF, start))
            else:
                self.video.append(VideoSlot(self, slot, start & 0x7FFF, start))
        self._video_by_ssrc = {slot.terms.ssrc: slot for slot in self.video}

    def close(self) -> None:
        for audio in self.audio:
            audio.attach(None)
        for video in self.video:
            video.show(0.0, None)

    def hear(self, sources: Iterable[Source]) -> None:
        """Put these sources into the audio slots; those already in one stay where they are."""
        wanted = list(sources)[: len(self.audio)]
        for slot in self.audio:
            if slot.source not in wanted:
                slot.attach(None)
        placed = [slot.source for slot in self.audio]
        waiting = [source for source in wanted if source not in placed]
        for slot in self.audio:
            if slot.source is None and waiting:
                slot.attach(waiting.pop(0))

    def on_rtcp(self, now: float, packet: Rtcp, unix_s: float) -> list[Send]:
        """Take a receiver's report or request; resent packets come back, key frame wishes go to the sources."""
        if isinstance(packet, Nack):
            slot = self._video_by_ssrc.get(packet.media_ssrc)
            if slot is None:
                return []
            again = slot.repair.answer(now, packet.sequences[:MAX_RESENDS_PER_NACK])
            return [(self, head, body) for head, body in again]
        if isinstance(packet, Pli):
            self._want_keyframe(packet.media_ssrc)
        elif isinstance(packet, Fir):
            for ssrc, _number in packet.targets:
                self._want_keyframe(ssrc)
        elif isinstance(packet, ReceiverReport):
            self._on_report(packet, unix_s)
        return []

    def _want_keyframe(self, ssrc: int) -> None:
        slot = self._video_by_ssrc.get(ssrc)
        if slot is not None:
            slot.ask_keyframe()

    def _on_report(self, packet: ReceiverReport, unix_s: float) -> None:
        for block in packet.reports:
            self.fraction_lost = block.fraction_lost
            if block.last_sr:
                middle = ntp_time(unix_s) >> 16 & 0xFFFFFFFF
                ticks = (middle - block.last_sr - block.delay_since_last_sr) & 0xFFFFFFFF
                if ticks < 0x80000000:
                    self.round_trip_s = ticks / 65536

    def sender_reports(self, now: float, unix_s: float) -> list[Rtcp]:
        """A report for each slot that has sent lately, on the bridge's clock."""
        reports: list[Rtcp] = []
        slots: list[AudioSlot | VideoSlot] = [*self.audio, *self.video]
        for slot in slots:
            sent_at = slot.splice.sent_at
            if sent_at is None or now - sent_at > 5.0:
                continue
            rate = clock_rate(slot.terms.kind)
            timestamp = slot.splice.timestamp + int((now - sent_at) * rate)
            reports.append(SenderReport(slot.terms.ssrc, ntp_time(unix_s), timestamp, slot.packets, slot.octets))
        return reports
