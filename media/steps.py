"""Which step a node takes: the compiled one where the set-up could build it, else that in Python."""

import logging
from typing import Literal, Protocol

from media.compiled import build
from media.compiled.step import CompiledStep
from media.outlet import PortCounters
from media.sfu.sent import Sent
from media.sfu.step import PythonStep, Step
from media.transport import Routed

logger = logging.getLogger(__name__)

Choice = Literal["auto", "python", "compiled"]


class NodeStep(Step, Protocol):
    """A step that may send by itself what it wrote."""

    def connect(self, peer: Routed, sent: Sent) -> None:
        """A link's packets go to this peer from now on."""

    def flush(self) -> None:
        """Send what was written and put."""


class UncompiledStep(PythonStep):
    """Everything it writes is handed back to be sent."""

    def connect(self, peer: Routed, sent: Sent) -> None:
        """Peers are found by their links."""

    def flush(self) -> None:
        """Nothing waits."""


def choose(choice: Choice, counters: PortCounters) -> NodeStep:
    """`auto` takes what is there. Raises OSError when it must be the compiled one and that cannot be had."""
    if choice == "python":
        return UncompiledStep()
    try:
        return CompiledStep(build.path(), counters)
    except OSError:
        if choice == "compiled":
            raise
        logger.info("the compiled step is not there: every step is done in Python")
        return UncompiledStep()
