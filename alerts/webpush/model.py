"""Subscriptions of browsers."""

import hashlib
from datetime import datetime

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import to_text
from command.kernel.db import Base, SealedText, UtcDateTime
from command.kernel.values import State

ENDPOINT, AUTH = "push_subscription.endpoint", "push_subscription.auth"


class PushSubscription(Base):
    """One browser of `owner` (`user:ID` or `terminal:ID`). `id` is the SHA-256 of the endpoint, hex: a browser that
    another person logs in at is that person's from then on. `public` is base64url. Endpoint and secret (`auth`, also
    base64url) let others push to the browser: they are sealed. `agent` is what it is called in its owner's list."""

    __tablename__ = "push_subscription"
    __table_args__ = (Index("ix_push_subscription_owner", "owner"),)

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner: Mapped[str] = mapped_column(String(50))
    endpoint: Mapped[str] = mapped_column(SealedText)
    public: Mapped[str] = mapped_column(String(100))
    auth: Mapped[str] = mapped_column(SealedText)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    agent: Mapped[str] = mapped_column(String(40), server_default="", default="")

    def state(self) -> State:
        """As its owner sees it."""
        return {"id": self.id, "agent": self.agent, "at": to_text(self.at)}


def name_of(endpoint: str) -> str:
    """A subscription's id, as the page makes it too."""
    return hashlib.sha256(endpoint.encode()).hexdigest()
