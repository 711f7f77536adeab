"""What leaves by the node's sockets: encrypted by libsrtp and given to the kernel many at a time."""

from __future__ import annotations

import errno
import socket
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from cffi import FFI  # type: ignore[import-untyped]  # it has no types
from numpy.typing import NDArray

from media import srtp
from media.outlet import PortCounters

BATCH = 256
CONTROL = struct.Struct("@nii")
_CELL = srtp.BUFFER_SIZE
MESSAGE, _PARTS, _CONTROL = 64, 2, 4
"""Bytes of a `struct mmsghdr` (<sys/socket.h>, Linux with 64 bits); in words, where its parts and its control stand."""

_ffi = FFI()
_ffi.cdef("int sendmmsg(int, void *, unsigned int, int);")
_libc = _ffi.dlopen(None)


def marking(family: int, mark: int) -> NDArray[np.uint8]:
    """A control message that has the kernel mark a packet (RFC 2474), as `sendmsg` takes it."""
    six = family == socket.AF_INET6
    level = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if six else (socket.IPPROTO_IP, socket.IP_TOS)
    data = CONTROL.pack(socket.CMSG_LEN(4), *level) + struct.pack("@i", mark)
    return np.frombuffer(data.ljust(socket.CMSG_SPACE(4), b"\0"), np.uint8)


@dataclass(frozen=True, slots=True)
class Envelopes:
    """What goes around packets to some links, one each: keys, sockets, addresses and control messages in words."""

    contexts: list[Any]
    descriptors: list[int]
    names: NDArray[np.uint64]
    controls: NDArray[np.uint64]


class Outbox:
    """At most BATCH packets, each in a cell of its own, in the order of writing.

    Each link has its place in `names` (where its address is, and how long that is), in `controls` (the same of the
    control message that marks its speech), in `descriptors` (its socket), and libsrtp's context in `contexts`.
    """

    def __init__(self, links: int, counters: PortCounters) -> None:
        self._counters = counters
        self._memory, sizes = srtp.ffi.new("char[]", BATCH * _CELL), srtp.ffi.new("int[]", BATCH)
        self.cells: NDArray[np.uint8] = np.frombuffer(srtp.ffi.buffer(self._memory), np.uint8).reshape(BATCH, _CELL)
        self.names, self.controls = np.zeros((links, 2), np.uint64), np.zeros((links, 2), np.uint64)
        self.descriptors = np.full(links, -1, np.int32)
        self.contexts: dict[int, Any] = {}
        self._sizes: NDArray[np.int32] = np.frombuffer(srtp.ffi.buffer(sizes), np.int32)
        self._pointers = [self._memory + _CELL * place for place in range(BATCH)]
        self._size_pointers = [sizes + place for place in range(BATCH)]
        self._waiting: list[Any] = []
        self._by: list[int] = []
        self._parts, self._messages = np.zeros((BATCH, 2), np.uint64), np.zeros((BATCH, MESSAGE // 8), np.uint64)
        self._parts[:, 0] = self.cells.ctypes.data + _CELL * np.arange(BATCH)
        self._messages[:, _PARTS] = self._parts.ctypes.data + 16 * np.arange(BATCH)
        self._messages[:, _PARTS + 1] = 1
        start = self._messages.ctypes.data
        self._message_pointers = [_ffi.cast("void *", start + MESSAGE * place) for place in range(BATCH)]

    def envelopes(self, links: NDArray[np.intp], spoken: bool) -> Envelopes:
        """As long as no link gets another path."""
        controls = self.controls[links] if spoken else np.zeros((len(links), 2), np.uint64)
        numbers = links.tolist()
        descriptors = self.descriptors[links].tolist()
        return Envelopes([self.contexts[link] for link in numbers], descriptors, self.names[links], controls)

    def room(self, count: int) -> int:
        """The first of `count` cells, at most BATCH, that follow each other."""
        if len(self._waiting) + count > BATCH:
            self.flush()
        return len(self._waiting)

    def put(self, link: int, packet: bytes, spoken: bool) -> None:
        """One packet."""
        self.cells[self.room(1), : len(packet)] = np.frombuffer(packet, np.uint8)
        self.post(1, len(packet), self.envelopes(np.array([link]), spoken))

    def post(self, count: int, size: int, envelopes: Envelopes) -> None:
        """In the next cells are packets of `size` bytes."""
        begin = len(self._waiting)
        end = begin + count
        self._sizes[begin:end] = size
        self._messages[begin:end, :_PARTS] = envelopes.names
        self._messages[begin:end, _CONTROL : _CONTROL + 2] = envelopes.controls
        self._waiting += envelopes.contexts
        self._by += envelopes.descriptors

    def flush(self) -> None:
        """Encrypt and send what waits."""
        count = len(self._waiting)
        if not count:
            return
        refused = list(map(srtp.protect, self._waiting, self._pointers[:count], self._size_pointers[:count]))
        self._parts[:count, 1] = self._sizes[:count]
        by, self._waiting, self._by = self._by, [], []
        if not any(refused) and by.count(by[0]) == count:
            self._send(by[0], 0, count)
            return
        for place, code in enumerate(refused):
            if code:
                self._counters.refused_by_srtp += 1
            else:
                self._send(by[place], place, place + 1)

    def _send(self, descriptor: int, begin: int, end: int) -> None:
        while begin < end:
            sent = _libc.sendmmsg(descriptor, self._message_pointers[begin], end - begin, 0)
            if sent > 0:
                self._counters.sent += sent
                begin += sent
            elif _ffi.errno != errno.EINTR:
                self._counters.send_failed += 1
                begin += 1
