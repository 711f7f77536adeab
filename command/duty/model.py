"""Shifts of a unit's duty officers, and the handovers between them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from command.duty.brief import lines_of, urgent_sections
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime, index_where
from command.kernel.values import Json, State

HANDED, WITHDRAWN, ACKNOWLEDGED, TAKEN = "handed", "withdrawn", "acknowledged", "taken"
"""Waits for the next officer; taken back; taken on by somebody who has read it; taken on although nobody handed over
to them, with a reason."""


class Shift(Kept, Base):
    """One officer on duty for a unit, from `begun_at` until the next one has acknowledged. A unit has one at a time."""

    __tablename__ = "duty_shift"
    __table_args__ = (index_where("ended_at IS NULL", Index("uq_duty_shift_open", "unit_id", unique=True)),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    officer_id: Mapped[str] = mapped_column(ForeignKey("user.id"))
    officer: Mapped[State] = mapped_column(JsonText)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.ended_at is None,
            "officer": self.officer,
            "begun_at": to_text(self.begun_at),
            "ended_at": optional_text(self.ended_at),
        }


class Handover(Kept, Base):
    """A brief that was handed over, as it was at `seq` of the timeline: never changed.

    `brief` as `command.duty.brief` has it, `since` what had changed when it was acknowledged. What stands in them may
    tell of people: in the chain there is a salted digest of the brief and of the officer's words.
    """

    __tablename__ = "handover"
    __table_args__ = (
        index_where("status = 'handed'", Index("uq_handover_waiting", "shift_id", unique=True)),
        Index("ix_handover_unit_id", "unit_id"),
    )

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    shift_id: Mapped[str] = mapped_column(ForeignKey("duty_shift.id"))
    status: Mapped[str] = mapped_column(String(12))
    former: Mapped[State] = mapped_column(JsonText)
    """The officer on duty."""
    to_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    to: Mapped[Json] = mapped_column(JsonText)
    seq: Mapped[int]
    handed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    brief: Mapped[State] = mapped_column(JsonText)
    words: Mapped[str] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    ended_by: Mapped[Json] = mapped_column(JsonText)
    since: Mapped[Json] = mapped_column(JsonText)
    reason: Mapped[str] = mapped_column(Text)

    def state(self) -> State:
        """As on the timeline and the board: who, when and how much, not what the brief says."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.status == HANDED,
            "shift": self.shift_id,
            "status": self.status,
            "former": self.former,
            "to": self.to,
            "seq": self.seq,
            "handed_at": to_text(self.handed_at),
            "lines": sum(1 for _ in lines_of(self.brief)),
            "urgent": list[Json](urgent_sections(self.brief)),
            "brief_digest": self.digest,
            "ended_at": optional_text(self.ended_at),
            "ended_by": self.ended_by,
            "reason": self.reason,
        }
