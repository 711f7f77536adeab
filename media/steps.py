"""Which step a node takes: the compiled one where the set-up could build it, else that in Python."""

import logging
from importlib import import_module
from typing import Literal, Protocol

from media.compiled import build
from media.compiled.step import CompiledStep
from media.outlet import Marks, PortCounters
from media.sfu.intake import Intake
from media.sfu.sent import Sent
from media.sfu.step import PythonStep, Step
from media.transport import Routed
from media.udp import Taker

logger = logging.getLogger(__name__)

Choice = Literal["auto", "python", "compiled"]


class NodeStep(Step, Protocol):
    """A step that may send by itself what it wrote."""

    @property
    def gate(self) -> Taker | None:
        """What takes datagrams in Python's place; None where there is nothing."""

    def connect(self, peer: Routed, sent: Sent) -> None:
        """A link's packets go to this peer from now on."""

    def admit(self, peer: Routed, sent: Sent, intake: Intake) -> None:
        """What comes from this peer from now on is for this intake; its feedback for what is sent."""

    def mark(self, sent: Sent, speech: frozenset[int], marks: Marks) -> None:
        """Of what a link is sent, these payload types are speech and to be marked so."""

    def flush(self) -> None:
        """Send what was written and put."""


class SlotStep(PythonStep):
    """Every packet is written by each slot and handed back to be sent: for rooms that are recorded."""

    gate: Taker | None = None

    def connect(self, peer: Routed, sent: Sent) -> None:
        """Peers are found by their links."""

    def admit(self, peer: Routed, sent: Sent, intake: Intake) -> None:
        """Links are found by their peers."""

    def mark(self, sent: Sent, speech: frozenset[int], marks: Marks) -> None:
        """Peers mark what they send."""

    def flush(self) -> None:
        """Nothing waits."""


def choose(choice: Choice, counters: PortCounters) -> NodeStep:
    """`auto` takes what is there. Raises OSError when it must be the compiled one and that cannot be had."""
    if choice == "python":
        return _in_arrays(counters)
    try:
        return CompiledStep(build.path(), counters)
    except OSError:
        if choice == "compiled":
            raise
        logger.info("the compiled step is not there: every step is done in Python")
        return _in_arrays(counters)


def _in_arrays(counters: PortCounters) -> NodeStep:
    """Loaded only where it is taken: numpy is ten MiB and a quarter of a second."""
    step: NodeStep = import_module("media.arrays.step").ArrayStep(counters)
    return step
