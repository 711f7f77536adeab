"""One picture in two sizes, for a client that cannot simulcast: aiortc has no RIDs, so each is a line of its own.

Both lines are named to the bridge as layers (`layers` of an offer, docs/signalling.md), the small one first.
"""

from contextvars import ContextVar
from dataclasses import dataclass

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.frame import Frame
from av.packet import Packet

from media.sfu.tiers import TOP, Tier

START_BPS = 500_000
SMALL, LARGE = 0, 1
SMALL_HEIGHT = 180
SMALL_BPS = (50_000, 150_000)
"""What the small picture takes at least and at most while the large one is sent too, or wanted by nobody."""
LARGE_BPS = 250_000
"""Less is no more than the small picture needs."""
UP = 1.3
"""What a bigger picture takes must fit so many times before it is begun."""


@dataclass(slots=True)
class Layers:
    """What the encoders of both sizes share: `bitrate` (bit/s) is for the two together.

    `told` is the bridge's REMB, None before the first. `active` says which of them somebody wants, `tier` where the
    uplink stands on the ladder.
    """

    told: int | None = None
    active: tuple[bool, bool] = (True, True)
    tier: Tier = TOP
    _both: bool = False

    @property
    def bitrate(self) -> int:
        return START_BPS if self.told is None else self.told

    def share(self, place: int) -> int:
        """bit/s for one of them; 0: it is not made.

        The small one goes first. The large one comes when it fits too; until then the small one takes all there is, so
        that the bridge, which lets a bitrate grow with what arrives, can see that there is more.
        """
        if not self.tier.moves:
            return 0
        least, most = SMALL_BPS
        wanted = self.active[LARGE]
        self._both = wanted and self.bitrate >= least + LARGE_BPS * (1 if self._both else UP)
        small = min(most, self.bitrate)
        if self._both:
            small = min(most, max(least, self.bitrate - round(LARGE_BPS * UP)))
        elif wanted:
            small = self.bitrate
        if place == SMALL:
            return small
        return self.bitrate - small if self._both else 0


@dataclass(frozen=True, slots=True)
class Share:
    """The place of one encoder among the two."""

    layers: Layers
    place: int


asking: ContextVar[Share | None] = ContextVar("asking", default=None)
"""Whose picture the sender has just asked for: it makes its encoder in the same task, right after its first picture."""


class LayerTrack(MediaStreamTrack):
    """The pictures of `source` for the sender of one size."""

    kind = "video"

    def __init__(self, source: MediaStreamTrack, share: Share) -> None:
        super().__init__()
        self._source = source
        self._share = share

    async def recv(self) -> Frame | Packet:  # type: ignore[type-arg]
        asking.set(self._share)
        try:
            return await self._source.recv()
        except MediaStreamError:
            self.stop()
            raise

    def stop(self) -> None:
        super().stop()
        self._source.stop()
