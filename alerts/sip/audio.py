"""Audio as a telephone carries it: 8,000 samples a second, one byte each (G.711); packets and keys (RFC 3550, 4733)."""

import struct
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from alerts.sip.sdp import PCMA

Samples: TypeAlias = NDArray[np.float64]
"""In -32768…32767."""
_Whole: TypeAlias = NDArray[np.int64]

RATE = 8_000
FRAME = 160
"""Samples, and bytes, of the 20 ms in one packet."""

KEYS = "0123456789*#ABCD"
NEW_PRESS_S = 0.4
_HEADER = struct.Struct("!BBHII")
_TAPS = 63
_PASS_HZ = 3_400.0


def to_telephone_rate(samples: Samples, rate: int) -> Samples:
    """Samples of any higher rate as 8,000 a second: what a telephone does not carry is filtered out first."""
    places = np.arange(_TAPS) - (_TAPS - 1) / 2
    taps = np.sinc(2 * _PASS_HZ / rate * places) * np.hamming(_TAPS)
    smooth = np.convolve(samples, taps / taps.sum(), mode="same")
    count = int(len(samples) * RATE / rate)
    slow = np.interp(np.arange(count) * (rate / RATE), np.arange(len(samples)), smooth)
    return np.asarray(slow, np.float64)


def encode(samples: Samples, codec: int) -> bytes:
    """Samples in -32768…32767 as A-law or mu-law bytes, by the segments of G.711 tables 1a and 2a."""
    whole = np.clip(np.rint(samples), -32_768, 32_767).astype(np.int64)
    return (_a_law(whole) if codec == PCMA else _mu_law(whole)).astype(np.uint8).tobytes()


def silence(codec: int) -> bytes:
    """One packet of nothing."""
    return encode(np.zeros(FRAME), codec)


def packet(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, *, marker: bool) -> bytes:
    """An RTP packet without extensions."""
    second = payload_type | (0x80 if marker else 0)
    return _HEADER.pack(0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


class KeyPad:
    """Telephone keys out of a stream of packets: each press once, whatever is lost or repeated of it."""

    def __init__(self, *payload_types: int | None) -> None:
        self._payload_types = payload_types
        self._last: tuple[int, int] | None = None
        self._at = 0.0

    def hear(self, now: float, data: bytes) -> str | None:
        """The key that this packet is the first sign of. Anything that is no event packet is None."""
        if len(data) < 16 or data[0] >> 6 != 2 or data[1] & 0x7F not in self._payload_types:
            return None
        start = 12 + 4 * (data[0] & 0x0F)
        if data[0] & 0x10 or len(data) < start + 4:
            return None
        timestamp, event = int.from_bytes(data[4:8], "big"), data[start]
        # All packets of one press carry the time of its beginning (RFC 4733 §2.5.1.2).
        # Gateways that give every press the same one are told apart by the pause between two.
        same = self._last == (timestamp, event) and now - self._at < NEW_PRESS_S
        self._last, self._at = (timestamp, event), now
        return None if same or event >= len(KEYS) else KEYS[event]


def _mu_law(samples: _Whole) -> _Whole:
    sign = np.where(samples < 0, 0x80, 0)
    magnitude = np.minimum(np.abs(samples), 32_635) + 132
    segment = np.floor(np.log2(magnitude)).astype(np.int64) - 7
    step = (magnitude >> (segment + 3)) & 0x0F
    return np.asarray(~(sign | segment << 4 | step) & 0xFF, np.int64)


def _a_law(samples: _Whole) -> _Whole:
    sign = np.where(samples < 0, 0, 0x80)
    magnitude = np.minimum(np.where(samples < 0, -samples - 1, samples), 32_767) >> 3
    segment = np.maximum(np.floor(np.log2(np.maximum(magnitude, 1))).astype(np.int64) - 4, 0)
    step = (magnitude >> np.maximum(segment, 1)) & 0x0F
    return np.asarray((sign | segment << 4 | step) ^ 0x55, np.int64)
