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
"""Who wakes this much late loses nothing; more would leave as a burst, which a centre answers with *throttled*."""
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

    def take(self, now: float, *, ahead: bool) -> float:
        """Seconds until a message may leave: its place is taken if that is 0, or `ahead`; otherwise ask again then."""
        fcntl.flock(self._file, fcntl.LOCK_EX)
        try:
            (next_at,) = _TIME.unpack_from(self._next)
            wait_s: float = next_at - now
            if wait_s > STALE_S + 16 * self._every_s:
                wait_s = -STALE_S
            if wait_s <= 0 or ahead:
                _TIME.pack_into(self._next, 0, (now + wait_s if wait_s > -SLACK_S else now) + self._every_s)
            return max(wait_s, 0.0)
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        self._next.close()
        os.close(self._file)
