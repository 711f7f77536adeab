"""Workbooks in: what a spreadsheet does to telephone numbers is said line by line, and no file does harm."""

import io
import random
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from command.kernel.errors import FengsuiError, Invalid, TooLarge
from tests.web.workbooks import MAIN, workbook
from tests.web.world import World
from web.imports.table import Column, Row, read_rows, workbook_template
from web.imports.workbook import Cell, empty_workbook, read_workbook

Clients = Callable[[str], TestClient]
COLUMNS = (Column("name", "姓名", needed=True), Column("phone", "电话"), Column("lon", "经度"))


def rows(*lines: list[str], **parts: str) -> list[Row]:
    return read_rows(workbook([["姓名", "电话", "经度"], *lines], parts), COLUMNS)


def fault(row: Row) -> str:
    for column in COLUMNS:
        try:
            row.check(column)
        except FengsuiError as error:
            return error.code
    return ""


def test_cells_are_read_as_they_are_shown() -> None:
    (one, two) = rows(["张三", "0878-3123456", "n:101.546"], ["", "", ""], ["f:李四", "n:1.38E10", "n:101"])
    assert (one.line, one.cells) == (2, {"name": "张三", "phone": "0878-3123456", "lon": "101.546"})
    assert one.number("lon") == 101.546
    assert (two.line, two.cells) == (4, {"name": "李四", "phone": "13800000000", "lon": "101"})
    assert (fault(one), fault(two)) == ("", "")


@pytest.mark.parametrize(
    ("phone", "code"),
    [
        ("n:8783123456", "import.zeros_lost"),
        ("1.38E+10", "import.rounded"),
        ("n:1380000000012345678", "import.rounded"),
        ("d:45981", "import.became_date"),
        ("e:#N/A", "import.cell_fault"),
        ("n:13800000000", ""),
        ("08783123456", ""),
    ],
)
def test_what_a_spreadsheet_does_to_numbers_is_said(phone: str, code: str) -> None:
    (one,) = rows(["张三", phone])
    assert fault(one) == code


def test_a_csv_with_a_rounded_number_is_told_the_same() -> None:
    (one,) = read_rows("姓名,电话\n张三,1.38E+10\n".encode(), COLUMNS)
    assert fault(one) == "import.rounded"


def test_its_own_template_is_read_again_and_keeps_zeros() -> None:
    assert list(read_workbook(workbook_template(COLUMNS))) == [(1, [Cell("姓名"), Cell("电话"), Cell("经度")])]
    with zipfile.ZipFile(io.BytesIO(empty_workbook(["a<&"]))) as archive:
        assert b'numFmtId="49"' in archive.read("xl/styles.xml")
    assert list(read_workbook(empty_workbook(["a<&"]))) == [(1, [Cell("a<&")])]


def bomb() -> bytes:
    """A hundred megabytes in a hundred kilobytes."""
    out = io.BytesIO(workbook([["姓名"]]))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("xl/worksheets/sheet2.xml", b"<" + b" " * 100_000_000)
    return out.getvalue()


ENTITIES = '<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><sst>&b;</sst>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"PK\x03\x04 and no more", "import.workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "import.old_excel"),
        (workbook([["姓名"]], {"xl/sharedStrings.xml": ENTITIES}), "import.workbook"),
        (
            workbook([["姓名"]], {"xl/sharedStrings.xml": '<?xml version="1.0" encoding="UTF-16"?><sst/>'}),
            "import.workbook",
        ),
        (workbook([["姓名"]], {"xl/sharedStrings.xml": f'<sst xmlns="{MAIN}"/>'}), "import.workbook"),
        (
            workbook([["姓名"]], {"xl/_rels/workbook.xml.rels": '<R><A Id="b" Target="../../../etc/passwd"/></R>'}),
            "import.workbook",
        ),
        (workbook([["姓名"]], {"xl/workbook.xml": "<workbook/>"}), "import.workbook"),
    ],
)
def test_a_file_that_is_no_table_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rows(data, COLUMNS)
    assert refused.value.code == code


def compound(stream: str) -> bytes:
    """The beginning of a compound file, and where its directory names a stream."""
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504) + stream.encode("utf-16-le") + bytes(64)


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name in names:
            packed.writestr(name, b"anything")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "zh", "en"),
    [
        (b"%PDF-1.4 and nothing but letters\n", "这是 PDF 文件，", "This is a PDF,"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "这是图片，", "This is a picture,"),
        (b"\xff\xd8\xff\xe0\0\x10JFIF", "这是图片，", "This is a picture,"),
        (compound("WordDocument"), "这是文字文档，", "This is a text document,"),
        (archive("[Content_Types].xml", "word/document.xml"), "这是文字文档，", "This is a text document,"),
        (archive("people.csv"), "这是压缩包，", "This is an archive,"),
        (archive("xl/workbook.bin"), "（.xlsb），不是表格", "(.xlsb), not a table"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "这是别种文件，", "This is another kind of file,"),
    ],
)
def test_another_kind_of_file_is_called_what_it_is(as_: Clients, data: bytes, zh: str, en: str) -> None:
    for kind in ("people", "groups"):
        answer = as_("admin").post(f"/api/v1/import/{kind}?dry_run=1", files={"file": ("people.csv", data)})
        told = answer.json()
        assert (answer.status_code, told["code"]) == (422, "import.not_table")
        assert zh in told["sentences"]["zh"]
        assert en in told["sentences"]["en"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (compound("Workbook"), "import.old_excel"),
        (compound("EncryptedPackage"), "import.workbook"),
        ("姓名,电话\n".encode("utf-16"), "import.encoding"),
        (b"\xe5\xa7\x93,\xff\xff\n", "import.encoding"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_apart_from_none(data: bytes, code: str) -> None:
    with pytest.raises(Invalid) as refused:
        read_rows(data, COLUMNS)
    assert refused.value.code == code


def test_what_grows_when_unpacked_is_refused_soon() -> None:
    data, began = bomb(), time.process_time()
    with pytest.raises(TooLarge):
        read_rows(data, COLUMNS)
    assert time.process_time() - began < 2


def test_too_many_columns_and_rows() -> None:
    wide = f'<worksheet xmlns="{MAIN}"><sheetData><row r="1"><c r="XFD1"><v>1</v></c></row></sheetData></worksheet>'
    with pytest.raises(TooLarge):
        read_rows(workbook([], {"xl/worksheets/sheet2.xml": wide}), COLUMNS)
    with pytest.raises(TooLarge, match=r"import.too_many_rows"):
        read_rows(workbook([["姓名"], *[["n:1"]] * 20_001]), COLUMNS)


@given(st.randoms(use_true_random=False), st.integers(1, 20))
def test_a_broken_file_is_refused_and_nothing_else(chance: random.Random, strikes: int) -> None:
    data = bytearray(workbook([["姓名", "电话"], ["张三", "n:1"]]))
    for _ in range(strikes):
        data[chance.randrange(len(data))] = chance.randrange(256)
    try:
        read_rows(bytes(data), COLUMNS)
    except FengsuiError:
        return


def test_over_http_it_is_tried_and_imported_like_a_csv(as_: Clients, world: World) -> None:
    admin = as_("admin")

    def send(lines: list[list[str]], **query: int) -> dict[str, Any]:
        file = {"file": ("people.xlsx", workbook([["单位", "姓名", "电话"], *lines]))}
        found: dict[str, Any] = admin.post("/api/v1/import/people", files=file, params=query).json()
        return found

    good, bad = ["西舍路镇", "张三", "n:13900000001"], ["n:532301109", "李四", "n:8783123456"]
    tried = send([good, bad], dry_run=1)
    assert [(line["line"], line["outcome"], line.get("code")) for line in tried["lines"]] == [
        (2, "created", None),
        (3, "failed", "import.zeros_lost"),
    ]
    assert tried["lines"][1]["field"] == "phone"
    assert not send([good, bad])["kept"]
    kept = send([good, bad], skip_bad=1)
    assert (kept["created"], kept["failed"]) == (1, 1)
    people = admin.get("/api/v1/people").json()["items"]
    assert [one["phone"] for one in people if one["name"] == "张三"] == ["13900000001"]
    answer = admin.get("/api/v1/import/people/template.xlsx")
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")
    assert next(read_workbook(answer.content))[1][0] == Cell("单位")
