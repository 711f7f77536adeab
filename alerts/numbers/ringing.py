"""Which telephone a check of numbers rings next, and when. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from alerts.data import table
from alerts.numbers.standing import Pace, within_hours
from alerts.texts import LOCAL


@dataclass(frozen=True, slots=True)
class Telephone:
    """A number that a check asks: `heard` where anything proved or bounced it since the check began.

    `tried` is when it was rung in vain; `waits` whether a call to it waits for a line, `rings` whether one goes on.
    """

    address: str
    landline: bool
    heard: bool = False
    tried: tuple[datetime, ...] = ()
    waits: bool = False
    rings: bool = False

    @property
    def open(self) -> bool:
        """Whether it may be rung still: once, and twice more where nothing was learned."""
        return not self.heard and len(self.tried) < int(table("numbers")["most_calls"])


@dataclass(frozen=True, slots=True)
class Ring:
    """The telephone to be rung now, None for none; and when to look again, None where all is done."""

    address: str | None
    again_at: datetime | None


def next_ring(telephones: Sequence[Telephone], pace: Pace, receipts_until: datetime, now: datetime) -> Ring:
    """One telephone at a time, by day, at the pace of calls: those that take no message from the beginning, the others
    when their receipts are late. In vain is tried again on another day. No more than one call waits for a line."""
    if (by_day := within_hours(pace, now)) > now:
        return Ring(None, by_day)
    later = now + timedelta(minutes=1) / pace.calls_per_minute
    if any(one.waits for one in telephones):
        return Ring(None, later)
    due = {one.address: now if one.rings else _due(one, pace, receipts_until) for one in telephones if one.open}
    ready = [one for one in telephones if one.open and not one.rings and due[one.address] <= now]
    if ready:
        first = min(ready, key=lambda one: (len(one.tried), not one.landline, one.address))
        return Ring(first.address, later)
    return Ring(None, max(later, min(due.values())) if due else None)


def _due(one: Telephone, pace: Pace, receipts_until: datetime) -> datetime:
    earliest = within_hours(pace, receipts_until)
    if not one.tried:
        return datetime.min.replace(tzinfo=receipts_until.tzinfo) if one.landline else earliest
    tomorrow = max(one.tried).astimezone(LOCAL).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time(pace.from_hour), LOCAL).astimezone(receipts_until.tzinfo)
