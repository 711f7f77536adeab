"""Archives with a message: what is taken out of them, what is refused and when, whatever is in them."""

import io
import time
import tracemalloc
import zipfile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from alerts.cap import archive
from alerts.cap.archive import (
    LONGEST_NAME,
    MOST_BYTES,
    MOST_FILE,
    MOST_FILES,
    Attachment,
    is_archive,
    opened,
    shown_name,
)
from alerts.cap.message import CapProblem
from alerts.inbox.attachments import attachment, attachments
from tests.alerts.messages import alert, info
from tests.alerts.test_cn_dialect import dialect
from tests.alerts.zips import UTF8, File, deflated, zipped

MESSAGE = alert().encode()
FILE = File(b"a.xml", MESSAGE)
NAMES = st.text(max_size=40).map(str.encode) | st.binary(max_size=40)
CONTENTS = st.binary(max_size=300) | st.sampled_from([b"<Signature/>", b"<alerts/>", b"<x:Alert/>", b""])


def outcome(data: bytes) -> bytes | str:
    """The message, or the family of the problem's code."""
    try:
        return opened(data).message
    except CapProblem as problem:
        return problem.code.split(".")[0]


def refused(data: bytes) -> str:
    with pytest.raises(CapProblem) as problem:
        opened(data)
    return problem.value.code


@pytest.mark.parametrize(
    "message",
    [
        MESSAGE,
        dialect(),
        MESSAGE.decode().encode("utf-16"),
        b"\xef\xbb\xbf\n<?xml version='1.0'?><!-- <other/> --><?x?>\n<c:alert xmlns:c='x'/>",
        b'<!DOCTYPE alert [<!ENTITY a "b">]><alert/>',
    ],
)
def test_the_message_is_found_whatever_it_is_called(message: bytes) -> None:
    """Also one that the reader will refuse: that is then said of it, and not of the archive."""
    picture, signature = File(b"pic/a.jpg", b"\xff\xd8\xff"), File(b"alert.xml", b"<Signature><alert/></Signature>")
    found = opened(zipped(picture, File(b"readme.txt", message), signature))
    assert found.message == message
    assert [one.name for one in found.attachments] == ["a.jpg", "alert.xml"]
    assert opened(message) == archive.Opened(message), "no archive"


@given(st.lists(st.tuples(NAMES, CONTENTS, st.sampled_from([0, 8])), max_size=6), st.integers(0, 6), NAMES)
@example([(b"../../etc/passwd", b"x", 8), (b"/abs", b"y", 0), (b"C:\\a\\b.txt", b"z", 8)], 1, b"m")
@example([(b"same", b"1", 8), (b"same", b"2", 8)], 1, b"same")
@settings(deadline=None)
def test_every_other_file_is_an_attachment(others: list[tuple[bytes, bytes, int]], at: int, name: bytes) -> None:
    files = [File(one.replace(b"\0", b""), content, method=how) for one, content, how in others]
    files.insert(at, File(name.replace(b"\0", b""), MESSAGE))
    found = opened(zipped(*files))
    kept = [one.content for one in files if not (one.name.endswith(b"/") and not one.content)]
    kept.remove(MESSAGE)
    assert (found.message, [one.content for one in found.attachments]) == (MESSAGE, kept)
    for one in found.attachments:
        assert one.name.isprintable()
        assert 0 < len(one.name) <= LONGEST_NAME
        assert not {"/", "\\", "\0", "\n"} & set(one.name)
        assert one.name.strip(".")


@pytest.mark.parametrize(
    ("written", "flags", "shown"),
    [
        ("图片/暴雨.jpg".encode(), UTF8, "暴雨.jpg"),
        ("图片/暴雨.jpg".encode(), 0, "暴雨.jpg"),
        ("附件\\暴雨预警.doc".encode("gb18030"), 0, "暴雨预警.doc"),
        (b"../../../etc/passwd", 0, "passwd"),
        (b"C:\\Windows\\x.exe", 0, "x.exe"),
        (b"..", 0, "attachment"),
        (b"a\r\nSet-Cookie: b", 0, "a  Set-Cookie: b"),
        ("\u202egnp.exe".encode(), UTF8, "gnp.exe"),
    ],
)
def test_names_are_shown_and_lead_nowhere(written: bytes, flags: int, shown: str) -> None:
    assert opened(zipped(FILE, File(written, b"x", flags=flags))).attachments == (Attachment(shown, b"x"),)


def test_none_or_several_messages_are_refused() -> None:
    assert refused(zipped(File(b"a.jpg", b"\xff"))) == "zip.no_message"
    assert refused(zipped()) == "zip.no_message"
    assert refused(zipped(FILE, File(b"b.bin", dialect()))) == "zip.many_messages"
    inner = zipped(FILE)
    assert refused(zipped(File(b"inner.zip", inner))) == "zip.no_message", "an archive inside is not opened"
    assert opened(zipped(FILE, File(b"inner.zip", inner, method=0))).attachments[0].content == inner


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (zipped(*[FILE] * (MOST_FILES + 1)), "zip.too_many"),
        (b"PK\x03\x04" + b"PK\x01\x02" * 10_001, "zip.too_many"),
        (zipped(FILE, File(b"s", b"x", flags=1)), "zip.encrypted"),
        (zipped(FILE, File(b"s", b"x", method=14)), "zip.broken"),
        (zipped(FILE, File(b"s", b"x", method=99)), "zip.broken"),
        (zipped(FILE, File(b"s", b"x" * 9, crc=1)), "zip.broken"),
        (zipped(FILE, File(b"s", b"x", size=9)), "zip.broken"),
        (zipped(FILE, File(b"s", b"x" * 9, size=1)), "zip.broken"),
        (zipped(FILE, File(b"s", b"x", size=MOST_FILE + 1)), "zip.unpacked"),
        (zipped(File(b"bad\xff", MESSAGE, flags=UTF8)), "zip.broken"),
        (b"PK\x03\x04", "zip.broken"),
        (b"PK\x03\x04" + b"\0" * MOST_BYTES, "zip.too_large"),
    ],
)
def test_what_is_locked_broken_or_too_much_is_refused(data: bytes, code: str) -> None:
    assert refused(data) == code


LARGE, ONE = 64 * 1024 * 1024, 15 * 1024 * 1024


@pytest.mark.parametrize(
    ("count", "size", "said"),
    [(1, LARGE, None), (1, LARGE, 1000), (1, LARGE, MOST_FILE), (3, ONE, None), (MOST_FILES - 1, ONE, 1)],
)
def test_a_bomb_is_never_unpacked(count: int, size: int, said: int | None) -> None:
    """Honest or lying about its size, in one or in many: it takes no more memory than the bounds, and little time."""
    bomb = zipped(FILE, *[File(b"z", bytes(size), size=said)] * count)
    assert len(bomb) < 1024 * 1024
    tracemalloc.start()
    began = time.process_time()
    assert refused(bomb) in {"zip.unpacked", "zip.broken"}
    assert time.process_time() - began < 5
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 3 * archive.MOST_UNPACKED


WHOLE = zipped(FILE, File("图.jpg".encode(), bytes(range(256)) * 4), File(b"b.txt", b"b" * 900, method=0))


@given(st.integers(4, len(WHOLE) - 1))
def test_what_is_cut_short_is_refused(length: int) -> None:
    assert refused(WHOLE[:length]) == "zip.broken"


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_changed_bytes_give_the_same_or_a_problem(changes: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, value in changes:
        data[place] = value
    assert outcome(bytes(data)) in {MESSAGE, "zip"} or not is_archive(data)


@given(st.binary(max_size=600).map(lambda tail: b"PK\x03\x04" + tail) | st.binary(max_size=200))
def test_any_bytes_are_a_message_or_a_problem(data: bytes) -> None:
    assert outcome(data) == ("zip" if is_archive(data) else data)


@given(st.text(max_size=300))
def test_a_shown_name_is_a_short_line(text: str) -> None:
    name = shown_name(text)
    assert name.isprintable()
    assert 0 < len(name) <= LONGEST_NAME
    assert not {"/", "\\"} & set(name)


def test_attachments_are_tied_to_the_resources_that_name_them() -> None:
    resource = "<resource><resourceDesc>{}</resourceDesc><mimeType>image/jpeg</mimeType><uri>{}</uri></resource>"
    more = resource.format("雷达图", "http://x.example/p/%E5%9B%BE.jpg?x=1") + resource.format("二", "b.png")
    message = alert(infos=info(more=more)).encode()
    data = zipped(File(b"m", message), File("p/图.jpg".encode(), b"1"), File(b"c.png", b"22"))
    assert attachments(data) == [
        {"number": 1, "name": "图.jpg", "size": 1, "description": "雷达图"},
        {"number": 2, "name": "c.png", "size": 2, "description": None},
    ]
    assert [attachment(data, number) for number in (0, 2, 3)] == [None, Attachment("c.png", b"22"), None]
    assert (attachments(message), attachments(data[:-9])) == ([], [])


def test_what_a_common_archiver_writes_is_read() -> None:
    """With a folder's own entry, and sizes that follow the data because the output was a stream."""

    class Stream(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise OSError

    stream = Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as written:
        written.mkdir("图片")
        written.writestr("图片/一.jpg", b"1" * 3000)
        written.writestr("电文.xml", MESSAGE)
    found = opened(stream.getvalue())
    assert (found.message, [one.name for one in found.attachments]) == (MESSAGE, ["一.jpg"])
    assert len(deflated(b"1" * 3000)) < 100
