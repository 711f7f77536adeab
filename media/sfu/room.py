"""One meeting's packets: who is in it, whose packets go to whom."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from media.rtp import rtcp
from media.rtp.rtcp import ReceiverReport, Rtcp
from media.sfu.codecs import Codecs, CodecsChanged
from media.sfu.demand import Demand
from media.sfu.intake import Intake
from media.sfu.link import Link
from media.sfu.shedding import OPEN, Stage
from media.sfu.source import Send, Source, Unit
from media.sfu.speakers import Speakers
from media.sfu.standing import Carries, TierChanged
from media.sfu.step import PythonStep, Step
from media.sfu.temporal import ALL_TEMPORAL
from media.sfu.terms import Kind, Part, Terms
from media.sfu.tiers import TOP, Tier, lower
from media.sfu.wants import Ladders, View, wants

SPEAKER = "speaker"
CHOICE_INTERVAL_S = 0.1
ALLOCATION_INTERVAL_S = 0.2
CALM_TURNS = 8
REPORT_INTERVAL_S = 1.0
SPARSE_FEEDBACK_S = 0.3
"""On the thinnest lines feedback on what came takes a fifth of the room if it goes as often as elsewhere."""


@dataclass(frozen=True, slots=True)
class SpeakerChanged:
    participant: str | None
    loudest: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PublishingChanged:
    participant: str
    audio: bool
    video: bool


@dataclass(frozen=True, slots=True)
class LayersChanged:
    """Which layers of its picture a participant should send, in the order of its offer."""

    participant: str
    active: tuple[bool, ...]


RoomEvent = SpeakerChanged | PublishingChanged | LayersChanged | TierChanged | CodecsChanged


@dataclass(slots=True)
class Participant:
    """Somebody allowed in. Flags, view and sources outlive the connection.

    `temporal` is the highest temporal id that it gets, `tier` and `told` what was told of its line last.
    """

    name: str
    audio: Source
    video: Source
    view: tuple[str | None, ...] = ()
    heights: tuple[int | None, ...] = ()
    pinned: tuple[bool, ...] = ()
    part: Part = "site"
    temporal: int = ALL_TEMPORAL
    link: Link | None = None
    intake: Intake | None = None
    publishing: tuple[bool, bool] = (False, False)
    tier: Tier = TOP
    told: Carries = field(default_factory=Carries)
    turns: int = 0
    choice_due: float = 0.0
    report_due: float = 0.0
    feedback_due: float = 0.0
    demand: Demand = field(default_factory=Demand)
    malformed_rtcp: int = 0

    @property
    def sources(self) -> dict[Kind, Source]:
        return {"audio": self.audio, "video": self.video}


@dataclass(slots=True)
class Room:
    """Pure: packets and the time go in, what to send comes out. `unix_offset` turns `now` into seconds since 1970."""

    unix_offset: float = 0.0
    step: Step = field(default_factory=PythonStep)
    participants: dict[str, Participant] = field(default_factory=dict)
    speakers: Speakers = field(default_factory=Speakers)
    codecs: Codecs = field(default_factory=Codecs)
    stage: Stage = OPEN
    _events: list[RoomEvent] = field(default_factory=list)
    _former_speaker: str | None = None
    _next_choice: float = 0.0
    _next_allocation: float = 0.0
    _whole: set[Source | None] = field(default_factory=set)

    def admit(self, name: str) -> Participant:
        """Allow `name` in; the existing participant when it already is."""
        participant = self.participants.get(name)
        if participant is None:
            participant = Participant(name, Source(name, "audio", self.step), Source(name, "video", self.step))
            self.participants[name] = participant
        return participant

    def remove(self, now: float, name: str) -> None:
        if name in self.participants:
            self.disconnect(now, name)
            self.speakers.favoured.discard(name)
            self.codecs.forget(name)
            del self.participants[name]
            self._arrange(now)

    def connect(self, now: float, name: str, terms: Terms, seed: int) -> Link:
        """A connection of `name` stands; it replaces a former one. `seed` is random, for SSRC-like values."""
        participant = self.participants[name]
        self._close(participant)
        participant.link = Link(now, name, terms, seed, self.step)
        participant.intake = Intake(terms, participant.sources, seed & 0xFFFFFFFF or 1)
        participant.video.spared = not self.stage.tier.moves
        participant.demand.begin(now, len(participant.video.layers))
        self.codecs.agree(name, terms)
        self._note_layers(now, participant)
        self._arrange(now)
        return participant.link

    def renew(self, name: str, terms: Terms) -> None:
        """Another agreement on what the connection of `name` sends; its slots stay as they are."""
        intake = self.participants[name].intake
        if intake is not None:
            intake.renew(terms)
            self.codecs.agree(name, terms)

    def disconnect(self, now: float, name: str) -> None:
        participant = self.participants[name]
        self._close(participant)
        self.codecs.disconnect(name)
        self.speakers.forget(name)
        self._note_publishing(now, participant)
        self._arrange(now)

    def _close(self, participant: Participant) -> None:
        self.catch_up(participant)
        if participant.link is not None:
            participant.link.close()
        if participant.intake is not None:
            participant.intake.close()
        participant.link = participant.intake = None

    def shed(self, now: float, stage: Stage) -> None:
        """The node gives up what `stage` says, or takes it back."""
        if stage is not self.stage:
            self.stage = stage
            self._arrange(now)
            for participant in self.participants.values():
                participant.video.spared = not stage.tier.moves
                self._allocate(now, participant)

    def take_part(self, now: float, name: str, part: Part) -> None:
        """Say what a participant is in the meeting: who is broadcast, or chairs it, is always heard and seen first."""
        if self.participants[name].part == part:
            return
        self.participants[name].part = part
        self.speakers.favoured = {p.name for p in self.participants.values() if p.part != "site"}
        for other in self.participants.values():
            self._allocate(now, other)

    def mute(self, now: float, name: str, kind: Kind, muted: bool) -> list[Send]:
        """Drop (or forward again) a participant's audio or video, including what could be resent."""
        participant = self.participants[name]
        source = participant.sources[kind]
        self.catch_up(participant)
        source.mute(now, muted)
        if muted and kind == "audio":
            self.speakers.forget(name)
            self._arrange(now)
        if muted and kind == "video":
            for other in self._links():
                for slot in other.video:
                    if slot.source is source:
                        slot.repair.clear()
                        other.outflow.forget_waiting()
        return self._urgent(now, participant)

    def view(
        self,
        now: float,
        name: str,
        view: Sequence[str | None],
        heights: Sequence[int | None] = (),
        pinned: Sequence[bool] = (),
    ) -> list[Send]:
        """Choose what the video slots of `name` show; sends are the key frame requests.

        `heights` are those of the tiles in pixels, 0 for one that nobody sees; None or a missing one is not known.
        `pinned` tiles go first where not all fits.
        """
        participant = self.participants[name]
        participant.view = tuple(view)
        participant.heights = tuple(heights)
        participant.pinned = tuple(pinned)
        self._show(now, participant)
        return [send for other in self.participants.values() for send in self._urgent(now, other)]

    def refresh(self, now: float, name: str, slot: int) -> list[Send]:
        """Ask for a key frame of what runs in video slot `slot`."""
        link = self.participants[name].link
        video = link.video[slot] if link is not None and 0 <= slot < len(link.video) else None
        if video is None or video.shows is None:
            return []
        video.ask_keyframe()
        return self._urgent(now, self.participants[video.shows.participant])

    def on_rtp(self, now: float, name: str, data: bytes, arrived: float | None = None) -> list[Send]:
        """One plain RTP packet from `name`: what goes out because of it, as (link, head, body).

        It came when it `arrived`, else now: what it waited for us in between is no congestion of either way.
        """
        arrived = now if arrived is None else arrived
        participant = self.participants[name]
        intake = participant.intake
        if intake is None:
            return []
        self.catch_up(participant)
        unit = intake.on_rtp(arrived, data)
        if unit is None:
            return []
        layer = unit.layer
        if layer.source.kind == "audio" and unit.body:
            self.speakers.observe(arrived, name, intake.level)
        sends = self._mended(now, intake) if intake.mended else []
        sends += self.step.write(now, unit)
        if layer.keyframe_wanted:
            sends += self._urgent(now, participant)
        return sends

    def go_on(self, now: float, name: str, unit: Unit, place: int) -> list[Send]:
        """The rest of a packet that was taken elsewhere: the slots from `place` on are still to write it."""
        sends = self.step.write(now, unit, place)
        if unit.layer.keyframe_wanted:
            sends += self._urgent(now, self.participants[name])
        return sends

    def catch_up(self, participant: Participant) -> None:
        """Take what was noted of this participant's packets elsewhere."""
        intake, link = participant.intake, participant.link
        if intake is None or intake.notes is None or not intake.notes.pending:
            return
        intake.catch_up(participant.name, self.speakers.observe)
        if link is not None:
            link.catch_up(intake.notes, self.unix_offset)
            intake.round_trip_s = link.round_trip_s

    @staticmethod
    def _mended(now: float, intake: Intake) -> list[Send]:
        """What was lost and came as a copy goes out before the packet that brought it."""
        units, intake.mended = intake.mended, []
        return [send for unit in units for slot in unit.layer.slots if (send := slot.write(now, unit)) is not None]

    def on_rtcp(self, now: float, name: str, data: bytes) -> list[Send]:
        """One plain compound RTCP packet from `name`."""
        participant = self.participants[name]
        link, intake = participant.link, participant.intake
        self.catch_up(participant)
        if intake is not None and intake.notes is not None and intake.notes.digest(now, data):
            self.catch_up(participant)
            return []
        packets = rtcp.parse(data)
        if packets is None or link is None or intake is None:
            participant.malformed_rtcp += 1
            return []
        sends: list[Send] = []
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport):
                intake.on_sender_report(now, packet)
                packet = ReceiverReport(packet.ssrc, packet.reports)
            sends += link.on_rtcp(now, packet, now + self.unix_offset)
        intake.round_trip_s = link.round_trip_s
        if any(isinstance(packet, rtcp.Pli | rtcp.Fir) for packet in packets):
            sends += [send for other in self.participants.values() for send in self._urgent(now, other)]
        return sends

    def on_tick(self, now: float) -> list[Send]:
        """To be called about every 25 ms: requests, feedback, reports, choices that are due."""
        for participant in self.participants.values():
            self.catch_up(participant)
        sends = [send for participant in self.participants.values() for send in self._urgent(now, participant)]
        sends += self._choose(now)
        for participant in self.participants.values():
            if participant.link is not None and participant.link.begun:
                sends += self._sender_reports(now, participant, only_begun=True)
        return sends + self.flush(now)

    @property
    def busy(self) -> bool:
        """Whether packets wait for their turn: `flush` should come again within milliseconds."""
        return any(link.outflow.busy for link in self._links())

    def flush(self, now: float) -> list[Send]:
        """What waited for its turn on a thin link and may go now."""
        return [send for link in self._links() if link.outflow.busy for send in link.flush(now)]

    def take_events(self) -> list[RoomEvent]:
        events, self._events = self._events, []
        changed = self.codecs.news()
        return events if changed is None else [*events, changed]

    def _links(self) -> list[Link]:
        return [p.link for p in self.participants.values() if p.link is not None]

    def _urgent(self, now: float, participant: Participant) -> list[Send]:
        intake = participant.intake
        return self._feedback(participant, intake.urgent(now)) if intake is not None else []

    @staticmethod
    def _feedback(participant: Participant, messages: Iterable[Rtcp]) -> list[Send]:
        """Feedback as one compound, which begins with a report (RFC 3550 6.1)."""
        packets = list(messages)
        link, intake = participant.link, participant.intake
        if not packets or link is None or intake is None:
            return []
        begins = isinstance(packets[0], ReceiverReport | rtcp.SenderReport)
        return [(link, (b"" if begins else intake.empty_report) + rtcp.compound(packets), b"")]

    def _choose(self, now: float) -> list[Send]:
        """Each participant has turns of its own, so that what is done for all does not hold up packets all at once."""
        choosing, changed, ladders = now >= self._next_choice, False, Ladders()
        if choosing:
            self._next_choice = now + CHOICE_INTERVAL_S
            self._measure(now)
        sends: list[Send] = []
        for number, participant in enumerate(self.participants.values()):
            if now >= participant.choice_due:
                participant.choice_due = now + CHOICE_INTERVAL_S
                changed = self._note_publishing(now, participant) or changed
                sends += self._tend(now, number, participant, ladders)
        if (choosing and self._choose_speaker(now)) or changed:
            self._arrange(now)
        for participant in self.participants.values():
            if now >= participant.report_due:
                participant.report_due = now + REPORT_INTERVAL_S
                sends += self._report(now, participant)
        return sends

    def _measure(self, now: float) -> None:
        if now >= self._next_allocation:
            self._next_allocation = now + ALLOCATION_INTERVAL_S
            for participant in self.participants.values():
                participant.video.measure(now)
        self._whole = {None, *(p.video for p in self.participants.values() if p.video.whole)}

    def _tend(self, now: float, number: int, participant: Participant, ladders: Ladders) -> list[Send]:
        """What is due for one participant ten times a second; allocation in every second turn."""
        link, intake = participant.link, participant.intake
        for source in participant.sources.values():
            source.police(now)
        allocating = participant.turns % 2 == 0
        participant.turns += 1
        if link is None or intake is None:
            return []
        if participant.demand.update(now, participant.video):
            self._note_layers(now, participant)
        sends: list[Send] = []
        if now >= participant.feedback_due:
            participant.feedback_due = now + (SPARSE_FEEDBACK_S if participant.tier.packed else 0.0)
            sends = self._feedback(participant, intake.transport_feedback(now))
        if link.outflow.choked or (allocating and self._is_due(participant.turns // 2 + number, link)):
            self._allocate(now, participant, ladders)
        elif allocating:
            link.go_on(now)
        for slot in link.video:
            if not slot.at_rest or slot.shows not in self._whole:
                slot.settle(now)
        return sends

    def _choose_speaker(self, now: float) -> bool:
        """Whether who is heard or seen as speaker changed."""
        former = self.speakers.speaker
        if not self.speakers.choose(now):
            return False
        if former != self.speakers.speaker and former is not None:
            self._former_speaker = former
        self._events.append(SpeakerChanged(self.speakers.speaker, tuple(self.speakers.loudest)))
        return True

    @staticmethod
    def _is_due(turn: int, link: Link) -> bool:
        """Whether to allocate anew: who has room for far more than all it wants is not looked at in every turn."""
        return turn % CALM_TURNS == 0 or not link.has_plenty

    def _note_publishing(self, now: float, participant: Participant) -> bool:
        state = (participant.audio.publishing(now), participant.video.publishing(now))
        if state == participant.publishing:
            return False
        participant.publishing = state
        self._events.append(PublishingChanged(participant.name, *state))
        return True

    def _note_layers(self, now: float, participant: Participant) -> None:
        """Tell which layers are wanted, where there are several."""
        participant.video.ask(now, participant.demand.active)
        if len(participant.demand.active) > 1:
            self._events.append(LayersChanged(participant.name, participant.demand.active))

    def _report(self, now: float, participant: Participant) -> list[Send]:
        if participant.link is None or participant.intake is None:
            return []
        sends = self._feedback(participant, participant.intake.reports(now))
        return sends + self._sender_reports(now, participant)

    def _sender_reports(self, now: float, participant: Participant, *, only_begun: bool = False) -> list[Send]:
        """What slots have sent, on the bridge's clock; `only_begun`: those that have just changed their input."""
        if participant.link is None:
            return []
        reports = participant.link.sender_reports(now, now + self.unix_offset, only_begun)
        found: list[Send] = []
        for start in range(0, len(reports), 8):
            found += self._feedback(participant, reports[start : start + 8])
        return found

    def _arrange(self, now: float) -> None:
        """Put the right sources into everybody's slots: who has few of them hears who speaks."""
        loudest = sorted(self.speakers.loudest, key=lambda name: name != self.speakers.speaker)
        heard = [self.participants[name].audio for name in loudest if name in self.participants][: self.stage.voices]
        ladders = Ladders()
        for participant in self.participants.values():
            if participant.link is not None:
                participant.link.hear(s for s in heard if s.participant != participant.name)
                self._show(now, participant, ladders)

    def _show(self, now: float, participant: Participant, ladders: Ladders | None = None) -> None:
        """Put what a participant looks at into its slots.

        With `ladders` somebody else has changed: who sees the same as before, with plenty of room, has what it should.
        """
        link = participant.link
        if link is None:
            return
        changed = ladders is None or not link.has_plenty
        for number, slot in enumerate(link.video):
            wish = participant.view[number] if number < len(participant.view) else None
            name = self._stage(participant.name) if wish == SPEAKER else wish
            shown = self.participants.get(name) if name is not None and name != participant.name else None
            source = shown.video if shown is not None else None
            changed = changed or source is not slot.shows
            slot.show(now, source)
        if changed:
            self._allocate(now, participant, ladders)

    def _allocate(self, now: float, participant: Participant, ladders: Ladders | None = None) -> None:
        """Give each slot of a receiver the layer that its tile deserves and its link carries."""
        if participant.link is not None:
            staged = frozenset(number for number, wish in enumerate(participant.view) if wish == SPEAKER)
            held = frozenset(number for number, held in enumerate(participant.pinned) if held)
            parts = {other.name: other.part for other in self.participants.values() if other.part != "site"}
            speaker, temporal = self.speakers.speaker, participant.temporal
            tier = lower(participant.link.ladder.tier, self.stage.tier)
            view = View(participant.heights, staged, held, parts, speaker, temporal, tier, self.stage.most_rank)
            participant.link.allocate(now, wants(now, participant.link.video, view, ladders))
            self._note_tier(now, participant, participant.link)

    def _note_tier(self, now: float, participant: Participant, link: Link) -> None:
        """Tell of another tier; where stills are sent beside us also of another rate, which is their pace."""
        ladder, carries = link.ladder, link.outflow.carries
        if ladder.tier is not participant.tier or (ladder.tier.stills and participant.told.is_old(now, carries)):
            participant.tier, participant.told = ladder.tier, Carries(carries, now)
            self._events.append(TierChanged(participant.name, ladder.tier, ladder.why, carries))

    def _stage(self, viewer: str) -> str | None:
        """Whom `viewer` sees as speaker: never itself, somebody with a picture while nobody has spoken."""
        for name in (self.speakers.speaker, self._former_speaker):
            if name is not None and name != viewer and name in self.participants:
                return name
        return next(
            (p.name for p in self.participants.values() if p.name != viewer and p.publishing[1]),
            None,
        )
