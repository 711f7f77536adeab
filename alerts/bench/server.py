"""A PostgreSQL server for a bench: its own, in a temporary folder, as durable as a real one."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_ACCOUNT = "postgres"
_NEW = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8")
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "256MB",
    "max_wal_size": "4GB",
    "timezone": "UTC",
    "fsync": "on",
    "synchronous_commit": "on",
}


@dataclass(frozen=True)
class Server:
    """A server's programs and folder; every loopback connection is trusted."""

    programs: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        """SQLAlchemy's address of its one database."""
        return f"postgresql+psycopg://{_ACCOUNT}@127.0.0.1:{self.port}/postgres"

    def create(self) -> None:
        """Make its data folder."""
        _call([self.programs / "initdb", "-D", self.folder / "data", "-U", _ACCOUNT, *_NEW], self.folder)

    def start(self) -> None:
        """Returns when it answers."""
        settings = {**_SETTINGS, "port": str(self.port), "unix_socket_directories": str(self.folder)}
        options = " ".join(f"-c {name}={value}" for name, value in settings.items())
        self._control("-w", "-l", self.folder / "log", "-o", options, "start")

    def crash(self) -> None:
        """End it at once, as by a power cut of its own: it recovers from its log at the next start."""
        self._control("-m", "immediate", "stop")

    def _control(self, *words: object) -> None:
        _call([self.programs / "pg_ctl", "-D", self.folder / "data", *words], self.folder)


@contextlib.contextmanager
def temporary_server() -> Iterator[Server | None]:
    """A running server, None where none is installed."""
    programs = _programs()
    if programs is None:
        yield None
        return
    folder = Path(tempfile.mkdtemp(prefix="bench-postgres-"))
    server = Server(programs, folder, _free_port())
    try:
        _give(folder)
        server.create()
        server.start()
        try:
            yield server
        finally:
            server.crash()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def temporary_postgres(url: str = "") -> Iterator[str]:
    """The address of an empty database: `url` where one is given, empty where no server is installed."""
    if url:
        yield url
        return
    with temporary_server() as server:
        yield server.url if server else ""


def _call(words: Sequence[object], folder: Path) -> None:
    """Run one of the server's programs, which refuse to be run by root."""
    extra: dict[str, object] = {}
    if os.geteuid() == 0:
        account = pwd.getpwnam(_ACCOUNT)
        extra = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
    words = [str(word) for word in words]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **extra)  # type: ignore[call-overload]  # the account's three options


def _give(folder: Path) -> None:
    if os.geteuid() == 0:
        shutil.chown(folder, _ACCOUNT)


def _programs() -> Path | None:
    """The newest installed server's folder of programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return found[-1].parent if found else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
