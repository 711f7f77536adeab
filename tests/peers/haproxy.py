"""One TLS port for the pages and the TURN server, split by the name a client asks for (SNI); and a balancer."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.peers.documented import documented
from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running


@dataclass(frozen=True, slots=True)
class Split:
    """A running splitter: its TLS port, and a socket for those in other networks, who say first where they come from
    (the PROXY protocol)."""

    port: int
    socket: Path


@dataclass(frozen=True, slots=True)
class Pages:
    """Where the pages are behind it: loopback port, the file with certificate and key for their name, the authority by
    which the server itself is checked."""

    port: int
    certificate: Path
    authority: Path


@contextlib.contextmanager
def sni_split(turn_name: str, turn_port: int, pages: Pages) -> Iterator[Split]:
    """Run the splitter as docs/operations.md has it set up."""
    with folder_for() as folder:
        split = Split(free_port(), folder / "split")
        values = {
            "  bind :443\n": f"  bind 127.0.0.1:{split.port}\n  bind unix@{split.socket} accept-proxy\n",
            "turn.example": turn_name,
            "10.0.0.5:5349": f"127.0.0.1:{turn_port}",
            "abns@pages": f"abns@pages-{split.port}",
            "/etc/haproxy/pages.pem": str(pages.certificate),
            "10.0.0.4:8443": f"127.0.0.1:{pages.port}",
            "/etc/haproxy/ca.pem": str(pages.authority),
        }
        configuration = folder / "haproxy.cfg"
        configuration.write_text(documented("defaults", values))
        with running([program("haproxy"), "-f", str(configuration), "-db"], folder, lambda: accepts(split.port)):
            yield split


@contextlib.contextmanager
def leads_on(to: str, code: int) -> Iterator[int]:
    """Run a balancer that answers each POST by a redirection to the same path at `to` (host:port) and passes on all
    else; its port."""
    with folder_for() as folder:
        port = free_port()
        configuration = folder / "haproxy.cfg"
        configuration.write_text(
            "defaults\n  mode http\n  timeout connect 5s\n  timeout client 1m\n  timeout server 1m\n"
            f"frontend balancer\n  bind 127.0.0.1:{port}\n"
            f"  http-request redirect code {code} location http://{to}%[pathq] if METH_POST\n"
            f"  default_backend all\nbackend all\n  server all {to}\n"
        )
        with running([program("haproxy"), "-f", str(configuration), "-db"], folder, lambda: accepts(port)):
            yield port
