"""A PostgreSQL server with PostGIS, and an own database for each test that wants one."""

import contextlib
import os
import secrets
import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from tests.peers.ports import free_port
from tests.peers.process import as_account, folder_for, running

_USER = "fengsui"
# Throw-away data: nothing of it must survive a crash, and syncing would be most of a test's time.
_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "listen_addresses": "127.0.0.1",
    "shared_buffers": "64MB",
    "max_connections": "100",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class PostgresServer:
    """A running server; every loopback connection is trusted."""

    port: int
    folder: Path

    def url(self, database: str) -> str:
        """SQLAlchemy's address of one of its databases."""
        return f"postgresql+psycopg://{_USER}@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """A new database, a copy of the template (nobody may be connected to that one); returns its name.

        Its files are copied: to log all that is in them, as PostgreSQL does by itself, takes almost twice the time.
        """
        name = f"test_{secrets.token_hex(6)}"
        self._command(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY"), name, template)
        return name

    def drop_database(self, name: str) -> None:
        """Remove it, and whoever is still connected to it."""
        self._command(sql.SQL("DROP DATABASE {} WITH (FORCE)"), name)

    def answers(self) -> bool:
        """Whether it accepts connections."""
        try:
            self._connect("postgres").close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self, database: str) -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user=_USER, dbname=database, autocommit=True, connect_timeout=5
        )

    def _command(self, command: sql.SQL, *names: str) -> None:
        with self._connect("postgres") as connection:
            connection.execute(command.format(*map(sql.Identifier, names)))


def _programs() -> Path:
    """The newest installed server's folder of programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise FileNotFoundError("PostgreSQL is not installed: run scripts/install-debian.sh tests")
    return found[-1].parent


def _initialise(programs: Path, data: Path, owner: str | None) -> None:
    result = subprocess.run(
        [
            *as_account(owner),
            str(programs / "initdb"),
            f"--pgdata={data}",
            f"--username={_USER}",
            *("--auth=trust", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"),
        ],
        cwd=data.parent,
        capture_output=True,
        text=True,
    )
    if result.returncode != 0:
        raise AssertionError(result.stderr)


@contextlib.contextmanager
def postgres() -> Iterator[PostgresServer]:
    """Run a server whose databases have PostGIS. As root it runs under the package's own account."""
    owner = "postgres" if os.geteuid() == 0 else None
    programs = _programs()
    with folder_for(owner) as folder:
        data = folder / "data"
        _initialise(programs, data, owner)
        server = PostgresServer(free_port(), folder)
        settings = {**_SETTINGS, "port": str(server.port), "unix_socket_directories": str(folder)}
        argv = [str(programs / "postgres"), "-D", str(data), *(f"--{key}={value}" for key, value in settings.items())]
        # SIGINT ends its sessions, SIGQUIT ends it at once but lets it give its shared memory back.
        with running(argv, folder, server.answers, owner=owner, stop_signal=signal.SIGINT, death_signal="QUIT"):
            with psycopg.connect(server.url("template1").replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("CREATE EXTENSION postgis")
            yield server
