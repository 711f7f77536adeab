"""The step that every packet takes to every receiver: slots write it. In Python here; elsewhere compiled."""

from typing import Protocol

from media.sfu.incoming import Incoming, PlainIncoming
from media.sfu.layer import Unit
from media.sfu.receiver import Send
from media.sfu.sent import Sent
from media.sfu.state import PlainRepairState, PlainSlotState, RepairState, SlotState


class Step(Incoming, Protocol):
    """Where all numbers that change with a packet live, and who writes."""

    def sent(self) -> Sent:
        """What a link remembers of the packets it sent."""

    def slot(self, sent: Sent) -> SlotState:
        """Numbers for a video slot of the link."""

    def repair(self, sent: Sent, slot: SlotState) -> RepairState:
        """What this video slot can send again."""

    def write(self, now: float, unit: Unit, place: int = 0) -> list[Send]:
        """What goes out for a packet of a layer, in the order of its slots from `place` on."""


class PythonStep(PlainIncoming):
    """Every slot is asked."""

    def sent(self) -> Sent:
        return Sent()

    def slot(self, sent: Sent) -> SlotState:
        return PlainSlotState()

    def repair(self, sent: Sent, slot: SlotState) -> RepairState:
        return PlainRepairState()

    def write(self, now: float, unit: Unit, place: int = 0) -> list[Send]:
        sends: list[Send] = []
        for slot in unit.layer.slots[place:] if place else unit.layer.slots:
            sends += slot.write(now, unit)
        return sends
