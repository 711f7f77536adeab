"""The video streams that the bridge sends: one layer of one source at a time, unbroken over every change."""

from media.rtp import vp8
from media.rtp.packet import HEADER_SIZE, header
from media.sfu.numbering import Numbering
from media.sfu.repair import ONE_BYTE_OF_PADDING, PADDING_FLAG, Repair
from media.sfu.source import Layer, Receiver, Send, Source, Unit
from media.sfu.splice import Splice
from media.sfu.temporal import TemporalFilter
from media.sfu.terms import VIDEO_CLOCK_HZ, SlotTerms

HANDOVER_S = 1.0
SWITCH_S = 3.0
RETRY_S = 5.0
SYNC_WAIT_S = 2.0


class VideoSlot:
    """One outgoing VP8 or H.264 stream. `shows` is the source it was given, `wanted` the layer it was aimed at.

    `layer` is what goes out, `target` what should: it is sent from its next key frame on, until then the one before
    goes on.
    """

    def __init__(self, link: Receiver, terms: SlotTerms, sequence: int, timestamp: int) -> None:
        self.link = link
        self.terms = terms
        self.shows: Source | None = None
        self.wanted: int | None = 0
        self.layer: Layer | None = None
        self.target: Layer | None = None
        self.temporal = TemporalFilter()
        self.splice = Splice(sequence, timestamp, VIDEO_CLOCK_HZ)
        self.repair = Repair(terms, sequence)
        self.packets = 0
        self.octets = 0
        self._waiting_since = 0.0
        self._limited_at = 0.0
        self._refused: tuple[Layer | None, float] = (None, 0.0)
        self._epoch = -1
        self._payload_type = terms.payload_type
        self._reference: int | None = None
        self._pictures = Numbering(sequence)
        self._counters = _Counters(sequence)
        self._frame = -1
        self._keep = True
        self._last: Unit | None = None

    @property
    def source(self) -> Source | None:
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
            self.temporal.limit(temporal, self._frame)
        if layer != self.wanted:
            self.wanted = layer
            self.settle(now)

    def settle(self, now: float) -> None:
        """See what can be sent of what is wanted, as layers come and go; to be called every 100 ms or so."""
        if self.shows is None or self.wanted is None:
            self._listen(None, None)
            return
        target = self.shows.nearest_live(self.wanted)
        refused, until = self._refused
        if target is refused and now < until and self._stands():
            target = self.layer or target
        if target is not self.target:
            self._waiting_since = now
            self._listen(self.layer, target)
            target.keyframe_wanted = target.keyframe_wanted or target is not self.layer
        elif target is not self.layer:
            self._wait(now, target)
        elif self.temporal.level < self.temporal.wanted:
            self._wait_for_sync(now, target)

    def ask_keyframe(self) -> None:
        """The receiver cannot go on without a key frame."""
        layer = self.layer or self.target
        if layer is not None:
            layer.keyframe_wanted = True

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
        before, after = {self.layer, self.target}, {layer, target}
        for left in before - after:
            if left is not None:
                left.slots.remove(self)
        for joined in after - before:
            if joined is not None:
                joined.slots.append(self)
        if layer is not self.layer:
            self._epoch = -1
        self.layer, self.target = layer, target

    # -- sending --------------------------------------------------------------------------------

    def write(self, now: float, unit: Unit) -> Send | None:
        """What goes out for `unit`, kept for repair; None when this slot does not send it."""
        layer = unit.layer
        if (layer is not self.layer or layer.epoch != self._epoch) and not self._enter(now, unit):
            return None
        descriptor = unit.descriptor
        if descriptor is None:
            return self._leave_out(now, unit)
        numbers = self.splice.numbers
        newest = unit.index > numbers.highest
        if unit.timestamp != self._frame:
            self._begin_frame(unit, descriptor, newest)
        if newest:
            if unit.index > numbers.highest + 1 and self._is_gap_left_out(unit, descriptor):
                numbers.skip(numbers.highest + 1, unit.index - 1)
            self._last = unit
        if not self._keep:
            return self._leave_out(now, unit)
        place = self.splice.advance(now, unit.index, unit.timestamp)
        if place is None:
            return None
        sequence, timestamp = place
        body = unit.body
        head = vp8.head(
            descriptor,
            self._payload_type,
            unit.marker,
            sequence,
            timestamp,
            self.terms.ssrc,
            self._counters.current,
        )
        self.repair.store(sequence, head, body)
        self.packets += 1
        self.octets += len(head) + len(body) - HEADER_SIZE
        return self.link.show(now, head, body)

    def _enter(self, now: float, unit: Unit) -> bool:
        """Begin with this packet, if it is of the target and begins a key frame whose rest is still to come."""
        layer, descriptor = unit.layer, unit.descriptor
        if layer is not self.target or descriptor is None:
            return False
        types = self.terms.types(layer.source.codec)
        if types is None:
            return False
        if not descriptor.keyframe or not layer.is_newest(unit.index):
            layer.ask_keyframe(at_once=descriptor.keyframe)
            return False
        offset = self._exact_offset(layer)
        self._listen(layer, layer)
        self._epoch = layer.epoch
        self._payload_type = types.codec
        if not self.splice.begin(now, unit.index, unit.timestamp, offset):
            self._reference = None
        self.repair.begin()
        self.link.note_begun(self.terms.ssrc)
        self._pictures.begin(unit.picture or 0)
        self._counters.begin(descriptor)
        self.temporal.begin(unit.index)
        self._frame, self._last = -1, None
        return True

    def _exact_offset(self, layer: Layer) -> int | None:
        """What maps the timestamps of `layer` as those of the layer before: both sender reports tell the same clock.

        The reference is kept over any number of changes, so that small corrections do not add up.
        """
        former = self.layer
        if former is None or former is layer or former.source is not layer.source:
            return None
        if former.sender_report is None or layer.sender_report is None:
            return None
        if self._reference is None:
            self._reference = self.splice.timestamp_offset + _lag(former.sender_report)
        return self._reference - _lag(layer.sender_report)

    def _begin_frame(self, unit: Unit, descriptor: vp8.Descriptor, newest: bool) -> None:
        temporal = self.temporal
        keep = temporal.open or temporal.keeps(unit.timestamp, unit.index, descriptor, newest)
        picture = unit.picture
        placed: int | None = 0
        if picture is not None:
            if keep:
                placed = self._pictures.place(picture)
            elif picture > self._pictures.highest:
                self._pictures.skip(picture, picture)
        if keep and placed is not None:
            self._counters.turn(descriptor, placed, newest)
        self._frame, self._keep = unit.timestamp, keep and placed is not None

    def _is_gap_left_out(self, unit: Unit, descriptor: vp8.Descriptor) -> bool:
        """Whether everything missing just before `unit` belongs to frames that are left out, or is padding.

        What is missing between two packets of one frame belongs to it; between two neighbouring frames it is the end of
        the one, the beginning of the other, or padding.
        """
        last = self._last
        if last is None or last.picture is None or unit.picture is None:
            return False
        if unit.picture == last.picture:
            return not self._keep
        if unit.picture != last.picture + 1:
            return False
        ended = last.marker or not self.temporal.kept(last.timestamp)
        return ended and (descriptor.start or not self._keep)

    def _leave_out(self, now: float, unit: Unit) -> Send | None:
        """Close the gap; where a newer packet has gone out already, fill it with a packet of padding."""
        numbers = self.splice.numbers
        if unit.index > numbers.highest:
            numbers.skip(unit.index, unit.index)
            return None
        sequence = numbers.place(unit.index)
        if sequence is None:
            return None
        timestamp = unit.timestamp + self.splice.timestamp_offset
        head = bytearray(header(self._payload_type, False, sequence, timestamp, self.terms.ssrc))
        head[0] |= PADDING_FLAG
        self.repair.spend(sequence)
        self.packets += 1
        return self.link.show(now, bytes(head), ONE_BYTE_OF_PADDING)


class _Counters:
    """Picture id, TL0PICIDX and KEYIDX of the current frame; the last two go on over changes of layer."""

    __slots__ = ("_key_offset", "_newest", "_tl0_offset", "current")

    def __init__(self, start: int) -> None:
        self.current = (start, start, start)
        self._newest = (start, start)
        self._tl0_offset = 0
        self._key_offset = 0

    def begin(self, descriptor: vp8.Descriptor) -> None:
        """Let the counters of `descriptor` follow the newest."""
        tl0, key = self._newest
        self._tl0_offset = tl0 + 1 - (descriptor.tl0picidx or 0)
        self._key_offset = key + 1 - (descriptor.keyidx or 0)

    def turn(self, descriptor: vp8.Descriptor, picture: int, newest: bool) -> None:
        """Another frame, with the outgoing `picture` id."""
        tl0 = self._tl0_offset + (descriptor.tl0picidx or 0)
        key = self._key_offset + (descriptor.keyidx or 0)
        self.current = (picture, tl0, key)
        if newest:
            self._newest = (tl0, key)


def _lag(report: tuple[int, int]) -> int:
    """The RTP timestamp less the time of the clock, in ticks, of a sender report's (NTP time, timestamp)."""
    ntp, timestamp = report
    return timestamp - (ntp * VIDEO_CLOCK_HZ >> 32)
