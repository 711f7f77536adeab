"""Which layers of a participant's picture anybody wants: the others need not be sent at all."""

from collections.abc import Set as AbstractSet

from media.sfu.source import Source

PAUSE_AFTER_S = 4.0
START_S = 2.5


class Demand:
    """`active` says for each layer in the offer's order whether it should be sent.

    A layer is wanted again at once and given up only when it was not wanted for PAUSE_AFTER_S, so that a change of
    layout does not make an encoder start and stop. The smallest stays: it is the first to fall back to. Where a wanted
    layer does not come within START_S (the sender lacks the power or the line for it), the next smaller is wanted too.
    """

    def __init__(self) -> None:
        self.active: tuple[bool, ...] = ()
        self._wanted_at: dict[int, float] = {}
        self._since: dict[int, float] = {}

    def begin(self, now: float, count: int) -> None:
        """A connection begins: its layers all send."""
        self.active = (True,) * count
        self._wanted_at = dict.fromkeys(range(count), now)
        self._since = dict.fromkeys(range(count), now)

    def update(self, now: float, source: Source) -> bool:
        """See what the viewers want now; whether `active` changed."""
        for place in self._wanted(now, source):
            self._wanted_at[place] = now
            if place < len(self.active) and not self.active[place]:
                self._since[place] = now
        before = self.active
        self.active = tuple(
            now - self._wanted_at.get(place, float("-inf")) < PAUSE_AFTER_S for place in range(len(source.layers))
        )
        return self.active != before

    def _wanted(self, now: float, source: Source) -> AbstractSet[int]:
        """The places of the layers that are wanted."""
        layers = source.layers
        if len(layers) == 1:
            return {layers[0].place}
        top = len(layers) - 1
        wanted = {min(viewer.wanted, top) for viewer in source.viewers if viewer.wanted is not None}
        wanted = set() if source.muted else wanted
        for number in range(top, 0, -1):
            if number in wanted and not layers[number].live and self._is_late(now, layers[number].place):
                wanted.add(number - 1)
        return {layers[number].place for number in wanted | {0}}

    def _is_late(self, now: float, place: int) -> bool:
        """Whether this layer was asked for long enough ago to be there."""
        return place < len(self.active) and self.active[place] and now - self._since[place] > START_S
