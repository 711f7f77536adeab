"""Bound sockets, and the way through one of them to an address."""

import logging
import socket
import struct
from dataclasses import dataclass
from typing import Protocol

from media.addresses import NOT_HERE, WILDCARDS, family_of, outbound
from media.ice import Address

logger = logging.getLogger(__name__)

SOCKET_BUFFER = 8 * 1024 * 1024
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>; Python's socket module does not name it, nor the next one
SO_MEMINFO = 55
_MEMINFO = struct.Struct("@9I")  # <linux/sock_diag.h>: SK_MEMINFO_RMEM_ALLOC first, SK_MEMINFO_DROPS last
_TIMESTAMP = struct.Struct("@qq")
_INT = struct.Struct("@i")
CONTROL_SIZE = socket.CMSG_SPACE(_TIMESTAMP.size)
_MARKED = {
    socket.AF_INET: (socket.IPPROTO_IP, socket.IP_TOS),
    socket.AF_INET6: (socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
}


def arrival(control: list[tuple[int, int, bytes]]) -> float:
    """The kernel's timestamp of a datagram, seconds since 1970."""
    seconds, nanoseconds = _TIMESTAMP.unpack(control[0][2])
    return float(seconds + nanoseconds * 1e-9)


@dataclass(slots=True)
class PortCounters:
    received: int = 0
    sent: int = 0
    send_failed: int = 0
    refused_by_srtp: int = 0
    not_authentic: int = 0
    stray: int = 0


@dataclass(frozen=True, slots=True)
class Marks:
    """Differentiated services code points (RFC 2474), 0 to 63, of speech and of all else; 0 asks for nothing.

    As RFC 8837 5 has them for interactive audio and video of high priority: EF and AF41.
    """

    speech: int = 46
    rest: int = 34


DEFAULT_MARKS = Marks()


def mark(found: socket.socket, code_point: int) -> None:
    """Give all that leaves by a socket this mark."""
    level, option = _MARKED[socket.AF_INET6 if found.family == socket.AF_INET6 else socket.AF_INET]
    found.setsockopt(level, option, code_point << 2)


class Sender(Protocol):
    """What datagrams leave by; `speak` is for those that nothing should hold up."""

    def send(self, datagram: bytes | memoryview, address: Address) -> bool: ...
    def speak(self, datagram: bytes | memoryview, address: Address) -> bool: ...


class Outlet:
    """One bound socket; it does not block and has the kernel note the time of each arrival.

    `host` is what it is bound to, `batch` how many datagrams were to be taken from it at once the last time, until
    `read_at` on the loop's clock.
    """

    def __init__(self, host: str, port: int, counters: PortCounters, marks: Marks = DEFAULT_MARKS) -> None:
        self.host = host
        family = family_of(host)
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.batch = 1
        self.read_at = 0.0
        self._counters = counters
        self.marks = marks
        self._marking = (*_MARKED[family], _INT.pack(marks.speech << 2))
        try:
            self.socket.setblocking(False)
            self._make_room(socket.SO_RCVBUF, "net.core.rmem_max")
            self._make_room(socket.SO_SNDBUF, "net.core.wmem_max")
            self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
            mark(self.socket, marks.rest)
            if family == socket.AF_INET6:
                self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            self.socket.bind((host, port))
        except OSError:
            self.socket.close()
            raise

    def _make_room(self, buffer: int, limit: str) -> None:
        """The kernel cuts what is asked for to its limit and says nothing; what it gave it tells doubled."""
        self.socket.setsockopt(socket.SOL_SOCKET, buffer, SOCKET_BUFFER)
        given = self.socket.getsockopt(socket.SOL_SOCKET, buffer) // 2
        if given < SOCKET_BUFFER:
            logger.warning("a socket's buffer is %d KiB of %d: raise %s", given >> 10, SOCKET_BUFFER >> 10, limit)

    @property
    def port(self) -> int:
        number: int = self.socket.getsockname()[1]
        return number

    def oldest(self) -> float | None:
        """When the datagram came that waits longest to be taken, seconds since 1970; None when none waits."""
        try:
            _data, control, _flags, _address = self.socket.recvmsg(1, CONTROL_SIZE, socket.MSG_PEEK)
        except OSError:
            return None
        return arrival(control) if control else None

    def overflows(self) -> int:
        """How many datagrams the kernel has thrown away for want of room in the socket's buffer."""
        memory = self.socket.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, _MEMINFO.size)
        return int(_MEMINFO.unpack(memory)[8]) if len(memory) == _MEMINFO.size else 0

    def send(self, datagram: bytes | memoryview, address: Address) -> bool:
        try:
            self.socket.sendto(datagram, address)
        except OSError:
            self._counters.send_failed += 1
            return False
        self._counters.sent += 1
        return True

    def speak(self, datagram: bytes | memoryview, address: Address) -> bool:
        """As `send`, with the mark of speech."""
        try:
            self.socket.sendmsg((datagram,), (self._marking,), 0, address)
        except OSError:
            self._counters.send_failed += 1
            return False
        self._counters.sent += 1
        return True


@dataclass(frozen=True, slots=True)
class Path:
    """The way to a client: answers leave from the address that it asked."""

    outlet: Sender
    address: Address

    def send(self, datagram: bytes | memoryview) -> bool:
        return self.outlet.send(datagram, self.address)


def bind(
    host: str, port: int, announced: tuple[str, ...], counters: PortCounters, marks: Marks = DEFAULT_MARKS
) -> list[Outlet]:
    """The sockets of one port.

    A wildcard `host` is bound as one socket for each announced address of this machine, so that answers leave from the
    right one. For announced addresses that are not (translated ones) the address that leads out is bound too, or the
    wildcard where no other of the family is. Raises OSError.
    """
    if host not in WILDCARDS.values():
        return [Outlet(host, port, counters, marks)]
    outlets: list[Outlet] = []
    try:
        foreign = [one for one in dict.fromkeys(announced) if not _add(outlets, one, port, counters, marks)]
        for family in dict.fromkeys(map(family_of, foreign)):
            bound = [outlet.host for outlet in outlets if outlet.socket.family == family]
            leading = outbound(family) if bound else WILDCARDS[family]
            if leading is not None and leading not in bound:
                _add(outlets, leading, port, counters, marks)
        return outlets or [Outlet(host, port, counters, marks)]
    except OSError:
        for outlet in outlets:
            outlet.socket.close()
        raise


def _add(outlets: list[Outlet], address: str, port: int, counters: PortCounters, marks: Marks) -> bool:
    """Bind an address beside those that are, on the same number; whether it is this machine's. Raises OSError."""
    try:
        outlets.append(Outlet(address, outlets[0].port if outlets else port, counters, marks))
    except OSError as error:
        if error.errno not in NOT_HERE:
            raise
        return False
    return True
