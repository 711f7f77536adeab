"""Files that are either the old ones or the new ones, also after a crash."""

import contextlib
import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Put a file in place, complete and on the disk, with these permission bits from its first moment."""
    name = _written_beside(path, data, mode)
    try:
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise
    # The new name, too, must be on the disk.
    _sync_folder(path.parent)


def write_new(path: Path, data: bytes, mode: int = 0o644) -> None:
    """The same where there is no file yet; one that is there stays as it is."""
    name = _written_beside(path, data, mode)
    try:
        with contextlib.suppress(FileExistsError):
            os.link(name, path)
    finally:
        os.unlink(name)
    _sync_folder(path.parent)


def _written_beside(path: Path, data: bytes, mode: int) -> str:
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with open(descriptor, "wb") as file:
            os.fchmod(descriptor, mode)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        os.unlink(name)
        raise
    return name


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
