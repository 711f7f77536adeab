"""So many messages a second to a gateway: one pace for all processes of this machine.

The time from which the next message may leave stands in a file that they share, by the machine's steady clock, which is
the same for all of them; whoever reads it holds the file's lock.
"""

import fcntl
import mmap
import os
import struct
from pathlib import Path

_TIME = struct.Struct("d")
SLACK_S = 0.005
"""What nobody used of the last so many seconds may still leave; more would be a burst, which a centre answers with
*throttled*."""
STALE_S = 60.0
"""A time this far ahead was written before the machine started: its clock began anew."""


class Pace:
    """`path` is the file, None for a pace of one's own."""

    def __init__(self, per_second: float, path: Path | None = None) -> None:
        self._every_s = 1.0 / per_second
        if path is None:
            self._file = os.memfd_create("pace")
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.ftruncate(self._file, _TIME.size)
        self._next = mmap.mmap(self._file, _TIME.size)

    def take(self, now: float, most: int, *, ahead: bool) -> tuple[int, float]:
        """How many of `most` messages may leave now; where none may, seconds until one may: ask again then, or with
        `ahead` have its place, which is taken."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            (next_at,) = _TIME.unpack_from(self._next)
            if next_at - now > STALE_S + 16 * self._every_s:
                next_at = 0.0
            next_at = max(next_at, now - SLACK_S)
            number = min(most, int((now - next_at) / self._every_s) + 1) if next_at <= now else 0
            if number or ahead:
                _TIME.pack_into(self._next, 0, next_at + max(number, 1) * self._every_s)
            return number, max(next_at - now, 0.0)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._next.close()
        os.close(self._file)
