"""Workbooks as spreadsheets write them: shared strings, styles, a hidden sheet in front, readings beside characters."""

import io
import zipfile
from collections.abc import Mapping, Sequence

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
STYLES = (
    f'<styleSheet xmlns="{MAIN}"><numFmts count="1"><numFmt numFmtId="164" formatCode="yyyy&quot;年&quot;m"/></numFmts>'
    '<cellXfs count="4"><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="164"/><xf numFmtId="49"/></cellXfs>'
    "</styleSheet>"
)


def letter(column: int) -> str:
    return chr(ord("A") + column)


def workbook(rows: Sequence[Sequence[str]], parts: Mapping[str, str] | None = None) -> bytes:
    """Cells: `n:VALUE` a number, `d:VALUE` a dated one, `e:VALUE` an error, `f:VALUE` a formula's text, else text."""
    shared: list[str] = []

    def cell(text: str, column: int, row: int) -> str:
        at = f'r="{letter(column)}{row}"'
        kind, _, value = text.partition(":")
        if kind == "n":
            return f"<c {at}><v>{value}</v></c>"
        if kind == "d":
            return f'<c {at} s="1"><v>{value}</v></c>'
        if kind == "e":
            return f'<c {at} t="e"><v>{value}</v></c>'
        if kind == "f":
            return f'<c {at} t="str"><f>A1&amp;B1</f><v>{value}</v></c>'
        if text == "":
            return ""
        shared.append(text)
        return f'<c {at} t="s"><v>{len(shared) - 1}</v></c>'

    lines = "".join(
        f'<row r="{n}">{"".join(cell(one, column, n) for column, one in enumerate(row))}</row>'
        for n, row in enumerate(rows, start=1)
    )
    runs = "".join(f"<si><r><t>{one[:1]}</t></r><r><t>{one[1:]}</t></r><rPh><t>du</t></rPh></si>" for one in shared)
    files = {
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{REL}"><sheets><sheet name="x" state="hidden" r:id="a"/>'
        '<sheet name="表" r:id="b"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="a" Target="worksheets/none.xml"/>'
        '<Relationship Id="b" Target="worksheets/sheet2.xml"/></Relationships>',
        "xl/worksheets/sheet2.xml": f'<worksheet xmlns="{MAIN}"><sheetData>{lines}</sheetData></worksheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{runs}</sst>',
        "xl/styles.xml": STYLES,
        **(parts or {}),
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content if content.startswith("<?xml") else HEAD + content)
    return out.getvalue()
