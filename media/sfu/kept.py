"""The packets of one layer that came lately: every slot that was sent them repairs from here."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

CAPACITY = 512
KEPT_S = 1.5


class Indexed(Protocol):
    """What can be kept: a packet with its place in the stream."""

    @property
    def index(self) -> int: ...


T = TypeVar("T", bound=Indexed)


class Kept(Generic[T]):
    """At most CAPACITY packets, none older than KEPT_S when the newest came."""

    def __init__(self) -> None:
        self._units: dict[int, T] = {}
        self._order: deque[tuple[float, int]] = deque()

    def __len__(self) -> int:
        return len(self._units)

    def add(self, now: float, unit: T) -> None:
        order, units = self._order, self._units
        units[unit.index] = unit
        order.append((now, unit.index))
        while order[0][0] < now - KEPT_S or len(order) > CAPACITY:
            units.pop(order.popleft()[1], None)

    def get(self, index: int) -> T | None:
        return self._units.get(index)

    def newest_first(self) -> Iterable[T]:
        """All, in the order of coming, the last one first."""
        return reversed(self._units.values())

    def clear(self) -> None:
        self._units.clear()
        self._order.clear()
