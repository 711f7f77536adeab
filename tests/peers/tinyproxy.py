"""An HTTP proxy that connects its clients to port 443 of others, in a network of its own."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.peers.island import Island
from tests.peers.process import folder_for, program, running

_PORT = 8888
_PROXY = f"""
Port {_PORT}
Listen 127.0.0.1
Timeout 600
MaxClients 100
LogLevel Connect
ConnectPort 443
"""
_DOOR = f"""
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend door
  bind unix@{{socket}} accept-proxy
  default_backend proxy
backend proxy
  server proxy 127.0.0.1:{_PORT}
"""


@dataclass(frozen=True, slots=True)
class Tinyproxy:
    """A running proxy: the socket by which other networks reach it."""

    folder: Path

    @property
    def socket(self) -> Path:
        return self.folder / "door"

    def log(self) -> str:
        """What it says it did."""
        return (self.folder / "log").read_text()


@contextlib.contextmanager
def tinyproxy(network: Island) -> Iterator[Tinyproxy]:
    """Run a proxy in `network`."""
    with folder_for() as folder, folder_for() as beside:
        proxy = Tinyproxy(folder)
        (folder / "proxy.conf").write_text(_PROXY)
        (beside / "door.cfg").write_text(_DOOR.format(socket=proxy.socket))
        argv = network.inside(program("tinyproxy"), "-d", "-c", str(folder / "proxy.conf"))
        door = network.inside(program("haproxy"), "-f", str(beside / "door.cfg"), "-db")
        with (
            running(argv, folder, lambda: network.reaches("127.0.0.1", _PORT)),
            running(door, beside, proxy.socket.exists),
        ):
            yield proxy
