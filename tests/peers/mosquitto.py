"""An MQTT broker."""

import contextlib
import getpass
from collections.abc import Iterator
from dataclasses import dataclass

from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running


@dataclass(frozen=True, slots=True)
class MosquittoServer:
    """A running broker that lets everybody in."""

    port: int
    host: str = "127.0.0.1"

    @property
    def url(self) -> str:
        """Its address."""
        return f"mqtt://{self.host}:{self.port}"


@contextlib.contextmanager
def mosquitto() -> Iterator[MosquittoServer]:
    """Run a broker that keeps nothing on disk."""
    with folder_for() as folder:
        server = MosquittoServer(free_port())
        configuration = folder / "mosquitto.conf"
        configuration.write_text(
            f"listener {server.port} {server.host}\n"
            "allow_anonymous true\n"
            "persistence false\n"
            # As root it would change to an account that cannot read this folder.
            f"user {getpass.getuser()}\n"
        )
        with running([program("mosquitto"), "-c", str(configuration)], folder, lambda: accepts(server.port)):
            yield server
