"""A participant's audio or video as it comes in: audio in one stream, video in one or several sizes (layers)."""

from collections.abc import Sequence
from typing import Protocol

from media.sfu.clock import SenderClock
from media.sfu.incoming import PLAIN_INCOMING, Incoming
from media.sfu.layer import Layer
from media.sfu.policing import MOST_BPS, Bucket
from media.sfu.state import NEVER
from media.sfu.terms import Kind, VideoCodec, clock_rate

SILENT_AFTER_S = 2.0
UNMUTE_GUARD_S = 0.06
UNMUTE_GUARD_PACKETS = 2


class Viewer(Protocol):
    """Who shows a source: a video slot. `wanted` is the layer it was aimed at, None for nothing."""

    wanted: int | None
    at_rest: bool

    def settle(self, now: float) -> None: ...


class Source:
    """Outlives its connections: slots stay attached when the participant comes back with other SSRCs.

    `layers` are in ascending order of size, one where there is no simulcast; the same objects serve every connection.
    `spared`: nearly all that comes is thrown away unread just now; `in_need`: a layer may be.
    `excess_packets` were more than a site may send.
    `clock` is the participant's, the same for all that it sends.
    """

    def __init__(
        self,
        participant: str,
        kind: Kind,
        incoming: Incoming = PLAIN_INCOMING,
        clock: SenderClock | None = None,
    ) -> None:
        self.participant = participant
        self.kind = kind
        self.incoming = incoming
        self.state = incoming.source()
        self.rate_hz = clock_rate(kind)
        self.codec: VideoCodec = "vp8"
        self.clock = clock or SenderClock()
        self.spared = self.in_need = False
        self.layers = [Layer(self, 0)]
        self.viewers: list[Viewer] = []
        self.bucket = Bucket(MOST_BPS[kind])
        self.excess_packets = 0

    def open(self, count: int, codec: VideoCodec = "vp8") -> None:
        """A connection with `count` layers begins; none of them is bound yet."""
        self.codec = codec
        by_place = {layer.place: layer for layer in self.layers}
        self.layers = [by_place.get(place) or Layer(self, place) for place in range(count)]
        self.unbind()

    def recode(self, codec: VideoCodec) -> None:
        """The streams go on in `codec`: what comes is begun anew with a key frame."""
        if codec == self.codec:
            return
        self.codec = codec
        for layer in self.layers:
            layer.recode()

    def close(self) -> None:
        """Its participant is gone: nothing is left that holds what is held by it."""
        for layer in self.layers:
            layer.close()
        self.layers = []

    def unbind(self) -> None:
        for layer in self.layers:
            layer.unbind()
        self.state.newest_at = NEVER

    @property
    def muted(self) -> bool:
        """Whether nothing of it may reach anybody."""
        return bool(self.state.muted)

    @property
    def newest_at(self) -> float:
        """When a layer brought something that was more than padding."""
        return self.state.newest_at

    def publishing(self, now: float) -> bool:
        return now - self.newest_at < SILENT_AFTER_S

    def mute(self, now: float, muted: bool) -> None:
        """After unmuting the first packets are dropped too: their redundancy still carries muted speech."""
        if muted == self.muted:
            return
        state = self.state
        state.muted = muted
        if not muted:
            state.guard_until = now + UNMUTE_GUARD_S
            state.guarded = UNMUTE_GUARD_PACKETS
        for layer in self.layers:
            layer.interrupt()
            layer.keyframe_wanted = not muted and self.kind == "video" and bool(layer.slots)

    def withheld(self, now: float) -> bool:
        """Whether the packet that comes now must not reach anybody.

        In-band FEC repeats the packet before: at least one in full must lie between mute and what is heard.
        """
        state = self.state
        if self.bucket.excess:
            self.excess_packets += 1
            return True
        if state.muted:
            return True
        if state.guarded or now < state.guard_until:
            state.guarded = max(0, state.guarded - 1)
            return self.kind == "audio"
        return False

    def on_packet(self, now: float, woken: bool) -> None:
        """A layer brought a packet; `woken`: it had been silent, so that the viewers may want to change to it."""
        self.state.newest_at = now
        if woken:
            for viewer in list(self.viewers):
                viewer.settle(now)

    def ask(self, now: float, active: Sequence[bool]) -> None:
        """The sender is told which layers, in the order of its offer, should come."""
        for layer in self.layers:
            wanted = layer.place >= len(active) or active[layer.place]
            if wanted and (layer.paused or not layer.live):
                layer.asked_at = now
            layer.paused = not wanted

    def police(self, now: float) -> None:
        """Drop what comes while it is more than a site may send; to be called a few times a second."""
        if not self.bucket.step(now, sum(layer.octets for layer in self.layers)):
            return
        self.state.guard_until = float("inf") if self.bucket.excess else NEVER
        for layer in self.layers:
            layer.interrupt()
            layer.keyframe_wanted = self.kind == "video" and bool(layer.slots)

    def measure(self, now: float) -> None:
        """Measure what the layers cost; to be called a few times a second."""
        for layer in self.layers:
            layer.rate.measure(now, layer.octets_by_temporal, layer.packets)

    def order_by_height(self) -> None:
        """Put the layers in order when all heights are known: an offer may list them either way round."""
        if all(layer.height for layer in self.layers):
            self.layers.sort(key=lambda layer: layer.height)
            for viewer in self.viewers:
                viewer.at_rest = False

    @property
    def whole(self) -> bool:
        """Whether all its layers come."""
        return all(layer.live for layer in self.layers)

    def is_ideal(self, wanted: int, layer: Layer) -> bool:
        """Whether `layer` is the very one that is wanted, as far as there are so many."""
        return layer is self.layers[min(wanted, len(self.layers) - 1)]

    def nearest_live(self, wanted: int) -> Layer:
        """The layer to show for the one wanted: itself, else the next lower live one, else the next higher.

        The wanted one where none is live.
        """
        top = min(wanted, len(self.layers) - 1)
        if self.layers[top].live:
            return self.layers[top]
        order: Sequence[Layer] = [*self.layers[top::-1], *self.layers[top + 1 :]]
        return next((layer for layer in order if layer.live), self.layers[top])
