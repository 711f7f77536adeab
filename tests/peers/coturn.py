"""A TURN server whose only peer is the bridge."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running


@dataclass(frozen=True, slots=True)
class CoturnServer:
    """A running server; its clients' credentials are made with `secret`."""

    port: int
    tls_port: int
    secret: str
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
        server = CoturnServer(free_port(), free_port(), "shared with the web process")
        configuration = folder / "turnserver.conf"
        configuration.write_text(
            f"listening-ip={server.host}\n"
            f"listening-port={server.port}\n"
            f"tls-listening-port={server.tls_port}\n"
            f"relay-ip={peer}\n"
            "use-auth-secret\n"
            f"static-auth-secret={server.secret}\n"
            "realm=fengsui\n"
            "denied-peer-ip=0.0.0.0-255.255.255.255\n"
            "denied-peer-ip=::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff\n"
            f"allowed-peer-ip={peer}\n"
            "no-multicast-peers\nno-cli\nno-tlsv1\nno-tlsv1_1\nno-dtls\n"
            f"cert={certificate}\npkey={key}\n"
            f"pidfile={folder / 'pid'}\nuserdb={folder / 'turndb'}\n"
            "log-file=stdout\n"
        )
        argv = [program("turnserver"), "-c", str(configuration)]
        with running(argv, folder, lambda: accepts(server.port) and accepts(server.tls_port)):
            yield server
