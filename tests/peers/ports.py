"""Free loopback ports."""

import contextlib
import os
import random
import socket
from collections import deque

# Below the range from which the kernel gives ports to outgoing connections, so that none of those takes it first; each
# process of tests has its part of it, for a server may take a while until it listens.
_PROCESS = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
_SIZE = 3_000
_FIRST = 20_000 + _SIZE * (_PROCESS % 4)
_RANGE = range(_FIRST, _FIRST + _SIZE)
_LATELY = deque[int](maxlen=_SIZE // 4)


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, *also: int) -> int:
    """A loopback port that nothing listens on at this moment, nor on those so far above it, and not given lately."""
    chooser = random.SystemRandom()
    for _ in range(1_000):
        port = chooser.choice(_RANGE)
        ports = [port + above for above in (0, *also)]
        if not any(one in _LATELY for one in ports) and all(_is_free(one, kind) for one in ports):
            _LATELY.extend(ports)
            return port
    raise OSError("no free loopback port")


def accepts(port: int) -> bool:
    """Whether something listens on the loopback port."""
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
