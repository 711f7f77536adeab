"""A RabbitMQ broker with its own Erlang port mapper."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import amqp
import amqp.exceptions

from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running

# The script behind Debian's wrapper; the wrapper insists on the service's account and folders.
_SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


@dataclass(frozen=True, slots=True)
class RabbitmqServer:
    """A running broker with the account guest."""

    port: int

    @property
    def url(self) -> str:
        """Celery's and kombu's address of it."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def answers(self) -> bool:
        """Whether it lets us in."""
        if not accepts(self.port):
            return False
        try:
            with amqp.Connection(f"127.0.0.1:{self.port}", connect_timeout=5):
                return True
        except (OSError, amqp.exceptions.AMQPError):
            return False


def _environment(folder: Path, port: int, mapper_port: int) -> dict[str, str]:
    return {
        "HOME": str(folder),
        "ERL_EPMD_ADDRESS": "127.0.0.1",
        "ERL_EPMD_PORT": str(mapper_port),
        "RABBITMQ_NODENAME": f"fengsui-{port}@localhost",
        "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
        "RABBITMQ_NODE_PORT": str(port),
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
        "RABBITMQ_LOG_BASE": str(folder),
        "RABBITMQ_LOGS": "-",
        "RABBITMQ_PID_FILE": str(folder / "pid"),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
        "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
        # Two schedulers that do not spin while idle: the tests want the processor.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"
        " -kernel inet_dist_use_interface {127,0,0,1}",
        # Without these two the script stays as a parent of the virtual machine and would die in its place.
        "RABBITMQ_ALLOW_INPUT": "1",
        "RABBITMQ_SERVER_START_ARGS": "-noinput",
    }


@contextlib.contextmanager
def rabbitmq() -> Iterator[RabbitmqServer]:
    """Run a broker on a node of its own, in memory and files of its own."""
    if not _SERVER.exists():
        raise FileNotFoundError("RabbitMQ is not installed: run scripts/install-debian.sh tests")
    with folder_for() as folder:
        (folder / "plugins").write_text("[].\n")
        (folder / "rabbitmq.conf").write_text("disk_free_limit.absolute = 50MB\n")
        server, mapper_port = RabbitmqServer(free_port()), free_port()
        environment = _environment(folder, server.port, mapper_port)
        mapper = [program("epmd"), "-address", "127.0.0.1", "-port", str(mapper_port)]
        with (
            running(mapper, folder, lambda: accepts(mapper_port)),
            running([str(_SERVER)], folder, server.answers, env=environment, within_s=120),
        ):
            yield server
