"""A database that is filled once in a test process and copied for whoever wants one: making its tables takes longer
than most tests do."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Generic, TypeAlias, TypeVar

from tests.peers.postgres import PostgresServer

T = TypeVar("T")
Where: TypeAlias = Path | PostgresServer
"""A folder for a database file, or a server for a database."""
FILE = "fengsui.db"


class Original(Generic[T]):
    """What `fill` makes of an empty database, given its address; it returns what a test has to know of it and leaves
    nothing connected."""

    def __init__(self, fill: Callable[[str], T]) -> None:
        self._fill = fill
        self._folder: TemporaryDirectory[str] | None = None
        self._in_file: T
        self._databases: dict[int, tuple[str, T]] = {}

    @contextmanager
    def copied(self, where: Where) -> Iterator[tuple[str, T]]:
        """A copy while the block lasts: its address, and what is known of it. A file stays until its folder goes."""
        if isinstance(where, Path):
            yield self._to_folder(where)
            return
        name = where.create_database(self._database(where))
        try:
            yield where.url(name), self._databases[where.port][1]
        finally:
            where.drop_database(name)

    def _to_folder(self, folder: Path) -> tuple[str, T]:
        if self._folder is None:
            made = TemporaryDirectory(prefix="original-")
            self._in_file = self._fill(_address(Path(made.name)))
            self._folder = made
        shutil.copy(Path(self._folder.name) / FILE, folder / FILE)
        return _address(folder), self._in_file

    def _database(self, server: PostgresServer) -> str:
        if server.port not in self._databases:
            name = server.create_database()
            self._databases[server.port] = name, self._fill(server.url(name))
        return self._databases[server.port][0]


def _address(folder: Path) -> str:
    return f"sqlite:///{folder / FILE}"
