"""The video streams that the bridge sends: one layer of one source at a time, unbroken over every change."""

from collections.abc import Iterator, Sequence

from media.rtp.vp8 import Descriptor
from media.sfu.haste import Haste
from media.sfu.layer import KeyFrame, Layer, Origin, Unit
from media.sfu.numbering import Numbering
from media.sfu.outflow import UNNUMBERED_OVERHEAD
from media.sfu.receiver import Receiver, Send
from media.sfu.repair import ONE_BYTE_OF_PADDING, Repair
from media.sfu.source import Source
from media.sfu.splice import Splice
from media.sfu.state import RepairState, SlotState
from media.sfu.stretch import Stretch, filler, head, timestamp_of
from media.sfu.temporal import TemporalFilter
from media.sfu.terms import VIDEO_CLOCK_HZ, SlotTerms

HANDOVER_S = 1.0
SWITCH_S = 3.0
RETRY_S = 5.0
SYNC_WAIT_S = 2.0


class VideoSlot:
    """One outgoing VP8 or H.264 stream. `shows` is the source it was given, `wanted` the layer it was aimed at.

    `layer` is what goes out, `target` what should: it is sent from its last key frame on where that is kept with all
    that followed, else from its next, until then the one before goes on. `at_rest`: as long as all layers of the source
    come, `settle` would change nothing.
    """

    def __init__(
        self,
        link: Receiver,
        terms: SlotTerms,
        sequence: int,
        timestamp: int,
        state: SlotState,
        repair: RepairState,
    ) -> None:
        self.link = link
        self.terms = terms
        self.shows: Source | None = None
        self.wanted: int | None = 0
        self.layer: Layer | None = None
        self.target: Layer | None = None
        self.at_rest = False
        self.temporal = TemporalFilter()
        self.state = state
        self.splice = Splice(state, sequence, timestamp, VIDEO_CLOCK_HZ)
        self.repair = Repair(terms, self.splice.numbers, repair, link.outflow.sent.state)
        self._waiting_since = 0.0
        self._limited_at = 0.0
        self._refused: tuple[Layer | None, float] = (None, 0.0)
        self._epoch = -1
        self._haste: Haste | None = None
        self._passed: KeyFrame | None = None
        self._pictures = Numbering(state.pictures, sequence)
        self._picture_row = state.pictures
        state.ssrc, state.payload_type = terms.ssrc, terms.payload_type
        state.tl0 = state.key = sequence

    @property
    def packets(self) -> int:
        """How many went out, resent ones not counted."""
        return self.state.packets

    @property
    def octets(self) -> int:
        """Bytes of payload that went out."""
        return self.state.octets

    @property
    def source(self) -> Origin | None:
        """Whose picture goes out now."""
        return self.layer.source if self.layer is not None else None

    # -- what is to be sent ---------------------------------------------------------------------

    def show(self, now: float, source: Source | None) -> None:
        """Change to `source` at its next key frame; at once to nothing when there is no picture to wait for."""
        if source is self.shows:
            return
        if self.shows is not None:
            self.shows.viewers.remove(self)
        self.shows = source
        self.at_rest = False
        if source is not None:
            source.viewers.append(self)
        if source is None or not source.publishing(now):
            self._listen(None, None)
        self.settle(now)

    def aim(self, now: float, layer: int | None, temporal: int) -> None:
        """Send this layer of the source (by size, from 0; None: nothing), of it the temporal ids up to `temporal`.

        While the layer does not come, the nearest one that does goes out.
        """
        if temporal != self.temporal.wanted:
            self._limited_at = now
            self.at_rest = False
            self.temporal.limit(temporal, self._latest_frames())
            self.state.open = self.temporal.open
            self.repair.state.whole = 0
        if layer != self.wanted:
            self.wanted = layer
            self.settle(now)

    def is_entered(self, layer: Layer) -> bool:
        """Whether packets of `layer` go out by the numbers."""
        return layer is self.layer and layer.epoch == self._epoch

    def settle(self, now: float) -> None:
        """See what can be sent of what is wanted, as layers come and go; to be called every 100 ms or so."""
        if self.shows is None or self.wanted is None:
            self._listen(None, None)
            self.at_rest = True
            return
        target = self.shows.nearest_live(self.wanted)
        stands = target is self.target and target is self.layer and self.temporal.level >= self.temporal.wanted
        self.at_rest = stands and self.shows.is_ideal(self.wanted, target)
        if stands:
            return
        refused, until = self._refused
        if target is refused and now < until and self._stands():
            target = self.layer or target
        if target is not self.target:
            self._waiting_since = now
            self._listen(self.layer, target)
            if target is not self.layer and not self._past(now, target):
                target.keyframe_wanted = True
        elif target is not self.layer:
            self._wait(now, target)
        elif self.temporal.level < self.temporal.wanted:
            self._wait_for_sync(now, target)

    def _stands(self) -> bool:
        return self.layer is not None and self.layer.source is self.shows and self.layer.live

    def _wait(self, now: float, target: Layer) -> None:
        """Do not wait for ever for a key frame: the former source ends, a former layer of the same source goes on."""
        waited = now - self._waiting_since
        if self._stands():
            if waited > SWITCH_S:
                self._refused = (target, now + RETRY_S)
                self._listen(self.layer, self.layer)
        elif waited > HANDOVER_S and self.layer is not None:
            self._listen(None, target)

    def _wait_for_sync(self, now: float, layer: Layer) -> None:
        """A key frame lets every temporal layer begin, where the encoder sets no Y bit."""
        if now - self._limited_at > SYNC_WAIT_S and any(layer.octets_by_temporal[self.temporal.level + 1 :]):
            self._limited_at = now
            layer.keyframe_wanted = True

    def _listen(self, layer: Layer | None, target: Layer | None) -> None:
        self.at_rest = False
        before, after = {self.layer, self.target}, {layer, target}
        for left in before - after:
            if left is not None:
                left.leave(self)
        for joined in after - before:
            if joined is not None:
                joined.join(self)
        if layer is not self.layer:
            self._epoch = -1
            for known in (self.layer, layer):
                if known is not None:
                    known.fan = None
        self.layer, self.target = layer, target

    # -- sending --------------------------------------------------------------------------------

    def write(self, now: float, unit: Unit) -> Sequence[Send]:
        """What goes out for `unit`; nothing when this slot does not send it, or not yet."""
        layer, state = unit.layer, self.state
        if layer is not self.layer or layer.epoch != self._epoch:
            return self._begin(now, unit)
        descriptor, timestamp = unit.descriptor, unit.timestamp
        if self._haste is not None:
            timestamp = self._haste.timestamp(unit.index, timestamp)
        if descriptor is None:
            return self._leave_out(now, unit)
        newest = unit.index > state.highest
        picture = self._place(unit, descriptor, newest)
        if newest:
            if unit.index > state.highest + 1 and self._is_gap_left_out(unit, descriptor, picture is not None):
                self.splice.numbers.skip(state.highest + 1, unit.index - 1)
            state.last = unit.index
        if picture is None:
            return self._leave_out(now, unit)
        place = self.splice.advance(now, unit.index, timestamp)
        if place is None:
            return ()
        if newest:
            state.tl0, state.key = unit.tl0 + state.tl0_offset, unit.key + state.key_offset
        state.packets += 1
        state.octets += unit.size
        send = self.link.show(now, head(state, unit, descriptor, place, picture), unit.body)
        return () if send is None else (send,)

    def _begin(self, now: float, unit: Unit) -> Sequence[Send]:
        """Begin, if `unit` is of the target, with this key frame or with what is kept; else wait for another."""
        layer, descriptor = unit.layer, unit.descriptor
        if layer is not self.target or descriptor is None:
            return ()
        types = self.terms.types(layer.source.codec)
        if types is None:
            return ()
        units = (unit,) if descriptor.keyframe and layer.is_newest(unit.index) else self._past(now, layer)
        if not units:
            layer.ask_keyframe(at_once=descriptor.keyframe)
            return ()
        return self._enter(now, units, types.codec)

    def _past(self, now: float, layer: Layer) -> Sequence[Unit]:
        """The layer's last key frame and all since, where it is kept and the way takes it at once.

        Where that was not so it is not looked for again: it only grows.
        """
        if layer.key_frame is None or layer.key_frame is self._passed:
            return ()
        units = layer.since_key_frame(now)
        octets = sum(unit.size + UNNUMBERED_OVERHEAD for unit in units)
        if units and Haste(units).possible and self.link.outflow.has_way(octets):
            return units
        self._passed = layer.key_frame
        return ()

    def _enter(self, now: float, units: Sequence[Unit], payload_type: int) -> Sequence[Send]:
        """Begin with these packets, the first of which begins a key frame, as this payload type; what goes out."""
        unit, layer, state = units[0], units[0].layer, self.state
        haste = self._haste = Haste(units) if len(units) > 1 else None
        self._listen(layer, layer)
        self._epoch, layer.fan = layer.epoch, None
        self.repair.interrupt()
        before = haste.ticks + 1 if haste is not None else 0
        self.splice.begin(now, unit.index, units[-1].timestamp, layer.clock, before)
        self.link.note_begun(self.terms.ssrc)
        self._pictures.begin(max(0, unit.picture))
        state.payload_type = payload_type
        state.tl0_offset = state.tl0 + 1 - unit.tl0
        state.key_offset = state.key + 1 - unit.key
        state.last = -1
        self.temporal.begin(unit.index)
        state.open = self.temporal.open
        stretch = Stretch(layer, state, self.splice.numbers, self._pictures, self.temporal.frames, haste)
        self.repair.begin(stretch, payload_type, self.temporal.open)
        if haste is not None:
            self.link.pace()
        sends = [send for one in units for send in self.write(now, one)]
        if haste is not None:
            self.repair.leave_to_stretches()
        return sends

    def _place(self, unit: Unit, descriptor: Descriptor, newest: bool) -> int | None:
        """The outgoing picture id of a frame; None when it is left out."""
        keep = self.temporal.open or self.temporal.keeps(unit.timestamp, unit.index, descriptor, newest)
        self.state.open = self.temporal.open
        if unit.picture < 0:
            return 0 if keep else None
        if keep:
            return self._pictures.place(unit.picture)
        if unit.picture > self._picture_row.highest:
            self._pictures.skip(unit.picture, unit.picture)
        return None

    def _is_gap_left_out(self, unit: Unit, descriptor: Descriptor, keep: bool) -> bool:
        """Whether everything missing just before `unit` belongs to frames that are left out, or is padding.

        What is missing between two packets of one frame belongs to it; between two neighbouring frames it is the end of
        the one, the beginning of the other, or padding. `keep`: this one goes out.
        """
        last = unit.layer.kept.get(self.state.last)
        if last is None or last.picture < 0 or unit.picture < 0:
            return False
        if unit.picture == last.picture:
            return not keep
        if unit.picture != last.picture + 1:
            return False
        ended = last.marker or not self.temporal.kept(last.timestamp)
        return ended and (descriptor.start or not keep)

    def _latest_frames(self) -> Iterator[int]:
        """The timestamps of what came of this layer, the last one first."""
        return iter(self.layer.kept.timestamps()) if self.layer is not None else iter(())

    def _leave_out(self, now: float, unit: Unit) -> Sequence[Send]:
        """Close the gap; where a newer packet has gone out already, fill it with a packet of padding."""
        state = self.state
        if unit.index > state.highest:
            self.splice.numbers.skip(unit.index, unit.index)
            return ()
        sequence = self.splice.numbers.place(unit.index)
        if sequence is None:
            return ()
        timestamp = timestamp_of(unit, self._haste) + state.timestamp_offset
        state.packets += 1
        send = self.link.show(now, filler(state, sequence, timestamp), ONE_BYTE_OF_PADDING)
        return () if send is None else (send,)
