"""What a file is that somebody chose in place of a table: known by how it begins, never by its name."""

import io
import zipfile

from command.kernel.errors import Invalid
from web.imports.workbook import OLD_EXCEL, ZIP

_BEGINNINGS = {
    b"%PDF-": "pdf",
    b"\x89PNG\r\n": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"II*\0": "picture",
    b"MM\0*": "picture",
    b"{\\rtf": "document",
    b"Rar!\x1a": "archive",
    b"7z\xbc\xaf": "archive",
    b"\x1f\x8b": "archive",
}
_STREAMS = {"EncryptedPackage": "locked", "WordDocument": "document", "PowerPoint Document": "slides"}
"""What a compound file ([MS-CFB]) holds that is no .xls, by the name of its stream."""
_PARTS = {"xl/workbook.bin": "binary_workbook", "word/document.xml": "document", "ppt/presentation.xml": "slides"}
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


def refuse_foreign(data: bytes) -> None:
    """Text in whatever encoding passes, and what calls itself a workbook.

    Raises Invalid `import.not_table` (`looks`: what it is), `import.old_excel`, `import.workbook` (locked).
    """
    looks = _looks(data)
    if looks == "locked":
        raise Invalid("import.workbook")
    if looks == "old_excel":
        raise Invalid("import.old_excel")
    if looks is not None:
        raise Invalid("import.not_table", looks=looks)


def _looks(data: bytes) -> str | None:
    for beginning, looks in _BEGINNINGS.items():
        if data.startswith(beginning):
            return looks
    if data.startswith(OLD_EXCEL):
        streams = (looks for name, looks in _STREAMS.items() if name.encode("utf-16-le") in data)
        return next(streams, "old_excel")
    if data.startswith(ZIP):
        return _packed(data)
    return "other" if b"\0" in data and not data.startswith(_UTF_16) else None


def _packed(data: bytes) -> str | None:
    """What an archive is that holds no workbook; None where it holds one, or cannot be opened."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            names = archive.NameToInfo
    except (zipfile.BadZipFile, NotImplementedError, ValueError):
        # Broken; of a later version of ZIP; a name that is no UTF-8 though it says so. Its entries are not opened here.
        return None
    if "xl/workbook.xml" in names:
        return None
    return next((looks for part, looks in _PARTS.items() if part in names), "archive")
