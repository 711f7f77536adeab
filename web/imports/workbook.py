"""Reading the first sheet of a workbook (XLSX, ECMA-376 Part 1) and writing an empty one. Files come from strangers.

Of the package only four parts are read, each up to a bound whatever its directory says; a DOCTYPE, another encoding
than UTF-8 and anything over a bound refuse the file. Formulas are never computed: what was last shown counts.
"""

import io
import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from lxml import etree

from command.kernel.errors import Invalid, TooLarge

MOST_PART_BYTES = 32 * 1024 * 1024
MOST_PARTS, MOST_STRINGS, MOST_COLUMNS, MOST_TEXT = 1_000, 400_000, 100, 32_767
OLD_EXCEL = b"\xd0\xcf\x11\xe0"
ZIP = b"PK\x03\x04"
_FORBIDDEN = (b"<!DOCTYPE", b"<!ENTITY")
_ENCODED = re.compile(rb"""^\s*<\?xml[^>]{0,200}encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
_DATES = frozenset({*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)})
"""Number formats that are dates and times and stand in no workbook (§18.8.30, with the East Asian ones)."""
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]')
_NS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_LINK = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"

TEXT, NUMBER, DATE, FAULT = "text", "number", "date", "fault"


@dataclass(frozen=True, slots=True)
class Cell:
    """What a cell shows, as text, and what it is: text, a number, a date that a number was made, or an error value."""

    text: str
    kind: str = TEXT


def read_workbook(data: bytes) -> Iterator[tuple[int, list[Cell]]]:
    """The rows of the first visible sheet that have a cell: their number and cells from column A on.

    Raises Invalid `import.workbook`, TooLarge `import.workbook_large`.
    """
    try:
        package = _Package(zipfile.ZipFile(io.BytesIO(data)))
        book = _parsed(package.read("xl/workbook.xml"))
        links = _links(package)
        sheet = _part(_first_sheet(book), links)
        strings = _strings(package)
        dates = _date_styles(package)
        yield from _rows(package.read(sheet), strings, dates)
    except (zipfile.BadZipFile, zlib.error, etree.XMLSyntaxError, KeyError, ValueError, NotImplementedError) as problem:
        # A broken or locked file is one that cannot be read, whatever breaks first.
        raise Invalid("import.workbook") from problem
    except (EOFError, RuntimeError) as problem:
        raise Invalid("import.workbook") from problem


class _Package:
    """The parts of a package, read up to a bound: what an entry says of its own size is not believed."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        if len(archive.namelist()) > MOST_PARTS:
            raise TooLarge("import.workbook_large")
        self._archive = archive
        self._left = MOST_PART_BYTES

    def has(self, name: str) -> bool:
        return name in self._archive.NameToInfo

    def read(self, name: str) -> bytes:
        with self._archive.open(name) as part:
            content = part.read(self._left + 1)
        self._left -= len(content)
        if self._left < 0:
            raise TooLarge("import.workbook_large")
        _check(content)
        return content


def _check(content: bytes) -> None:
    """Refuse what could make a parser fetch or multiply anything, in any encoding."""
    encoded = _ENCODED.match(content.removeprefix(b"\xef\xbb\xbf"))
    plain = encoded is None or encoded.group(1).lower() in (b"utf-8", b"us-ascii")
    if not plain or b"\0" in content[:200] or any(word in content for word in _FORBIDDEN):
        raise Invalid("import.workbook")


def _parsed(content: bytes) -> etree._Element:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    return etree.fromstring(content, parser)


def _each(content: bytes, tag: str) -> Iterator[etree._Element]:
    """Every element of this name when it has ended; it is emptied before the next."""
    found = etree.iterparse(
        io.BytesIO(content),
        events=("end",),
        tag=_NS + tag,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
    )
    for _, element in found:
        yield element
        element.clear()
        parent = element.getparent()
        while parent is not None and element.getprevious() is not None:
            del parent[0]


def _first_sheet(book: etree._Element) -> str:
    """The link of the first sheet that is shown."""
    shown = [one for one in book.iter(_NS + "sheet") if one.get("state", "visible") == "visible"]
    return str(shown[0].attrib[_LINK]) if shown else ""


def _links(package: _Package) -> dict[str, str]:
    root = _parsed(package.read("xl/_rels/workbook.xml.rels"))
    return {str(one.get("Id")): str(one.get("Target")) for one in root}


def _part(link: str, links: Mapping[str, str]) -> str:
    target = links[link]
    path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
    if not path.startswith("xl/"):
        raise Invalid("import.workbook")
    return path


def _strings(package: _Package) -> list[str]:
    """The texts that cells share."""
    name = "xl/sharedStrings.xml"
    found: list[str] = []
    for element in _each(package.read(name), "si") if package.has(name) else ():
        found.append(_text(element))
        if len(found) > MOST_STRINGS:
            raise TooLarge("import.workbook_large")
    return found


def _text(element: etree._Element) -> str:
    """Its runs, without the readings beside Chinese characters (phonetic runs)."""
    parts = [
        one.text or "" for one in element.iter(_NS + "t") if not any(a.tag == _NS + "rPh" for a in one.iterancestors())
    ]
    return "".join(parts)[:MOST_TEXT]


def _date_styles(package: _Package) -> frozenset[int]:
    """The cell styles that show a number as a date or time."""
    name = "xl/styles.xml"
    if not package.has(name):
        return frozenset()
    root = _parsed(package.read(name))
    own = {int(one.attrib["numFmtId"]): one.get("formatCode", "") for one in root.iter(_NS + "numFmt")}
    dated = {number for number, code in own.items() if re.search(r"[ymdhs年月日]", _LITERAL.sub("", code.lower()))}
    styles = root.find(_NS + "cellXfs")
    found = [int(one.get("numFmtId", "0")) for one in styles] if styles is not None else []
    return frozenset(n for n, one in enumerate(found) if one in dated or (one in _DATES and one not in own))


def _rows(content: bytes, strings: Sequence[str], dates: frozenset[int]) -> Iterator[tuple[int, list[Cell]]]:
    number = 0
    for row in _each(content, "row"):
        number = int(row.get("r", number + 1))
        cells: list[Cell] = []
        for element in row.iterchildren(_NS + "c"):
            column = _column(element.get("r"), len(cells))
            if column >= MOST_COLUMNS:
                raise TooLarge("import.workbook_large")
            cells += [Cell("")] * (column - len(cells))
            cells.append(_cell(element, strings, dates))
        if cells:
            yield number, cells


def _column(reference: str | None, following: int) -> int:
    """The column's number from 0; a cell that does not say where it stands follows the one before."""
    found = _REFERENCE.fullmatch(reference) if reference else None
    if found is None:
        return following
    column = 0
    for letter in found.group(1):
        column = column * 26 + ord(letter) - ord("A") + 1
    if column - 1 < following:
        raise Invalid("import.workbook")
    return column - 1


def _cell(element: etree._Element, strings: Sequence[str], dates: frozenset[int]) -> Cell:
    sort = element.get("t", "n")
    if sort == "inlineStr":
        return Cell(_text(element))
    value = element.findtext(_NS + "v") or ""
    if sort == "s":
        place = int(value)
        if not 0 <= place < len(strings):
            raise Invalid("import.workbook")
        return Cell(strings[place])
    if sort == "e":
        return Cell(value[:20], FAULT)
    if sort in ("str", "b", "d") or value == "":
        return Cell(value[:MOST_TEXT], DATE if sort == "d" else TEXT)
    return Cell(_plain(value), DATE if int(element.get("s", "0")) in dates else NUMBER)


def _plain(value: str) -> str:
    """A number as people write it: `13800000000`, not `1.38E10`; what is none stays as it is."""
    try:
        number = Decimal(value[:40])
    except InvalidOperation:
        return value[:MOST_TEXT]
    if not number.is_finite() or abs(number.adjusted()) > 20:
        return value[:40]
    whole = number == number.to_integral_value()
    return str(int(number)) if whole else format(number, "f")


def empty_workbook(headings: Sequence[str]) -> bytes:
    """A workbook with these headings whose columns are text, so that zeros in front and long numbers stay."""
    columns = f'<cols><col min="1" max="{len(headings)}" width="16" style="1" customWidth="1"/></cols>'
    cells = "".join(
        f'<c r="{_letter(n)}1" s="1" t="inlineStr"><is><t>{_escaped(one)}</t></is></c>'
        for n, one in enumerate(headings)
    )
    sheet = f'<worksheet xmlns="{_NS[1:-1]}">{columns}<sheetData><row r="1">{cells}</row></sheetData></worksheet>'
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in {**_FIXED, "xl/worksheets/sheet1.xml": sheet}.items():
            # The same bytes every time: a template has no date of its own.
            archive.writestr(zipfile.ZipInfo(name), f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>{content}')
    return out.getvalue()


def _letter(column: int) -> str:
    head, tail = divmod(column, 26)
    return (chr(ord("A") + head - 1) if head else "") + chr(ord("A") + tail)


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_XML = 'Extension="xml" ContentType="application/xml"'
_RELS = f'Extension="rels" ContentType="{"application/vnd.openxmlformats-package.relationships+xml"}"'
_FIXED = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types"><Default {_RELS}/><Default {_XML}/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_NS[1:-1]}" xmlns:r="{_OFFICE}"><sheets>'
        '<sheet name="1" sheetId="1" r:id="r1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
    ),
    "xl/styles.xml": (
        f'<styleSheet xmlns="{_NS[1:-1]}"><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs></styleSheet>'
    ),
}
