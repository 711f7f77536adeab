"""A safety check, who was asked in it, and every reply."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State

OPEN, CLOSED = "open", "closed"
PAGE, SMS, VOICE = "websocket", "sms", "voice"


class SafetyCheck(Kept, Base):
    """Everybody in a place was asked whether they are safe. `shared` are the units of those who were.

    `asks` tells each time it was asked: {alert, at, by, people, channels}; `alert` is the message that the fan-out
    sends, None where nobody was written to. `towns` are the counts by township. `place_en` is the place in English,
    None where somebody wrote it.
    """

    __tablename__ = "safety_check"
    __table_args__ = (Index("ix_safety_check_status_closes_at", "status", "closes_at"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    shared: Mapped[Json] = mapped_column(JsonText)
    question: Mapped[Json] = mapped_column(JsonText)
    place: Mapped[str] = mapped_column(Text)
    place_en: Mapped[str | None] = mapped_column(Text)
    incident_id: Mapped[str | None] = mapped_column(String(36))
    status: Mapped[str] = mapped_column(String(8), default=OPEN)
    drill: Mapped[bool] = mapped_column(default=False)
    people: Mapped[int]
    audience_hash: Mapped[str] = mapped_column(String(64))
    asks: Mapped[Json] = mapped_column(JsonText)
    towns: Mapped[Json] = mapped_column(JsonText)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    opened_by: Mapped[Json] = mapped_column(JsonText)
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_by: Mapped[Json] = mapped_column(JsonText)

    def state(self) -> State:
        """As on the timeline and the board: how many, nobody's name."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.status == OPEN,
            "question": self.question,
            "place": self.place,
            "place_en": self.place_en,
            "incident": self.incident_id,
            "status": self.status,
            "drill": self.drill,
            "people": self.people,
            "asks": [{name: one[name] for name in ("at", "by", "people", "channels")} for one in asks_of(self)],
            "townships": self.towns,
            "opened_at": to_text(self.opened_at),
            "opened_by": self.opened_by,
            "closes_at": to_text(self.closes_at),
            "closed_at": optional_text(self.closed_at),
            "closed_by": self.closed_by,
        }


def asks_of(check: SafetyCheck) -> list[State]:
    """Each time it was asked, the first one first."""
    found = check.asks if isinstance(check.asks, list) else []
    return [one for one in found if isinstance(one, dict)]


class SafetyMember(Base):
    """Somebody who is to be accounted for, with the answer that counts now; None while they are silent.

    `recipient` as the fan-out names people; `number` is `phone` as the network writes it, by which a short message
    is known; `page` is the account whose pages ask.
    """

    __tablename__ = "safety_member"
    __table_args__ = (Index("ix_safety_member_number", "number"),)

    check_id: Mapped[str] = mapped_column(ForeignKey("safety_check.id"), primary_key=True)
    recipient: Mapped[str] = mapped_column(String(50), primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    township_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    phone: Mapped[str | None] = mapped_column(String(40))
    number: Mapped[str | None] = mapped_column(String(40))
    page: Mapped[str | None] = mapped_column(String(36))
    answer: Mapped[str | None] = mapped_column(String(10))
    reply_id: Mapped[str | None] = mapped_column(String(36))
    people: Mapped[int | None]
    replies: Mapped[int] = mapped_column(default=0)


class SafetyReply(Base):
    """One reply. Never changed and never taken away; which one counts is the member's to say.

    `id` is the answering device's own where it has one, so that a repetition is no second reply. `by` is the account
    that pressed or took it down, None for a telephone. The words may tell of people: in the chain they stand as a
    salted digest.
    """

    __tablename__ = "safety_reply"
    __table_args__ = (Index("ix_safety_reply_check_id_recipient", "check_id", "recipient"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    check_id: Mapped[str] = mapped_column(ForeignKey("safety_check.id"))
    recipient: Mapped[str] = mapped_column(String(50))
    answer: Mapped[str] = mapped_column(String(10))
    people: Mapped[int | None]
    words: Mapped[str | None] = mapped_column(Text)
    salt: Mapped[str | None] = mapped_column(String(32))
    digest: Mapped[str | None] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(16))
    by: Mapped[Json] = mapped_column(JsonText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    pressed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def state(self) -> State:
        """As on the timeline."""
        return {
            "id": self.id,
            "recipient": self.recipient,
            "answer": self.answer,
            "people": self.people,
            "words_digest": self.digest,
            "channel": self.channel,
            "by": self.by,
            "at": to_text(self.at),
            "pressed_at": optional_text(self.pressed_at),
        }
