"""What went out in the national platform's form under which identifier, and what others answered to ours."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import to_text
from command.kernel.db import Base, JsonText, UtcDateTime
from command.kernel.values import Json, State


class DialectExport(Base):
    """A message in the platform's form: one that we issued, or our receipt for one that came in.

    The first export with a sender code fixes the identifier; `content`, `at` and `by` are the last one's. `missing` are
    our own identifiers of what it refers to and what never went out to the platform.
    """

    __tablename__ = "dialect_export"
    __table_args__ = (UniqueConstraint("message_id", "sender_code"), UniqueConstraint("identifier"))

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("cap_message.id"))
    sender_code: Mapped[str] = mapped_column(String(14))
    identifier: Mapped[str] = mapped_column(String(60))
    msg_type: Mapped[str] = mapped_column(String(10))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by: Mapped[Json] = mapped_column(JsonText)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    missing: Mapped[Json] = mapped_column(JsonText)

    def state(self) -> State:
        """As on the timeline and with its alert or message."""
        return {
            "id": self.id,
            "message": self.message_id,
            "sender_code": self.sender_code,
            "identifier": self.identifier,
            "msg_type": self.msg_type,
            "at": to_text(self.at),
            "by": self.by,
            "missing": self.missing,
        }


class CapReceipt(Base):
    """Somebody else's Ack or Error to a message of ours, which it names by `identifier`: ours or the platform's."""

    __tablename__ = "cap_receipt"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    message_id: Mapped[str] = mapped_column(ForeignKey("cap_message.id"), index=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    identifier: Mapped[str] = mapped_column(String(250))
    sender: Mapped[str] = mapped_column(String(250))
    accepted: Mapped[bool]
    note: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    def state(self) -> State:
        """As on the timeline and with its alert."""
        return {
            "id": self.id,
            "message": self.message_id,
            "identifier": self.identifier,
            "sender": self.sender,
            "accepted": self.accepted,
            "note": self.note,
            "at": to_text(self.at),
        }
