"""Files that a reader takes away: always saved under a name, never kept by anything on the way (they name people)."""

from collections.abc import Iterable, Sequence
from urllib.parse import quote

from fastapi import Response

from command.kernel.attachments import is_picture, known_type, safe_name
from command.spreadsheet import to_csv

CSV = "text/csv; charset=utf-8"
_ENDINGS = {
    **{"image/jpeg": ".jpg", "image/png": ".png", "image/webp": ".webp"},
    **{"application/pdf": ".pdf", "text/plain": ".txt", "audio/mpeg": ".mp3"},
}


def download(content: bytes, media_type: str, name: str) -> Response:
    """A file of this name, which is ASCII: made by the program, with nothing in it but ids that were found."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)


def stranger_download(content: bytes, name: str) -> Response:
    """A file that a stranger named and wrote: no browser shows it, and the name cannot end its header."""
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}",
        "Cache-Control": "no-store",
    }
    return Response(content, media_type="application/octet-stream", headers=headers)


def shown_file(content: bytes, description: str, kind: str | None = None) -> Response:
    """A file of an alert: pictures to look at, everything else to save; its kind by its bytes, whatever it says it is,
    but where we made it ourselves.

    Nothing in it runs as a page of ours. Its address names its bytes, so that it never changes.
    """
    kind = kind or known_type(content) or "application/octet-stream"
    name = safe_name(f"{description.replace('/', ' ')}{_ENDINGS.get(kind.partition(';')[0], '')}")
    shown = "inline" if is_picture(kind) else "attachment"
    headers = {
        "Content-Disposition": f"{shown}; filename*=UTF-8''{quote(name, safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "private, max-age=86400, immutable",
    }
    return Response(content, media_type=kind, headers=headers)


def csv_download(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """A table for a spreadsheet, `name` without its ending."""
    return download(to_csv(header, rows), CSV, f"{name}.csv")
