"""How high an H.264 picture is, from its sequence parameter set (ITU-T H.264 7.3.2.1.1)."""

_MOST = 512
"""Bytes of a set that are looked at; with every scaling list in it, it has some three hundred before the crop."""
_WITH_CHROMA = frozenset((44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244))
_MB = 16
_LONGEST_CODE = 32


def height(unit: bytes) -> int:
    """In pixels, of a NAL unit with its header; 0 when it is cut short or makes no sense."""
    bits = _Bits(unit[1:_MOST].replace(b"\0\0\3", b"\0\0"))
    try:
        return _height(bits)
    except ValueError:
        return 0


class _Bits:
    """Reads bits and Exp-Golomb codes (9.1). ValueError behind the end."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "big")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        self._left -= count
        if self._left < 0:
            raise ValueError("cut short")
        return self._value >> self._left & (1 << count) - 1

    def ue(self) -> int:
        zeros = 0
        while not self.take(1):
            zeros += 1
            if zeros > _LONGEST_CODE:
                raise ValueError("no such code")
        return (1 << zeros) - 1 + self.take(zeros)

    def se(self) -> int:
        code = self.ue()
        return (code + 1) // 2 if code & 1 else -(code // 2)


def _height(bits: _Bits) -> int:
    profile = bits.take(8)
    bits.take(16)
    bits.ue()
    unit = _crop_unit(bits) if profile in _WITH_CHROMA else 2
    bits.ue()
    _skip_order(bits)
    bits.ue()
    bits.take(1)
    bits.ue()
    rows, fields = bits.ue() + 1, 2 - bits.take(1)
    bits.take(fields)  # of fields one bit more, then direct_8x8_inference_flag
    cropped = 0
    if bits.take(1):
        bits.ue()
        bits.ue()
        cropped = bits.ue() + bits.ue()
    return max(0, fields * (_MB * rows - unit * cropped))


def _crop_unit(bits: _Bits) -> int:
    """Rows of a frame that a step of cropping takes: those of luma to one of chroma."""
    chroma = bits.ue()
    apart = chroma == 3 and bits.take(1)
    bits.ue()
    bits.ue()
    bits.take(1)
    if bits.take(1):
        for number in range(12 if chroma == 3 else 8):
            if bits.take(1):
                _skip_scaling(bits, 16 if number < 6 else 64)
    return 2 if chroma == 1 and not apart else 1


def _skip_scaling(bits: _Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.se()) % 256
        last = following or last


def _skip_order(bits: _Bits) -> None:
    """How pictures are put in order."""
    kind = bits.ue()
    if kind == 0:
        bits.ue()
    elif kind == 1:
        bits.take(1)
        bits.se()
        bits.se()
        for _ in range(min(bits.ue(), 255)):
            bits.se()
