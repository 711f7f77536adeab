"""A RabbitMQ broker for a drill: its own, in a temporary folder, so that it can be ended at once and started again."""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import amqp
import amqp.exceptions

# The script behind Debian's wrapper; the wrapper insists on the service's account and folders.
_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
PATIENCE_S = 120.0


@dataclass
class Broker:
    """A broker's folder and ports, and its process while it runs; `guest` may connect on loopback."""

    folder: Path
    port: int
    mapper_port: int
    distribution_port: int
    process: "subprocess.Popen[bytes] | None" = field(default=None, kw_only=True)

    @property
    def url(self) -> str:
        """Celery's address of it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def start(self) -> None:
        """Returns when it lets us in. Raises TimeoutError."""
        self.process = _spawn([str(_SERVER)], self.folder, self._environment())
        end, pause = time.monotonic() + PATIENCE_S, threading.Event()
        while not self._answers():
            if time.monotonic() > end:
                raise TimeoutError("the broker does not answer")
            pause.wait(0.1)

    def crash(self) -> None:
        """End it at once."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def _answers(self) -> bool:
        try:
            with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=2):
                return True
        except (OSError, amqp.exceptions.AMQPError):
            return False

    def _environment(self) -> dict[str, str]:
        return {
            "HOME": str(self.folder),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self.mapper_port),
            "RABBITMQ_NODENAME": f"drill-{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.distribution_port),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "plugins"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
            # With these two the script becomes the virtual machine; else it would be what is killed in its place.
            "RABBITMQ_ALLOW_INPUT": "1",
            "RABBITMQ_SERVER_START_ARGS": "-noinput",
        }


@contextlib.contextmanager
def temporary_broker() -> Iterator[Broker | None]:
    """A running broker, None where none is installed."""
    mapper_program = shutil.which("epmd")
    if not _SERVER.exists() or mapper_program is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="drill-rabbitmq-", ignore_cleanup_errors=True) as name:
        port, mapper_port, distribution_port = _free_ports(3)
        broker = Broker(Path(name), port, mapper_port, distribution_port)
        (broker.folder / "plugins").write_text("[].\n")
        (broker.folder / "rabbitmq.conf").write_text("disk_free_limit.absolute = 50MB\n")
        words = [mapper_program, "-address", "127.0.0.1", "-port", str(broker.mapper_port)]
        mapper = _spawn(words, broker.folder, {})
        try:
            broker.start()
            yield broker
        finally:
            broker.crash()
            mapper.terminate()
            mapper.wait()


def _spawn(words: Sequence[str], folder: Path, extra: dict[str, str]) -> "subprocess.Popen[bytes]":
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(words, cwd=folder, env={**os.environ, **extra}, stdout=log, stderr=log)


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
