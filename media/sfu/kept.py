"""The packets of one layer that came lately: every slot that was sent them repairs from here."""

from collections import deque
from collections.abc import Iterable
from typing import Generic, Protocol, TypeVar

CAPACITY = 512
KEPT_S = 1.5


class Indexed(Protocol):
    """What can be kept: a packet with its place in the stream; see `Unit`."""

    @property
    def index(self) -> int: ...
    @property
    def timestamp(self) -> int: ...
    @property
    def marker(self) -> bool: ...
    @property
    def picture(self) -> int: ...
    @property
    def payload(self) -> bytes: ...


T = TypeVar("T", bound=Indexed)


class Cache(Protocol[T]):
    """Where the packets of one layer are kept."""

    def add(self, now: float, unit: T) -> None: ...
    def get(self, index: int) -> T | None: ...
    def timestamps(self) -> Iterable[int]:
        """Those of all, in the order of coming, the last one first."""

    def clear(self) -> None: ...


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

    def timestamps(self) -> Iterable[int]:
        """Those of all, in the order of coming, the last one first."""
        return (unit.timestamp for unit in reversed(self._units.values()))

    def clear(self) -> None:
        self._units.clear()
        self._order.clear()
