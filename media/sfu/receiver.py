"""Who gets packets, and what is sent to whom."""

from __future__ import annotations

from typing import Protocol

from media.sfu.outflow import Outflow


class Receiver(Protocol):
    """Who gets packets: a link. It sends them at once, or keeps a picture's packet for a while (None).

    `copies` is how many of the frames before it each packet of speech should carry; `packed`: whether it should hold
    several frames.
    """

    participant: str
    copies: int
    packed: bool
    outflow: Outflow

    def note_copies(self, octets: int) -> None: ...
    def note_begun(self, ssrc: int) -> None: ...
    def pace(self) -> None: ...
    def speak(self, now: float, head: bytes, body: bytes) -> Send: ...
    def show(self, now: float, head: bytes, body: bytes) -> Send | None: ...


Send = tuple[Receiver, bytes, bytes]
"""To whom, head and body of one RTP packet; or an RTCP compound as the head."""
