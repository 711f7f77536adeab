"""What a layer costs on the wire, measured as it comes in."""

import math
from collections.abc import Sequence

from media.sfu.sent import OVERHEAD

INTERVAL_S = 0.25
SETTLED_S = 1.0
SHARE = 0.12
PER_PACKET = OVERHEAD + 26
"""Bytes that each packet has beside its payload: headers of IP, UDP, RTP, extension and descriptor, the SRTP tag."""
NOMINAL_BPS = 150_000.0
NOMINAL_HEIGHT = 180
NOMINAL_POWER = 1.6


def nominal(height: int) -> float:
    """What a layer of so many lines is likely to need, bit/s, while it has not been measured."""
    return NOMINAL_BPS * math.pow(max(height, NOMINAL_HEIGHT) / NOMINAL_HEIGHT, NOMINAL_POWER)


class LayerRate:
    """Bitrates by temporal id, smoothed over about two seconds, so that a key frame is not taken for a rise."""

    def __init__(self) -> None:
        self.by_temporal: list[float] = []
        self._octets: tuple[int, ...] = ()
        self._packets = 0
        self._at = 0.0
        self._measured_s = 0.0

    def measure(self, now: float, octets: Sequence[int], packets: int) -> None:
        """`octets` are the counters of payload by temporal id, `packets` that of all packets."""
        elapsed = now - self._at
        if self._octets and elapsed < INTERVAL_S:
            return
        came = [new - old for new, old in zip(octets, self._octets, strict=True)] if self._octets else []
        sent, self._packets = packets - self._packets, packets
        self._octets, self._at = tuple(octets), now
        total = sum(came)
        if not total:
            return
        self._measured_s += elapsed
        overhead = 1 + sent * PER_PACKET / total
        fresh = [8 * value * overhead / elapsed for value in came]
        former = self.by_temporal or fresh
        share = max(SHARE, INTERVAL_S / self._measured_s)
        self.by_temporal = [old + (new - old) * min(1.0, share) for old, new in zip(former, fresh, strict=True)]

    @property
    def settled(self) -> bool:
        """Whether it was measured long enough to be believed: a stream begins with a key frame."""
        return self._measured_s >= SETTLED_S
