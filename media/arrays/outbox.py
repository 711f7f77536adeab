"""What leaves by the node's sockets: encrypted by libsrtp and given to the kernel many at a time."""

from __future__ import annotations

import errno
import socket
import struct
from itertools import groupby
from typing import Any

import numpy as np
from cffi import FFI  # type: ignore[import-untyped]  # it has no types
from numpy.typing import NDArray

from media import srtp
from media.outlet import PortCounters

BATCH = 512
CONTROL = struct.Struct("@nii")
_CELL = srtp.BUFFER_SIZE
MESSAGE, _PARTS, _CONTROL = 64, 2, 4
"""Bytes of a `struct mmsghdr` (<sys/socket.h>, Linux with 64 bits); in words, where its parts and its control stand."""
SEGMENTS = 32
UDP_SEGMENT = 103  # <linux/udp.h>; Python's socket module does not name it
_UNCUT = (errno.EINVAL, errno.EIO, errno.EMSGSIZE, errno.EOPNOTSUPP)

_ffi = FFI()
_ffi.cdef("int sendmmsg(int, void *, unsigned int, int);")
_libc = _ffi.dlopen(None)


def marking(family: int, mark: int) -> NDArray[np.uint64]:
    """A control message that has the kernel mark a packet (RFC 2474), in words, as `sendmsg` takes it."""
    six = family == socket.AF_INET6
    level = (socket.IPPROTO_IPV6, socket.IPV6_TCLASS) if six else (socket.IPPROTO_IP, socket.IP_TOS)
    data = CONTROL.pack(socket.CMSG_LEN(4), *level) + struct.pack("@i", mark)
    return np.frombuffer(data.ljust(socket.CMSG_SPACE(4), b"\0"), np.uint64)


def kernel_cuts() -> bool:
    """Whether it cuts messages apart (Linux 4.18); an older one would send them as they are."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, 0)
        except OSError:
            return False
    return True


def runs(parted: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Where runs begin and how long they are, where it is known whether neighbours are parted."""
    bounds = np.ones(len(parted) + 2, np.bool_)
    bounds[1:-1] = parted
    found = bounds.nonzero()[0]
    return found[:-1], found[1:] - found[:-1]


class Outbox:
    """At most BATCH packets, each in a cell of its own, in the order of writing.

    Each link has its place in `names` (where its address is, and how long that is), in `marks` (the control message for
    its speech), in `descriptors` (its socket), and libsrtp's context in `contexts`.

    What goes to one link leaves in the order of writing; packets of one size, the last one smaller, as one message that
    the kernel cuts apart again, as in compiled/send.c.
    """

    def __init__(self, links: int, counters: PortCounters) -> None:
        self._counters = counters
        self._memory, sizes = srtp.ffi.new("char[]", BATCH * _CELL), srtp.ffi.new("int[]", BATCH)
        self.cells: NDArray[np.uint8] = np.frombuffer(srtp.ffi.buffer(self._memory), np.uint8).reshape(BATCH, _CELL)
        self.names, self.marks = np.zeros((links, 2), np.uint64), np.zeros((links, 3), np.uint64)
        self.descriptors = np.full(links, -1, np.int32)
        self.contexts: list[Any] = [None] * links
        self._pointers = [self._memory + _CELL * place for place in range(BATCH)]
        self._size_pointers = [sizes + place for place in range(BATCH)]
        self._sizes: NDArray[np.int32] = np.frombuffer(srtp.ffi.buffer(sizes), np.int32)
        self._links, self._spoken = np.zeros(BATCH, np.intp), np.zeros(BATCH, np.bool_)
        self._count = 0
        self._cuts = kernel_cuts()
        self._parts, self._messages = np.zeros((BATCH, 2), np.uint64), np.zeros((BATCH, MESSAGE // 8), np.uint64)
        self._controls = np.zeros((BATCH, 6), np.uint64)
        self._controls[:, 3:5] = socket.CMSG_LEN(2), socket.IPPROTO_UDP | UDP_SEGMENT << 32
        self._cells_at, self._parts_at, self._controls_at, messages_at = (
            int(each.ctypes.data) + each.strides[0] * np.arange(BATCH)
            for each in (self.cells, self._parts, self._controls, self._messages)
        )
        self._message_pointers = [_ffi.cast("void *", at) for at in messages_at.tolist()]

    def room(self, count: int) -> int:
        """The first of `count` cells, at most BATCH, that follow each other."""
        if self._count + count > BATCH:
            self.flush()
        return self._count

    def put(self, link: int, packet: bytes, spoken: bool) -> None:
        """One packet."""
        self.cells[self.room(1), : len(packet)] = np.frombuffer(packet, np.uint8)
        self.post(1, len(packet), link, spoken)

    def post(
        self,
        count: int,
        sizes: NDArray[np.int64] | int,
        links: NDArray[np.intp] | int,
        spoken: NDArray[np.int64] | bool,
    ) -> None:
        """In so many of the next cells are packets of these sizes."""
        cells = slice(self._count, self._count + count)
        self._count = cells.stop
        self._sizes[cells], self._links[cells], self._spoken[cells] = sizes, links, spoken

    def flush(self) -> None:
        """Encrypt and send what waits, link by link: the keys of each are then at hand."""
        if not self._count:
            return
        links, self._count = self._links[: self._count], 0
        places = links.argsort(kind="stable")
        each, numbers = places.tolist(), links[places].tolist()
        keys, packets = map(self.contexts.__getitem__, numbers), map(self._pointers.__getitem__, each)
        refused = list(map(srtp.protect, keys, packets, map(self._size_pointers.__getitem__, each)))
        if any(refused):
            places = places[np.array(refused) == 0]
            self._counters.refused_by_srtp += len(refused) - len(places)
        if len(places):
            self._deliver(places)

    def _deliver(self, places: NDArray[np.intp]) -> None:
        """Send what stands in these cells, in order of links."""
        count, links = len(places), self._links[places]
        sizes, spoken = self._sizes[places], self._spoken[places]
        self._parts[:count, 0], self._parts[:count, 1] = self._cells_at[places], sizes
        firsts, counts = runs(self._parted(links, sizes, spoken))
        links = links[firsts]
        messages = self._messages[: len(firsts)]
        messages[:, :_PARTS] = self.names[links]
        messages[:, _PARTS], messages[:, _PARTS + 1] = self._parts_at[firsts], counts
        self._control(messages, links, spoken[firsts], counts > 1, sizes[firsts])
        begin, many = 0, counts.tolist()
        for descriptor, run in groupby(self.descriptors[links].tolist()):
            end = begin + len(list(run))
            begin = self._send(descriptor, begin, end, many)
            if begin < end:
                self._cuts = False
                self._deliver(places[firsts[begin] :])
                return

    def _control(
        self,
        messages: NDArray[np.uint64],
        links: NDArray[np.intp],
        spoken: NDArray[np.bool_],
        cut: NDArray[np.bool_],
        sizes: NDArray[np.int32],
    ) -> None:
        """Have the kernel mark speech, and cut what are several packets."""
        count = len(messages)
        controls, size = self._controls[:count], self.marks.strides[0]
        controls[:, 5] = sizes
        if spoken.any():
            controls[:, :3] = self.marks[links]
        messages[:, _CONTROL] = self._controls_at[:count] + size * ~spoken
        messages[:, _CONTROL + 1] = size * (spoken + 1 * cut)

    def _parted(
        self, links: NDArray[np.intp], sizes: NDArray[np.int32], spoken: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Which neighbours leave by two messages: all but those of one link and size, or whose last one is smaller."""
        if not self._cuts:
            return np.ones(len(links) - 1, np.bool_)
        parted: NDArray[np.bool_] = (links[1:] != links[:-1]) | (sizes[1:] > sizes[:-1]) | (spoken[1:] != spoken[:-1])
        parted[1:] |= sizes[1:-1] < sizes[:-2]
        parted[SEGMENTS - 1 :: SEGMENTS] = True
        return parted

    def _send(self, descriptor: int, begin: int, end: int, counts: list[int]) -> int:
        """Up to which message it is dealt with: a card without checksums, or too small a link, cannot cut one."""
        while begin < end:
            sent = _libc.sendmmsg(descriptor, self._message_pointers[begin], end - begin, 0)
            if sent > 0:
                self._counters.sent += sum(counts[begin : begin + sent])
                begin += sent
            elif counts[begin] > 1 and _ffi.errno in _UNCUT:
                return begin
            elif _ffi.errno != errno.EINTR:
                self._counters.send_failed += counts[begin]
                begin += 1
        return begin
