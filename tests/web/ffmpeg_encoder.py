"""FFmpeg's WHIP muxer as a process: `python -m tests.web.ffmpeg_encoder ENDPOINT TOKEN FOLDER LEVEL`, until killed.

It holds the interpreter while it waits for the server, so that it cannot share a process with one. Its key is made
here: one that FFmpeg makes by GnuTLS is on a curve (P-224) which OpenSSL 4 does not take.
"""

import signal
import sys
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.media.fakes import AUDIO_RATE, FPS, HEIGHT, WIDTH, luma

HERTZ, CHUNK = 440, 960
X264: dict[str, object] = {
    "preset": "ultrafast",
    "tune": "zerolatency",
    "bf": "0",
    "profile": "baseline",
    "g": str(FPS),
}


def main() -> None:
    endpoint, token, folder, level = sys.argv[1:5]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    options = {"authorization": token, **identity(Path(folder))}
    with av.open(endpoint, "w", format="whip", options=options) as out:
        video = out.add_stream("libx264", rate=FPS)
        video.width, video.height, video.pix_fmt, video.options = WIDTH, HEIGHT, "yuv420p", X264
        audio = out.add_stream("libopus", rate=AUDIO_RATE, layout="stereo")
        encode(out, video, audio, int(level))


def identity(folder: Path) -> dict[str, str]:
    """The muxer's options for a certificate with a P-256 key, as browsers have."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "encoder")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    now = datetime.now(UTC)
    made = made.serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
    (folder / "cert.pem").write_bytes(made.sign(key, SHA256()).public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return {"cert_file": str(folder / "cert.pem"), "key_file": str(folder / "key.pem")}


def encode(out: OutputContainer, video: VideoStream, audio: AudioStream, level: int) -> None:
    """A moving bar and a tone, at the pace of the clock."""
    start = time.monotonic()
    for number in count():
        out.mux(audio.encode(tone(number)))
        if number * CHUNK * FPS % AUDIO_RATE < CHUNK * FPS:
            out.mux(video.encode(picture(number * CHUNK * FPS // AUDIO_RATE, level)))
        time.sleep(max(0.0, start + number * CHUNK / AUDIO_RATE - time.monotonic()))


def tone(number: int) -> AudioFrame:
    at = (np.arange(CHUNK) + number * CHUNK) / AUDIO_RATE
    samples = (0.5 * np.sin(2 * np.pi * HERTZ * at)).astype(np.float32)
    frame = AudioFrame.from_ndarray(np.repeat(samples, 2)[np.newaxis], format="flt", layout="stereo")
    frame.sample_rate = AUDIO_RATE
    frame.pts = number * CHUNK
    return frame


def picture(number: int, level: int) -> VideoFrame:
    planes = np.vstack([luma(number, level), np.full((HEIGHT // 2, WIDTH), 128, np.uint8)])
    frame = VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.pts = number
    return frame


if __name__ == "__main__":
    main()
