"""The packets of one layer as they came: made again when they are asked for."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic

from media.sfu.incoming import Remake
from media.sfu.kept import Kept, T


@dataclass(slots=True)
class Raw:
    """A packet's place in its stream, and its payload."""

    index: int
    timestamp: int
    marker: bool
    picture: int
    payload: bytes


class RawKept(Generic[T]):
    """See `Cache`. What is plain comes `raw`."""

    def __init__(self, remake: Remake[T]) -> None:
        self.raw = Kept[Raw]()
        self._remake = remake

    def add(self, now: float, unit: T) -> None:
        self.raw.add(now, Raw(unit.index, unit.timestamp, unit.marker, unit.picture, unit.payload))

    def get(self, index: int) -> T | None:
        raw = self.raw.get(index)
        if raw is None:
            return None
        return self._remake(raw.index, raw.timestamp, raw.marker, raw.picture, raw.payload)

    def timestamps(self) -> Iterable[int]:
        """Those of all, in the order of coming, the last one first."""
        return self.raw.timestamps()

    def clear(self) -> None:
        self.raw.clear()
