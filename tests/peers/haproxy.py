"""One TLS port for the pages and the TURN server: split by the name a client asks for (SNI), opened by neither."""

import contextlib
from collections.abc import Iterator

from tests.peers.ports import accepts, free_port
from tests.peers.process import folder_for, program, running


@contextlib.contextmanager
def sni_split(turn_name: str, turn_port: int, https_port: int) -> Iterator[int]:
    """Run the splitter as docs/operations.md has it set up; the one port."""
    with folder_for() as folder:
        port = free_port()
        configuration = folder / "haproxy.cfg"
        configuration.write_text(
            "defaults\n  mode tcp\n  timeout connect 5s\n  timeout client 1h\n  timeout server 1h\n"
            f"frontend tls\n  bind 127.0.0.1:{port}\n"
            "  tcp-request inspect-delay 5s\n  tcp-request content accept if { req.ssl_hello_type 1 }\n"
            f"  use_backend turn if {{ req.ssl_sni -i {turn_name} }}\n  default_backend pages\n"
            f"backend turn\n  server turn 127.0.0.1:{turn_port}\n"
            f"backend pages\n  server pages 127.0.0.1:{https_port}\n"
        )
        with running([program("haproxy"), "-f", str(configuration), "-db"], folder, lambda: accepts(port)):
            yield port
