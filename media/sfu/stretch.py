"""What a slot has sent of one layer without a break: enough to make any packet of it again."""

from __future__ import annotations

from collections.abc import Mapping

from media.rtp import vp8
from media.rtp.packet import header
from media.rtp.vp8 import Descriptor
from media.sfu.haste import Haste
from media.sfu.layer import Layer, Origin, Unit
from media.sfu.numbering import Numbering
from media.sfu.state import PlainSlotState, RepairState, SlotState

PADDING_FLAG = 0x20


class Stretch:
    """`first` is the outgoing number (unwrapped) that it began with; `frames` which frames were left out, if any.

    `haste` is how it caught up with the present, where it had to.

    Nothing is stored for a packet: the layer keeps the packets, the numberings are turned round.
    """

    def __init__(
        self,
        layer: Layer,
        state: SlotState,
        numbers: Numbering,
        pictures: Numbering,
        frames: Mapping[int, bool],
        haste: Haste | None = None,
    ) -> None:
        self.first = numbers.newest + 1
        self._layer = layer
        self._epoch = layer.epoch
        self._state = state
        self._numbers = numbers
        self._pictures = pictures
        self._frames = frames
        self._haste = haste
        self._holes: set[int] = set()
        self._filled: set[int] = set()

    @property
    def origin(self) -> Origin:
        """Whose pictures they are."""
        return self._layer.source

    def note(self, repair: RepairState) -> None:
        """Tell what sends it again where only numbers are known."""
        repair.first, repair.epoch, repair.stream = self.first, self._epoch, self._layer.state
        repair.shift, repair.picture_shift = self._numbers.row.shift, self._pictures.row.shift
        repair.first_picture = self._pictures.first

    def freeze(self, reach: int) -> None:
        """The slot's numbers are about to be those of another stretch: keep these as they are.

        Of the last `reach` packets those that have not come are never sent any more: holes.
        """
        if self._layer.epoch == self._epoch:
            self._holes = self._layer.missing(max(self._numbers.first, self._numbers.row.highest - reach))
        former, state = self._state, PlainSlotState()
        state.ssrc, state.payload_type = former.ssrc, former.payload_type
        state.timestamp, state.timestamp_offset = former.timestamp, former.timestamp_offset
        state.tl0_offset, state.key_offset = former.tl0_offset, former.key_offset
        self._state, self._numbers, self._pictures = state, self._numbers.frozen(), self._pictures.frozen()

    def again(self, number: int) -> tuple[bytes, bytes] | None:
        """(head, body) as it went out with the sequence `number` (unwrapped); None when it is not known any more."""
        if number < self.first or self._layer.epoch != self._epoch:
            return None
        index = self._numbers.find(number)
        if index in self._holes:
            return None
        unit = self._layer.kept.get(index) if index is not None else None
        if unit is None or unit.descriptor is None or not self._frames.get(unit.timestamp, True):
            return None
        picture = 0
        if unit.picture >= 0:
            placed = self._pictures.place(unit.picture) if unit.picture <= self._pictures.row.highest else None
            if placed is None:
                return None
            picture = placed
        timestamp = timestamp_of(unit, self._haste) + self._state.timestamp_offset
        return head(self._state, unit, unit.descriptor, (number, timestamp), picture), unit.body

    def fill(self, number: int) -> bytes | None:
        """The header of a packet of padding for a hole, once."""
        index = self._numbers.find(number)
        if index is None or index not in self._holes or index in self._filled:
            return None
        self._filled.add(index)
        return filler(self._state, number, self._state.timestamp)


def filler(state: SlotState, sequence: int, timestamp: int) -> bytes:
    """The header of a packet that is padding alone."""
    fixed = header(state.payload_type, False, sequence, timestamp, state.ssrc)
    return bytes([fixed[0] | PADDING_FLAG]) + fixed[1:]


def timestamp_of(unit: Unit, haste: Haste | None) -> int:
    """What the offset is added to."""
    return unit.timestamp if haste is None else haste.timestamp(unit.index, unit.timestamp)


def head(state: SlotState, unit: Unit, descriptor: Descriptor, place: tuple[int, int], picture: int) -> bytes:
    """What goes before the body of `unit` at this place, (sequence number, timestamp), and with this picture id."""
    return vp8.head(
        descriptor,
        state.payload_type,
        unit.marker,
        place[0],
        place[1],
        state.ssrc,
        (picture, unit.tl0 + state.tl0_offset, unit.key + state.key_offset),
    )
