"""The shared object's declarations, and numbers of streams in the form that C reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Generic

from cffi import FFI  # type: ignore[import-untyped]  # it has no types

from media.compiled.build import HEADER
from media.rtp.rtcp import Encoded
from media.sfu.incoming import Remake, SourceState, StreamState
from media.sfu.kept import T
from media.sfu.spacing import UNKNOWN
from media.sfu.state import NEVER, NOBODY
from media.sfu.terms import Kind, clock_rate

NOWHERE = -1
ffi = FFI()
ffi.cdef(HEADER.read_text())


def opened(library: Path) -> Any:
    """The shared object. Raises OSError when it is not there or cannot be loaded."""
    if not library.exists():
        raise FileNotFoundError(f"{library} was not built")
    return ffi.dlopen(str(library))


def begin_flow(state: Any) -> None:
    """A link's numbers before it sent anything, in zeroed memory."""
    state.descriptor = NOWHERE
    state.reference = -1
    state.probe.first = state.probe.end = NOBODY
    spacing = state.spacing
    spacing.first = spacing.last = spacing.latest = spacing.former_sent = spacing.former_arrived = NEVER
    for least in (spacing.base, spacing.lately):
        least.newer, least.newer_at, least.older = UNKNOWN, NEVER, UNKNOWN


def begin_slot(state: Any, flow: Any) -> None:
    """A slot's numbers before it sent anything, in zeroed memory."""
    state.flow = flow
    state.sent_at = NEVER
    state.highest = state.last = state.pictures.highest = -1


def source_state() -> SourceState:
    """A source's numbers as a structure of C."""
    state: Any = ffi.new("struct source *")
    state.newest_at = NEVER
    return state  # type: ignore[no-any-return]  # a structure has the fields of a SourceState


def stream_state(source: SourceState, kind: Kind) -> StreamState:
    """A stream's numbers as a structure of C; `source` has to live as long."""
    state: Any = ffi.new("struct stream *")
    state.source = source
    state.highest = state.picture = state.opened_at = -1
    state.last_packet_at = NEVER
    state.rate_hz = clock_rate(kind)
    state.video = kind == "video"
    return state  # type: ignore[no-any-return]  # a structure has the fields of a StreamState


class CompiledKept(Generic[T]):
    """The packets of one layer in C's memory, which puts plain ones there itself; made again when asked for."""

    def __init__(self, library: Any, stream: Any, remake: Remake[T]) -> None:
        self._library = library
        self._remake = remake
        self._kept = ffi.gc(library.kept_new(), library.kept_free)
        stream.kept = self._kept

    def add(self, now: float, unit: T) -> None:
        """Keep a packet that came by Python."""
        payload = unit.payload
        place = unit.index, unit.picture, unit.timestamp, unit.marker
        self._library.kept_add(self._kept, now, *place, payload, len(payload))

    def get(self, index: int) -> T | None:
        """The packet with this index; None when it is not kept any more."""
        found = self._library.kept_get(self._kept, index)
        if found == ffi.NULL:
            return None
        payload = bytes(ffi.buffer(found.bytes, found.size))
        return self._remake(found.index, found.timestamp, bool(found.marker), found.picture, payload)

    def timestamps(self) -> Iterator[int]:
        """Those of all, in the order of coming, the last one first."""
        back = 0
        while (found := self._library.kept_newest(self._kept, back)) != ffi.NULL:
            yield found.timestamp
            back += 1

    def clear(self) -> None:
        self._library.kept_clear(self._kept)


class CompiledArrivals:
    """What came by one connection, in the memory of its `door`; see `Arrived`."""

    def __init__(self, library: Any, door: Any) -> None:
        self._library = library
        self._door = door
        self._state = state = ffi.addressof(door, "arrivals")
        self._packet = ffi.new("char[]", library.TOLD_ROOM)
        state.highest = state.next = -1

    @property
    def came(self) -> int:
        return int(self._state.came)

    @property
    def lost(self) -> int:
        return int(self._state.lost)

    def add(self, now: float, sequence: int) -> None:
        """Note a packet that came by Python."""
        self._library.arrivals_add(self._state, now, sequence)

    def feedback(self, sender_ssrc: int, media_ssrc: int) -> list[Encoded]:
        messages = []
        while size := self._library.arrivals_tell(self._state, sender_ssrc, media_ssrc, self._packet):
            messages.append(Encoded(bytes(ffi.buffer(self._packet, size))))
        return messages


def bitmap(payload_types: Iterable[int]) -> list[int]:
    """A bit for each payload type, as two words of 64."""
    found = [0, 0]
    for number in payload_types:
        found[number >> 6] |= 1 << (number & 63)
    return found
