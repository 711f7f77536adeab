"""The county's own templates, each version kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.db import Base, JsonText, UtcDateTime
from command.kernel.values import Json


class TextTemplate(Base):
    """What a county puts in the place of a template, as in `data/templates.json`; None for the shipped one, or none
    where there is no shipped one of that key. Never changed, only followed."""

    __tablename__ = "text_template"
    __table_args__ = (UniqueConstraint("unit_id", "key", "version"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    key: Mapped[str] = mapped_column(String(40))
    version: Mapped[int] = mapped_column()
    content: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[Json] = mapped_column(JsonText)
