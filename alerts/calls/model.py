"""Obligations and the attempts to reach those who hold them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from alerts.calls.progress import MARKS, OPEN, Progress
from alerts.texts import RECEIPT
from alerts.versions import Version
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State

PENDING, CLAIMED, DONE, DROPPED = "pending", "claimed", "done", "dropped"

CALLING, TOLD = "calling", "told"
"""What is being done: a telephone rings, or messages went out."""


class CallPlan(Version, Base):
    """How a county calls: its levels as in `data/escalation.json`, None for those. Never changed, only followed."""

    __tablename__ = "call_plan"

    levels: Mapped[Json] = mapped_column(JsonText)


class Obligation(Kept, Base):
    """One alert × one post × one place that it answers for: somebody has to say that this village, hazard point or
    leader knows. `place_id` is the hazard point's, else the unit's.

    `doing` is the last thing that was done, `answered` who confirmed, `visit` and `acted` what people reported.
    """

    __tablename__ = "obligation"
    __table_args__ = (
        UniqueConstraint("alert_id", "post_id", "place_id"),
        Index("ix_obligation_due_at", "due_at"),
    )

    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"))
    post_id: Mapped[str] = mapped_column(ForeignKey("post.id"), index=True)
    place_id: Mapped[str] = mapped_column(String(36))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    township_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    alert_unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    incident_id: Mapped[str | None] = mapped_column(String(36))
    subject: Mapped[str] = mapped_column(String(12))
    level: Mapped[str] = mapped_column(String(12))
    plan_id: Mapped[str | None] = mapped_column(ForeignKey("call_plan.id"))
    name: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(80))
    drill: Mapped[bool] = mapped_column(default=False)
    on_board: Mapped[bool] = mapped_column(default=True, index=True)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    mark: Mapped[str] = mapped_column(String(10), default=OPEN)
    mark_at: Mapped[datetime] = mapped_column(UtcDateTime)
    step: Mapped[int] = mapped_column(default=0)
    tried: Mapped[int] = mapped_column(default=0)
    lap: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    calls: Mapped[int] = mapped_column(default=0)
    doing: Mapped[Json] = mapped_column(JsonText)
    answered: Mapped[Json] = mapped_column(JsonText)
    visit: Mapped[Json] = mapped_column(JsonText)
    acted: Mapped[Json] = mapped_column(JsonText)

    def progress(self) -> Progress:
        """Where it stands in its policy, as a value."""
        return Progress(self.mark, self.step, self.tried, self.lap, self.due_at, self.ended_at is not None)

    def take(self, progress: Progress, now: datetime) -> bool:
        """Stand where `progress` says; whether the mark rose."""
        rose = MARKS.index(progress.mark) > MARKS.index(self.mark)
        if rose:
            self.mark_at = now
        if progress.ended and self.ended_at is None:
            self.ended_at = now
        self.mark, self.step, self.tried = progress.mark, progress.step, progress.tried
        self.lap, self.due_at = progress.lap, progress.due_at
        return rose

    @property
    def visit_open(self) -> bool:
        """Whether somebody is still to go there."""
        return isinstance(self.visit, dict) and self.visit.get("done_at") is None

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.on_board,
            "alert": self.alert_id,
            "township": self.township_id,
            "subject": self.subject,
            "level": self.level,
            "name": self.name,
            "title": self.title,
            "post": self.post_id,
            "place": self.place_id,
            "drill": self.drill,
            "opened_at": to_text(self.opened_at),
            "mark": self.mark,
            "mark_at": to_text(self.mark_at),
            "ended_at": optional_text(self.ended_at),
            "calls": self.calls,
            "doing": self.doing,
            "answered": self.answered,
            "visit": self.visit,
            "acted": self.acted,
        }


class CallAttempt(Base):
    """One call or message to one person. `fence` grows with every claim; `heard` is the best mark it brought.

    `outcome` is null until it is over: confirmed, other, unidentified, no_key, busy, no_answer, off, declined,
    not_connected, no_such_number, not_configured, sent, failed, unknown, stopped (nobody needed it any more).

    A call for a check (`check_id`: a safety check, a check of numbers) has no parts: `said` is what it says,
    `asks` what it asks, as in `alerts.texts.Content`.
    """

    __tablename__ = "call_attempt"
    __table_args__ = (
        Index("ix_call_attempt_state", "state", "channel"),
        Index("ix_call_attempt_address", "address"),
        Index("ix_call_attempt_check_id", "check_id"),
    )

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    name: Mapped[str] = mapped_column(String(80))
    address: Mapped[str] = mapped_column(String(254))
    channel: Mapped[str] = mapped_column(String(16))
    drill: Mapped[bool]
    state: Mapped[str] = mapped_column(String(8), default=PENDING)
    owner: Mapped[str | None] = mapped_column(String(80))
    fence: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    asked_by: Mapped[Json] = mapped_column(JsonText)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard: Mapped[str] = mapped_column(String(10), default=OPEN)
    outcome: Mapped[str | None] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text, default="")
    check_id: Mapped[str | None] = mapped_column(String(36))
    asks: Mapped[str] = mapped_column(String(8), default=RECEIPT)
    said: Mapped[str | None] = mapped_column(Text)


class CallPart(Base):
    """What an attempt is for, and what its person is to that obligation: holder, deputy or superior."""

    __tablename__ = "call_part"

    attempt_id: Mapped[str] = mapped_column(ForeignKey("call_attempt.id"), primary_key=True)
    obligation_id: Mapped[str] = mapped_column(ForeignKey("obligation.id"), primary_key=True, index=True)
    whom: Mapped[str] = mapped_column(String(8))


class WrittenAnswer(Base):
    """What somebody whom we told wrote back by a short message. Never changed.

    `names` are those behind its number, `obligations` the ids of what it is about, `confirmed` whether it settled any.
    The words may tell of people: in the chain they stand as a salted digest.
    """

    __tablename__ = "written_answer"
    __table_args__ = (Index("ix_written_answer_number_at", "number", "at"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    number: Mapped[str] = mapped_column(String(40))
    names: Mapped[Json] = mapped_column(JsonText)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    obligations: Mapped[Json] = mapped_column(JsonText)
    confirmed: Mapped[bool]
    words: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64))

    @property
    def about(self) -> list[str]:
        """The ids of the obligations."""
        return [str(one) for one in self.obligations] if isinstance(self.obligations, list) else []

    def state(self) -> State:
        """As on the timeline: neither number nor words."""
        return {"id": self.id, "at": to_text(self.at), "words_digest": self.digest, "confirmed": self.confirmed}

    def shown(self, *, named: bool) -> State:
        """As told to readers."""
        personal: State = {"words": self.words, "names": self.names, "number": self.number}
        return {**self.state(), **(personal if named else dict.fromkeys(personal))}
