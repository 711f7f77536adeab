"""How late the node is: its own turn, and what waits in its sockets; what follows from it is for `shedding` to say."""

import time
from collections.abc import Sequence

from media.outlet import Outlet
from media.sfu.shedding import Load

QUIET_S = 60.0
"""So long after the last datagram that there was no room for, an overflow is over."""


class Overflow:
    """What the kernel had no room for, as one incident until nothing was lost for QUIET_S.

    `datagrams` are those of the incident that `lasts`, or of the last one.
    """

    def __init__(self) -> None:
        self.lasts = False
        self.datagrams = 0
        self._total = 0
        self._at = 0.0

    def step(self, now: float, total: int) -> bool:
        """So many have been lost in all; whether an incident began or ended."""
        lost, self._total = total - self._total, total
        before = self.lasts
        if lost > 0:
            self.datagrams = lost + (self.datagrams if before else 0)
            self._at = now
        self.lasts = lost > 0 or (before and now - self._at < QUIET_S)
        return self.lasts != before


class Overload:
    """Looked at with every turn of the node; it stays `open` where it does not shed. Overflows are told all the same.

    `overflows` counts the datagrams that the kernel had no room for.
    """

    def __init__(self, outlets: Sequence[Outlet], now: float, sheds: bool = True) -> None:
        self.load = Load(now)
        self._sheds = sheds
        self.overflows = 0
        self.overflow = Overflow()
        self._outlets = outlets

    def tick(self, now: float, late_s: float) -> bool:
        """A turn that is so late; whether the stage changed.

        What waits longest in a socket tells more than the turn: a loop that never comes to an end of what it is sent
        may still keep its turns.
        """
        overflows = sum(outlet.overflows() for outlet in self._outlets)
        lost, self.overflows = overflows > self.overflows, overflows
        return self._sheds and self.load.step(now, max(late_s, self._waiting_s()), overflowed=lost)

    def _waiting_s(self) -> float:
        """How long the oldest datagram has waited; 0 where none does, or where the clock was set meanwhile."""
        found = [at for outlet in self._outlets if (at := outlet.oldest()) is not None]
        return max(0.0, time.time() - min(found)) if found else 0.0
