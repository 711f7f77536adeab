"""That a listed authority's message could not be read, as it stands on the desk."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State


class CapRefusal(Kept, Base):
    """One for each row of the county's list of senders at a time, with the last message told of.

    `listed` is the row's `sender`, `name` its name: nothing of what the message itself claims.
    """

    __tablename__ = "cap_refusal"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    listed: Mapped[str] = mapped_column(String(250))
    name: Mapped[str] = mapped_column(String(80))
    message_id: Mapped[str] = mapped_column(ForeignKey("cap_message.id"))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    code: Mapped[str] = mapped_column(String(40))
    acknowledged: Mapped[Json] = mapped_column(JsonText)
    stands: Mapped[bool] = mapped_column(default=True, index=True)

    def state(self) -> State:
        """As on the timeline and the board."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.stands,
            "name": self.name,
            "message": self.message_id,
            "at": to_text(self.at),
            "code": self.code,
            "acknowledged": self.acknowledged,
        }
