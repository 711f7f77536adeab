"""Numbers that go on without a gap when some of what comes in is left out on purpose."""

from bisect import bisect_right

MAX_RUNS = 256


class Numbering:
    """Maps the numbers of an input (unwrapped, losses leave gaps) to outgoing ones.

    A number that did not come keeps its place, one that is skipped does not. `highest` is the newest input number taken
    or skipped, `newest` the outgoing number given last (unwrapped), `shift` what is to be added to the next ones. The
    last MAX_RUNS runs of skipped numbers are remembered for what comes late.
    """

    __slots__ = ("_before", "_ends", "_first", "_skipped", "_starts", "highest", "newest", "shift")

    def __init__(self, newest: int) -> None:
        self.newest = newest
        self.highest = -1
        self.shift = 0
        self._first = 0
        self._skipped = 0
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._before: list[int] = []

    def begin(self, number: int) -> None:
        """Another input: its `number` follows what was given last, what lies before it has no place."""
        self.shift = self.newest + 1 - number
        self._first = number
        self.highest = number - 1
        self._skipped = 0
        self._starts.clear()
        self._ends.clear()
        self._before.clear()

    def skip(self, first: int, last: int) -> None:
        """Leave out `first` to `last`, all of them newer than `highest`."""
        if self._ends and self._ends[-1] + 1 == first:
            self._ends[-1] = last
        else:
            self._starts.append(first)
            self._ends.append(last)
            self._before.append(self._skipped)
        self._skipped += last - first + 1
        self.shift -= last - first + 1
        self.highest = last
        if len(self._starts) > MAX_RUNS:
            self._first = self._ends.pop(0) + 1
            del self._starts[0], self._before[0]

    def place(self, number: int) -> int | None:
        """The outgoing number (unwrapped); None for one that was skipped or is older than what is remembered."""
        if number > self.highest:
            self.highest = number
            self.newest = number + self.shift
            return self.newest
        if number < self._first:
            return None
        at = bisect_right(self._starts, number)
        if at and number <= self._ends[at - 1]:
            return None
        later = self._skipped - self._before[at] if at < len(self._before) else 0
        return number + self.shift + later
