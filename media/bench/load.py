"""What the sites of a bench send and see."""

from dataclasses import dataclass

AUDIO_TYPE, VIDEO_TYPE, RTX_TYPE = 111, 96, 97


@dataclass(frozen=True, slots=True)
class Stream:
    """One kind of stream at load 1: packets per second, bytes of payload, packets of one frame."""

    kind: str
    payload_type: int
    packets_per_s: float
    size: int
    per_frame: int


AUDIO = Stream("audio", AUDIO_TYPE, 50.0, 120, 1)
VIDEO = Stream("video", VIDEO_TYPE, 67.5, 600, 3)


@dataclass(frozen=True, slots=True)
class Conference:
    """`sites` show their picture to all others; `speaking` of them are heard by all others.

    As many speak as the bridge forwards voices, so that a server without a choice of speakers has the same to do.
    """

    sites: int = 20
    speaking: int = 3

    @property
    def names(self) -> list[str]:
        return [f"site-{number}" for number in range(1, self.sites + 1)]

    def streams(self, number: int) -> list[Stream]:
        """What site `number`, counted from 0, sends."""
        return [AUDIO, VIDEO] if number < self.speaking else [VIDEO]

    @property
    def sent_per_s(self) -> float:
        return self.sites * VIDEO.packets_per_s + min(self.sites, self.speaking) * AUDIO.packets_per_s

    @property
    def forwarded_per_s(self) -> float:
        """Packets that reach a site, of all sites, at load 1: 28,500 with the numbers above."""
        return self.sent_per_s * (self.sites - 1)
