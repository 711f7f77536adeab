"""Time as a value: aware UTC with milliseconds inside, one text form on the wire."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Where the time comes from."""

    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, cut to milliseconds as the timeline stores it."""
        return to_milliseconds(datetime.now(UTC))


class ManualClock:
    """A clock that goes only when told, for tests and replay."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        """The instant set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Go on by `seconds`."""
        self._now += timedelta(seconds=seconds)


def to_milliseconds(instant: datetime) -> datetime:
    """`instant` in UTC, cut to whole milliseconds."""
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def to_text(instant: datetime) -> str:
    """`2026-11-20T06:03:11.042Z`, always 24 characters."""
    return to_milliseconds(instant).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def optional_text(instant: datetime | None) -> str | None:
    """`to_text`, or None for an unknown time."""
    return None if instant is None else to_text(instant)


def from_text(text: str) -> datetime:
    """The instant written by `to_text` or any RFC 3339 time with an offset; ValueError without one."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError("time without offset")
    return to_milliseconds(instant)
