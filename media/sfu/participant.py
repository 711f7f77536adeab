"""Somebody in a meeting: what comes from it, what goes to it, and the feedback between."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from media.rtp import rtcp
from media.rtp.rtcp import ReceiverReport, Rtcp
from media.sfu.demand import Demand
from media.sfu.events import LayersChanged, PublishingChanged
from media.sfu.intake import Intake, Observe
from media.sfu.link import Link
from media.sfu.receiver import Send
from media.sfu.source import Source
from media.sfu.standing import Carries, Former, RestsFor
from media.sfu.temporal import ALL_TEMPORAL
from media.sfu.terms import Kind, Part
from media.sfu.tiers import TOP, Tier


@dataclass(slots=True)
class Participant:
    """Somebody allowed in. Flags, view and sources outlive the connection.

    `away`: it is silent, and sent nothing. `temporal` is the highest temporal id that it gets, `tier` and `told` what
    was told of its line last; `rests` the pictures that it looks for and is not sent, `rests_told` whether it was told
    so since it said what it looks for. `line` names the one that its connection came by, `former` is where it stood
    before.
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
    away: bool = False
    publishing: tuple[bool, bool] = (False, False)
    tier: Tier = TOP
    told: Carries = field(default_factory=Carries)
    rests: dict[str, RestsFor] = field(default_factory=dict)
    rests_told: bool = True
    line: int = 0
    former: Former | None = None
    turns: int = 0
    choice_due: float = 0.0
    report_due: float = 0.0
    sender_report_due: float = 0.0
    feedback_due: float = 0.0
    demand: Demand = field(default_factory=Demand)
    malformed_rtcp: int = 0

    @property
    def sources(self) -> dict[Kind, Source]:
        return {"audio": self.audio, "video": self.video}

    def remember(self, now: float) -> None:
        """Its connection ends: the next one by the same line goes on where it stood."""
        link, intake = self.link, self.intake
        if link is not None and intake is not None:
            ladder = link.ladder
            self.former = Former(now, self.line, link.outflow.told, intake.allows, ladder.tier, ladder.why)

    def catch_up(self, observe: Observe, unix_offset: float) -> None:
        """Take what was noted elsewhere: how loud it is, and what it told of what it was sent."""
        link, intake = self.link, self.intake
        if intake is None or intake.notes is None or not intake.notes.pending:
            return
        intake.catch_up(self.name, observe)
        if link is not None:
            link.catch_up(intake.notes, unix_offset)
            intake.round_trip_s = link.round_trip_s

    def urgent(self, now: float) -> list[Send]:
        """The NACKs and key frame requests that are due for what it sends."""
        if self.intake is None or not (self.audio.in_need or self.video.in_need):
            return []
        return self.feedback(self.intake.urgent(now))

    def feedback(self, messages: Iterable[Rtcp]) -> list[Send]:
        """Feedback as one compound, which begins with a report (RFC 3550 6.1)."""
        packets = list(messages)
        link, intake = self.link, self.intake
        if not packets or link is None or intake is None:
            return []
        begins = isinstance(packets[0], ReceiverReport | rtcp.SenderReport)
        return [(link, (b"" if begins else intake.empty_report) + rtcp.compound(packets), b"")]

    def reports(self, now: float) -> list[Send]:
        """How its packets come; once a second."""
        return self.feedback(self.intake.reports(now)) if self.intake is not None else []

    def sender_reports(self, now: float, unix_s: float, *, only_begun: bool = False) -> list[Send]:
        """What slots have sent, on the bridge's clock; `only_begun`: those that have just changed their input."""
        if self.link is None:
            return []
        reports = self.link.sender_reports(now, unix_s, only_begun)
        found: list[Send] = []
        for start in range(0, len(reports), 8):
            found += self.feedback(reports[start : start + 8])
        return found

    def note_publishing(self, now: float) -> list[PublishingChanged]:
        """Note which media come from it; what is to be told where that has changed."""
        state = (self.audio.publishing(now), self.video.publishing(now))
        if state == self.publishing:
            return []
        self.publishing = state
        return [PublishingChanged(self.name, *state)]

    def note_layers(self, now: float) -> list[LayersChanged]:
        """Note which layers are wanted of it; what is to be told, where there are several."""
        active = self.demand.active
        self.video.ask(now, active)
        return [LayersChanged(self.name, active)] if len(active) > 1 else []
