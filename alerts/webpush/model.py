"""Subscriptions of browsers."""

from datetime import datetime

from sqlalchemy import Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.db import Base, UtcDateTime


class PushSubscription(Base):
    """One browser of `owner` (`user:ID` or `terminal:ID`). `id` is the SHA-256 of the endpoint, hex: a browser that
    another person logs in at is that person's from then on. Keys in base64url."""

    __tablename__ = "push_subscription"
    __table_args__ = (Index("ix_push_subscription_owner", "owner"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(50))
    endpoint: Mapped[str] = mapped_column(Text)
    public: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(String(40))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
