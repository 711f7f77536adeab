"""A network of its own whose only way out is one TCP port: what else is sent there is lost without an answer.

It has a name service of its own too, which knows what leads there and refuses at once what it does not know.
"""

import contextlib
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.peers.process import SEARCHED, folder_for, program, running

OWN = "198.51.100.7"
"""Whoever is inside comes from here."""
OUTSIDE = "203.0.113.10"
"""The one address that answers."""

# The gateway is nobody: it is there for its link-layer address, so that what is sent to it is not found undeliverable.
# No link has an address of its own making: one that comes a second later is a change of networks to a browser, which
# then gives up what it was loading.
_SETUP = f"""
ip link set lo up
ip link add eth0 type veth peer name gateway
ip link set eth0 addrgenmode none
ip link set gateway addrgenmode none
ip addr add {OWN}/24 dev eth0
ip link set eth0 up
ip link set gateway up
ip neigh add 198.51.100.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip route add default via 198.51.100.1 dev eth0
ip addr add {OUTSIDE}/32 dev lo
ip route change local {OUTSIDE} dev lo src {OWN} table local
mount --bind "$1/hosts" /etc/hosts
mount --bind "$1/resolv.conf" /etc/resolv.conf
exec haproxy -f "$1/way.cfg" -db
"""
_WAY = """
defaults
  mode tcp
  timeout connect 5s
  timeout client 1h
  timeout server 1h
frontend way
  bind {outside}:{port}
  bind unix@{ready}
  default_backend out
backend out
  server out unix@{socket} send-proxy-v2
"""


@dataclass(frozen=True, slots=True)
class Island:
    """The network, held by a process."""

    pid: int
    folder: Path

    def inside(self, *argv: str) -> list[str]:
        """The words that run a command in it."""
        return [program("nsenter"), "-t", str(self.pid), "-U", "-m", "-n", "--preserve-credentials", "--", *argv]

    def program(self, path: Path) -> Path:
        """A program that is this one, run inside."""
        wrapped = self.folder / path.name
        wrapped.write_text(f'#!/bin/sh\nexec {" ".join(self.inside(str(path)))} "$@"\n')
        wrapped.chmod(0o755)
        return wrapped

    def reaches(self, host: str, port: int) -> bool:
        """Whether somebody answers by TCP within a second."""
        script = f"import socket; socket.create_connection(({host!r}, {port}), 1)"
        return _succeeds(self.inside(sys.executable, "-c", script))


def can_isolate() -> bool:
    """Whether this user may make networks."""
    return _succeeds([*_isolated(), program("ip"), "link", "set", "lo", "up"])


@contextlib.contextmanager
def island(port: int, socket: Path, names: Sequence[str] = ()) -> Iterator[Island]:
    """A network whose way out, where these names lead, ends at a socket that is told where its clients come from (the
    PROXY protocol)."""
    with folder_for() as folder:
        ready = folder / "ready"
        (folder / "hosts").write_text(f"127.0.0.1 localhost\n{OUTSIDE} {' '.join(names)}\n")
        (folder / "resolv.conf").write_text("nameserver 127.0.0.1\n")
        (folder / "way.cfg").write_text(_WAY.format(outside=OUTSIDE, port=port, ready=ready, socket=socket))
        argv = [*_isolated(), program("sh"), "-ec", _SETUP, "sh", str(folder)]
        with running(argv, folder, ready.exists, env={"PATH": SEARCHED}) as process:
            yield Island(process.pid, folder)


def _isolated() -> Sequence[str]:
    return (program("unshare"), "--map-root-user", "--mount", "--net", "--")


def _succeeds(argv: Sequence[str]) -> bool:
    return subprocess.run(argv, capture_output=True, check=False).returncode == 0
