"""Audio as a telephone carries it: 8,000 samples a second, one byte each (G.711); packets and keys (RFC 3550, 4733)."""

import math
import struct
from array import array
from functools import cache
from operator import mul
from typing import TypeAlias

from alerts.sip.sdp import PCMA

Samples: TypeAlias = "array[int]"
"""Sixteen bits each. Plain Python: a worker that loads NumPy for a telephone is half as large again."""

RATE = 8_000
FRAME = 160
"""Samples, and bytes, of the 20 ms in one packet."""

KEYS = "0123456789*#ABCD"
NEW_PRESS_S = 0.4
_HEADER = struct.Struct("!BBHII")
_TAPS = 31
_PASS_HZ = 3_400.0


def to_telephone_rate(samples: Samples, rate: int) -> Samples:
    """Samples of any higher rate as 8,000 a second: what a telephone does not carry is filtered out on the way."""
    common = math.gcd(rate, RATE)
    step, phases = rate // common, RATE // common
    taps = [_taps(phase / phases, rate) for phase in range(phases)]
    edge = array("h", bytes(2 * _TAPS))
    padded = edge + samples + edge
    first = _TAPS - _TAPS // 2
    slow = array("h")
    for number in range(len(samples) * phases // step):
        at, phase = divmod(number * step, phases)
        heard = sum(map(mul, taps[phase], padded[first + at : first + at + _TAPS]))
        slow.append(max(-32_768, min(32_767, round(heard))))
    return slow


def encode(samples: Samples, codec: int) -> bytes:
    """Samples as A-law or mu-law bytes, by the segments of G.711 tables 1a and 2a."""
    table = _table(codec)
    return bytes([table[sample & 0xFFFF] for sample in samples])


def nothing(seconds: float) -> Samples:
    """Silence."""
    return array("h", bytes(2 * int(seconds * RATE)))


def silence(codec: int) -> bytes:
    """One packet of nothing."""
    return encode(nothing(FRAME / RATE), codec)


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


def _taps(fraction: float, rate: int) -> list[float]:
    """A windowed sinc around a place between two samples."""
    width = 2 * _PASS_HZ / rate
    places = [number - _TAPS // 2 - fraction for number in range(_TAPS)]
    raw = [_sinc(width * place) * (0.54 + 0.46 * math.cos(2 * math.pi * place / (_TAPS + 1))) for place in places]
    total = sum(raw)
    return [one / total for one in raw]


def _sinc(at: float) -> float:
    return 1.0 if at == 0 else math.sin(math.pi * at) / (math.pi * at)


@cache
def _table(codec: int) -> bytes:
    """Each of the 65,536 samples as its byte, by the sample's own sixteen bits."""
    law = _a_law if codec == PCMA else _mu_law
    return bytes(law(bits - 0x10000 if bits & 0x8000 else bits) for bits in range(0x10000))


def _mu_law(sample: int) -> int:
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32_635) + 132
    segment = magnitude.bit_length() - 8
    return ~(sign | segment << 4 | magnitude >> (segment + 3) & 0x0F) & 0xFF


def _a_law(sample: int) -> int:
    sign = 0 if sample < 0 else 0x80
    magnitude = (-sample - 1 if sample < 0 else sample) >> 3
    segment = max(magnitude.bit_length() - 5, 0)
    return (sign | segment << 4 | magnitude >> max(segment, 1) & 0x0F) ^ 0x55
