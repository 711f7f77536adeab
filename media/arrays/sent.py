"""What was sent, as rows of a table: where all came, feedback is read by columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.rtp.transport_cc import DELTA_TICK_S
from media.sfu.sent import CAPACITY, Arrival, Burst, Row, Sent, Told
from media.sfu.state import FlowState


class Columns(Row):
    """A row whose columns are numpy's; each packet came after the one before it, or with it."""

    def __init__(self, first: int, *columns: Any) -> None:
        super().__init__(range(first, first + len(columns[0])), *columns)

    def __iter__(self) -> Iterator[Arrival]:
        columns: Any = self.sent, self.arrived, self.sizes
        return zip(self.numbers, *(column.tolist() for column in columns), strict=True)

    @property
    def bursts(self) -> Iterable[Burst]:
        """Of what left at one moment the first packet, and the others as one: no more tells them apart."""
        sent: Any = self.sent
        arrived: Any = self.arrived
        parted = np.ones(len(sent), np.bool_)
        parted[1:] = sent[1:] != sent[:-1]
        parted[1:] |= parted[:-1]
        begins = parted.nonzero()[0]
        ends = np.append(begins[1:] - 1, -1)
        return zip(sent[begins].tolist(), arrived[begins].tolist(), arrived[ends].tolist(), strict=True)


class ArraySent(Sent):
    """`times` and `sizes` are rows of CAPACITY numbers."""

    def __init__(self, state: FlowState, times: NDArray[np.float64], sizes: NDArray[np.uint16]) -> None:
        super().__init__(state)
        # Single numbers are read faster from a view.
        self.times, self.sizes = times.data, sizes.data
        self._times, self._sizes = times, sizes

    def _octets_in(self, first: int, last: int) -> int:
        return int(self._sizes[first:last].sum())

    def _all_came(self, index: int, ticks: int, deltas: Sequence[int | None]) -> Told | None:
        """By columns where the deltas are bytes, as they stand in feedback while none is great."""
        first, count = index % CAPACITY, len(deltas)
        if not isinstance(deltas, bytes) or not count or first + count > CAPACITY:
            return super()._all_came(index, ticks, deltas)
        sizes = self._sizes[first : first + count].copy()
        if index + count > self.next or not sizes.all():
            return None
        self._sizes[first : first + count] = 0
        arrived = (np.frombuffer(deltas, np.uint8).cumsum(dtype=np.int64) + ticks) * DELTA_TICK_S
        times, octets = self._times[first : first + count].copy(), int(sizes.sum())
        came = Columns(index, times, arrived, sizes)
        return Told((came,), count, float(times[-1]), 0, octets, octets, float(arrived[-1]), index + count - 1)
