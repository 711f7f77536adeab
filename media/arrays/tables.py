"""Structures of one kind side by side: each is an object for Python, and each field of all of them a column."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from media.compiled.layout import ffi

_FORMATS = {
    "int64_t": "i8",
    "uint64_t": "u8",
    "double": "f8",
    "int32_t": "i4",
    "uint32_t": "u4",
    "uint16_t": "u2",
    "uint8_t": "u1",
}


def layout(kind: Any) -> Any:
    """numpy's description of a type of C."""
    if kind.kind == "array":
        return np.dtype((layout(kind.item), (kind.length,)))
    if kind.kind == "pointer":
        return np.dtype("u8")
    if kind.kind != "struct":
        return np.dtype(_FORMATS[kind.cname])
    fields = [(name, field.offset, layout(field.type)) for name, field in kind.fields]
    names, offsets, formats = (list(each) for each in zip(*fields, strict=True))
    return np.dtype({"names": names, "offsets": offsets, "formats": formats, "itemsize": ffi.sizeof(kind)})


class Table:
    """Room for `room` structures of a kind; memory is taken only for those in use, all of them below row `used`."""

    def __init__(self, kind: str, room: int) -> None:
        described = layout(ffi.typeof(f"struct {kind}"))
        self.rows: NDArray[Any] = np.zeros(room, described)
        self.words: NDArray[np.int64] = self.rows.view(np.int64).reshape(room, -1)
        self._pointer = ffi.cast(f"struct {kind} *", self.rows.ctypes.data)
        self._free = list(range(room - 1, -1, -1))
        self.used = 0

    @property
    def full(self) -> bool:
        return not self._free

    def take(self) -> int:
        """A row of zeros. Raises IndexError when all are taken."""
        row = self._free.pop()
        self.used = max(self.used, row + 1)
        self.words[row] = 0
        return row

    def at(self, row: int) -> Any:
        """The structure; the table has to live as long."""
        return self._pointer + row

    def row(self, state: Any) -> int:
        """Which row a structure of this table is."""
        return int(state - self._pointer)

    def address(self, row: int) -> int:
        """Where it stands in memory."""
        return int(self.rows.ctypes.data) + row * self.rows.itemsize

    def give_back(self, row: int) -> None:
        """Nobody has it any more."""
        self._free.append(row)
