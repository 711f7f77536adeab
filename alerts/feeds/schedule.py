"""When a feed is asked again, and when it has been silent for too long. Pure."""

from datetime import datetime, timedelta

LONGEST_WAIT = timedelta(hours=1)
SILENT_ROUNDS = 3
LEAST_SILENCE = timedelta(minutes=10)


def next_try(now: datetime, interval: timedelta, failures: int) -> datetime:
    """After its interval; after failures twice as long each time, up to an hour or the interval if that is longer."""
    waits = min(interval * (1 << min(failures, 16)), max(LONGEST_WAIT, interval))
    return now + waits


def is_silent(now: datetime, heard_at: datetime, interval: timedelta) -> bool:
    """Whether nothing sound came since `heard_at` for three intervals, at least ten minutes."""
    return now - heard_at >= max(interval * SILENT_ROUNDS, LEAST_SILENCE)
