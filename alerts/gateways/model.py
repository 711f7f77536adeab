"""A gateway by which warnings leave, as its workers see it."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from alerts.gateways.rule import View, Views
from command.kernel.clock import from_text, optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State


class Gateway(Kept, Base):
    """`name` is one of its channel and holds no secret. `away_since` is of the last time that no worker had it, which
    goes on while `back_at` is None; `workers` are those by whose word it went or is back."""

    __tablename__ = "gateway"
    __table_args__ = (UniqueConstraint("channel", "name"),)

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    channel: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(300))
    views: Mapped[Json] = mapped_column(JsonText)
    """Worker → {away_since, seen_at}; not on the timeline."""
    away_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    workers: Mapped[Json] = mapped_column(JsonText)

    @property
    def is_away(self) -> bool:
        return self.away_since is not None and self.back_at is None

    def seen(self) -> Views:
        """`views` as the rule takes them."""
        rows = self.views if isinstance(self.views, dict) else {}
        return {owner: _view(row) for owner, row in rows.items() if isinstance(row, dict)}

    def see(self, views: Views) -> None:
        """Keep these views."""
        self.views = {
            owner: {"away_since": optional_text(one.away_since), "seen_at": to_text(one.seen_at)}
            for owner, one in views.items()
        }

    def state(self) -> State:
        """As on the timeline, and on the board while it is away."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.is_away,
            "channel": self.channel,
            "name": self.name,
            "away_since": optional_text(self.away_since),
            "back_at": optional_text(self.back_at),
            "workers": self.workers,
        }


def _view(row: State) -> View:
    since = row["away_since"]
    return View(None if since is None else from_text(str(since)), from_text(str(row["seen_at"])))
