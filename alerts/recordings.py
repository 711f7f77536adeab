"""A recorded message of an alert, which loudspeakers play and calls where it says so, with the text to fall back on.

Whatever a browser records or a recorder kept becomes one kind: MPEG-2 audio layer III (ISO/IEC 13818-3) of one channel,
16,000 samples a second and 32 kbit/s. Every horn plays that, and its length is its size. It is decoded by a process of
its own (`alerts.recording_process`), because a decoder may fall over strangers' bytes. Loads little: workers need it.
"""

import subprocess
import sys
from array import array

from command.kernel.errors import Invalid, TooLarge

MOST_SECONDS = 120
MOST_BYTES = 24 * 1024 * 1024
"""As it is handed in: two minutes of two channels of 48,000 samples of 16 bits."""
FRAME, FRAME_S = 144, 0.036
_HEAD = b"\xff\xf3\x48"
"""Of every frame: MPEG-2, layer III, no checksum, 32 kbit/s, 16,000 samples a second, no padding."""
UNREADABLE, TOO_LONG, SILENT = FAULTS = ("recording.unreadable", "recording.too_long", "recording.silent")
KEPT, TELEPHONE = "kept", "telephone"
WITHIN_S = 30.0


def is_sound(data: bytes) -> bool:
    """Whether the bytes begin as a file of sound does."""
    return form_of(data) is not None


def form_of(data: bytes) -> str | None:
    """The container by its first bytes, as FFmpeg names it; None for any other. It is not left to guess."""
    for magic, form in _MAGIC:
        if data.startswith(magic):
            return form
    if data.startswith(b"RIFF") and data[8:12] == b"WAVE":
        return "wav"
    if data[4:8] == b"ftyp":
        return "mov"
    if len(data) > 1 and data[0] == 0xFF and data[1] & 0xE0 == 0xE0:
        return "mp3" if data[1] & 0x06 else "aac"
    return None


_MAGIC = ((b"OggS", "ogg"), (b"\x1aE\xdf\xa3", "matroska"), (b"fLaC", "flac"), (b"#!AMR\n", "amr"), (b"ID3", "mp3"))


def recorded(data: bytes) -> bytes:
    """What is kept of a sound that somebody hands in, as loud as its loudest place allows.

    Raises TooLarge `attachment.too_large`, Invalid `recording.unreadable`, `recording.too_long` (over two minutes),
    `recording.silent`.
    """
    if len(data) > MOST_BYTES:
        raise TooLarge("attachment.too_large", limit_mb=MOST_BYTES // 1024 // 1024)
    return data if is_recording(data) else _made(KEPT, data)


def is_recording(data: bytes) -> bool:
    """Whether the bytes are a recording as they are kept."""
    frames = range(0, len(data), FRAME)
    return bool(data) and len(data) % FRAME == 0 and all(data.startswith(_HEAD, at) for at in frames)


def seconds_of(recording: bytes) -> float:
    """How long a kept recording is."""
    return round(len(recording) / FRAME * FRAME_S, 1)


def on_the_telephone(recording: bytes) -> "array[int]":
    """A kept recording as samples, 8,000 a second. Raises Invalid `recording.unreadable`."""
    samples = array("h", _made(TELEPHONE, recording))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _made(wanted: str, data: bytes) -> bytes:
    command = [sys.executable, "-m", "alerts.recording_process", wanted]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=WITHIN_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Invalid(UNREADABLE) from error
    if done.returncode != 0:
        said = done.stderr.decode(errors="replace").strip()
        raise Invalid(said if said in FAULTS else UNREADABLE, seconds=MOST_SECONDS)
    return done.stdout
