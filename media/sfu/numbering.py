"""Numbers that go on without a gap when some of what comes in is left out on purpose."""

from __future__ import annotations

from bisect import bisect_right

from media.sfu.state import PlainRow, Row

MAX_RUNS = 256


class Numbering:
    """Maps the numbers of an input (unwrapped, losses leave gaps) to outgoing ones, in `row`.

    A number that did not come keeps its place, one that is skipped does not. The last MAX_RUNS runs of skipped numbers
    are remembered for what comes late. `first` is the oldest number that has a place, `newest` the outgoing number
    given last, unwrapped.
    """

    __slots__ = ("_ends", "_resumed", "_skipped", "_starts", "first", "row")

    def __init__(self, row: Row, newest: int) -> None:
        self.row = row
        row.highest = -1
        row.shift = newest + 1
        self.first = 0
        self._skipped = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._resumed: list[int] = []

    @property
    def newest(self) -> int:
        return self.row.highest + self.row.shift

    def begin(self, number: int) -> None:
        """Another input: its `number` follows what was given last, what lies before it has no place."""
        row = self.row
        row.shift = self.newest + 1 - number
        row.highest = number - 1
        self.first = number
        self._skipped = 0
        self._starts, self._ends, self._resumed = [], [], []

    def frozen(self) -> Numbering:
        """What stays as it is now when this one begins anew; it is only asked, not gone on with."""
        row = PlainRow()
        row.highest, row.shift = self.row.highest, self.row.shift
        copy = Numbering(PlainRow(), 0)
        copy.row, copy.first, copy._skipped = row, self.first, self._skipped
        copy._starts, copy._ends, copy._resumed = self._starts, self._ends, self._resumed
        return copy

    def skip(self, first: int, last: int) -> None:
        """Leave out `first` to `last`, all of them newer than what came so far."""
        if self._ends and self._ends[-1] + 1 == first:
            self._ends[-1] = last
        else:
            self._starts.append(first)
            self._ends.append(last)
            self._resumed.append(first - self._skipped)
        self._skipped += last - first + 1
        self.row.shift -= last - first + 1
        self.row.highest = last
        if len(self._starts) > MAX_RUNS:
            self.first = self._ends.pop(0) + 1
            del self._starts[0], self._resumed[0]

    def place(self, number: int) -> int | None:
        """The outgoing number (unwrapped); None for one that was skipped or is older than what is remembered."""
        row = self.row
        if number > row.highest:
            row.highest = number
            return number + row.shift
        if number < self.first:
            return None
        at = bisect_right(self._starts, number)
        if at and number <= self._ends[at - 1]:
            return None
        return number + row.shift + self._skipped - self._skipped_before(at)

    def find(self, outgoing: int) -> int | None:
        """The number whose place is `outgoing`; None when that was not given since `begin`, or too long ago."""
        number = outgoing - self.row.shift - self._skipped
        number += self._skipped_before(bisect_right(self._resumed, number))
        return number if self.first <= number <= self.row.highest else None

    def _skipped_before(self, run: int) -> int:
        """How many were skipped before the run of that place; all of them after the last run."""
        return self._starts[run] - self._resumed[run] if run < len(self._starts) else self._skipped
