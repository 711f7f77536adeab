"""Frames of speech that wait to leave as one packet: on the thinnest lines headers cost more than what is said."""

from dataclasses import dataclass, field

from media.rtp import opus
from media.sfu.layer import Unit

PACKED_MS = 60.0


@dataclass(slots=True)
class Packing:
    """Takes frames that follow each other and are of one kind, until together they last PACKED_MS."""

    units: list[Unit] = field(default_factory=list)

    @property
    def lasts_ms(self) -> float:
        return sum(opus.frame_ms(unit.body[0]) for unit in self.units)

    @property
    def full(self) -> bool:
        """Whether another frame would be too much."""
        return bool(self.units) and self.lasts_ms + opus.frame_ms(self.units[0].body[0]) > PACKED_MS

    def follows(self, unit: Unit) -> bool:
        """Whether `unit` continues what waits."""
        if not self.units:
            return True
        last = self.units[-1]
        ticks = int(opus.frame_ms(last.body[0]) * opus.TICKS_PER_MS)
        same = unit.body[0] == last.body[0]
        return same and unit.index == last.index + 1 and unit.timestamp - last.timestamp & 0xFFFFFFFF == ticks

    def take(self) -> tuple[list[Unit], bytes]:
        """What waited, and it as one payload."""
        units, self.units = self.units, []
        return units, opus.join([unit.body for unit in units])
