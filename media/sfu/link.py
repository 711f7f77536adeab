"""The way to one receiver: its slots, and what it tells about them. Only links send."""

import math
from collections.abc import Iterable, Sequence

from media.rtp.packet import HEADER_SIZE
from media.rtp.rtcp import Fir, Nack, Pli, ReceiverReport, Remb, Rtcp, SenderReport, TransportFeedback
from media.sfu.allocate import Allocator, Decision, Want
from media.sfu.clock import ntp_time
from media.sfu.intake import Notes
from media.sfu.ladder import Ladder, Measured
from media.sfu.outflow import UNNUMBERED_OVERHEAD, Outflow
from media.sfu.receiver import Send
from media.sfu.reports import Report
from media.sfu.seats import Seats
from media.sfu.slot import AudioSlot
from media.sfu.source import Source
from media.sfu.standing import Former
from media.sfu.step import Step
from media.sfu.temporal import ALL_TEMPORAL
from media.sfu.terms import Terms
from media.sfu.tiers import TOP
from media.sfu.video_slot import VideoSlot
from media.sfu.voices import VOICE_BPS
from media.sfu.wants import needs
from media.sfu.wishes import Wishes

MAX_RESENDS_PER_NACK = 100
PLENTY = 1.2
PACKED_VOICE_BPS = 25_000.0


def _numbering(terms: Terms) -> tuple[int, bool]:
    """The number of the transport-cc extension, 0 unless all video agrees; and whether speech has it too."""
    video = {slot.transport_cc for slot in terms.slots if slot.kind == "video"}
    audio = {slot.transport_cc for slot in terms.slots if slot.kind == "audio"}
    number = next(iter(video or audio), 0)
    return (number, audio <= {number}) if len(video) < 2 else (0, False)


class Link:
    """One connection of one receiver. `seed` spreads the first sequence numbers and timestamps (RFC 3550 5.1).

    `decisions` are those of the last allocation, by number of the video slot, `reported` is what its receiver told last
    of each stream, by SSRC. It goes on where the `former` one stood.
    """

    def __init__(
        self, now: float, participant: str, terms: Terms, seed: int, step: Step, former: Former | None = None
    ) -> None:
        self.participant = participant
        self.terms = terms
        self.audio: list[AudioSlot] = []
        self.video: list[VideoSlot] = []
        self.copies = 0
        self.packed = False
        self.reported: dict[int, Report] = {}
        self.round_trip_s: float | None = None
        audio = sum(slot.kind == "audio" for slot in terms.slots)
        carried = former.down if former is not None else None
        self.outflow = Outflow(now, *_numbering(terms), audio, step.sent(), carried)
        self.allocator = Allocator()
        self.ladder = Ladder(now)
        if not self.outflow.numbers_speech:
            plain = {slot.payload_type for slot in terms.slots if slot.kind == "audio"}
            knows_red = any(slot.red_payload_type is not None for slot in terms.slots)
            self.outflow.send_twice(() if knows_red else plain)
        if former is not None:
            self.ladder.go_on_from(now, former.tier, former.why)
        self.decisions: dict[int, Decision] = {}
        self.begun: set[int] = set()
        self._voices: list[Source] = []
        self._needed = math.inf
        self._wishes = Wishes()
        for number, slot in enumerate(terms.slots):
            start = (seed + number * 2654435761) & 0xFFFFFFFF
            state = step.slot(self.outflow.sent)
            if slot.kind == "audio":
                self.audio.append(AudioSlot(self, slot, start & 0x7FFF, start, state))
            else:
                again = step.repair(self.outflow.sent, state)
                self.video.append(VideoSlot(self, slot, start & 0x7FFF, start, state, again))
        self.seats = Seats(self.audio, self.video)
        self._video_by_ssrc = {slot.terms.ssrc: slot for slot in self.video}
        slots: list[AudioSlot | VideoSlot] = [*self.audio, *self.video]
        self._slots = tuple(slots)
        self._told_of = {slot.terms.ssrc: slot.state for slot in slots}
        self._told_of |= {slot.terms.rtx_ssrc: slot.state for slot in self.video if slot.terms.rtx_ssrc is not None}

    def close(self) -> None:
        for audio in self.audio:
            audio.attach(None)
        for video in self.video:
            video.show(0.0, None)
        # They know the link, which is to go with all its memory as soon as nobody else does.
        self.audio.clear()
        self.video.clear()
        self._video_by_ssrc.clear()
        self._slots, self.seats = (), Seats((), ())

    def hear(self, sources: Iterable[Source]) -> None:
        """Put these sources into the audio slots; those already in one stay where they are."""
        self._voices = list(sources)[: len(self.audio)]
        self.outflow.voices.wanted = len(self._voices)
        self._place()

    def _place(self) -> None:
        self.seats.place(self._voices[: self.outflow.voices.count][: self.ladder.tier.voices])

    def on_rtcp(self, now: float, packet: Rtcp, unix_s: float) -> list[Send]:
        """Take a receiver's report or request; resent packets come back, key frame wishes go to the sources."""
        if isinstance(packet, Nack):
            slot = self._video_by_ssrc.get(packet.media_ssrc)
            if slot is None:
                return []
            return self._resend(now, slot, packet.sequences[:MAX_RESENDS_PER_NACK])
        if isinstance(packet, Pli):
            self._on_wish(now, packet.media_ssrc)
        elif isinstance(packet, Fir):
            for ssrc, _number in packet.targets:
                self._on_wish(now, ssrc)
        elif isinstance(packet, ReceiverReport):
            for block in packet.reports:
                lost, highest, last_sr = block.fraction_lost, block.highest_sequence, block.last_sr
                since = block.delay_since_last_sr
                self.on_block((now, block.ssrc, lost, highest, last_sr, since, block.jitter), unix_s)
        elif isinstance(packet, TransportFeedback):
            self.outflow.on_feedback(now, packet.feedback)
        elif isinstance(packet, Remb):
            self.outflow.reports.on_remb(packet.bitrate)
        return []

    def catch_up(self, notes: Notes, unix_offset: float) -> None:
        """Take what its receiver told and was digested elsewhere."""
        for report in notes.take_reports():
            self.on_block(report, report[0] + unix_offset)
        told = notes.take_told()
        if told is not None:
            self.outflow.on_told(*told)

    # -- sending --------------------------------------------------------------------------------

    def note_begun(self, ssrc: int) -> None:
        """A slot has changed what it sends: its receiver should know its new clock soon."""
        self.begun.add(ssrc)

    def pace(self) -> None:
        """Much comes at once: what goes out is judged anew for every slot."""
        self.outflow.pace()
        heard = [slot.source.layers[0] for slot in self.audio if slot.source is not None]
        for layer in heard + [slot.layer for slot in self.video if slot.layer is not None]:
            layer.fan = None

    def note_copies(self, octets: int) -> None:
        self.outflow.note_copies(octets)

    def speak(self, now: float, head: bytes, body: bytes) -> Send:
        """Speech goes out at once."""
        return self, self.outflow.speak(now, head, body), body

    def show(self, now: float, head: bytes, body: bytes) -> Send | None:
        """A picture's packet goes out at once, or waits: None."""
        ready = self.outflow.show(now, head, body)
        return None if ready is None else (self, ready, body)

    def flush(self, now: float) -> list[Send]:
        """What waited and may go now."""
        return [(self, head, body) for head, body in self.outflow.flush(now, self._padding)]

    def withdraw(self, source: Source) -> None:
        """Nothing more of this source's pictures goes out: not what waits, even of a slot that went on, nor repairs."""
        slots = {ssrc: slot for slot in self.video for ssrc in (slot.terms.ssrc, slot.terms.rtx_ssrc) if ssrc}

        def is_of(head: bytes) -> bool:
            ssrc = int.from_bytes(head[8:12], "big")
            slot = slots[ssrc]
            sequence = head[2:4] if ssrc == slot.terms.ssrc else head[HEADER_SIZE : HEADER_SIZE + 2]
            return slot.repair.may_be_of(int.from_bytes(sequence, "big"), source)

        if self.outflow.pacer.waiting:
            self.outflow.pacer.withdraw(is_of)
        for slot in self.video:
            if slot.source is source:
                slot.repair.clear()

    def _resend(self, now: float, slot: VideoSlot, sequences: Sequence[int]) -> list[Send]:
        sends: list[Send] = []
        for head, body in slot.repair.answer(now, sequences):
            # Without RTX the very packet goes out again, with the number that it had: the transport kept it.
            same = int.from_bytes(head[8:12], "big") == slot.terms.ssrc
            ready = head if same else self.outflow.repair(now, head, body)
            if ready is not None:
                sends.append((self, ready, body))
        return sends

    def _padding(self, size: int) -> list[tuple[bytes, bytes]]:
        """To probe with: repairs of a slot that has sent something, else padding: what must fit first is tried too."""
        slots = [slot for slot in self.video if slot.terms.rtx_ssrc is not None]
        slot = next((slot for slot in slots if slot.packets), slots[0] if slots else None)
        return slot.repair.padding(size) if slot is not None else []

    # -- what is sent ---------------------------------------------------------------------------

    def allocate(self, now: float, wants: Sequence[Want]) -> None:
        """Aim the video slots by what the way to the receiver carries."""
        outflow = self.outflow
        if outflow.choked:
            for slot in self.video:
                slot.repair.clear()
        budget = self._pictures(now)
        self.decisions = self.allocator.allocate(now, budget, wants, outflow.reserved)
        self._fit_speech(now)
        seen = ((want.rank, -want.top, want.slot) for want in wants if want.source is not None and want.top is not None)
        self.seats.stage = min(seen, default=(0, 0, 0))[2]
        for want in wants:
            self._aim(now, want, self.decisions[want.slot])
        climbed = self._climb(now, wants)
        if outflow.fit_voices(now) or climbed:
            self._place()
        self._needed = self.allocator.needed + outflow.voices.missing_bps
        outflow.on_tick(now, self._needed)

    @property
    def has_plenty(self) -> bool:
        """Whether the way carries PLENTY times what every slot could use, and nothing is held back."""
        outflow = self.outflow
        carries = outflow.bitrate is None or outflow.bitrate > PLENTY * self._needed
        fills = self.ladder.tier is TOP and not self.allocator.short and not outflow.reserved
        return carries and not outflow.thin and fills

    def go_on(self, now: float) -> None:
        """Another turn of the same allocation."""
        self._pictures(now)
        self.outflow.on_tick(now, self._needed)

    def _pictures(self, now: float) -> float | None:
        """The budget for pictures, bit/s."""
        outflow = self.outflow
        if outflow.by_reports:
            states = [slot.state for slot in self.video]
            outflow.shown.octets = sum(state.octets + state.packets * UNNUMBERED_OVERHEAD for state in states)
        return outflow.pictures(now)

    def _fit_speech(self, now: float) -> None:
        """As many copies, and as many frames in a packet, as the way needs now."""
        outflow = self.outflow
        wanted = outflow.redundancy.count, self.ladder.tier.packed
        repeats = outflow.twice.follow(now, wanted[0], outflow.own_loss)
        if (self.copies, self.packed) != wanted or repeats:
            self.copies, self.packed = wanted
            for speech in self.audio:
                speech.note_copies()

    def _climb(self, now: float, wants: Sequence[Want]) -> bool:
        """Take the tier that the way carries, for what is sent from now on; whether it is another one."""
        outflow = self.outflow
        spoken = outflow.speech.bitrate + outflow.copies.bitrate
        tiers = needs(wants, max(VOICE_BPS, spoken), PACKED_VOICE_BPS, outflow.reserved)
        return self.ladder.step(now, Measured(outflow.carries, tiers, outflow.loss.share))

    def _aim(self, now: float, want: Want, decision: Decision) -> None:
        """Where a site sends less than the tile deserves and nothing presses, what comes back is taken at once."""
        slot, step = self.video[want.slot], decision.step
        if step is None:
            if want.source is not None:
                slot.aim(now, want.top if decision.reason == "site" else None, ALL_TEMPORAL)
        elif decision.reason == "site" and not self.outflow.thin:
            slot.aim(now, want.top, step.temporal)
        else:
            slot.aim(now, step.layer, step.temporal)

    # -- what comes back ------------------------------------------------------------------------

    def _on_wish(self, now: float, ssrc: int) -> None:
        slot = self._video_by_ssrc.get(ssrc)
        if slot is not None:
            self.wish(now, slot)

    def wish(self, now: float, slot: VideoSlot) -> None:
        """The receiver says that it cannot go on in this slot without a key frame."""
        layer = slot.layer or slot.target
        if layer is not None and not layer.keyframe_wanted and self._wishes.grant(now, layer.source.participant):
            layer.keyframe_wanted = True

    def on_block(self, report: Report, unix_s: float) -> None:
        """Take a receiver's report on one stream (RFC 3550 6.4.1)."""
        now, ssrc, _, _, last_sr, delay, _ = report
        ticks = ((ntp_time(unix_s) >> 16) - last_sr - delay) & 0xFFFFFFFF
        if last_sr and ticks < 0x80000000:
            self.round_trip_s = ticks / 65536
            self.outflow.on_round_trip(now, last_sr, self.round_trip_s)
        told_of = self._told_of.get(ssrc)
        if told_of is None:
            return
        self.reported[ssrc] = report
        if not self.outflow.estimator.heard:
            sent = sum(slot.octets + slot.packets * UNNUMBERED_OVERHEAD for slot in self._slots)
            self.outflow.on_report(report, told_of, sent)

    def sender_reports(self, now: float, unix_s: float, only_begun: bool = False) -> list[Rtcp]:
        """A report for each slot that has sent lately (or that changed its input), on the bridge's clock."""
        reports: list[Rtcp] = []
        begun, self.begun = self.begun, set()
        ntp = ntp_time(unix_s)
        for slot in self._slots:
            if now - slot.state.sent_at > 5.0 or (only_begun and slot.terms.ssrc not in begun):
                continue
            state = slot.state
            reports.append(SenderReport(state.ssrc, ntp, slot.splice.reported(now), state.packets, state.octets))
        return reports
