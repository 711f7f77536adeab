"""A Redis server that keeps nothing on disk."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """Its first database."""
        return f"redis://127.0.0.1:{self.port}/0"


@contextlib.contextmanager
def redis() -> Iterator[RedisServer]:
    """Run a server in memory."""
    with folder_for() as folder:
        server = RedisServer(free_port())
        options = {"port": str(server.port), "bind": "127.0.0.1", "save": "", "appendonly": "no", "dir": str(folder)}
        argv = [program("redis-server"), *(word for key, value in options.items() for word in (f"--{key}", value))]
        with running(argv, folder, lambda: accepts(server.port)):
            yield server
