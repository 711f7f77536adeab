"""Sounds made for these tests: a tone, in whatever container and codec."""

import math
from array import array
from fractions import Fraction
from io import BytesIO

import av
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream

RATE = 48_000


def sound(seconds: float, form: str = "wav", codec: str = "pcm_s16le", level: int = 6_000) -> bytes:
    """A tone of 440 Hz in one channel."""
    buffer = BytesIO()
    samples = array("h", [round(level * math.sin(n * 440 * math.tau / RATE)) for n in range(int(seconds * RATE))])
    with av.open(buffer, "w", format=form) as container:
        stream = container.add_stream(codec, rate=RATE)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        resampler = av.AudioResampler(format=stream.format, layout="mono", rate=RATE)
        for at in range(0, len(samples), 960):
            part = samples[at : at + 960]
            frame = AudioFrame(format="s16", layout="mono", samples=len(part))
            frame.planes[0].update(part.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
            frame.sample_rate, frame.pts, frame.time_base = RATE, at, Fraction(1, RATE)
            for ready in resampler.resample(frame):
                container.mux(stream.encode(ready))
        container.mux(stream.encode(None))
    return buffer.getvalue()
