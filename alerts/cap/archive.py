"""From untrusted bytes to a message and what came with it: a zip archive, read in memory and up to bounds.

There must be exactly one CAP message in it, under any name; every other file is an attachment. Names are shown and
never used as paths, archives inside are not opened, and what the archive says of its own sizes is not believed.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from alerts.cap.message import CapProblem, Departure
from alerts.cap.xml import decode

MOST_BYTES = 10 * 1024 * 1024
"""Of an archive: what a request may carry."""
MOST_FILE = 20 * 1024 * 1024
MOST_UNPACKED = 40 * 1024 * 1024
MOST_FILES = 64
MOST_ENTRIES = 10_000
"""Of the directory, counted before it is read: each entry would be an object."""
LONGEST_NAME = 120
_PIECE = 64 * 1024
_MARKS = (b"PK\x03\x04", b"PK\x05\x06")
_ENTRY = b"PK\x01\x02"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_UTF8_NAME = 0x800
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_MESSAGE = re.compile(r"<(?:!DOCTYPE\s+)?(?:[\w.-]{1,40}:)?alert(?![\w.:-])")
_LOOKED_THROUGH = 64 * 1024
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, RuntimeError, ValueError, LookupError)
"""Whatever breaks first in a broken or a hostile one; locked files and unknown methods are RuntimeErrors."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file beside the message; `name` is one line without folders, good for showing alone."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Opened:
    """A message's own bytes, and what came with it in its archive, in the archive's order."""

    message: bytes
    attachments: tuple[Attachment, ...] = ()


def is_archive(data: bytes | bytearray) -> bool:
    """Whether it begins as a zip archive does (APPNOTE 4.3.6): no XML can."""
    return data.startswith(_MARKS)


def opened(data: bytes) -> Opened:
    """The message in an archive with its attachments; anything else is a message without any.

    Raises CapProblem: `zip.too_large`, `.too_many`, `.unpacked`, `.encrypted`, `.broken`, `.no_message`,
    `.many_messages`; and nothing else.
    """
    if not is_archive(data):
        return Opened(data)
    if len(data) > MOST_BYTES:
        raise _problem("zip.too_large", f"{len(data)} bytes, at most {MOST_BYTES}")
    if (entries := data.count(_ENTRY)) > MOST_ENTRIES:
        raise _problem("zip.too_many", f"{entries}, at most {MOST_FILES}")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _sorted(tuple(_files(archive)))
    except _BROKEN as error:
        raise _problem("zip.broken", type(error).__name__) from None


def packed(name: str, content: bytes, comment: str) -> bytes:
    """An archive of ours with one file; the same file gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        written.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
        written.comment = comment.encode()
    return out.getvalue()


def shown_name(name: str) -> str:
    """The last part of a path as one line that can be shown and saved under."""
    last = re.split(r"[/\\]", name.rstrip("/\\"))[-1]
    line = "".join(sign if sign.isprintable() else " " for sign in last).strip(" .")
    return line[:LONGEST_NAME] or "attachment"


def _files(archive: zipfile.ZipFile) -> Iterator[Attachment]:
    entries = [one for one in archive.infolist() if one.file_size or not one.filename.endswith("/")]
    _check(entries)
    left = MOST_UNPACKED
    for entry in entries:
        content = _content(archive, entry, min(left, MOST_FILE))
        left -= len(content)
        yield Attachment(shown_name(_name(entry)), content)


def _check(entries: Sequence[zipfile.ZipInfo]) -> None:
    """What it admits to being is refused before anything is unpacked."""
    if len(entries) > MOST_FILES:
        raise _problem("zip.too_many", f"{len(entries)}, at most {MOST_FILES}")
    for entry in entries:
        if entry.flag_bits & _ENCRYPTED:
            raise _problem("zip.encrypted", shown_name(_name(entry)))
        if entry.compress_type not in _METHODS:
            raise _problem("zip.broken", f"{shown_name(_name(entry))}: method {entry.compress_type}")
        if entry.file_size > MOST_FILE:
            raise _too_large(entry)
    if sum(entry.file_size for entry in entries) > MOST_UNPACKED:
        raise _problem("zip.unpacked", f"more than {MOST_UNPACKED} bytes")


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, most: int) -> bytes:
    """A file piece by piece: one that goes on beyond `most` bytes is left there."""
    content = bytearray()
    with archive.open(entry) as file:
        while piece := file.read(_PIECE):
            content += piece
            if len(content) > most:
                raise _too_large(entry)
    if len(content) != entry.file_size:
        raise _problem("zip.broken", shown_name(_name(entry)))
    return bytes(content)


def _name(entry: zipfile.ZipInfo) -> str:
    """As it was written: without a mark of UTF-8, Chinese archivers write GBK, and zipfile has read it as CP437."""
    if entry.flag_bits & _UTF8_NAME:
        return entry.orig_filename
    written = entry.orig_filename.encode("cp437")
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return entry.orig_filename


def _sorted(files: Sequence[Attachment]) -> Opened:
    messages = [one for one in files if _is_message(one.content)]
    if not messages:
        raise _problem("zip.no_message", str(len(files)))
    if len(messages) > 1:
        raise _problem("zip.many_messages", ", ".join(one.name for one in messages[:5]))
    return Opened(messages[0].content, tuple(one for one in files if one is not messages[0]))


def _is_message(content: bytes) -> bool:
    """Whether it is a text whose root is an `alert`: what else is wrong with it is for the reader to say."""
    try:
        text = decode(content)[:_LOOKED_THROUGH]
    except CapProblem:
        return False
    at = 0
    while skipped := _BEFORE_ROOT.match(text, at):
        at = skipped.end()
    return _MESSAGE.match(text, at) is not None


def _too_large(entry: zipfile.ZipInfo) -> CapProblem:
    return _problem("zip.unpacked", f"{shown_name(_name(entry))}: more than {MOST_FILE} bytes")


def _problem(code: str, detail: str) -> CapProblem:
    return CapProblem(Departure(code, "", detail))
