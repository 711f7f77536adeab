"""One meeting's packets: who is in it, whose packets go to whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from media.rtp import rtcp
from media.rtp.rtcp import ReceiverReport
from media.sfu.clock import SenderClock
from media.sfu.codecs import Codecs
from media.sfu.events import RoomEvent
from media.sfu.intake import Intake
from media.sfu.layer import OTHER, Unit
from media.sfu.link import Link
from media.sfu.participant import Participant
from media.sfu.receiver import Send
from media.sfu.selection import Selection
from media.sfu.shedding import Stage
from media.sfu.source import Source
from media.sfu.speakers import Speakers
from media.sfu.step import PythonStep, Step
from media.sfu.terms import Kind, Part, Terms
from media.sfu.turns import Turns

_FROM_SENDERS, _FOR_KEYFRAMES = {rtcp.SenderReport}, {rtcp.Pli, rtcp.Fir}


@dataclass(slots=True)
class Room:
    """Pure: packets and the time go in, what to send comes out. `unix_offset` turns `now` into seconds since 1970.

    `busy`: packets wait for their turn, so that `flush` should come again within milliseconds.
    """

    unix_offset: float = 0.0
    step: Step = field(default_factory=PythonStep)
    participants: dict[str, Participant] = field(default_factory=dict)
    speakers: Speakers = field(default_factory=Speakers)
    codecs: Codecs = field(default_factory=Codecs)
    selection: Selection = field(init=False)
    busy: bool = False
    _turns: Turns = field(init=False)
    _events: list[RoomEvent] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.selection = Selection(self.participants, self.speakers, self._events)
        self._turns = Turns(self.participants, self.selection, self._events, self.unix_offset)

    def admit(self, name: str) -> Participant:
        """Allow `name` in; the existing participant when it already is."""
        participant = self.participants.get(name)
        if participant is None:
            clock = SenderClock()
            audio, video = Source(name, "audio", self.step, clock), Source(name, "video", self.step, clock)
            participant = Participant(name, audio, video)
            self.participants[name] = participant
        return participant

    def remove(self, now: float, name: str) -> None:
        if name in self.participants:
            self._withdraw(self.participants[name].video)
            self.disconnect(now, name)
            self.speakers.favoured.discard(name)
            self.codecs.forget(name)
            gone = self.participants.pop(name)
            self.selection.arrange(now)
            for source in gone.sources.values():
                source.close()

    def connect(self, now: float, name: str, terms: Terms, seed: int, line: int = 0) -> Link:
        """A connection of `name` stands; it replaces a former one. `seed` is random, for SSRC-like values.

        Whoever comes back by the same `line` (a number for it) soon goes on where it stood.
        """
        participant = self.participants[name]
        self._close(now, participant)
        former = participant.former
        former = former if former is not None and former.is_of(now, line) else None
        allowed = former.up if former is not None else None
        participant.line = line
        participant.link = Link(now, name, terms, seed, self.step, former)
        participant.intake = Intake(terms, participant.sources, seed & 0xFFFFFFFF or 1, allowed)
        participant.video.spared = not self.selection.stage.tier.moves
        participant.demand.begin(now, len(participant.video.layers))
        self.codecs.agree(name, terms)
        self._events += participant.note_layers(now)
        self.selection.arrange(now)
        return participant.link

    def renew(self, name: str, terms: Terms) -> None:
        """Another agreement on what the connection of `name` sends; its slots stay as they are."""
        intake = self.participants[name].intake
        if intake is not None:
            intake.renew(terms)
            self.codecs.agree(name, terms)

    def disconnect(self, now: float, name: str) -> None:
        participant = self.participants[name]
        self._close(now, participant)
        self.codecs.disconnect(name)
        self.speakers.forget(name)
        self._events += participant.note_publishing(now)
        self.selection.arrange(now)

    def pause(self, now: float, name: str) -> None:
        """Nothing comes from `name` any more: until `resume` it is sent nothing, and its line is not judged by that."""
        participant = self.participants[name]
        self.catch_up(participant)
        participant.away = True
        if participant.link is not None and participant.intake is not None:
            participant.link.outflow.pause(now)
            participant.intake.pause()
        self.speakers.forget(name)
        self.selection.arrange(now)

    def resume(self, now: float, name: str) -> None:
        """It is heard again: it goes on as it was, and is told so at once."""
        participant = self.participants[name]
        participant.away = False
        participant.report_due = now
        self.selection.arrange(now)

    def _close(self, now: float, participant: Participant) -> None:
        self.catch_up(participant)
        participant.remember(now)
        if participant.link is not None:
            participant.link.close()
        if participant.intake is not None:
            participant.intake.close()
        participant.link = participant.intake = None
        participant.away = False

    def shed(self, now: float, stage: Stage) -> None:
        """The node gives up what `stage` says, or takes it back."""
        if stage is not self.selection.stage:
            self.selection.stage = stage
            self.selection.arrange(now)
            for participant in self.participants.values():
                participant.video.spared = not stage.tier.moves
                self.selection.allocate(now, participant)

    def take_part(self, now: float, name: str, part: Part) -> None:
        """Say what a participant is in the meeting: who is broadcast, or chairs it, is always heard and seen first."""
        if self.participants[name].part == part:
            return
        self.participants[name].part = part
        self.speakers.favoured = {p.name for p in self.participants.values() if p.part != "site"}
        for other in self.participants.values():
            self.selection.allocate(now, other)

    def mute(self, now: float, name: str, kind: Kind, muted: bool) -> list[Send]:
        """Drop (or forward again) a participant's audio or video, including what could be resent."""
        participant = self.participants[name]
        source = participant.sources[kind]
        self.catch_up(participant)
        source.mute(now, muted)
        if muted and kind == "audio":
            self.speakers.forget(name)
            self.selection.arrange(now)
        if muted and kind == "video":
            self._withdraw(source)
        return participant.urgent(now)

    def _withdraw(self, source: Source) -> None:
        """Nobody is to see any more of this picture: not what still waits, nor what could be resent."""
        for link in self._links():
            link.withdraw(source)

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
        participant.rests_told = False
        self.selection.show(now, participant)
        return [send for other in self.participants.values() for send in other.urgent(now)]

    def beside(self, name: str, bps: float) -> None:
        """So much goes to the participant's line beside its media; a new connection begins with none."""
        link = self.participants[name].link
        if link is not None:
            link.outflow.estimator.beside = bps

    def refresh(self, now: float, name: str, slot: int) -> list[Send]:
        """Ask for a key frame of what runs in video slot `slot`."""
        link = self.participants[name].link
        video = link.video[slot] if link is not None and 0 <= slot < len(link.video) else None
        if link is None or video is None or video.shows is None:
            return []
        link.wish(now, video)
        return self.participants[video.shows.participant].urgent(now)

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
            self.speakers.observe(arrived, name, intake.level, not intake.tells_levels)
        sends: list[Send] = []
        if intake.mended:
            sends, unit.form = self._mended(now, intake), OTHER
        sends += self.step.write(now, unit)
        if layer.keyframe_wanted:
            sends += participant.urgent(now)
        return sends

    def go_on(self, now: float, name: str, unit: Unit, place: int) -> list[Send]:
        """The rest of a packet that was taken elsewhere: the slots from `place` on are still to write it."""
        sends = self.step.write(now, unit, place)
        if unit.layer.keyframe_wanted:
            sends += self.participants[name].urgent(now)
        return sends

    def catch_up(self, participant: Participant) -> None:
        """Take what was noted of this participant's packets elsewhere."""
        participant.catch_up(self.speakers.observe, self.unix_offset)

    def _mended(self, now: float, intake: Intake) -> list[Send]:
        """What was lost and came as a copy goes out before the packet that brought it, which takes the same way."""
        units, intake.mended = intake.mended, []
        return [send for unit in units for send in self.step.write(now, unit)]

    def on_rtcp(self, now: float, name: str, data: bytes) -> list[Send]:
        """One plain compound RTCP packet from `name`."""
        participant = self.participants[name]
        link, intake = participant.link, participant.intake
        packets = rtcp.parse(data)
        if packets is None or link is None or intake is None:
            participant.malformed_rtcp += 1
            return []
        kinds = set(map(type, packets))
        if not kinds <= _FROM_SENDERS:
            self.catch_up(participant)
        sends: list[Send] = []
        for packet in packets:
            if isinstance(packet, rtcp.SenderReport):
                intake.on_sender_report(now, packet)
                packet = ReceiverReport(packet.ssrc, packet.reports)
            sends += link.on_rtcp(now, packet, now + self.unix_offset)
        intake.round_trip_s = link.round_trip_s
        if not kinds.isdisjoint(_FOR_KEYFRAMES):
            sends += [send for other in self.participants.values() for send in other.urgent(now)]
        return sends

    def on_tick(self, now: float) -> list[Send]:
        """To be called about every 25 ms: requests, feedback, reports, choices that are due."""
        sends = [send for participant in self.participants.values() for send in participant.urgent(now)]
        sends += self._turns.take(now)
        for participant in self.participants.values():
            if participant.link is not None and participant.link.begun:
                sends += participant.sender_reports(now, now + self.unix_offset, only_begun=True)
        return sends + self.flush(now)

    def flush(self, now: float) -> list[Send]:
        """What waited for its turn on a thin link and may go now."""
        waiting = [link for link in self._links() if link.outflow.busy or link.outflow.twice.waits]
        sends = [send for link in waiting for send in link.flush(now)]
        self.busy = any(link.outflow.busy for link in waiting)
        return sends

    def take_events(self) -> list[RoomEvent]:
        events = [*self._events]
        self._events.clear()
        changed = self.codecs.news()
        return events if changed is None else [*events, changed]

    def _links(self) -> list[Link]:
        return [p.link for p in self.participants.values() if p.link is not None]
