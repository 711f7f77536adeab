"""The step that every packet takes to every receiver: slots write it. In Python here; elsewhere compiled."""

from typing import Protocol

from media.sfu.sent import Sent
from media.sfu.source import Send, Unit
from media.sfu.state import PlainSlotState, SlotState


class Step(Protocol):
    """Where the numbers of slots and flows live, and who writes."""

    def sent(self) -> Sent:
        """What a link remembers of the packets it sent."""

    def slot(self, sent: Sent) -> SlotState:
        """Numbers for a video slot of the link."""

    def write(self, now: float, unit: Unit) -> list[Send]:
        """What goes out for a packet of a layer, in the order of its slots."""


class PythonStep:
    """Every slot is asked."""

    def sent(self) -> Sent:
        return Sent()

    def slot(self, sent: Sent) -> SlotState:
        return PlainSlotState()

    def write(self, now: float, unit: Unit) -> list[Send]:
        sends: list[Send] = []
        for slot in unit.layer.slots:
            send = slot.write(now, unit)
            if send is not None:
                sends.append(send)
        return sends
