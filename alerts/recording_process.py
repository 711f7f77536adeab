"""One sound made into another, in a process of its own: `python -m alerts.recording_process kept|telephone`.

The file comes by standard input and leaves by standard output: as a recording is kept, or as 16-bit samples, 8,000 a
second. What is wrong is a code on standard error (`alerts.recordings.FAULTS`); what is wrong with the process itself
is anything else.
"""

import resource
import sys
from collections.abc import Iterator
from fractions import Fraction
from io import BytesIO

import av
import numpy as np
from av.audio.frame import AudioFrame
from numpy.typing import NDArray

from alerts.recordings import KEPT, MOST_SECONDS, SILENT, TOO_LONG, UNREADABLE, form_of

CPU_S, MEMORY = 20, 1 << 30
KEPT_RATE, TELEPHONE_RATE = 16_000, 8_000
RATES = range(8_000, 192_001)
FRAME_SAMPLES = 576
QUIETEST = 33
"""The root mean square, 60 dB below full scale: a microphone that was off hums no louder."""
LOUD, MOST_GAIN = 26_000, 8.0
"""The loudest place is brought here, 2 dB below full scale, by no more than 18 dB: what is there is noise."""


Samples = NDArray[np.int16]


class Fault(Exception):
    """Why nothing is made of it: a code."""


def kept(data: bytes) -> bytes:
    """As a recording is kept. Raises Fault."""
    samples = _samples(data, KEPT_RATE)
    if np.sqrt(np.mean(samples.astype(np.float64) ** 2)) < QUIETEST:
        raise Fault(SILENT)
    gain = min(MOST_GAIN, LOUD / np.abs(samples.astype(np.int32)).max())
    return _encoded((samples * gain).astype(np.int16) if gain > 1 else samples)


def telephone(data: bytes) -> bytes:
    """As samples, the lower byte first. Raises Fault."""
    return _samples(data, TELEPHONE_RATE).astype("<i2").tobytes()


def _samples(data: bytes, rate: int) -> Samples:
    """The first sound in it as one channel."""
    resampler = av.AudioResampler(format="s16", layout="mono", rate=rate)
    found: list[Samples] = []
    seconds = 0.0
    try:
        for frame in _frames(data):
            if frame.sample_rate not in RATES:
                raise Fault(UNREADABLE)
            seconds += frame.samples / frame.sample_rate
            if seconds > MOST_SECONDS + 1:
                raise Fault(TOO_LONG)
            found += [one.to_ndarray()[0] for one in resampler.resample(frame)]
        found += [one.to_ndarray()[0] for one in resampler.resample(None)]
    except (av.error.FFmpegError, ValueError, IndexError) as error:
        raise Fault(UNREADABLE) from error
    if not found:
        raise Fault(UNREADABLE)
    return np.concatenate(found)


def _frames(data: bytes) -> Iterator[AudioFrame]:
    with av.open(BytesIO(data), "r", format=form_of(data)) as container:
        for frame in container.decode(container.streams.audio[0]):
            # Each is as long as it says: a hole in a live recording is no reason to stop.
            frame.pts = None
            yield frame


def _encoded(samples: Samples) -> bytes:
    codec = av.CodecContext.create("libmp3lame", "w")
    codec.sample_rate, codec.layout, codec.format, codec.bit_rate = KEPT_RATE, "mono", "s16p", 32_000
    made = bytearray()
    for at in range(0, len(samples), FRAME_SAMPLES):
        part = samples[at : at + FRAME_SAMPLES]
        frame = AudioFrame(format="s16p", layout="mono", samples=len(part))
        frame.planes[0].update(part.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts, frame.time_base = KEPT_RATE, at, Fraction(1, KEPT_RATE)
        made += b"".join(bytes(packet) for packet in codec.encode(frame))
    return bytes(made) + b"".join(bytes(packet) for packet in codec.encode(None))


def main(wanted: str) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    data = sys.stdin.buffer.read()
    try:
        made = kept(data) if wanted == KEPT else telephone(data)
    except Fault as fault:
        sys.stderr.write(str(fault))
        return 1
    sys.stdout.buffer.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
