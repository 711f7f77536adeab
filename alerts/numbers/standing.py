"""How a number stands, which results say so, and when a check may write to whom. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from alerts.data import table
from alerts.texts import LOCAL
from command.kernel.values import State

PHONE, EMAIL = "phone", "email"
ADDRESSES = (PHONE, EMAIL)
BOUNCED, UNPROVEN, PROVEN = "bounced", "unproven", "proven"

UNDELIVERED, REFUSED, NO_SUCH_NUMBER, MALFORMED = "undelivered", "refused", "no_such_number", "malformed"
"""Why it bounced: the receipt says so (UNDELIV, REJECTD, a mail that came back), the centre or mail server does not
take it (SMPP status 0x0B, SMTP 550), the exchange does not know it (SIP 404, 410, 484), it cannot be one."""

_REFUSED_BY_CENTRE = "status 0x0000000b"
"""ESME_RINVDSTADR (SMPP 3.4 §5.1.3): any other refusal is about the message or the line."""
_NO_NUMBER = "not a telephone number"
_NO_MAILBOX = "SMTPRecipientsRefused"
_PERMANENT = ("550", "551", "553", "511", "501")
"""RFC 5321 §4.2.3: the mailbox is not there, has moved, or its name is none; 552 and 554 say other things too."""

_OF_THE_ADDRESS = frozenset({"5.1.0", "5.1.1", "5.1.2", "5.1.3", "5.1.4", "5.1.6", "5.1.10", "5.2.1", "5.4.4"})
"""RFC 3463 §3.2 – 3.5, RFC 7505: no such mailbox or domain, moved, in no form, closed; a domain without a way."""
_UNSAID = ("5.0.0", "0.0.0")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is known of one address: when it was last proven, bounced, and said to be right."""

    proven_at: datetime | None = None
    bounced_at: datetime | None = None
    corrected_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """The monthly check: on which day of the month, within which hours of the day, how many a minute are written to,
    and how many telephones are rung."""

    on: bool
    day: int
    from_hour: int
    to_hour: int
    per_minute: int
    calls_per_minute: int


def stands(marks: Marks, now: datetime) -> str:
    """`bounced` until it is proven or corrected after that; `unproven` where nothing was heard of it for 31 days."""
    later = [at for at in (marks.proven_at, marks.corrected_at) if at is not None]
    if marks.bounced_at is not None and all(at < marks.bounced_at for at in later):
        return BOUNCED
    limit = now - timedelta(days=int(table("numbers")["unproven_after_days"]))
    return PROVEN if marks.proven_at is not None and marks.proven_at >= limit else UNPROVEN


def bounce_of(channel: str, detail: str) -> str | None:
    """Why a failed message says that its address is no good; None where it failed for something else."""
    if channel == "sms":
        return {_NO_NUMBER: MALFORMED, _REFUSED_BY_CENTRE: REFUSED}.get(detail)
    if channel == "email" and detail.startswith("ValueError"):
        return MALFORMED
    if channel == "email" and detail.startswith(_NO_MAILBOX) and any(code in detail for code in _PERMANENT):
        return REFUSED
    return None


def is_of_the_address(detail: str) -> bool:
    """Whether what a receipt says (a report's status, RFC 3463, and the server's words) is about the address.

    Where it says nothing it is; a full mailbox, a policy or a way that is closed is not.
    """
    status = detail.partition(" ")[0]
    if not status or status in _OF_THE_ADDRESS:
        return True
    return status in _UNSAID and any(code in detail for code in _PERMANENT)


def read_pace(raw: Mapping[str, Any]) -> Pace:
    """A pace from its JSON; ValueError for hours that are none or at night, a day that not every month has."""
    # A plan from before numbers were rung has no pace for that.
    full = {"calls_per_minute": table("numbers")["plan"]["calls_per_minute"], **raw}
    names = ("day", "from_hour", "to_hour", "per_minute", "calls_per_minute")
    pace = Pace(bool(full["on"]), *(int(full[name]) for name in names))
    by_day = 7 <= pace.from_hour < pace.to_hour <= 21
    slow = 1 <= pace.per_minute <= 600 and 1 <= pace.calls_per_minute <= 60
    if not (by_day and slow and 1 <= pace.day <= 28):
        raise ValueError("pace")
    return pace


def written_pace(pace: Pace) -> State:
    return {
        "on": pace.on,
        "day": pace.day,
        "from_hour": pace.from_hour,
        "to_hour": pace.to_hour,
        "per_minute": pace.per_minute,
        "calls_per_minute": pace.calls_per_minute,
    }


def slots(pace: Pace, now: datetime, count: int) -> list[tuple[datetime, int]]:
    """When how many may be written to, none before `now`, at night, or faster than the pace."""
    found: list[tuple[datetime, int]] = []
    at, left = within_hours(pace, now), count
    while left > 0:
        found.append((at, min(left, pace.per_minute)))
        left -= pace.per_minute
        at = within_hours(pace, at + timedelta(minutes=1))
    return found


def next_check(pace: Pace, last: datetime | None, since: datetime) -> datetime | None:
    """From when on the calendar checks again, None where it is off: on the day of the month after the last check's, the
    first time on the first such day after `since`, when the county's first number was entered."""
    if not pace.on:
        return None
    month = (last or since).astimezone(LOCAL).replace(day=1)
    first = _day_of(pace, month)
    return first if last is None and first >= since else _day_of(pace, month + timedelta(days=31))


def is_due(pace: Pace, last: datetime | None, since: datetime, now: datetime) -> bool:
    """Whether the calendar begins a check: once a month, on its day or after it, by day."""
    due = next_check(pace, last, since)
    return due is not None and due <= now == within_hours(pace, now)


def newest(instants: Iterable[datetime | None]) -> datetime | None:
    return max((at for at in instants if at is not None), default=None)


def within_hours(pace: Pace, at: datetime) -> datetime:
    """`at`, or the next beginning of the hours."""
    local = at.astimezone(LOCAL)
    if pace.from_hour <= local.hour < pace.to_hour:
        return at
    day = local.date() if local.hour < pace.from_hour else local.date() + timedelta(days=1)
    return datetime.combine(day, time(pace.from_hour), LOCAL).astimezone(at.tzinfo)


def _day_of(pace: Pace, month: datetime) -> datetime:
    return datetime.combine(month.date().replace(day=pace.day), time(pace.from_hour), LOCAL)
