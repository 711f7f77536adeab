"""Incidents, the notes written about them, and the files attached."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from command.directory.model import point
from command.incidents.moves import OFF_BOARD
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State

CATEGORIES = ("natural_disaster", "accident", "public_health", "social_security")
SOURCES = (
    "phone",
    "hotline",
    "fax",
    "terminal",
    "sensor",
    "cap",
    "public",
    "email",
    "superior",
    "media",
    "other",
)
GRADES = ("I", "II", "III", "IV")


class Incident(Kept, Base):
    """An event that was reported. `day` is the local day its number counts in.

    `reporter`, `callback` and `personal_salt` are personal data: never in `state()`, only their digest is.
    """

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("county_id", "day", "number"),
        Index("ix_incident_lon_lat", "lon", "lat"),
        Index("ix_incident_unit_id_status", "unit_id", "status"),
    )

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    county_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    day: Mapped[str] = mapped_column(String(10))
    number: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(120))
    category: Mapped[str] = mapped_column(String(20))
    code: Mapped[str | None] = mapped_column(String(32))
    status: Mapped[str] = mapped_column(String(16))
    status_at: Mapped[datetime] = mapped_column(UtcDateTime)
    verification: Mapped[str] = mapped_column(String(12))
    grade: Mapped[str | None] = mapped_column(String(4))
    source: Mapped[str] = mapped_column(String(12))
    occurred_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    occurred_at_precision: Mapped[str] = mapped_column(String(12))
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    logged_at: Mapped[datetime] = mapped_column(UtcDateTime)
    logged_by: Mapped[Json] = mapped_column(JsonText)
    division_code: Mapped[str | None] = mapped_column(String(12))
    place: Mapped[str | None] = mapped_column(String(200))
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    location_precision: Mapped[str] = mapped_column(String(12))
    description: Mapped[str | None] = mapped_column(Text)
    figures: Mapped[Json] = mapped_column(JsonText)
    affected_area: Mapped[Json] = mapped_column(JsonText)
    acknowledged: Mapped[Json] = mapped_column(JsonText)
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("incident.id"))
    transferred_to: Mapped[str | None] = mapped_column(String(120))
    reason: Mapped[str | None] = mapped_column(String(400))
    drill: Mapped[bool]
    reporter: Mapped[str | None] = mapped_column(String(80))
    callback: Mapped[str | None] = mapped_column(String(40))
    personal_salt: Mapped[str | None] = mapped_column(String(32))
    personal_digest: Mapped[str | None] = mapped_column(String(64))
    shares: Mapped[list["Share"]] = relationship(lazy="selectin", order_by="Share.unit_id")

    @property
    def shared(self) -> tuple[str, ...]:
        """Further units whose people may read it and write about it; it never shrinks."""
        return tuple(share.unit_id for share in self.shares)

    @property
    def on_board(self) -> bool:
        """Whether the board shows it."""
        return self.status not in OFF_BOARD

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.on_board,
            **self._what(),
            **self._where(),
            **self._when(),
            **self._course(),
        }

    def _what(self) -> State:
        return {
            "number": self.number,
            "title": self.title,
            "category": self.category,
            "code": self.code,
            "grade": self.grade,
            "source": self.source,
            "description": self.description,
            "figures": self.figures,
            "drill": self.drill,
            "personal_digest": self.personal_digest,
        }

    def _where(self) -> State:
        return {
            "division_code": self.division_code,
            "place": self.place,
            "location": point(self.lon, self.lat),
            "location_precision": self.location_precision,
            "affected_area": self.affected_area,
        }

    def _when(self) -> State:
        return {
            "occurred_at": optional_text(self.occurred_at),
            "occurred_at_precision": self.occurred_at_precision,
            "reported_at": to_text(self.reported_at),
            "logged_at": to_text(self.logged_at),
            "logged_by": self.logged_by,
        }

    def _course(self) -> State:
        return {
            "status": self.status,
            "status_at": to_text(self.status_at),
            "verification": self.verification,
            "acknowledged": self.acknowledged,
            "merged_into": self.merged_into,
            "transferred_to": self.transferred_to,
            "reason": self.reason,
        }


class Share(Base):
    """A further unit that an incident was shown to, because it was ordered something for it."""

    __tablename__ = "incident_share"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), primary_key=True, index=True)


class Note(Kept, Base):
    """A line written about an incident; never edited, corrected by another one at most once."""

    __tablename__ = "note"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    corrects: Mapped[str | None] = mapped_column(ForeignKey("note.id"), unique=True)
    attachments: Mapped[Json] = mapped_column(JsonText)
    figures: Mapped[Json] = mapped_column(JsonText)

    def state(self) -> State:
        """As on the timeline."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "text": self.text,
            "by": self.by,
            "at": to_text(self.at),
            "corrects": self.corrects,
            "attachments": self.attachments,
            "figures": self.figures,
        }


class Attachment(Kept, Base):
    """A file given to an incident; its bytes lie in the data folder under their SHA-256."""

    __tablename__ = "attachment"

    incident_id: Mapped[str] = mapped_column(ForeignKey("incident.id"), index=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    by: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    def state(self) -> State:
        """As on the timeline."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "name": self.name,
            "media_type": self.media_type,
            "size": self.size,
            "sha256": self.sha256,
            "by": self.by,
            "at": to_text(self.at),
        }


class Counter(Base):
    """The last number given in a scope: a county and local day, or an incident (its orders)."""

    __tablename__ = "counter"

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int]
