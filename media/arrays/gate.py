"""The sockets of one port: what came by one waking is taken by one call, decrypted where it lies, and forwarded."""

from __future__ import annotations

import socket
import struct
import time
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from cffi import FFI  # type: ignore[import-untyped]  # it has no types

from media import srtp
from media.arrays.door import Door, Forwarder
from media.compiled.gate import Owner, address, socket_address
from media.loop import Naps, PacketSelector
from media.outlet import SO_TIMESTAMPNS, Outlet, Path, PortCounters
from media.rtp.packet import FIRST_RTCP, LAST_RTCP
from media.sfu.intake import Intake
from media.sfu.sent import Sent
from media.srtp import Inbound
from media.transport import Routed

MOST = 32
MAX_QUEUED_S = 1.0
SPARED_MASK = 15
_CELL = srtp.BUFFER_SIZE
_NAME, _CONTROL, _MESSAGE = 32, 64, 64
"""Bytes for an address, for the kernel's note of the time, and of a `struct mmsghdr` (Linux with 64 bits)."""
_LENGTH_AT = 56
_STAMP, _STAMPED = struct.Struct("@8xiiqq32x"), (socket.SOL_SOCKET, SO_TIMESTAMPNS)
_NAME_SIZES = {socket.AF_INET: 16, socket.AF_INET6: 28}

_NO_CONTROLS = bytes(MOST * _CONTROL)

Decipher = Callable[[Any, Any, Any], int]
Deciphers = tuple[Decipher, Decipher]
LIBSRTP: Deciphers = (srtp.unprotect, srtp.unprotect_rtcp)
"""What decrypts RTP and RTCP in place, of a context, the bytes and their number; not 0 when it refuses."""

_ffi = FFI()
_ffi.cdef("int recvmmsg(int, void *, unsigned int, int, void *);")
_libc = _ffi.dlopen(None)

P = TypeVar("P", bound=Routed)


class Writer(Forwarder, Protocol):
    """Who writes, and sends what was written."""

    def flush(self) -> None: ...


class Datagrams:
    """Room for MOST datagrams, as the kernel fills it and libsrtp decrypts them."""

    def __init__(self) -> None:
        cells = srtp.ffi.new("char[]", MOST * _CELL)
        self._memory, self._buffer = cells, srtp.ffi.buffer(cells)
        self.names, self.controls = bytearray(MOST * _NAME), bytearray(MOST * _CONTROL)
        self._messages = np.zeros((MOST, _MESSAGE // 8), np.uint64)
        self._parts = np.zeros((MOST, 2), np.uint64)
        places = np.arange(MOST, dtype=np.uint64)
        self.pointers = [cells + _CELL * place for place in range(MOST)]
        self._parts[:, 0] = int(srtp.ffi.cast("uintptr_t", cells)) + _CELL * places
        self._parts[:, 1] = _CELL
        self._messages[:, 0], self._messages[:, 1] = _address(self.names) + _NAME * places, _NAME
        self._messages[:, 2], self._messages[:, 3] = int(self._parts.ctypes.data) + 16 * places, 1
        self._messages[:, 4], self._messages[:, 5] = _address(self.controls) + _CONTROL * places, _CONTROL
        self._empty = self._messages.copy()
        at = int(self._messages.ctypes.data)
        self._at = _ffi.cast("void *", at)
        self.sizes = [srtp.ffi.cast("int *", at + _MESSAGE * place + _LENGTH_AT) for place in range(MOST)]

    def receive(self, descriptor: int) -> int:
        """How many came."""
        self._messages[:] = self._empty
        self.controls[:] = _NO_CONTROLS
        got: int = _libc.recvmmsg(descriptor, self._at, MOST, socket.MSG_DONTWAIT, _ffi.NULL)
        return max(0, got)

    def put(self, datagram: bytes) -> None:
        """This one in the first place."""
        self._buffer[: len(datagram)] = datagram
        self.sizes[0][0] = len(datagram)

    def head(self, place: int) -> bytes:
        """Its first four bytes; behind a shorter one's lies whatever lay there."""
        found: bytes = self._buffer[_CELL * place : _CELL * place + 4]
        return found

    def bytes(self, place: int) -> bytes:
        """All of it."""
        found: bytes = self._buffer[_CELL * place : _CELL * place + self.sizes[place][0]]
        return found


def _address(memory: bytearray) -> int:
    return int(_ffi.cast("uintptr_t", _ffi.from_buffer(memory)))


class ArrayGate(Generic[P]):
    """What is plain is given to `writer`, whatever else to the owner: control after all packets that came with it.

    Speech goes before pictures: it is what must not wait, and packets of one size leave by fewer messages.
    Of each socket MOST datagrams are taken at most before what they ask for is sent, and it is another's turn.
    """

    def __init__(self, writer: Writer, counters: PortCounters, deciphers: Deciphers = LIBSRTP) -> None:
        self.outlets: list[Outlet] = []
        self._writer, self._counters = writer, counters
        self._decipher, self._decipher_rtcp = deciphers
        self._doors: dict[Outlet, dict[bytes, Door[P]]] = {}
        self._came = Datagrams()
        self._pictures: list[tuple[float, float, Door[P], bytes]] = []
        self._controls: list[tuple[float, Door[P], bytes]] = []
        self._injected: list[tuple[float, float, Outlet, bytes, bytes]] = []
        self._naps = Naps()

    # -- who is who -----------------------------------------------------------------------------

    def open(self, outlets: Sequence[Outlet]) -> None:
        """Take these sockets."""
        for outlet in outlets:
            self.outlets.append(outlet)
            self._doors[outlet] = {}

    def attach(self, packets: PacketSelector | None, outlets: Sequence[Outlet]) -> bool:
        """Take these sockets on this loop, which then naps. It can always."""
        self.open(outlets)
        if packets is not None:
            packets.naps = self._naps
        return True

    def detach(self, packets: PacketSelector | None) -> None:
        """They are closed."""
        if packets is not None and packets.naps is self._naps:
            packets.naps = None

    def admit(self, peer: P, inbound: Inbound, sent: Sent, intake: Intake) -> Door[P]:
        """Take what comes from a peer whose DTLS stands."""
        return Door(self, self._writer, peer, inbound, sent, intake)

    def know(self, path: Path, door: Door[P]) -> bool:
        """What comes by `path` is for this door; False where it is none of these sockets."""
        outlet = path.outlet
        if not isinstance(outlet, Outlet) or outlet not in self._doors:
            return False
        self._doors[outlet][socket_address(outlet.socket.family, path.address)] = door
        return True

    def unknow(self, path: Path, door: Door[P]) -> None:
        """No longer."""
        outlet = path.outlet
        if isinstance(outlet, Outlet):
            name, doors = socket_address(outlet.socket.family, path.address), self._doors[outlet]
            if doors.get(name) is door:
                del doors[name]

    # -- what comes in --------------------------------------------------------------------------

    def inject(self, now: float, path: Path, datagram: bytes, arrived: float | None = None) -> None:
        """Take a datagram as if it had come by one of the sockets, with the next `hand_over`."""
        outlet = path.outlet
        if isinstance(outlet, Outlet) and outlet in self._doors:
            name = socket_address(outlet.socket.family, path.address)
            self._injected.append((now, now if arrived is None else arrived, outlet, name, datagram))

    def hand_over(self, owner: Owner[P]) -> None:
        """Take what is there; what is not plain goes to `owner`."""
        injected, self._injected = self._injected, []
        for now, arrived, outlet, name, datagram in injected:
            self._came.put(datagram)
            self._on_datagram(owner, now, arrived, outlet, name, 0)
        taken = [self._receive(owner, outlet) for outlet in self.outlets]
        pictures, self._pictures = self._pictures, []
        for now, arrived, door, packet in pictures:
            self._forward(owner, now, arrived, door, packet)
        self._writer.flush()
        if any(taken):
            self._naps.note(time.monotonic(), sum(taken), MOST in taken)
        if self._controls:
            controls, self._controls = self._controls, []
            for at, door, packet in controls:
                if not door.noted.control(at, packet):
                    owner.on_plain(at, door.peer, True, packet)
            self._writer.flush()

    def _receive(self, owner: Owner[P], outlet: Outlet) -> int:
        """How many it were."""
        came = self._came
        got = came.receive(outlet.socket.fileno())
        if not got:
            return 0
        now = time.monotonic()
        offset, size = now - time.time(), _NAME_SIZES[outlet.socket.family]
        names, stamps = bytes(came.names), _STAMP.iter_unpack(came.controls)
        for place, (level, kind, seconds, nanoseconds) in zip(range(got), stamps, strict=False):
            arrived = seconds + nanoseconds * 1e-9 + offset if (level, kind) == _STAMPED else now
            if abs(now - arrived) > MAX_QUEUED_S:  # the system's clock was set meanwhile
                arrived = now
            name = names[_NAME * place : _NAME * place + size]
            self._on_datagram(owner, now, arrived, outlet, name, place)
        return got

    def _on_datagram(
        self, owner: Owner[P], now: float, arrived: float, outlet: Outlet, name: bytes, place: int
    ) -> None:
        came, door = self._came, self._doors[outlet].get(name)
        self._counters.received += 1
        first, second, _, fourth = came.head(place)
        size = came.sizes[place]
        if not size[0]:
            return
        if door is None or not 128 <= first <= 191:
            owner.on_raw(arrived, outlet, address(name), came.bytes(place))
            return
        octets = size[0]
        if door.allowance.refuses(arrived, octets):
            return
        control = FIRST_RTCP <= second <= LAST_RTCP and octets > 1
        if not control and fourth & SPARED_MASK and second & 0x7F in door.spared and octets > SPARED_MASK:
            return
        decipher = self._decipher_rtcp if control else self._decipher
        if decipher(door.context, came.pointers[place], size):
            self._counters.not_authentic += 1
            return
        door.allowance.charge(arrived, octets, control=control)
        door.heard_at = arrived
        packet = came.bytes(place)
        if control:
            self._controls.append((arrived, door, packet))
        elif second & 0x7F in door.pictures:
            self._pictures.append((now, arrived, door, packet))
        else:
            self._forward(owner, now, arrived, door, packet)

    @staticmethod
    def _forward(owner: Owner[P], now: float, arrived: float, door: Door[P], packet: bytes) -> None:
        if not door.on_rtp(owner, now, arrived, packet):
            owner.on_plain(arrived, door.peer, False, packet)
