"""The audio streams that the bridge sends. Only a slot rewrites."""

from collections.abc import Sequence

from media.rtp import opus, red
from media.rtp.packet import header
from media.sfu.layer import Layer, Unit
from media.sfu.packing import PACKED_MS, Packing
from media.sfu.receiver import Receiver, Send
from media.sfu.redundancy import MOST
from media.sfu.source import Source
from media.sfu.splice import Splice
from media.sfu.state import SlotState
from media.sfu.terms import SlotTerms, clock_rate


class AudioSlot:
    """One outgoing audio stream; a new source begins with the marker bit (RFC 7587 4: a talkspurt)."""

    def __init__(self, link: Receiver, terms: SlotTerms, sequence: int, timestamp: int, state: SlotState) -> None:
        self.link = link
        self.terms = terms
        self.source: Source | None = None
        self.state = state
        self.splice = Splice(state, sequence, timestamp, clock_rate("audio"))
        state.ssrc, state.payload_type = terms.ssrc, terms.payload_type
        state.open = 1
        self._epoch = -1
        self._former: list[tuple[int, int, bytes]] = []
        self._packing = Packing()

    def attach(self, source: Source | None) -> None:
        if source is self.source:
            return
        if self.source is not None:
            self.source.layers[0].leave(self)
        self.source = source
        self._epoch = -1
        if source is not None:
            source.layers[0].join(self)

    @property
    def packets(self) -> int:
        """How many went out."""
        return self.state.packets

    @property
    def octets(self) -> int:
        """Bytes of speech that went out, copies not counted."""
        return self.state.octets

    def is_entered(self, layer: Layer) -> bool:
        """Whether packets of `layer` go out by the numbers."""
        return self.source is layer.source and layer.epoch == self._epoch

    def note_copies(self) -> None:
        """The link wants another number of copies, or of frames in a packet."""
        copied = self.link.copies > 0 and self.terms.red_payload_type is not None
        self.state.open = not self.link.packed and not copied and not self._twice

    @property
    def _twice(self) -> bool:
        return self.terms.payload_type in self.link.outflow.twice.types

    def write(self, now: float, unit: Unit) -> Sequence[Send]:
        """What goes out for `unit`; nothing when this slot does not send it, or not yet."""
        marker = unit.marker
        if unit.layer.epoch != self._epoch:
            self._epoch, unit.layer.fan = unit.layer.epoch, None
            self.splice.begin(now, unit.index, unit.timestamp, unit.layer.clock)
            self._former.clear()
            self._packing.units.clear()
            self.link.note_begun(self.terms.ssrc)
            marker = True
        if not unit.body:
            self.splice.skip(unit.index)
            return ()
        packs = self.link.packed or self._packing.units
        send = self._pack(now, unit, marker) if packs else self._say(now, [unit], unit.body, marker)
        return () if send is None else (send,)

    def _pack(self, now: float, unit: Unit, marker: bool) -> Send | None:
        """What goes out when `unit` has come: what waited where it does not follow, all of it where it is enough."""
        packing = self._packing
        waiting = packing.units
        if waiting and unit.index <= waiting[-1].index:
            return None
        if not opus.single(unit.body) or opus.frame_ms(unit.body[0]) >= PACKED_MS:
            for one in waiting:
                self.splice.skip(one.index)
            waiting.clear()
            return self._say(now, [unit], unit.body, marker)
        done = None if packing.follows(unit) else self._say(now, *packing.take(), marker)
        packing.units.append(unit)
        if done is None and (packing.full or not self.link.packed):
            done = self._say(now, *packing.take(), marker)
        return done

    def _say(self, now: float, units: list[Unit], body: bytes, marker: bool) -> Send | None:
        """Units that follow each other as one packet, which bears the first one's time."""
        for unit in units[:-1]:
            self.splice.skip(unit.index)
        last = units[-1].index
        place = self.splice.advance(now, last, units[0].timestamp)
        if place is None:
            return None
        self.state.packets += 1
        self.state.octets += len(body)
        copies = self.link.copies
        if copies and self.terms.red_payload_type is not None:
            return self._redundant(now, last, body, place, copies, marker)
        head = header(self.terms.payload_type, marker, place[0], place[1], self.terms.ssrc)
        if self._twice:
            self.link.outflow.twice.put(now, head, body)
        return self.link.speak(now, head, body)

    def _redundant(self, now: float, last: int, own: bytes, place: tuple[int, int], count: int, marker: bool) -> Send:
        """The packet with copies of the last `count` before it (RFC 2198)."""
        terms, timestamp = self.terms, place[1]
        found = []
        for index, at, data in self._former:
            offset = timestamp - at & 0xFFFFFFFF
            if index < last and offset <= red.MAX_OFFSET and len(data) <= red.MAX_BLOCK:
                found.append(red.Block(terms.payload_type, offset, data))
        body = red.build(found[-count:], terms.payload_type, own)
        self._former.append((last, timestamp, own))
        self._former.sort()
        del self._former[:-MOST]
        head = header(terms.red_payload_type or 0, marker, place[0], timestamp, terms.ssrc)
        self.link.note_copies(len(body) - len(own))
        return self.link.speak(now, head, body)
