"""Moving pictures and speech-like sound as files, for cameras and microphones that are not there."""

import wave
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT, FPS = 320, 240, 15
AUDIO_RATE = 48_000


def luma(frame: int, level: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> NDArray[np.uint8]:
    """A plain picture of `level` with a bar that moves."""
    width, height = size
    picture = np.full((height, width), level, np.uint8)
    at = frame * 8 % (width - 40)
    picture[height // 4 : height * 3 // 4, at : at + 40] = 235
    return picture


def write_y4m(path: Path, level: int, frames: int = 30, size: tuple[int, int] = (WIDTH, HEIGHT)) -> None:
    """A YUV4MPEG2 file whose mean luma tells it apart from others; colour is neutral."""
    width, height = size
    chroma = np.full((height // 2, width // 2), 128, np.uint8).tobytes()
    with path.open("wb") as out:
        out.write(f"YUV4MPEG2 W{width} H{height} F{FPS}:1 Ip A1:1 C420mpeg2\n".encode())
        for frame in range(frames):
            out.write(b"FRAME\n" + luma(frame, level, size).tobytes() + chroma + chroma)


def write_wav(path: Path, hertz: float, seconds: float = 2.0, loudness: float = 0.5) -> None:
    """A tone that comes and goes five times a second, as speech does."""
    time = np.arange(int(AUDIO_RATE * seconds)) / AUDIO_RATE
    swell = 0.6 + 0.4 * np.sin(2 * np.pi * 5 * time)
    samples = (loudness * 32767 * swell * np.sin(2 * np.pi * hertz * time)).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(AUDIO_RATE)
        out.writeframes(samples.tobytes())


FRAME_TIME = Fraction(1, FPS)
