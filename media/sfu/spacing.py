"""What the spacing of packets at a receiver piles up, as numbers alone, so that C can keep them in the same form."""

from __future__ import annotations

from collections.abc import MutableSequence
from typing import Protocol

from media.sfu.state import NEVER

POINTS = 20
UNKNOWN = float("inf")


class LeastState(Protocol):
    """The least of what came lately, and of what came before that; UNKNOWN before there is any."""

    newer: float
    newer_at: float
    older: float


class SpacingState(Protocol):
    """The group of packets that is not complete, `first` and `last` sent, the `latest` arrival; the group before it.

    `piled_ms` is the delay that all groups have piled up, `smooth_ms` the same smoothed. `at_ms` and `value_ms` are the
    last POINTS of it, that of group n at place n modulo POINTS; there were `groups`. `way` is how long the newest group
    was on its way; see DelayDetector for the queues.
    """

    first: float
    last: float
    latest: float
    former_sent: float
    former_arrived: float
    piled_ms: float
    smooth_ms: float
    way: float
    queue_s: float
    newest_s: float
    groups: int

    @property
    def at_ms(self) -> MutableSequence[float]: ...
    @property
    def value_ms(self) -> MutableSequence[float]: ...
    @property
    def base(self) -> LeastState: ...
    @property
    def lately(self) -> LeastState: ...


class PlainLeastState:
    """Python's own numbers."""

    __slots__ = ("newer", "newer_at", "older")

    def __init__(self) -> None:
        self.newer = self.older = UNKNOWN
        self.newer_at = NEVER


class PlainSpacingState:
    """Python's own numbers."""

    __slots__ = (
        "at_ms",
        "base",
        "first",
        "former_arrived",
        "former_sent",
        "groups",
        "last",
        "lately",
        "latest",
        "newest_s",
        "piled_ms",
        "queue_s",
        "smooth_ms",
        "value_ms",
        "way",
    )

    def __init__(self) -> None:
        self.first = self.last = self.latest = self.former_sent = self.former_arrived = NEVER
        self.piled_ms = self.smooth_ms = self.way = self.queue_s = self.newest_s = 0.0
        self.groups = 0
        self.at_ms: MutableSequence[float] = [0.0] * POINTS
        self.value_ms: MutableSequence[float] = [0.0] * POINTS
        self.base: LeastState = PlainLeastState()
        self.lately: LeastState = PlainLeastState()


def feed_least(state: LeastState, window_s: float, at: float, value: float) -> float:
    """Take a value; the least of the last `window_s` to twice that."""
    if at - state.newer_at > window_s:
        state.older, state.newer, state.newer_at = state.newer, value, at
    elif value < state.newer:
        state.newer = value
    return min(state.older, state.newer)
