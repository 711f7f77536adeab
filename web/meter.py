"""How fast a counter grows."""

from dataclasses import dataclass

WINDOW_S = 4.0


@dataclass
class Meter:
    """`bps` follows the bytes that are counted elsewhere, over about WINDOW_S."""

    bps: float = 0.0
    _octets: int = 0
    _at: float | None = None

    def look(self, now: float, octets: int) -> float:
        """bit/s; a counter that began anew counts from nothing."""
        if self._at is not None and now > self._at:
            fresh = 8 * max(0, octets - self._octets) / (now - self._at)
            self.bps += (fresh - self.bps) * min(1.0, (now - self._at) / WINDOW_S)
        self._octets, self._at = octets, now
        return self.bps
