"""A receiver that tells by reports, NACK and PLI alone, as aiortc's does, behind a line; and a room that serves it."""

import random
from dataclasses import dataclass, field, replace
from itertools import pairwise

from aiortc.jitterbuffer import JitterBuffer
from aiortc.rtcrtpreceiver import NackGenerator, StreamStatistics
from aiortc.rtp import RtpPacket, unwrap_rtx

from media.rtp.extensions import ExtensionIds, read
from media.rtp.packet import is_rtcp
from media.rtp.packet import parse as plainly
from media.rtp.rtcp import Nack, Pli, ReceiverReport, ReportBlock, Rtcp, SenderReport, parse
from media.sfu.arrivals import Arrivals
from media.sfu.link import Link
from media.sfu.receiver import Send
from media.sfu.room import Room
from media.sfu.sent import OVERHEAD
from media.sfu.terms import LayerTerms, Publication, SlotTerms, Terms
from tests.media.packets import OPUS, RTX, VP8, Publisher
from tests.media.simulcast import IDS, Encoder, Sent
from tests.media.wire import Wire

STEP_S = 0.005
FRAME_STEPS, SPEECH_STEPS, TICK_STEPS = 7, 4, 5
PACKET = 1_100
PICTURE, REPAIR, SPEECH = 2_200, 2_300, 2_100
TOLD = ExtensionIds(transport_cc=3)
FEEDBACK_S = 0.1


@dataclass
class Sized(Encoder):
    """An encoder of so many bit/s, a key frame six times as big as another."""

    bps: float = 0.0

    def frame(self, now: float, *, named: bool) -> list[Sent]:
        size = self.bps / 8 * FRAME_STEPS * STEP_S * (6 if self.keyframe else 1)
        self.turn = 0
        self.picture += 1
        self.tl0 += 1
        keyframe, self.keyframe = self.keyframe, False
        count = max(1, round(size / PACKET))
        filling = bytes(max(0, int(size / count) - 40))
        return [self._filled(now, number, count, keyframe, named, filling) for number in range(count)]

    def _filled(self, now: float, number: int, count: int, keyframe: bool, named: bool, filling: bytes) -> Sent:
        sent = self._packet(now, number, count, 0, False, keyframe=keyframe, named=named)
        return replace(sent, data=sent.data + filling)


@dataclass
class Receiver:
    """aiortc's own jitter buffer, NACKs and statistics. `shown` are the times of whole pictures that can be decoded."""

    way_back_s: float
    seed: int
    shown: list[float] = field(default_factory=list)
    asked: int = 0
    told: list[tuple[float, bytes]] = field(default_factory=list)
    heard: int = 0
    feedback: bool = False

    def __post_init__(self) -> None:
        self._chance = random.Random(self.seed)  # noqa: S311  # repeatable on purpose
        self._buffer = JitterBuffer(capacity=128, is_video=True)
        self._nacks = NackGenerator()
        self._streams: dict[int, StreamStatistics] = {}
        self._reports_at = {True: 0.0, False: 0.0}
        self._sender: dict[int, tuple[int, float]] = {}
        self._whole = False
        self._last: int | None = None
        self._arrivals = Arrivals()
        self._feedback_at = 0.0

    def arrive(self, now: float, data: bytes) -> None:
        if is_rtcp(data):
            for one in parse(data) or []:
                if isinstance(one, SenderReport):
                    self._sender[one.ssrc] = (one.ntp >> 16 & 0xFFFFFFFF, now)
            return
        if self.feedback:
            self._note(now, data)
        packet = RtpPacket.parse(data)
        self._streams.setdefault(packet.ssrc, StreamStatistics(90_000)).add(packet)
        if packet.ssrc == SPEECH:
            self.heard += 1
            return
        if packet.ssrc == REPAIR:
            if len(packet.payload) < 2:
                return
            packet = unwrap_rtx(packet, payload_type=VP8, ssrc=PICTURE)
        if self._nacks.add(packet):
            self.asked += len(self._nacks.missing)
            self._tell(now, Nack(1, PICTURE, tuple(sorted(self._nacks.missing))))
        vars(packet)["_data"] = packet.payload
        lost, frame = self._buffer.add(packet)
        if frame is not None:
            self._show(now, frame.data)
        if lost:
            self._tell(now, Pli(1, PICTURE))

    def _note(self, now: float, data: bytes) -> None:
        plain = plainly(data)
        number = read(plain, TOLD).transport_sequence if plain is not None else None
        if number is not None:
            self._arrivals.add(now, number)

    def _show(self, now: float, data: bytes) -> None:
        """A decoder: pictures that follow each other from a key frame on; else it asks for one."""
        keyframe, picture = not data[6] & 1, (data[2] & 0x7F) << 8 | data[3]
        follows = self._last is not None and picture == (self._last + 1) & 0x7FFF
        self._whole = keyframe or (self._whole and follows)
        self._last = picture
        if self._whole:
            self.shown.append(now)
        else:
            self._tell(now, Pli(1, PICTURE))

    def report(self, now: float) -> None:
        """aiortc reports every 0.5 to 1.5 s, of sound and of pictures apart; browsers tell of each packet besides."""
        if now >= self._feedback_at:
            self._feedback_at = now + FEEDBACK_S
            for message in self._arrivals.feedback(1, PICTURE):
                self._tell(now, message)
        for voice, at in self._reports_at.items():
            if now < at:
                continue
            self._reports_at[voice] = now + 0.5 + self._chance.random()
            blocks = []
            for ssrc, stream in self._streams.items():
                if (ssrc == SPEECH) is voice:
                    seen, when = self._sender.get(ssrc, (0, now))
                    highest = stream.cycles + (stream.max_seq or 0)
                    blocks.append(
                        ReportBlock(ssrc, stream.fraction_lost, 0, highest, 0, seen, int((now - when) * 65536))
                    )
            if blocks:
                self._tell(now, ReceiverReport(1, tuple(blocks)))

    def _tell(self, now: float, packet: Rtcp) -> None:
        self.told.append((now + self.way_back_s, packet.encode()))


@dataclass
class Reported:
    """A site with two sizes and a voice, and a receiver of both behind `wire`, in steps of 5 ms.

    `feedback`: it tells of each packet by transport-cc, as browsers do.
    """

    wire: Wire
    way_back_s: float = 0.03
    rtx: bool = True
    seed: int = 1
    feedback: bool = False
    now: float = 100.0
    repairs: list[tuple[float, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311  # repeatable on purpose
        self.room = Room()
        self.receiver = Receiver(self.way_back_s, self.seed, feedback=self.feedback)
        self._encoders = [Sized(0, 1_010, chance, bps=100_000), Sized(1, 1_011, chance, bps=700_000)]
        self._site_end = Publisher(1)
        self._step = 0
        self._sent: set[bytes] = set()
        for name, agreed in (("site", self._site()), ("viewer", self._viewer())):
            self.room.admit(name)
            self._link = self.room.connect(self.now, name, agreed, 7919)
        self._take(self.room.view(self.now, "viewer", ["site"], [720]))

    @staticmethod
    def _site() -> Terms:
        layers = (LayerTerms("q"), LayerTerms("h"))
        sound = Publication("audio", "0", OPUS, None, 1_001)
        return Terms((sound, Publication("video", "1", VP8, RTX, simulcast=layers)), (), IDS, transport_cc=True)

    def _viewer(self) -> Terms:
        """Without transport-cc, but where it gives `feedback`."""
        again = (REPAIR, RTX) if self.rtx else (None, None)
        number = TOLD.transport_cc if self.feedback else 0
        voice = SlotTerms("audio", "a", SPEECH, OPUS, transport_cc=number)
        slots = (voice, replace(SlotTerms("video", "v", PICTURE, VP8, *again), transport_cc=number))
        return Terms((), slots, IDS, transport_cc=False)

    @property
    def viewer(self) -> Link:
        return self._link

    def run(self, seconds: float) -> None:
        for _ in range(round(seconds / STEP_S)):
            self.step()

    def step(self) -> None:
        self.now += STEP_S
        self._step += 1
        for at, data in self.wire.take(self.now):
            assert isinstance(data, bytes)
            self.receiver.arrive(at, data)
        self.receiver.report(self.now)
        told = self.receiver.told
        while told and told[0][0] <= self.now:
            self._take(self.room.on_rtcp(self.now, "viewer", told.pop(0)[1]))
        if self._step % SPEECH_STEPS == 0:
            self._take(self.room.on_rtp(self.now, "site", self._site_end.speech(20)))
        if self._step % FRAME_STEPS == 0:
            for encoder in self._encoders:
                for sent in encoder.frame(self.now, named=True):
                    self._take(self.room.on_rtp(self.now, "site", sent.data))
        if self._step % TICK_STEPS == 0:
            self._take(self.room.on_tick(self.now))
        if self.room.busy:
            self._take(self.room.flush(self.now))

    def _take(self, sends: list[Send]) -> None:
        for link, head, body in sends:
            data = head + body
            if link.participant == "site":
                wanted = [p.media_ssrc for p in parse(data) or [] if isinstance(p, Pli)]
                for encoder in self._encoders:
                    encoder.keyframe = encoder.keyframe or encoder.ssrc in wanted
                continue
            size = len(data) + OVERHEAD
            if self._is_again(data):
                self.repairs.append((self.now, size))
            self.wire.put(self.now, size, data)

    def _is_again(self, data: bytes) -> bool:
        """Whether it was sent before."""
        if is_rtcp(data) or int.from_bytes(data[8:12], "big") not in (PICTURE, REPAIR):
            return False
        before = data in self._sent or int.from_bytes(data[8:12], "big") == REPAIR
        self._sent.add(data)
        return before

    # -- what a test asks -----------------------------------------------------------------------

    def repaired(self, since: float, until: float) -> float:
        """bit/s that were sent again between two times."""
        return 8 * sum(size for at, size in self.repairs if since <= at < until) / (until - since)

    def darkest(self, since: float) -> float:
        """The longest time without a picture, s."""
        times = [since, *(at for at in self.receiver.shown if at >= since), self.now]
        return max(later - earlier for earlier, later in pairwise(times))
