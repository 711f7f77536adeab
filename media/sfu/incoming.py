"""What changes with every packet that comes in: numbers alone, so that C can keep them in the same form."""

from __future__ import annotations

from collections.abc import Callable, MutableSequence
from typing import Protocol

from media.sfu.kept import Cache, Kept, T
from media.sfu.state import NEVER
from media.sfu.terms import Kind

WINDOW = 1024
TEMPORAL_LAYERS = 4


class SourceState(Protocol):
    """One source: when its newest packet came; the packets that are `guarded` after an unmute, and until when."""

    newest_at: float
    guard_until: float
    guarded: int
    muted: int


class StreamState(Protocol):
    """One incoming stream: its reception, and what its layer counts.

    `highest` is the newest index, -1 before the first; `seen` the index that stands in each of WINDOW cells. `jitter`
    and `transit` are in timestamp units (RFC 3550 A.8). `picture` is the newest picture id, unwrapped, -1 before the
    first. `opened_at` is the index since which speech is forwarded, -1 while none is; `epoch` is its layer's. `fanned`
    is 1 while C knows who listens, `leveled` while the packets tell their levels; `codec` is one of CODECS.
    """

    ssrc: int
    highest: int
    received: int
    jitter: float
    transit: float
    packets: int
    octets: int
    picture: int
    opened_at: int
    epoch: int
    last_packet_at: float
    keyframe_wanted: int
    fanned: int
    leveled: int
    codec: int

    @property
    def seen(self) -> MutableSequence[int]: ...
    @property
    def octets_by_temporal(self) -> MutableSequence[int]: ...


Remake = Callable[[int, int, bool, int, bytes], T]
"""Makes what is kept again, of (index, timestamp, marker, picture, payload)."""


class Incoming(Protocol):
    """Where the numbers of sources and streams live, and the packets that are kept."""

    def source(self) -> SourceState: ...
    def stream(self, source: SourceState, kind: Kind) -> StreamState: ...
    def kept(self, stream: StreamState, remake: Remake[T]) -> Cache[T]: ...


class PlainSourceState:
    """A source's numbers as Python's own objects."""

    __slots__ = ("guard_until", "guarded", "muted", "newest_at")

    def __init__(self) -> None:
        self.newest_at = NEVER
        self.guard_until = 0.0
        self.guarded = self.muted = 0


class PlainStreamState:
    """A stream's numbers as Python's own objects."""

    __slots__ = (
        "codec",
        "epoch",
        "fanned",
        "highest",
        "jitter",
        "keyframe_wanted",
        "last_packet_at",
        "leveled",
        "octets",
        "octets_by_temporal",
        "opened_at",
        "packets",
        "picture",
        "received",
        "seen",
        "ssrc",
        "transit",
    )

    def __init__(self) -> None:
        self.ssrc = self.received = self.packets = self.octets = 0
        self.highest = self.picture = self.opened_at = -1
        self.epoch = 0
        self.jitter = self.transit = 0.0
        self.last_packet_at = NEVER
        self.keyframe_wanted = self.fanned = self.leveled = self.codec = 0
        self.seen: MutableSequence[int] = [-1] * WINDOW
        self.octets_by_temporal: MutableSequence[int] = [0] * TEMPORAL_LAYERS


class PlainIncoming:
    """All of it in Python."""

    def source(self) -> SourceState:
        return PlainSourceState()

    def stream(self, source: SourceState, kind: Kind) -> StreamState:
        return PlainStreamState()

    def kept(self, stream: StreamState, remake: Remake[T]) -> Cache[T]:
        return Kept()


PLAIN_INCOMING = PlainIncoming()
