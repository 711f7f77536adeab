"""The county's own policies of what is sent again, each version kept."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.db import Base, JsonText, UtcDateTime
from command.kernel.values import Json


class ResendPolicy(Base):
    """The levels as in `data/resend.json`, None for those. Never changed, only followed."""

    __tablename__ = "resend_policy"
    __table_args__ = (UniqueConstraint("unit_id", "version"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    version: Mapped[int] = mapped_column()
    levels: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[Json] = mapped_column(JsonText)
