"""Whether a few bytes from a stranger are a small JPEG (ITU-T T.81, annex B), without decoding it. Pure."""

START, END = b"\xff\xd8", b"\xff\xd9"
_FRAMES = {0xC0, 0xC1, 0xC2}
_ALONE = {0x01, *range(0xD0, 0xDA)}
_SCAN = 0xDA


def size_of(data: bytes) -> tuple[int, int] | None:
    """(width, height) of a JPEG that begins and ends as one, with a frame before its first scan; None for all else."""
    if not data.startswith(START) or not data.endswith(END):
        return None
    at, size = 2, None
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker in _ALONE:
            return None
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2 or at + 2 + length > len(data):
            return None
        if marker == _SCAN:
            return size
        if marker in _FRAMES and length >= 8:
            size = _read_frame(data[at + 4 : at + 2 + length])
        at += 2 + length
    return None


def _read_frame(segment: bytes) -> tuple[int, int]:
    """Width and height in a frame header, which begins with the precision."""
    return int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[1:3], "big")
