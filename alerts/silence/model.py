"""Alarms of areas that have fallen silent."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from alerts.silence.rule import Standing
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State


class Silence(Kept, Base):
    """A township or village of which nothing was heard since `since`. `back_since` while signals are there again."""

    __tablename__ = "silence"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    kind: Mapped[str] = mapped_column(String(16))
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    raised_at: Mapped[datetime] = mapped_column(UtcDateTime)
    back_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)
    counts: Mapped[Json] = mapped_column(JsonText)
    """Kind of signal → {gone, of}."""
    area: Mapped[Json] = mapped_column(JsonText)
    acknowledged: Mapped[Json] = mapped_column(JsonText)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    @property
    def standing(self) -> Standing:
        """As the rule takes it."""
        return Standing(self.since, self.back_since)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.ended_at is None,
            "name": self.name,
            "kind": self.kind,
            "since": to_text(self.since),
            "raised_at": to_text(self.raised_at),
            "counts": self.counts,
            "area": self.area,
            "acknowledged": self.acknowledged,
            "ended_at": optional_text(self.ended_at),
        }
