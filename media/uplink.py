"""What a headless box says of its own line, as a browser's page does (`health`, docs/signalling.md). Pure."""

from dataclasses import dataclass
from typing import Any

QUEUED_STEP_MS = 250
"""A queue is told in such steps: what varies by less is the line's own."""


@dataclass(frozen=True, slots=True)
class Uplink:
    """`allowed` is the bridge's REMB, bit/s, None before the first; `loss` the share of packets that it missed.

    `limited`: a picture is smaller than somebody wants it, or rests, because the line carries no more. `microphone` and
    `camera`: whether they give anything.
    """

    allowed: int | None = None
    loss: float = 0.0
    limited: bool = False
    microphone: bool = False
    camera: bool = False

    def message(self, queued_ms: int | None) -> dict[str, Any]:
        """`health` for the server."""
        return {
            "type": "health",
            "limited": "bandwidth" if self.limited and self.allowed is not None else "none",
            "uplink_kbps": round((self.allowed or 0) / 1000),
            "uplink_loss": round(min(1.0, max(0.0, self.loss)), 2),
            "queued_ms": queued_ms,
            "microphone": self.microphone,
            "camera": self.camera,
        }


class Queue:
    """How much longer the way to the bridge and back is than at its best."""

    def __init__(self) -> None:
        self._shortest_s = float("inf")

    def note(self, *round_trips_s: float | None) -> int | None:
        """Milliseconds, by the longest of these round trips; None where none is known.

        Reports tell of what has come out of a queue; what is asked over the socket stands in it still.
        """
        known = [one for one in round_trips_s if one is not None]
        if not known:
            return None
        self._shortest_s = min(self._shortest_s, max(known))
        return round(1000 * (max(known) - self._shortest_s) / QUEUED_STEP_MS) * QUEUED_STEP_MS
