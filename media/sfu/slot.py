"""The streams that the bridge sends. Only a slot rewrites."""

from media.rtp import vp8
from media.rtp.packet import HEADER_SIZE, header
from media.sfu.repair import Repair
from media.sfu.source import Receiver, Source, Unit
from media.sfu.splice import Splice
from media.sfu.terms import SlotTerms, clock_rate

HANDOVER_S = 1.0


class AudioSlot:
    """One outgoing audio stream; a new source begins with the marker bit (RFC 7587 4: a talkspurt)."""

    def __init__(self, link: Receiver, terms: SlotTerms, sequence: int, timestamp: int) -> None:
        self.link = link
        self.terms = terms
        self.source: Source | None = None
        self.splice = Splice(sequence, timestamp, clock_rate("audio"))
        self.packets = 0
        self.octets = 0
        self._epoch = -1

    def attach(self, source: Source | None) -> None:
        if source is self.source:
            return
        if self.source is not None:
            self.source.slots.remove(self)
        self.source = source
        self._epoch = -1
        if source is not None:
            source.slots.append(self)

    def skip(self, source: Source, index: int) -> None:
        if source.epoch == self._epoch:
            self.splice.skip(index)

    def write(self, now: float, unit: Unit) -> bytes | None:
        """The head that goes out before `unit.body`; None when this slot does not send it."""
        marker = unit.marker
        if unit.source.epoch != self._epoch:
            self._epoch = unit.source.epoch
            self.splice.begin(now, unit.index, unit.timestamp)
            marker = True
        place = self.splice.advance(now, unit.index, unit.timestamp)
        if place is None:
            return None
        self.packets += 1
        self.octets += len(unit.body)
        return header(self.terms.payload_type, marker, place[0], place[1], self.terms.ssrc)


class _Counters:
    """Picture id, TL0PICIDX and KEYIDX, going on over changes of source; unwrapped, cut to their width when written."""

    __slots__ = ("_newest", "_offsets")

    def __init__(self, start: int) -> None:
        self._newest = (start, start, start)
        self._offsets = (0, 0, 0)

    def begin(self, descriptor: vp8.Descriptor) -> None:
        """Let the counters of `descriptor` follow the newest."""
        picture, tl0, key = self._newest
        self._offsets = (
            picture + 1 - (descriptor.picture_id or 0),
            tl0 + 1 - (descriptor.tl0picidx or 0),
            key + 1 - (descriptor.keyidx or 0),
        )

    def advance(self, descriptor: vp8.Descriptor, newest: bool) -> tuple[int, int, int]:
        picture, tl0, key = self._offsets
        counters = (
            picture + (descriptor.picture_id or 0),
            tl0 + (descriptor.tl0picidx or 0),
            key + (descriptor.keyidx or 0),
        )
        if newest:
            self._newest = counters
        return counters


class VideoSlot:
    """One outgoing VP8 stream. A source is sent from its next key frame on; until then the one before goes on."""

    def __init__(self, link: Receiver, terms: SlotTerms, sequence: int, timestamp: int) -> None:
        self.link = link
        self.terms = terms
        self.source: Source | None = None
        self.wanted: Source | None = None
        self.splice = Splice(sequence, timestamp, clock_rate("video"))
        self.repair = Repair(terms, sequence)
        self.packets = 0
        self.octets = 0
        self._wanted_since = 0.0
        self._epoch = -1
        self._counters = _Counters(sequence)

    def show(self, now: float, source: Source | None) -> None:
        """Change to `source` at its next key frame; at once to nothing when there is no picture to wait for."""
        if source is self.wanted:
            return
        self._wanted_since = now
        if source is None or not source.publishing(now):
            self._listen(None, source)
        else:
            self._listen(self.source, source)
        if source is not None and source is not self.source:
            source.keyframe_wanted = True

    def expire(self, now: float) -> None:
        """Do not go on showing the former source for long when the wanted one brings no key frame."""
        if self.source is not self.wanted and now - self._wanted_since > HANDOVER_S:
            self._listen(None, self.wanted)

    def _listen(self, source: Source | None, wanted: Source | None) -> None:
        before, after = {self.source, self.wanted}, {source, wanted}
        for left in before - after:
            if left is not None:
                left.slots.remove(self)
        for joined in after - before:
            if joined is not None:
                joined.slots.append(self)
        if source is not self.source:
            self._epoch = -1
        self.source, self.wanted = source, wanted

    def skip(self, source: Source, index: int) -> None:
        if source is self.source and source.epoch == self._epoch:
            self.splice.skip(index)

    def write(self, now: float, unit: Unit) -> bytes | None:
        """The head that goes out before `unit.body`, kept for repair; None when this slot does not send it."""
        descriptor = unit.descriptor
        if descriptor is None:
            return None
        source = unit.source
        if (source is not self.source or source.epoch != self._epoch) and not self._enter(now, unit, descriptor):
            return None
        place = self.splice.advance(now, unit.index, unit.timestamp)
        if place is None:
            return None
        sequence, timestamp = place
        terms = self.terms
        head = vp8.head(
            descriptor,
            terms.payload_type,
            unit.marker,
            sequence,
            timestamp,
            terms.ssrc,
            self._counters.advance(descriptor, sequence == self.splice.sequence),
        )
        self.repair.store(sequence, head, unit.body)
        self.packets += 1
        self.octets += len(head) + len(unit.body) - HEADER_SIZE
        return head

    def _enter(self, now: float, unit: Unit, descriptor: vp8.Descriptor) -> bool:
        """Begin with this packet, if it is of the wanted source and begins a key frame."""
        source = unit.source
        if source is not self.wanted:
            return False
        if not descriptor.keyframe:
            source.keyframe_wanted = True
            return False
        self._listen(source, source)
        self._epoch = source.epoch
        self.splice.begin(now, unit.index, unit.timestamp)
        self._counters.begin(descriptor)
        return True
