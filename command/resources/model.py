"""Resources: what can be sent or used, where it is and who answers for it."""

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from command.directory.model import point
from command.kernel.db import Base, JsonText, Kept
from command.kernel.values import Json, State

KINDS = ("material", "team", "equipment", "vehicle", "shelter", "hospital", "expert")
# What stays where it stands; the others' markers follow their orders.
FIXED_KINDS = frozenset({"shelter", "hospital"})
AVAILABLE, ORDERED, EN_ROUTE, ON_SCENE, UNAVAILABLE = "available", "ordered", "en_route", "on_scene", "unavailable"
STATUSES = (AVAILABLE, ORDERED, EN_ROUTE, ON_SCENE, UNAVAILABLE)


class Resource(Kept, Base):
    """A team, vehicle, stock, shelter … of a unit. `class_code` is GB/T 38565; `quantity` counts `measure`.

    `shared` are further units whose people follow it because it was once sent for them; it never shrinks, so that a
    board kept by entries equals a fresh one.
    """

    __tablename__ = "resource"
    __table_args__ = (Index("ix_resource_lon_lat", "lon", "lat"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    kind: Mapped[str] = mapped_column(String(12))
    class_code: Mapped[str | None] = mapped_column(String(7))
    name: Mapped[str] = mapped_column(String(80))
    quantity: Mapped[float | None]
    measure: Mapped[str | None] = mapped_column(String(16))
    people: Mapped[int | None]
    capacity: Mapped[int | None]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    approximate: Mapped[bool]
    status: Mapped[str] = mapped_column(String(12))
    task_id: Mapped[str | None] = mapped_column(String(36))
    keeper_id: Mapped[str | None] = mapped_column(ForeignKey("user.id"))
    keeper_name: Mapped[str | None] = mapped_column(String(80))
    active: Mapped[bool]
    sample: Mapped[bool]
    shared: Mapped[Json] = mapped_column(JsonText)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.active,
            "kind": self.kind,
            "class_code": self.class_code,
            "name": self.name,
            "quantity": self.quantity,
            "measure": self.measure,
            "people": self.people,
            "capacity": self.capacity,
            "location": point(self.lon, self.lat),
            "approximate": self.approximate,
            "status": self.status,
            "task": self.task_id,
            "keeper": {"id": self.keeper_id, "name": self.keeper_name} if self.keeper_id else None,
            "sample": self.sample,
        }
