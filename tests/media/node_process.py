"""A media node as a process: `python -m tests.media.node_process CONTROL_PORT UDP_PORT TOKEN ADDRESS STEP`."""

import json
import socket
import subprocess
import sys
from pathlib import Path

from media.addresses import WILDCARDS
from media.loop import run
from media.node import MediaConfig, serve
from media.steps import Choice

ROOT = Path(__file__).parents[2]
CHOICES: dict[str, Choice] = {"auto": "auto", "python": "python", "compiled": "compiled"}


class NodeProcess:
    """Starts the node, its media on `address`, or several with commas; after a kill it comes back on the same ports."""

    def __init__(self, token: str, address: str = "127.0.0.1", step: Choice = "auto") -> None:
        self.token = token
        self.step = step
        self.address = address
        self.control_port = 0
        self.udp_port = 0
        self._process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        arguments = [str(self.control_port), str(self.udp_port), self.token, self.address, self.step]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.media.node_process", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        ready = json.loads(self._process.stdout.readline())["ready"]
        self.control_port, self.udp_port = ready["control_port"], ready["udp_port"]

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.control_port}/"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def ended(self) -> int | None:
        """Its exit status, None while it runs."""
        assert self._process is not None
        return self._process.poll()

    def kill(self) -> None:
        """SIGKILL: nothing is said to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def main() -> None:
    control_port, udp_port, token, address, step = sys.argv[1:6]
    # What gives pictures up is tested for itself: here the clients' encoders are on the same two cores.
    ports = int(control_port), int(udp_port)
    addresses = tuple(address.split(","))
    host = WILDCARDS[socket.AF_INET] if len(addresses) > 1 else address
    config = MediaConfig("127.0.0.1", ports[0], token, host, ports[1], addresses, CHOICES[step], sheds=False)
    run(serve(config))


if __name__ == "__main__":
    main()
