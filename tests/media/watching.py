"""What a client in a test receives, frame by frame."""

import asyncio
from abc import ABC, abstractmethod

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.frame import Frame
from av.packet import Packet


class Watching(ABC):
    """Takes every frame of every track until it ends; whoever inherits it says what is kept."""

    def __init__(self) -> None:
        self.tasks: list[asyncio.Task[None]] = []

    @abstractmethod
    def take(self, frame: Frame | Packet) -> None:  # type: ignore[type-arg]  # as aiortc declares it
        """One of them."""

    def on_track(self, track: MediaStreamTrack) -> None:
        self.tasks.append(asyncio.ensure_future(self._watch(track)))

    async def _watch(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            self.take(frame)
