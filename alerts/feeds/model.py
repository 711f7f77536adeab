"""A feed of another authority, as the administrator set it and as it stands."""

from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import optional_text
from command.kernel.db import Base, JsonText, Kept, SealedText, UtcDateTime
from command.kernel.sealing import Keyring
from command.kernel.values import Json, State

URL = "cap_feed.url"


class CapFeed(Kept, Base):
    """Asked at `due_at` by whoever holds its lease; `fence` grows with every claim.

    `heard_at` is when it last answered soundly, at first when it was set. `seen` holds the keys of its entries that
    were taken. An address may hold a key to it: it is sealed, only the administrator reads it, and it is on no
    timeline.
    """

    __tablename__ = "cap_feed"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    url: Mapped[str] = mapped_column(SealedText)
    host: Mapped[str] = mapped_column(String(253))
    interval_s: Mapped[int]
    on: Mapped[bool] = mapped_column(default=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    fence: Mapped[int] = mapped_column(default=0)
    etag: Mapped[str] = mapped_column(Text, default="")
    modified: Mapped[str] = mapped_column(Text, default="")
    seen: Mapped[Json] = mapped_column(JsonText)
    failures: Mapped[int] = mapped_column(default=0)
    tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    heard_at: Mapped[datetime] = mapped_column(UtcDateTime)
    taken: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    silent: Mapped[bool] = mapped_column(default=False, index=True)

    @property
    def interval(self) -> timedelta:
        """Between two questions that went well."""
        return timedelta(seconds=self.interval_s)

    @property
    def seen_keys(self) -> list[str]:
        """`seen` as texts."""
        return [str(key) for key in self.seen] if isinstance(self.seen, list) else []

    def state(self) -> State:
        """As on the timeline, and on the board while it is silent."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.silent and self.on,
            "name": self.name,
            "host": self.host,
            "interval_s": self.interval_s,
            "on": self.on,
            "heard_at": optional_text(self.heard_at),
            "error": self.error,
            "silent": self.silent,
        }

    def details(self, keyring: Keyring) -> State:
        """For the administrator; the address empty where it cannot be opened."""
        url = keyring.open(URL, self.id, self.url) if keyring.opens(URL, self.id, self.url) else ""
        figures: State = {"failures": self.failures, "taken": self.taken}
        times: State = {"tried_at": optional_text(self.tried_at), "due_at": optional_text(self.due_at)}
        return {**self.state(), "url": url, **figures, **times}
