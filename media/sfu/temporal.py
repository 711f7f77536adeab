"""Which frames of a layer go out when a receiver gets fewer of its temporal layers."""

from collections.abc import Iterable
from itertools import islice

from media.rtp.vp8 import Descriptor

ALL_TEMPORAL = 3
REMEMBERED_FRAMES = 64
LATEST = 512


class TemporalFilter:
    """Frames are kept or left out whole. `level` is the highest temporal id that goes out, `wanted` what it should be.

    It falls at the next frame; it rises step by step, at a frame of the next id that refers to nothing which was left
    out (the Y bit, RFC 7741 4.2), or at a key frame. Frames are told apart by their timestamp. While it is `open` every
    frame goes out and nothing need be remembered. `frames` are those seen since it was not: which of them went out.
    """

    def __init__(self) -> None:
        self.wanted = ALL_TEMPORAL
        self.level = ALL_TEMPORAL
        self.open = True
        self.frames: dict[int, bool] = {}
        self._raised_at = 0

    def begin(self, index: int) -> None:
        """A layer begins with the key frame at `index`."""
        self.level = self.wanted
        self.open = self.level >= ALL_TEMPORAL
        self._raised_at = index
        self.frames = {}

    def limit(self, temporal: int, latest: Iterable[int]) -> None:
        """Let nothing above `temporal` out any more; more than now when the stream offers a place to begin.

        `latest` are timestamps of frames, the newest first: those that have begun to go out go out whole.
        """
        if self.open and temporal < ALL_TEMPORAL:
            begun = list(islice(latest, REMEMBERED_FRAMES))
            self.frames.update(dict.fromkeys(reversed(begun), True))
        self.wanted = temporal
        self.level = min(self.level, temporal)
        self.open = self.open and temporal >= ALL_TEMPORAL

    def kept(self, timestamp: int) -> bool:
        """Whether the frame with this timestamp, seen lately, went out."""
        return self.open or self.frames.get(timestamp, True)

    def keeps(self, timestamp: int, index: int, descriptor: Descriptor, newest: bool) -> bool:
        """Whether a frame goes out, of which the packet `index` is the first that is seen. `newest`: none is newer."""
        kept = self.frames.get(timestamp)
        if kept is None:
            kept = self._decide(index, descriptor, newest)
            self.frames[timestamp] = kept
            if len(self.frames) > REMEMBERED_FRAMES:
                del self.frames[next(iter(self.frames))]
        return kept

    def _decide(self, index: int, descriptor: Descriptor, newest: bool) -> bool:
        temporal = descriptor.temporal_layer
        if newest and self.level < self.wanted:
            self._rise(index, descriptor)
        elif newest and self.level >= ALL_TEMPORAL and index > self._raised_at + LATEST:
            self.open = True
        return temporal <= self.level and (temporal == 0 or index >= self._raised_at)

    def _rise(self, index: int, descriptor: Descriptor) -> None:
        if descriptor.keyframe:
            self.level = self.wanted
            self._raised_at = index
        elif descriptor.temporal_layer == self.level + 1 and descriptor.layer_sync:
            self.level += 1
            self._raised_at = index
