"""Orders: what somebody was told to do for an incident, and how far it is."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from command.directory.model import point
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State
from command.tasks.moves import CLOSED


class Task(Kept, Base):
    """An order of `unit_id` to `to_unit_id`. `shared` are the further units whose people may read it.

    `moves` is a list of {"to", "at", "pressed_at", "by", "reason"}: `pressed_at` is the time a device without a net
    claims for the press, `at` the time we heard of it.
    """

    __tablename__ = "task"
    __table_args__ = (Index("ix_task_status_deadline_at", "status", "deadline_at"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    number: Mapped[str] = mapped_column(String(24))
    title: Mapped[str] = mapped_column(String(120))
    detail: Mapped[str | None] = mapped_column(Text)
    to_unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    to_unit_name: Mapped[str] = mapped_column(String(80))
    resource_id: Mapped[str | None] = mapped_column(ForeignKey("resource.id"), index=True)
    assignee_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"), index=True)
    assignee_name: Mapped[str | None] = mapped_column(String(80))
    status: Mapped[str] = mapped_column(String(12))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(400))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    area: Mapped[Json] = mapped_column(JsonText)
    ordered_by: Mapped[Json] = mapped_column(JsonText)
    ordered_at: Mapped[datetime] = mapped_column(UtcDateTime)
    moves: Mapped[Json] = mapped_column(JsonText)
    shared: Mapped[Json] = mapped_column(JsonText)

    @property
    def on_board(self) -> bool:
        """Whether the board shows it."""
        return self.status != CLOSED

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.on_board,
            "number": self.number,
            "incident": self.incident_id,
            "title": self.title,
            "detail": self.detail,
            **self._addressee(),
            "status": self.status,
            "status_at": to_text(self.status_at),
            "deadline_at": optional_text(self.deadline_at),
            "reason": self.reason,
            "location": point(self.lon, self.lat),
            "area": self.area,
            "ordered_by": self.ordered_by,
            "ordered_at": to_text(self.ordered_at),
            "moves": self.moves,
        }

    def _addressee(self) -> State:
        return {
            "to_unit": self.to_unit_id,
            "to_unit_name": self.to_unit_name,
            "resource": self.resource_id,
            "assignee": {"id": self.assignee_id, "name": self.assignee_name} if self.assignee_id else None,
        }
