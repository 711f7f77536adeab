"""Waking readers after a commit: nothing is polled, nothing but the wake-up itself is carried."""

import contextlib
import os
import socket
import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Protocol


class Wake(Protocol):
    """How a committing process tells the others that there is something to read."""

    def notify(self) -> None:
        """Wake every listener of every process."""
        ...

    def listen(self, woken: Callable[[], None]) -> Callable[[], None]:
        """Call `woken` from a thread of its own after each `notify`; the returned function ends that."""
        ...


class FolderWake:
    """Processes of one machine: each listener binds a datagram socket in a folder, a commit pokes them all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._out = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def notify(self) -> None:
        """Poke every socket there is; one whose process is gone is removed."""
        for path in self._folder.glob("*.wake"):
            try:
                self._out.sendto(b"1", str(path))
            except BlockingIOError:
                pass  # a full queue is a listener with a wake-up still to come
            except OSError:
                path.unlink(missing_ok=True)

    def listen(self, woken: Callable[[], None]) -> Callable[[], None]:
        """See `Wake.listen`."""
        path = self._folder / f"{os.getpid()}-{os.urandom(3).hex()}.wake"
        inbox = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        inbox.bind(str(path))

        def run() -> None:
            while inbox.recv(1) == b"1":
                woken()
            inbox.close()

        thread = threading.Thread(target=run, name="wake", daemon=True)
        thread.start()

        def stop() -> None:
            with contextlib.suppress(OSError):
                self._out.sendto(b"0", str(path))
            thread.join(timeout=2)
            path.unlink(missing_ok=True)

        return stop


def wake_of(database: str, folder: Path, topic: str = "") -> Wake:
    """How the processes on a database (SQLAlchemy's URL) wake each other; `folder` is for those of one machine.

    Whoever names a `topic` is woken for that alone.
    """
    if database.startswith("sqlite"):
        return FolderWake(folder / topic)
    # The driver takes 9 MB, which a process on SQLite does not need.
    found: Wake = import_module("command.kernel.postgres_wake").PostgresWake(
        database.replace("postgresql+psycopg://", "postgresql://"), f"fengsui_{topic}" if topic else "fengsui"
    )
    return found
