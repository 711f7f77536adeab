"""Reading a CSV as people have it: UTF-8 or GB18030, Chinese or English headings, one row a line."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from command.kernel.errors import FieldError, Invalid, TooLarge

MOST_ROWS = 20_000
YES = frozenset({"1", "true", "yes", "y", "是"})
NO = frozenset({"", "0", "false", "no", "n", "否"})


@dataclass(frozen=True)
class Column:
    """A column: its English heading (the API's field), its Chinese one, and whether a row must fill it."""

    name: str
    zh: str
    needed: bool = False


@dataclass(frozen=True)
class Row:
    """One row: the line in the file where it begins, and its cells by English heading."""

    line: int
    cells: Mapping[str, str]

    def text(self, name: str) -> str | None:
        """The cell without blanks around it; None for an empty one."""
        return self.cells.get(name, "").strip() or None

    def number(self, name: str) -> float | None:
        """The cell as a number; Invalid `import.number` otherwise."""
        text = self.text(name)
        if text is None:
            return None
        try:
            return float(text)
        except ValueError as error:
            raise self.fault(name, "import.number", text) from error

    def count(self, name: str) -> int | None:
        """The cell as a whole number; Invalid `import.number` otherwise."""
        value = self.number(name)
        if value is not None and value != int(value):
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
