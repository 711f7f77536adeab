"""What a headless box sounds like: one channel of speech, ever smaller as its own line or somebody else's needs it."""

from contextvars import ContextVar
from dataclasses import dataclass

from aiortc.codecs.opus import SAMPLE_RATE, TIME_BASE, OpusEncoder
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioResampler, CodecContext
from av.frame import Frame
from av.packet import Packet

from media.sfu.tiers import Tier

EXPECTED_LOSS = 10


@dataclass(frozen=True, slots=True)
class Form:
    """So many bit/s in packets of so many milliseconds; `repeats`: each has a coarse copy of the one before.

    The copy is that of RFC 6716 2.1.7.
    """

    bps: int
    packet_ms: int = 20
    repeats: bool = True


WHOLE, SMALL_VOICE, PACKED = Form(24_000), Form(16_000), Form(14_000, 60, repeats=False)


def form_for(tier: Tier, small: bool) -> Form:
    """What an uplink on that tier carries; `small`: somebody who hears it has a line that carries little."""
    if tier.packed:
        return PACKED
    return SMALL_VOICE if small else WHOLE


@dataclass(slots=True)
class Voice:
    """What its encoder is to do. `told` is what the bridge allows the connection, bit/s; None before it says so."""

    form: Form = WHOLE
    told: int | None = None


asking: ContextVar[Voice | None] = ContextVar("asking", default=None)
"""Whose sound the sender has just asked for: it makes its encoder in the same task, right after its first frame."""


class VoiceTrack(MediaStreamTrack):
    """The sound of `source` for the sender of `voice`."""

    kind = "audio"

    def __init__(self, source: MediaStreamTrack, voice: Voice) -> None:
        super().__init__()
        self._source = source
        self._voice = voice

    async def recv(self) -> Frame | Packet:  # type: ignore[type-arg]  # as aiortc declares it
        asking.set(self._voice)
        try:
            return await self._source.recv()
        except MediaStreamError:
            self.stop()
            raise

    def stop(self) -> None:
        super().stop()
        self._source.stop()


class VoiceEncoder(OpusEncoder):
    """Speech in the form that `voice` has at the moment. For another one libopus is opened anew."""

    def __init__(self, voice: Voice | None = None) -> None:
        super().__init__()
        self._voice = voice or Voice()
        self._open(self._voice.form)

    @property
    def target_bitrate(self) -> int:
        """What the bridge's REMB allows the whole connection: speech takes no more and no less for it."""
        return self._voice.told or self._form.bps

    @target_bitrate.setter
    def target_bitrate(self, bitrate: int) -> None:
        self._voice.told = bitrate

    def encode(self, frame: Frame, force_keyframe: bool = False) -> tuple[list[bytes], int]:
        if self._voice.form != self._form:
            self._open(self._voice.form)
        return super().encode(frame, force_keyframe)

    def _open(self, form: Form) -> None:
        self._form = form
        self.codec = CodecContext.create("libopus", "w")
        self.codec.bit_rate = form.bps
        self.codec.format, self.codec.layout = "s16", "mono"
        self.codec.sample_rate, self.codec.time_base = SAMPLE_RATE, TIME_BASE
        copies = {"fec": "1", "packet_loss": str(EXPECTED_LOSS)} if form.repeats else {}
        self.codec.options = {"application": "voip", "frame_duration": str(form.packet_ms), **copies}
        samples = SAMPLE_RATE * form.packet_ms // 1000
        self.resampler = AudioResampler(format="s16", layout="mono", rate=SAMPLE_RATE, frame_size=samples)
