"""Reading a table as people have it: a CSV in UTF-8 or GB18030, or a workbook; Chinese or English headings."""

import csv
import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from command.kernel.errors import FieldError, Invalid, TooLarge
from web.imports.foreign import refuse_foreign
from web.imports.workbook import DATE, FAULT, NUMBER, TEXT, ZIP, Cell, empty_workbook, read_workbook

MOST_ROWS = 20_000
YES = frozenset({"1", "true", "yes", "y", "是"})
NO = frozenset({"", "0", "false", "no", "n", "否"})
_TELEPHONES = frozenset({"phone"})
_DIGITS = frozenset({"phone", "division_code", "class_code", "unit", "parent", "kept_by"})
_ROUNDED = re.compile(r"\d([.,]\d+)?[eE]\+?\d+")
_MOBILE = re.compile(r"1\d{10}")
_EXACT_DIGITS = 15
"""A spreadsheet keeps no more digits of a number (IEEE 754 binary64)."""


@dataclass(frozen=True)
class Column:
    """A column: English heading (the API's field), Chinese one, whether a row must fill it, how long it is at most."""

    name: str
    zh: str
    needed: bool = False
    most: int = 80


@dataclass(frozen=True)
class Row:
    """One row: the line in the file where it begins, and its cells by English heading.

    `kinds` says of a workbook's cells what they are where they are no text.
    """

    line: int
    cells: Mapping[str, str]
    kinds: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str | None:
        """The cell without blanks around it; None for an empty one."""
        return self.cells.get(name, "").strip() or None

    def number(self, name: str) -> float | None:
        """The cell as a number; Invalid `import.number` for anything else, infinity among it."""
        text = self.text(name)
        if text is None:
            return None
        try:
            value = float(text)
        except ValueError as error:
            raise self.fault(name, "import.number", text) from error
        if not math.isfinite(value):
            raise self.fault(name, "import.number", text)
        return value

    def check(self, column: "Column") -> None:
        """Invalid where the column must be filled and is not (`import.empty`), is too long (`import.too_long`), or
        where the spreadsheet has made something else of it (`import.rounded`, `.zeros_lost`, `.became_date`,
        `.cell_fault`)."""
        text = self.text(column.name)
        self._check_kind(column.name, text or "")
        if column.needed and text is None:
            raise self.fault(column.name, "import.empty", "")
        if text is not None and len(text) > column.most:
            raise self.fault(column.name, "import.too_long", text)

    def _check_kind(self, name: str, text: str) -> None:
        kind = self.kinds.get(name, TEXT)
        if kind in (DATE, FAULT):
            raise self.fault(name, {DATE: "import.became_date", FAULT: "import.cell_fault"}[kind], text)
        digits = kind == NUMBER and len(text.strip("-").replace(".", "")) > _EXACT_DIGITS
        if name in _DIGITS and (_ROUNDED.fullmatch(text) or digits):
            raise self.fault(name, "import.rounded", text)
        if name in _TELEPHONES and kind == NUMBER and not _MOBILE.fullmatch(text):
            raise self.fault(name, "import.zeros_lost", text)

    def word(self, name: str, words: Mapping[str, str]) -> str:
        """The cell's value: a word of `words` stands for its value in the API, anything else for itself."""
        text = self.text(name) or ""
        return words.get(text, text.lower())

    def count(self, name: str) -> int | None:
        """The cell as a whole number from 0 to a million; Invalid `import.number` otherwise."""
        value = self.number(name)
        if value is not None and not (value == int(value) and 0 <= value <= 1_000_000):
            raise self.fault(name, "import.number", str(value))
        return None if value is None else int(value)

    def flag(self, name: str) -> bool:
        """是/否, yes/no, 1/0; empty is no."""
        text = (self.text(name) or "").lower()
        if text not in YES | NO:
            raise self.fault(name, "import.yes_no", text)
        return text in YES

    @staticmethod
    def fault(name: str, code: str, value: str) -> Invalid:
        """The error of one cell."""
        return Invalid(code, fields=(FieldError(name, code, (("value", value[:40]),)),), value=value[:40])


def read_rows(data: bytes, columns: Sequence[Column]) -> list[Row]:
    """The rows of a CSV or workbook with these columns, in any order.

    Raises Invalid `import.encoding`, `import.workbook`, `import.heading` (one is unknown), `import.heading_missing` and
    as `refuse_foreign`, TooLarge `import.too_many_rows`, `import.workbook_large`.
    """
    lines = _lines(data)
    headings = [cell.text.strip() for cell in next(lines, (0, []))[1]]
    while headings and not headings[-1]:
        headings.pop()
    names = _names(headings, columns)
    rows = []
    for line, cells in lines:
        if any(cell.text.strip() for cell in cells):
            known = dict(zip(names, cells, strict=False))
            kinds = {name: cell.kind for name, cell in known.items() if cell.kind != TEXT}
            rows.append(Row(line, {name: cell.text for name, cell in known.items()}, kinds))
        if len(rows) > MOST_ROWS:
            raise TooLarge("import.too_many_rows", most=MOST_ROWS)
    return rows


def _lines(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """Every line with cells and its number, whatever the file is."""
    refuse_foreign(data)
    if data.startswith(ZIP):
        yield from read_workbook(data)
        return
    reader = csv.reader(io.StringIO(_decoded(data), newline=""))
    for cells in reader:
        yield reader.line_num, [Cell(cell) for cell in cells]


def template(columns: Sequence[Column]) -> bytes:
    """An empty CSV with the Chinese headings, readable by Excel."""
    out = io.StringIO()
    csv.writer(out).writerow([column.zh for column in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def workbook_template(columns: Sequence[Column]) -> bytes:
    """An empty workbook with the Chinese headings, its columns set to text."""
    return empty_workbook([column.zh for column in columns])


def _decoded(data: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid("import.encoding")


def _names(headings: Sequence[str], columns: Sequence[Column]) -> list[str]:
    known = {column.zh: column.name for column in columns} | {column.name: column.name for column in columns}
    unknown = [heading for heading in headings if heading not in known]
    if unknown:
        raise Invalid(
            "import.heading",
            fields=(FieldError(unknown[0], "import.heading", (("heading", unknown[0][:40]),)),),
            heading=unknown[0][:40],
        )
    names = [known[heading] for heading in headings]
    missing = [column.zh for column in columns if column.needed and column.name not in names]
    if missing:
        raise Invalid(
            "import.heading_missing",
            fields=(FieldError(missing[0], "import.heading_missing", (("heading", missing[0]),)),),
            heading=missing[0],
        )
    return names
