"""What is known of the addresses of those who hold posts, the checks that were made, and when they are made."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from alerts.numbers.standing import Marks
from alerts.versions import Version
from command.kernel.clock import optional_text, to_text
from command.kernel.db import Base, JsonText, Kept, UtcDateTime
from command.kernel.values import Json, State


class NumberMark(Base):
    """One address of a person who is followed. What was heard is of `address`: another one begins anew.

    `followed_at` is since when the person is, whatever the address was then.
    """

    __tablename__ = "number_mark"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(String(8), primary_key=True)
    address: Mapped[str] = mapped_column(String(254))
    followed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    proven_by: Mapped[str | None] = mapped_column(String(16))
    bounced_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bounced_by: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(16))
    corrected_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    corrected_by: Mapped[Json] = mapped_column(JsonText)

    @property
    def marks(self) -> Marks:
        return Marks(self.proven_at, self.bounced_at, self.corrected_at)

    def begin(self, address: str) -> None:
        """Another address: nothing is known of it."""
        self.address = address
        self.proven_at = self.bounced_at = self.corrected_at = None
        self.proven_by = self.bounced_by = self.reason = self.corrected_by = None


class NumberCheck(Kept, Base):
    """A test message to everybody who is followed, and a call where no message proves anything.

    `alert` is the message that the fan-out sends, `people` to how many; `calls` is how many telephones take none. For
    the others receipts are waited for until `ends_at`. `call_at` is when a telephone is rung next, None where none is
    any more.
    """

    __tablename__ = "number_check"

    unit_id: Mapped[str] = mapped_column(ForeignKey("unit.id"), index=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id"))
    people: Mapped[int]
    calls: Mapped[int] = mapped_column(default=0)
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    begun_by: Mapped[Json] = mapped_column(JsonText)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    call_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    stopped_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def runs(self, now: datetime) -> bool:
        """Whether receipts are waited for, or telephones are still to be rung."""
        return self.stopped_at is None and (self.ends_at > now or self.call_at is not None)

    def state(self) -> State:
        """As on the timeline."""
        return {
            "id": self.id,
            "version": self.version,
            "unit": self.unit_id,
            "on_board": False,
            "people": self.people,
            "calls": self.calls,
            "begun_at": to_text(self.begun_at),
            "begun_by": self.begun_by,
            "ends_at": to_text(self.ends_at),
            "stopped_at": optional_text(self.stopped_at),
        }


class NumberPlan(Version, Base):
    """When the calendar checks numbers. Every change is a new one."""

    __tablename__ = "number_plan"

    pace: Mapped[Json] = mapped_column(JsonText)
