"""When the packets of one connection came, told back to their sender as transport-cc feedback."""

from collections.abc import Sequence
from typing import Protocol

from media.rtp.rtcp import Rtcp, TransportFeedback
from media.rtp.sequence import unwrap
from media.rtp.transport_cc import DELTA_TICK_S, REFERENCE_TICK_S, Feedback

MAX_PER_FEEDBACK = 400
TICKS_PER_REFERENCE = round(REFERENCE_TICK_S / DELTA_TICK_S)
SPAN = 2048
"""So far apart may be what waits to be told."""


class Arrived(Protocol):
    """Where it is noted what came. `came` and `lost` count what was told."""

    @property
    def came(self) -> int: ...
    @property
    def lost(self) -> int: ...
    def add(self, now: float, sequence: int) -> None: ...
    def feedback(self, sender_ssrc: int, media_ssrc: int) -> Sequence[Rtcp]:
        """Feedback on everything since the last call, including what did not come; empty when nothing came."""


class Arrivals:
    """Collects (transport sequence, time); `feedback` empties it. `came` and `lost` count what it told of."""

    def __init__(self) -> None:
        self._ticks: dict[int, int] = {}
        self._highest = -1
        self._next = -1
        self._oldest = self._newest = -1
        self._count = 0
        self.came = 0
        self.lost = 0

    def add(self, now: float, sequence: int) -> None:
        highest = self._highest
        if sequence == highest + 1 & 0xFFFF and highest >= 0:
            self._highest = index = highest + 1
        elif highest < 0:
            self._highest = self._next = index = sequence + 0x10000
        else:
            index = unwrap(highest, sequence)
            if index > highest:
                self._highest = index
        if index >= self._next - MAX_PER_FEEDBACK and self._makes_room(index):
            self._ticks.setdefault(index, int(now / DELTA_TICK_S))

    def _makes_room(self, index: int) -> bool:
        """Whether there is room for `index` among what is pending; what is too far behind it is forgotten."""
        pending = self._ticks
        if pending and self._oldest <= index <= self._newest:
            return True
        if pending and self._newest - index >= SPAN:
            return False
        if index - self._oldest >= SPAN:
            pending.clear()
        if not pending:
            self._oldest = self._newest = index
        self._oldest = min(self._oldest, index)
        self._newest = max(self._newest, index)
        return True

    def feedback(self, sender_ssrc: int, media_ssrc: int) -> list[TransportFeedback]:
        """See `Arrived`."""
        messages = []
        while self._ticks:
            oldest = self._oldest = min(self._ticks)
            base = oldest if oldest - self._next > MAX_PER_FEEDBACK // 2 else min(oldest, self._next)
            message, end = self._one(base)
            messages.append(TransportFeedback(sender_ssrc, media_ssrc, message))
            self._next = max(self._next, end)
        return messages

    def _one(self, base: int) -> tuple[Feedback, int]:
        ticks = self._ticks
        first = ticks[self._oldest]
        reference = first // TICKS_PER_REFERENCE
        last = reference * TICKS_PER_REFERENCE
        deltas: list[int | None] = []
        index = base
        while ticks and len(deltas) < MAX_PER_FEEDBACK:
            at = ticks.get(index)
            if at is not None:
                if not -0x8000 <= at - last <= 0x7FFF:
                    break
                deltas.append(at - last)
                last = at
                del ticks[index]
            else:
                deltas.append(None)
            index += 1
        self._count = (self._count + 1) & 0xFF
        lost = deltas.count(None)
        self.lost += lost
        self.came += len(deltas) - lost
        message = Feedback(base & 0xFFFF, reference & 0xFFFFFF, (self._count - 1) & 0xFF, _packed(deltas))
        return message, index


def _packed(deltas: list[int | None]) -> Sequence[int | None]:
    """As bytes where they are; see `Feedback`."""
    try:
        return bytes(deltas)  # type: ignore[arg-type]  # None is refused here
    except (TypeError, ValueError):
        return tuple(deltas)
