"""The audio streams that the bridge sends. Only a slot rewrites."""

from media.rtp import red
from media.rtp.packet import header
from media.sfu.redundancy import MOST
from media.sfu.source import Receiver, Send, Source, Unit
from media.sfu.splice import Splice
from media.sfu.state import PlainSlotState
from media.sfu.terms import SlotTerms, clock_rate


class AudioSlot:
    """One outgoing audio stream; a new source begins with the marker bit (RFC 7587 4: a talkspurt)."""

    def __init__(self, link: Receiver, terms: SlotTerms, sequence: int, timestamp: int) -> None:
        self.link = link
        self.terms = terms
        self.source: Source | None = None
        self.state = PlainSlotState()
        self.splice = Splice(self.state, sequence, timestamp, clock_rate("audio"))
        self.packets = 0
        self.octets = 0
        self._epoch = -1
        self._former: list[tuple[int, int, bytes]] = []

    def attach(self, source: Source | None) -> None:
        if source is self.source:
            return
        if self.source is not None:
            self.source.layers[0].leave(self)
        self.source = source
        self._epoch = -1
        if source is not None:
            source.layers[0].join(self)

    def write(self, now: float, unit: Unit) -> Send | None:
        """What goes out for `unit`; None when this slot does not send it."""
        marker = unit.marker
        if unit.layer.epoch != self._epoch:
            self._epoch = unit.layer.epoch
            self.splice.begin(now, unit.index, unit.timestamp)
            self._former.clear()
            self.link.note_begun(self.terms.ssrc)
            marker = True
        if not unit.body:
            self.splice.skip(unit.index)
            return None
        place = self.splice.advance(now, unit.index, unit.timestamp)
        if place is None:
            return None
        self.packets += 1
        self.octets += len(unit.body)
        copies = self.link.copies
        if copies and self.terms.red_payload_type is not None:
            return self._redundant(now, unit, place, copies, marker)
        head = header(self.terms.payload_type, marker, place[0], place[1], self.terms.ssrc)
        return self.link.speak(now, head, unit.body)

    def _redundant(self, now: float, unit: Unit, place: tuple[int, int], count: int, marker: bool) -> Send:
        """The packet with copies of the last `count` before it (RFC 2198)."""
        terms, timestamp = self.terms, place[1]
        found = []
        for index, at, data in self._former:
            offset = timestamp - at & 0xFFFFFFFF
            if index < unit.index and offset <= red.MAX_OFFSET and len(data) <= red.MAX_BLOCK:
                found.append(red.Block(terms.payload_type, offset, data))
        body = red.build(found[-count:], terms.payload_type, unit.body)
        self._former.append((unit.index, timestamp, unit.body))
        self._former.sort()
        del self._former[:-MOST]
        head = header(terms.red_payload_type or 0, marker, place[0], timestamp, terms.ssrc)
        self.link.note_copies(len(body) - len(unit.body))
        return self.link.speak(now, head, body)
