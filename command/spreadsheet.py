"""Tables for people's spreadsheets: CSV that Excel opens as it is meant, and that cannot bring formulas along."""

import csv
import io
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")


def to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """UTF-8 with the mark by which Excel knows it, lines ended by CR LF (RFC 4180); None is an empty cell."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_cell(value) for value in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe in front (CWE-1236); numbers stay numbers."""
    # Whatever counts as white space in front, U+0085 too, may be dropped by who reads it.
    if isinstance(value, str) and (value.lstrip(" \n").startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)):
        return f"'{value}"
    return "" if value is None else value
