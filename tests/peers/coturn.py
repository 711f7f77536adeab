"""A TURN server whose only peer is the bridge."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.peers.documented import documented
from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running

SECRET = "shared with the web process"


@dataclass(frozen=True, slots=True)
class CoturnServer:
    """A running server; its clients' credentials are made with `secret`."""

    port: int
    tls_port: int
    secret: str = SECRET
    host: str = "127.0.0.1"

    def url(self, transport: str) -> str:
        """Its address over "udp", "tcp" or "tls"."""
        if transport == "tls":
            return f"turns:{self.host}:{self.tls_port}?transport=tcp"
        return f"turn:{self.host}:{self.port}?transport={transport}"


@contextlib.contextmanager
def coturn(peer: str, certificate: Path, key: Path) -> Iterator[CoturnServer]:
    """Run a server that relays to the address `peer` alone, as docs/operations.md has it set up."""
    with folder_for() as folder:
        server = CoturnServer(free_port(), free_port())
        configuration = folder / "turnserver.conf"
        values = {
            "listening-ip=10.0.0.5": f"listening-ip={server.host}\nlistening-port={server.port}",
            "relay-ip=10.0.0.5": f"relay-ip={peer}\ntls-listening-port={server.tls_port}",
            "allowed-peer-ip=10.0.0.4": f"allowed-peer-ip={peer}",
            "static-auth-secret=…": f"static-auth-secret={server.secret}",
            "/etc/coturn/turn.pem": str(certificate),
            "/etc/coturn/turn.key": str(key),
        }
        own = f"pidfile={folder / 'pid'}\nuserdb={folder / 'turndb'}\nlog-file=stdout\n"
        configuration.write_text(documented("listening-ip=10.0.0.5", values) + own)
        argv = [program("turnserver"), "-c", str(configuration)]
        with running(argv, folder, lambda: accepts(server.port) and accepts(server.tls_port)):
            yield server
