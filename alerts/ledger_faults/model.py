"""That the ledger of an alert's act by one channel does not hold."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State


class LedgerFault(Kept, Base):
    """One for each time that it broke, at most one of an account at a time. `ended_at` is when it held again."""

    __tablename__ = "ledger_fault"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"))
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"), index=True)
    headline: Mapped[str] = mapped_column(Text)
    drill: Mapped[bool]
    act: Mapped[str] = mapped_column(String(5))
    channel: Mapped[str] = mapped_column(String(16))
    counts: Mapped[Json] = mapped_column(JsonText)
    """{planned, pending, sent, failed, unknown} as they were when it was found."""
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    looked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    """When the account was last counted; not on the timeline."""
    acknowledged: Mapped[Json] = mapped_column(JsonText)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)

    @property
    def key(self) -> tuple[str, str, str]:
        """Alert, act, channel."""
        return self.alert_id, self.act, self.channel

    def state(self) -> State:
        """As on the timeline; on the board until somebody has taken note of it or it holds again."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": self.ended_at is None and self.acknowledged is None,
            "alert": self.alert_id,
            "headline": self.headline,
            "drill": self.drill,
            "act": self.act,
            "channel": self.channel,
            "counts": self.counts,
            "since": to_text(self.since),
            "acknowledged": self.acknowledged,
            "ended_at": optional_text(self.ended_at),
        }
