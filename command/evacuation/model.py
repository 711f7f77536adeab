"""The standing lists (hazard points and their households), and evacuations with what was reported of each household."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from command.directory.model import point
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State

OPEN, CLOSED = "open", "closed"


class Household(Kept, Base):
    """A household at a hazard point, known in public by its number there.

    The head's name, the telephone number and what its people need are kept in columns that can be emptied; the chain
    holds their salted digest.
    """

    __tablename__ = "household"
    __table_args__ = (UniqueConstraint("hazard_point_id", "number"),)

    hazard_point_id: Mapped[str] = mapped_column(ForeignKey("hazard_point.id"))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    number: Mapped[int]
    people: Mapped[int]
    head: Mapped[str | None] = mapped_column(String(80))
    phone: Mapped[str | None] = mapped_column(String(32))
    needs: Mapped[str | None] = mapped_column(String(200))
    responsible: Mapped[str | None] = mapped_column(String(80))
    """Who answers for them, where that is not the hazard point's post; personal as the others."""
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64))
    active: Mapped[bool] = mapped_column(default=True)
    sample: Mapped[bool] = mapped_column(default=False)

    def state(self) -> State:
        """As on the timeline: how many live there, not who."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "hazard_point": self.hazard_point_id,
            "number": self.number,
            "people": self.people,
            "personal_digest": self.digest,
            "active": self.active,
            "sample": self.sample,
        }


class Evacuation(Kept, Base):
    """One evacuation: opened by an order or by hand, ended by a person and by nothing else.

    `shared` are the townships whose people it concerns; it never shrinks. `alert_id` is the order or alert it came of.
    """

    __tablename__ = "evacuation"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    shared: Mapped[Json] = mapped_column(JsonText)
    title: Mapped[str] = mapped_column(String(200))
    alert_id: Mapped[str | None] = mapped_column(String(36), index=True)
    incident_id: Mapped[str | None] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(8), default=OPEN, index=True)
    drill: Mapped[bool] = mapped_column(default=False)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[Json] = mapped_column(JsonText)
    return_permitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[Json] = mapped_column(JsonText)
    reason: Mapped[str | None] = mapped_column(Text)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.status == OPEN,
            "title": self.title,
            "alert": self.alert_id,
            "incident": self.incident_id,
            "status": self.status,
            "drill": self.drill,
            "opened_at": to_text(self.opened_at),
            "opened_by": self.opened_by,
            "return_permitted_at": optional_text(self.return_permitted_at),
            "closed_at": optional_text(self.closed_at),
            "closed_by": self.closed_by,
            "reason": self.reason,
        }


class EvacuationPoint(Kept, Base):
    """A hazard point in an evacuation, as it was when that was opened.

    `households` is a list of public states, by number: everything a reader needs who may not know names.
    """

    __tablename__ = "evacuation_point"
    __table_args__ = (UniqueConstraint("evacuation_id", "hazard_point_id"),)

    evacuation_id: Mapped[str] = mapped_column(ForeignKey("evacuation.id"))
    hazard_point_id: Mapped[str] = mapped_column(ForeignKey("hazard_point.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    owner_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    """The evacuation's unit, whose people read the point as well."""
    township_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    township_name: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    hazard: Mapped[str] = mapped_column(String(40))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    post: Mapped[Json] = mapped_column(JsonText)
    shelter: Mapped[Json] = mapped_column(JsonText)
    drill: Mapped[bool] = mapped_column(default=False)
    on_board: Mapped[bool] = mapped_column(default=True, index=True)
    households: Mapped[Json] = mapped_column(JsonText)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.on_board,
            "evacuation": self.evacuation_id,
            "hazard_point": self.hazard_point_id,
            "township": self.township_id,
            "township_name": self.township_name,
            "name": self.name,
            "hazard": self.hazard,
            "location": point(self.lon, self.lat),
            "post": self.post,
            "shelter": self.shelter,
            "drill": self.drill,
            "households": self.households,
        }


def listed(place: EvacuationPoint) -> list[State]:
    """The households of a point as they stand: public states, by number."""
    found = place.households if isinstance(place.households, list) else []
    return [one for one in found if isinstance(one, dict)]


class EvacuationStep(Base):
    """What somebody reported of a household. `id` is the reporting device's own, so that a repetition is no second one.

    `at` is when the server had it, `pressed_at` when the device says it was pressed. Steps are never changed; one that
    was wrong is struck out by a later one that names it in `corrects`.
    """

    __tablename__ = "evacuation_step"
    __table_args__ = (Index("ix_evacuation_step_point_id_household_id", "point_id", "household_id"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    point_id: Mapped[str] = mapped_column(ForeignKey("evacuation_point.id"))
    household_id: Mapped[str] = mapped_column(ForeignKey("household.id"), index=True)
    to: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(16))
    note: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64))
    shelter: Mapped[Json] = mapped_column(JsonText)
    how: Mapped[str] = mapped_column(String(12))
    corrects: Mapped[str | None] = mapped_column(String(36))
    amends: Mapped[Json] = mapped_column(JsonText)
    """Of a correction: {people: [before, after] | null, personal: names of what else was wrong}."""
    by: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    pressed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def state(self) -> State:
        """As on the timeline: the note may tell of a person and stands there as a digest."""
        return {
            "id": self.id,
            "household": self.household_id,
            "to": self.to,
            "reason": self.reason,
            "note_digest": self.digest,
            "shelter": self.shelter,
            "how": self.how,
            "corrects": self.corrects,
            "amends": self.amends,
            "by": self.by,
            "at": to_text(self.at),
            "pressed_at": optional_text(self.pressed_at),
        }
