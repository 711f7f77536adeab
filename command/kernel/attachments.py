"""Files on disk, by their SHA-256: there before the row that names them, never changed, never decoded."""

import hashlib
import os
import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from command.kernel.errors import Invalid, TooLarge, UnsupportedKind

MAX_BYTES = 10 * 1024 * 1024
_MAGIC = ((b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"), (b"%PDF-", "application/pdf"))
_AWAY = ".away"
_NAME = re.compile(r"[0-9a-f]{64}")
_UNPRINTABLE = re.compile(rb"[\x00-\x08\x0e-\x1f\x7f]")
_UNSAFE_NAME = re.compile(r'[\x00-\x1f\x7f<>:"|?*\u202a-\u202e\u2066-\u2069]')


@dataclass(frozen=True)
class StoredFile:
    """A file that is on disk: its kind by its bytes, its size and SHA-256 in hex."""

    media_type: str
    size: int
    sha256: str


@dataclass(frozen=True)
class AttachmentStore:
    """A folder of files named by their content."""

    folder: Path

    def keep(self, data: bytes, most: int = MAX_BYTES, kind: str | None = None) -> StoredFile:
        """Write the bytes so that they are on disk when this returns; `kind` is theirs where the caller knows it.

        Raises as `media_type_of` where that is asked.
        """
        kept = StoredFile(kind or media_type_of(data, most), len(data), hashlib.sha256(data).hexdigest())
        if not self._held(kept.sha256):
            self._write(kept.sha256, data)
        return kept

    def path(self, sha256: str) -> Path:
        """Where the file with this content lies."""
        return self.folder / sha256

    def find(self, sha256: str) -> bytes | None:
        """The content; None where no such file lies here."""
        if not _NAME.fullmatch(sha256):
            return None
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            return None

    def hold(self, sha256: str) -> bytes | None:
        """As `find`, for a row that is about to name it: it is as good as new, and no sweep takes it."""
        return self.find(sha256) if _NAME.fullmatch(sha256) and self._held(sha256) else None

    def older(self, than: datetime) -> set[str]:
        """The names of files that nobody has handed in or held since. What a sweep left in its middle is brought back,
        and what a crash left half-written is gone."""
        for left in self.folder.glob(f"*{_AWAY}"):
            with suppress(FileNotFoundError):
                left.rename(left.with_suffix(""))
        found = {one: _touched(one) for one in self.folder.iterdir()} if self.folder.is_dir() else {}
        for one in [one for one, at in found.items() if one.name.startswith(".") and at < than]:
            one.unlink(missing_ok=True)
        return {one.name for one, at in found.items() if _NAME.fullmatch(one.name) and at < than}

    def remove(self, sha256: str, than: datetime) -> bool:
        """Delete a file that nothing names, unless somebody has handed it in or held it since."""
        path = self.path(sha256)
        away = path.with_suffix(_AWAY)
        # Out of reach first: whoever holds it from now on is told that it is not there, whoever held it before is seen.
        with suppress(FileNotFoundError):  # another process sweeps too
            path.rename(away)
            if _touched(away) < than:
                away.unlink()
                return True
            away.rename(path)
        return False

    def _held(self, sha256: str) -> bool:
        try:
            os.utime(self.path(sha256))
        except FileNotFoundError:
            return False
        return True

    def _write(self, name: str, data: bytes) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = self.folder / f".{name}.{os.urandom(4).hex()}"
        with partial.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(self.path(name))
        _sync_folder(self.folder)


def _touched(path: Path) -> datetime:
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)


def media_type_of(data: bytes, most: int = MAX_BYTES) -> str:
    """The kind by its first bytes, whatever its name says; UnsupportedKind `attachment.kind` for any other.

    Raises Invalid `attachment.empty` and, over `most` bytes, TooLarge `attachment.too_large`.
    """
    if not data:
        raise Invalid("attachment.empty")
    if len(data) > most:
        raise TooLarge("attachment.too_large", limit_mb=most // 1024 // 1024)
    kind = known_type(data)
    if kind is None:
        raise UnsupportedKind("attachment.kind")
    return kind


def known_type(data: bytes) -> str | None:
    """The kind of a picture, a PDF or a plain text by its bytes; None for anything else."""
    for magic, kind in _MAGIC:
        if data.startswith(magic):
            return kind
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "image/webp"
    charset = _charset(data)
    return f"text/plain; charset={charset}" if charset and data else None


def is_picture(media_type: str | None) -> bool:
    """Whether a page may show a file of this kind, as `known_type` names it."""
    return media_type is not None and media_type.startswith("image/")


def safe_name(name: str | None) -> str:
    """The last part of a file's name without what a file system or a reader could be fooled by, 120 at most."""
    last = re.split(r"[\\/]", name or "")[-1]
    clean = _UNSAFE_NAME.sub("", last).strip(" .")
    stem, dot, ending = clean.rpartition(".")
    if not dot or len(ending) > 8:
        return clean[:120] or "file"
    return f"{stem[: 119 - len(ending)]}.{ending}"


def _charset(data: bytes) -> str | None:
    """The encoding of plain text, None for anything else."""
    if _UNPRINTABLE.search(data):
        return None
    for encoding in ("utf-8", "gb18030"):
        try:
            data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return encoding
    return None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
