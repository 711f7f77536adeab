"""The county's written policies, each version kept, and what became of every issue without a sign-off."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from alerts.versions import Version
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State

GIVEN, OBJECTED = "given", "objected"


class FastTrackPolicy(Version, Base):
    """A county's policy as `policy.written_policy` makes it, None where there is none. Never changed, only followed."""

    __tablename__ = "fast_track_policy"

    content: Mapped[Json] = mapped_column(JsonText)


class Countersign(Kept, Base):
    """补签: the second person's word on an alert that one person issued, by the policy as it was then.

    On the board until it is given or objected to, also when its alert has ended.
    """

    __tablename__ = "countersign"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), unique=True)
    policy_id: Mapped[str] = mapped_column(ForeignKey("fast_track_policy.id"))
    document: Mapped[str] = mapped_column(Text)
    headline: Mapped[str] = mapped_column(Text)
    issued_by: Mapped[Json] = mapped_column(JsonText)
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    waits: Mapped[bool] = mapped_column(default=True, index=True)
    overdue: Mapped[bool] = mapped_column(default=False)
    outcome: Mapped[str | None] = mapped_column(String(8))
    by: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str] = mapped_column(Text, default="")

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.waits,
            "alert": self.alert_id,
            "document": self.document,
            "headline": self.headline,
            "issued_by": self.issued_by,
            "issued_at": to_text(self.issued_at),
            "due_at": to_text(self.due_at),
            "overdue": self.overdue,
            "outcome": self.outcome,
            "by": self.by,
            "at": optional_text(self.at),
            "reason": self.reason,
        }
