"""What everybody in a meeting hears and sees: sources in slots, and of each picture the layer that its line carries."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from media.sfu.events import RoomEvent, SpeakerChanged
from media.sfu.link import Link
from media.sfu.participant import Participant
from media.sfu.shedding import OPEN, Stage
from media.sfu.speakers import LOUDEST, Speakers
from media.sfu.standing import Carries, RestsChanged, RestsFor, TierChanged, resting
from media.sfu.tiers import lower
from media.sfu.wants import Ladders, View, wants

SPEAKER, CONTENT = "speaker", "content"


@dataclass(slots=True)
class Selection:
    """`participants`, `speakers` and `events` are those of the room; `stage` is what the node gives up for lateness."""

    participants: dict[str, Participant]
    speakers: Speakers
    events: list[RoomEvent]
    stage: Stage = OPEN
    _former_speaker: str | None = None
    _told: tuple[str | None, frozenset[str]] = (None, frozenset())

    def choose_speaker(self, now: float) -> bool:
        """Whether who is heard or seen as speaker changed; also by a mute or a leaving since the last call."""
        if not self.speakers.choose(now):
            return False
        told, speaker = self._told, self.speakers.speaker
        self._told = speaker, frozenset(self.speakers.loudest)
        if told[0] not in (None, speaker):
            self._former_speaker = told[0]
        if told != self._told:
            self.events.append(SpeakerChanged(speaker, tuple(self.speakers.loudest)))
        return True

    def arrange(self, now: float) -> None:
        """Put the right sources into everybody's slots: who has few of them hears who speaks."""
        loudest = [name for name in self.speakers.loudest if name in self.participants]
        heard = loudest[: self.stage.voices]
        ladders = Ladders()
        for participant in self.participants.values():
            if participant.link is not None:
                names = () if participant.away else self._heard_by(participant.name, heard)
                participant.link.hear(self.participants[name].audio for name in names)
                self.show(now, participant, ladders)

    def _heard_by(self, hearer: str, heard: Sequence[str]) -> Iterator[str]:
        """The others: the loudest LOUDEST, and those who are always heard."""
        places = LOUDEST
        for name in heard:
            ordinary = name not in self.speakers.favoured
            if name != hearer and (places > 0 or not ordinary):
                places -= ordinary
                yield name

    def show(self, now: float, participant: Participant, ladders: Ladders | None = None) -> None:
        """Put what a participant looks at into its slots.

        With `ladders` somebody else has changed: who sees the same as before, with plenty of room, has what it should.
        """
        link = participant.link
        if link is None:
            return
        changed = ladders is None or not link.has_plenty
        for number, slot in enumerate(link.video):
            wish = participant.view[number] if number < len(participant.view) else None
            name = self._meant(participant.name, wish)
            shown = (
                self.participants.get(name) if name not in (None, participant.name) and not participant.away else None
            )
            source = shown.video if shown is not None else None
            changed = changed or source is not slot.shows
            slot.show(now, source)
        if changed:
            self.allocate(now, participant, ladders)

    def allocate(self, now: float, participant: Participant, ladders: Ladders | None = None) -> None:
        """Give each slot of a receiver the layer that its tile deserves and its link carries."""
        if participant.link is not None and not participant.away:
            staged = frozenset(number for number, wish in enumerate(participant.view) if wish == SPEAKER)
            held = frozenset(number for number, held in enumerate(participant.pinned) if held)
            parts = {other.name: other.part for other in self.participants.values() if other.part != "site"}
            speaker, temporal = self.speakers.speaker, participant.temporal
            tier = lower(participant.link.ladder.tier, self.stage.tier)
            view = View(participant.heights, staged, held, parts, speaker, temporal, tier, self.stage.most_rank)
            wanted = wants(now, participant.link.video, view, ladders)
            participant.link.allocate(now, wanted)
            self._note_tier(now, participant, participant.link)
            self._note_rests(participant, resting(wanted, participant.link.decisions, self.stage))

    def _note_tier(self, now: float, participant: Participant, link: Link) -> None:
        """Tell of another tier; where stills are sent beside us also of another rate, which is their pace."""
        ladder, carries = link.ladder, link.outflow.carries
        if ladder.tier is not participant.tier or (ladder.tier.stills and participant.told.is_old(now, carries)):
            participant.tier, participant.told = ladder.tier, Carries(carries, now)
            self.events.append(TierChanged(participant.name, ladder.tier, ladder.why, carries))

    def _note_rests(self, participant: Participant, rests: dict[str, RestsFor]) -> None:
        """Tell of other resting pictures; of the same ones anew to who has said anew what it looks for."""
        if rests != participant.rests or (rests and not participant.rests_told):
            self.events.append(RestsChanged(participant.name, rests))
        participant.rests, participant.rests_told = rests, True

    def _meant(self, viewer: str, wish: str | None) -> str | None:
        """Whom a viewer's wish means just now."""
        if wish == SPEAKER:
            return self._speaker_for(viewer)
        if wish == CONTENT:
            return next((p.name for p in self.participants.values() if p.part == "content"), None)
        return wish

    def _speaker_for(self, viewer: str) -> str | None:
        """Whom `viewer` sees as speaker: never itself, somebody with a picture while nobody has spoken."""
        for name in (self.speakers.speaker, self._former_speaker):
            if name is not None and name != viewer and name in self.participants:
                return name
        return next(
            (
                p.name
                for p in self.participants.values()
                if p.name != viewer and p.publishing[1] and p.part != "content"
            ),
            None,
        )
