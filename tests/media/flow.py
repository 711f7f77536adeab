"""One receiver's conference over a simulated wire: speech, slots with layers, feedback as a browser gives it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from media.rtp import extensions
from media.rtp.extensions import ExtensionIds
from media.rtp.packet import header, parse
from media.rtp.rtcp import TransportFeedback
from media.sfu.allocate import Allocator, Decision, Step, Want
from media.sfu.arrivals import Arrivals
from media.sfu.outflow import Outflow
from media.sfu.pacer import Packet
from tests.media.wire import Wire

STEP_S = 0.005
IDS = ExtensionIds(transport_cc=3)
SPEECH, RTX = 111, 97
FRAMES_PER_S = 30
PACKET = 1_100
LAYERS = (
    Step(0, 0, 75_000),
    Step(0, 1, 110_000),
    Step(0, 2, 150_000),
    Step(1, 1, 350_000),
    Step(1, 2, 500_000),
    Step(2, 1, 1_050_000),
    Step(2, 2, 1_500_000),
)


@dataclass
class Camera:
    """A slot's picture: frames of the step that it was given, a key frame (six times as big) when the layer changes."""

    ssrc: int
    step: Step | None = None
    keyframe: bool = False
    sequence: int = 0

    def take(self, decision: Decision) -> None:
        former = self.step.layer if self.step else None
        self.step = decision.step
        if self.step is not None and self.step.layer != former:
            self.keyframe = True

    def frame(self, now: float) -> list[Packet]:
        """The packets of the frame that is due, split as an encoder does."""
        if self.step is None:
            return []
        size = int(self.step.bitrate / 8 / FRAMES_PER_S) * (6 if self.keyframe else 1)
        self.keyframe = False
        packets = []
        while size > 0:
            self.sequence += 1
            head = header(96, size <= PACKET, self.sequence, int(now * 90_000), self.ssrc)
            packets.append((head, bytes(max(1, min(PACKET, size) - 64))))
            size -= PACKET
        return packets


@dataclass
class Flow:
    """`step` moves everything by 5 ms. Speech is `voices` streams of 50 packets a second and 44 kbit/s on the wire.

    `former` is what a connection before it knew of the wire, bit/s.
    """

    wire: Wire
    way_back_s: float
    cameras: Sequence[Camera]
    voices: int = 1
    now: float = 100.0
    outflow: Outflow = field(init=False)
    allocator: Allocator = field(default_factory=Allocator)
    decisions: dict[int, Decision] = field(default_factory=dict)
    spoken: int = 0
    said_at: dict[int, float] = field(default_factory=dict)
    heard: dict[int, float] = field(default_factory=dict)
    got: list[tuple[float, int, int]] = field(default_factory=list)
    changes: int = 0
    former: float | None = None

    def __post_init__(self) -> None:
        self.outflow = Outflow(self.now, IDS.transport_cc, former=self.former)
        self._arrivals = Arrivals()
        self._told: list[tuple[float, list[TransportFeedback]]] = []
        self._ticks = count()
        self._padding = 0

    def step(self) -> None:
        self.now += STEP_S
        tick = next(self._ticks)
        self._receive()
        if tick % 4 == 0:
            for _ in range(self.voices):
                self._speak()
        for number, camera in enumerate(self.cameras):
            if (tick + 2 * number) % 7 == 0:
                for head, body in camera.frame(self.now):
                    ready = self.outflow.show(self.now, head, body)
                    if ready is not None:
                        self._send(ready, body)
        if self.outflow.choked and any(d.step for d in self.decisions.values()):
            self._allocate()
        if tick % 20 == 0:
            self._feed_back()
        if tick % 40 == 0:
            self._allocate()
        if self.outflow.busy:
            for head, body in self.outflow.flush(self.now, self._pad):
                self._send(head, body)

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step()

    def _speak(self) -> None:
        self.spoken += 1
        head, body = header(SPEECH, False, self.spoken, 0, 1), bytes(46)
        self.said_at[self.spoken] = self.now
        self._send(self.outflow.speak(self.now, head, body), body)

    def _allocate(self) -> None:
        wants = [Want(n, str(n), min(n, 1), 2, LAYERS) for n, _ in enumerate(self.cameras)]
        before = [d.step for d in self.decisions.values()]
        self.decisions = self.allocator.allocate(self.now, self.outflow.pictures(self.now), wants)
        self.changes += before != [d.step for d in self.decisions.values()]
        for camera, decision in zip(self.cameras, self.decisions.values(), strict=True):
            camera.take(decision)
        self.outflow.on_tick(self.now, self.allocator.needed)

    def _pad(self, size: int) -> list[Packet]:
        packets = []
        while size > 0:
            self._padding += 1
            packets.append((header(RTX, False, self._padding, 0, 9), bytes(min(size, 1_000))))
            size -= 1_000
        return packets

    def _send(self, head: bytes, body: bytes) -> None:
        self.wire.put(self.now, len(head) + len(body) + 44, (self, head + body))

    def _receive(self) -> None:
        for at, arrived in self.wire.take(self.now):
            assert isinstance(arrived, tuple)
            flow, data = arrived
            flow.arrive(at, data)
        while self._told and self._told[0][0] <= self.now:
            for message in self._told.pop(0)[1]:
                self.outflow.on_feedback(self.now, message.feedback)

    def arrive(self, at: float, data: bytes) -> None:
        packet = parse(data)
        assert packet is not None
        sequence = extensions.read(packet, IDS).transport_sequence
        assert sequence is not None
        self._arrivals.add(at, sequence)
        self.got.append((at, packet.payload_type, len(data) + 44))
        if packet.payload_type == SPEECH:
            number = (self.spoken & ~0xFFFF) + packet.sequence
            self.heard[number] = at - self.said_at[number]

    def _feed_back(self) -> None:
        messages = self._arrivals.feedback(1, 2)
        if messages:
            self._told.append((self.now + self.way_back_s, messages))

    # -- what a test asks -----------------------------------------------------------------------

    def received(self, since: float, until: float) -> float:
        """bit/s that arrived between two times, everything counted."""
        return 8 * sum(size for at, _, size in self.got if since <= at < until) / (until - since)

    def layers(self) -> list[int | None]:
        return [d.step.layer if d.step else None for d in self.decisions.values()]
