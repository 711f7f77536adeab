"""What is due in a meeting by the clock: who speaks, what is wanted and allocated, feedback and reports."""

from __future__ import annotations

from dataclasses import dataclass, field

from media.sfu.events import RoomEvent
from media.sfu.link import Link
from media.sfu.participant import Participant
from media.sfu.receiver import Send
from media.sfu.selection import Selection
from media.sfu.source import Source
from media.sfu.wants import Ladders

CHOICE_INTERVAL_S = 0.1
ALLOCATION_INTERVAL_S = 0.2
CALM_TURNS = 16
REPORT_INTERVAL_S = 1.0
SENDER_REPORT_INTERVAL_S = 2.0
"""What has just changed its input is reported at once; two clocks part by less than a millisecond in this time."""
SPARSE_FEEDBACK_S = 0.3
"""On the thinnest lines feedback on what came takes a fifth of the room if it goes as often as elsewhere."""


@dataclass(slots=True)
class Turns:
    """Each participant has turns of its own, so that what is done for all does not hold up packets all at once."""

    participants: dict[str, Participant]
    selection: Selection
    events: list[RoomEvent]
    unix_offset: float
    _next_choice: float = 0.0
    _next_allocation: float = 0.0
    _whole: set[Source | None] = field(default_factory=set)

    def take(self, now: float) -> list[Send]:
        """To be called about every 25 ms."""
        choosing, changed, ladders = now >= self._next_choice, False, Ladders()
        if choosing:
            self._next_choice = now + CHOICE_INTERVAL_S
            self._measure(now)
        sends: list[Send] = []
        for number, participant in enumerate(self.participants.values()):
            if now >= participant.choice_due:
                participant.choice_due = now + CHOICE_INTERVAL_S
                told = participant.note_publishing(now)
                self.events += told
                changed = changed or bool(told)
                sends += self._tend(now, number, participant, ladders)
        if (choosing and self.selection.choose_speaker(now)) or changed:
            self.selection.arrange(now)
        for participant in self.participants.values():
            if now >= participant.report_due:
                participant.report_due = now + REPORT_INTERVAL_S
                sends += participant.reports(now)
            if now >= participant.sender_report_due:
                participant.sender_report_due = now + SENDER_REPORT_INTERVAL_S
                sends += participant.sender_reports(now, now + self.unix_offset)
        return sends

    def _measure(self, now: float) -> None:
        """How loud everybody is, and now and then what their layers cost."""
        for participant in self.participants.values():
            if participant.intake is not None:
                participant.intake.catch_up(participant.name, self.selection.speakers.observe)
        if now >= self._next_allocation:
            self._next_allocation = now + ALLOCATION_INTERVAL_S
            for participant in self.participants.values():
                participant.video.measure(now)
        self._whole = {None, *(p.video for p in self.participants.values() if p.video.whole)}

    def _tend(self, now: float, number: int, participant: Participant, ladders: Ladders) -> list[Send]:
        """What is due for one participant ten times a second; for who has plenty most of it in every second turn."""
        link, intake = participant.link, participant.intake
        allocating = participant.turns % 2 == 0
        participant.turns += 1
        if allocating or link is None or not link.has_plenty:
            self._look_after(now, participant)
        if link is None or intake is None:
            return []
        sends: list[Send] = []
        if now >= participant.feedback_due:
            participant.feedback_due = now + (SPARSE_FEEDBACK_S if participant.tier.packed else 0.0)
            sends = participant.feedback(intake.feedback(now))
        if link.outflow.choked or (allocating and _is_due(participant.turns // 2 + number, link)):
            self.selection.allocate(now, participant, ladders)
        elif allocating and not participant.away:
            link.go_on(now)
        link.seats.pair(now, self.selection.speakers.pauses)
        for slot in link.video:
            if not slot.at_rest or slot.shows not in self._whole:
                slot.settle(now)
        return sends

    def _look_after(self, now: float, participant: Participant) -> None:
        """What comes of it and what was told of its line; and which layers are wanted of it."""
        participant.audio.police(now)
        participant.video.police(now)
        link = participant.link
        if link is None or participant.intake is None:
            return
        participant.intake.police(now)
        participant.catch_up(self.selection.speakers.observe, self.unix_offset)
        if participant.demand.update(now, participant.video):
            self.events += participant.note_layers(now)


def _is_due(turn: int, link: Link) -> bool:
    """Whether to allocate anew: who has room for far more than all it wants is not looked at in every turn."""
    return turn % CALM_TURNS == 0 or not link.has_plenty
