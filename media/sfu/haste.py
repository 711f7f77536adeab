"""The past of a picture in fast motion: whoever begins with it is in the present as soon as it has been decoded."""

from collections.abc import Sequence

from media.sfu.clock import signed
from media.sfu.layer import Unit

TIMES = 300
"""So many times as fast: frames 4 ms apart still differ by a tick, and a second passes in 3 ms."""
LONGEST_TICKS = 5 * 90_000


class Haste:
    """Timestamps of `units`, the last one of which keeps its own: those before it come close behind each other.

    A receiver plays by timestamps. With the true ones it would take the first of these frames, which comes as late as
    it is old, for one that came in time, and show whatever follows as much later. `ticks` is what all of them take.
    """

    def __init__(self, units: Sequence[Unit]) -> None:
        last = units[-1]
        self._until, self._present = last.index, last.timestamp
        stamps = {unit.timestamp for unit in units}
        before = [signed(self._present - stamp) for stamp in stamps]
        self.ticks = max(before) // TIMES
        distinct = len({self.timestamp(0, stamp) for stamp in stamps}) == len(stamps)
        self.possible = distinct and 0 <= min(before) <= max(before) <= LONGEST_TICKS

    def timestamp(self, index: int, timestamp: int) -> int:
        """What the packet with this index has instead of its own, 32 bits."""
        before = signed(self._present - timestamp) if index < self._until else 0
        return (self._present - before // TIMES) & 0xFFFFFFFF if before > 0 else timestamp
