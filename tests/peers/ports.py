"""Free loopback ports."""

import contextlib
import random
import socket

# Below the range from which the kernel gives ports to outgoing connections, so that none of those takes it first.
_RANGE = range(20_000, 32_000)


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with contextlib.closing(socket.socket(socket.AF_INET, kind)) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def free_port(kind: socket.SocketKind = socket.SOCK_STREAM, *also: int) -> int:
    """A loopback port that nothing listens on at this moment, nor on those so far above it."""
    chooser = random.SystemRandom()
    for _ in range(1_000):
        port = chooser.choice(_RANGE)
        if all(_is_free(port + above, kind) for above in (0, *also)):
            return port
    raise OSError("no free loopback port")


def accepts(port: int) -> bool:
    """Whether something listens on the loopback port."""
    with contextlib.closing(socket.socket()) as probe:
        probe.settimeout(1.0)
        return probe.connect_ex(("127.0.0.1", port)) == 0
