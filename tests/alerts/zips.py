"""Zip archives for tests, written byte by byte: as archivers write them, and as none would."""

import struct
import zlib
from dataclasses import dataclass
from functools import cache

UTF8 = 0x800


@dataclass(frozen=True)
class File:
    """A file of an archive; `size` and `crc` are what is said of it, where that is not the truth."""

    name: bytes
    content: bytes
    flags: int = 0
    method: int = 8
    size: int | None = None
    crc: int | None = None


def zipped(*files: File, comment: bytes = b"") -> bytes:
    """The archive (APPNOTE 4.3): local headers with their data, the directory, its end."""
    body, directory = b"", b""
    for file in files:
        packed = file.content if file.method == 0 else deflated(file.content)
        size = len(file.content) if file.size is None else file.size
        crc = zlib.crc32(file.content) if file.crc is None else file.crc
        said = (20, file.flags, file.method, 0, 0x21, crc, len(packed), size, len(file.name), 0)
        entry = struct.pack("<4s6H3I5H2I", b"PK\x01\x02", 20, *said[:5], *said[5:9], 0, 0, 0, 0, 0, len(body))
        directory += entry + file.name
        body += struct.pack("<4s5H3I2H", b"PK\x03\x04", *said) + file.name + packed
    count = len(files)
    end = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), len(comment))
    return body + directory + end + comment


@cache
def deflated(content: bytes) -> bytes:
    """As in an archive: without a head."""
    packing = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packing.compress(content) + packing.flush()
