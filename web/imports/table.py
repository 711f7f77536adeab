"""Reading a CSV as people have it: UTF-8 or GB18030, Chinese or English headings, one row a line."""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from command.kernel.errors import FieldError, Invalid, TooLarge

MOST_ROWS = 20_000
YES = frozenset({"1", "true", "yes", "y", "是"})
NO = frozenset({"", "0", "false", "no", "n", "否"})


@dataclass(frozen=True)
class Column:
    """A column: English heading (the API's field), Chinese one, whether a row must fill it, how long it is at most."""

    name: str
    zh: str
    needed: bool = False
    most: int = 80


@dataclass(frozen=True)
class Row:
    """One row: the line in the file where it begins, and its cells by English heading."""

    line: int
    cells: Mapping[str, str]

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
        """Invalid `import.empty` where the column must be filled, `import.too_long` where it is."""
        text = self.text(column.name)
        if column.needed and text is None:
            raise self.fault(column.name, "import.empty", "")
        if text is not None and len(text) > column.most:
            raise self.fault(column.name, "import.too_long", text)

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
    """The rows of a CSV with these columns, in any order.

    Raises Invalid `import.encoding`, `import.heading` (a needed one is missing or one is unknown), TooLarge
    `import.too_many_rows`.
    """
    reader = csv.reader(io.StringIO(_decoded(data), newline=""))
    headings = [cell.strip() for cell in next(reader, [])]
    names = _names(headings, columns)
    rows = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            rows.append(Row(reader.line_num, dict(zip(names, cells, strict=False))))
        if len(rows) > MOST_ROWS:
            raise TooLarge("import.too_many_rows", most=MOST_ROWS)
    return rows


def template(columns: Sequence[Column]) -> bytes:
    """An empty CSV with the Chinese headings, readable by Excel."""
    out = io.StringIO()
    csv.writer(out).writerow([column.zh for column in columns])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


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
        raise Invalid("import.heading", fields=(FieldError(unknown[0], "import.heading"),), heading=unknown[0][:40])
    names = [known[heading] for heading in headings]
    missing = [column.zh for column in columns if column.needed and column.name not in names]
    if missing:
        raise Invalid(
            "import.heading_missing", fields=(FieldError(missing[0], "import.heading_missing"),), heading=missing[0]
        )
    return names
