"""The small pure parts: digests, file kinds and names, tables, positions, numbers."""

import ast
import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st

import command
from command.area import Area
from command.incidents import actions
from command.incidents.changes import Draft
from command.incidents.model import Incident
from command.incidents.numbers import incident_number
from command.incidents.personal import new_salt, personal_digest
from command.kernel.attachments import AttachmentStore, media_type_of, safe_name
from command.kernel.errors import FengsuiError, UnsupportedKind
from command.messages import MESSAGES
from command.spreadsheet import to_csv
from gis.divisions import shipped_divisions
from tests.command.county import County
from web.words import spoken


def test_a_digest_needs_its_salt() -> None:
    one, other = new_salt(), new_salt()
    assert personal_digest(one, "李", None) == personal_digest(one, "李", None)
    assert personal_digest(one, "李", None) != personal_digest(other, "李", None)
    assert personal_digest(one, "李", None) != personal_digest(one, None, "李")
    assert personal_digest(one, None, None) is None


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"\xff\xd8\xff\xe0" + bytes(20), "image/jpeg"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "image/png"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"%PDF-1.7\n", "application/pdf"),
        ("水位 3.2 米\r\n".encode(), "text/plain; charset=utf-8"),
        ("水位 3.2 米".encode("gb18030"), "text/plain; charset=gb18030"),
        (b"<html><script>", "text/plain; charset=utf-8"),
    ],
)
def test_a_file_is_what_its_bytes_say(data: bytes, kind: str) -> None:
    assert media_type_of(data) == kind


@given(st.binary(min_size=1, max_size=200).map(lambda data: b"PK\x03\x04\x00" + data))
def test_an_archive_is_never_taken(data: bytes) -> None:
    with pytest.raises(UnsupportedKind):
        media_type_of(data)


@given(st.text(max_size=300))
def test_a_name_is_one_harmless_part_of_a_path(name: str) -> None:
    safe = safe_name(name)
    assert 0 < len(safe) <= 120
    assert not set(safe) & set('/\\:*?"<>|\x00\n\r')
    assert safe not in {".", ".."}


def test_a_file_stands_under_its_digest_once(tmp_path: Path) -> None:
    store = AttachmentStore(tmp_path / "files")
    first, again = store.keep(b"%PDF-1"), store.keep(b"%PDF-1")
    assert first == again
    assert [path.name for path in store.folder.iterdir()] == [first.sha256]
    assert store.path(first.sha256).read_bytes() == b"%PDF-1"


@given(st.text(min_size=1, max_size=30))
@example("\x85=1")
def test_no_cell_is_a_formula(text: str) -> None:
    read = next(csv.reader(io.StringIO(to_csv([text], []).decode("utf-8-sig"), newline="")), [])
    body = list(csv.reader(io.StringIO(to_csv(["h"], [[text]]).decode("utf-8-sig"), newline="")))
    assert read == [text]
    cell = body[1][0] if len(body) > 1 else ""
    assert cell in {text, f"'{text}"}
    assert not cell.lstrip().startswith(("=", "+", "-", "@"))


def test_numbers_stay_numbers_in_a_table() -> None:
    assert to_csv(["a"], [[-1.5], [None]]) == b'\xef\xbb\xbfa\r\n-1.5\r\n""\r\n'


def test_the_border_is_not_drawn_with_a_knife() -> None:
    area = Area("532301", shipped_divisions())
    boundary = shipped_divisions().boundary_of("532301")
    assert boundary is not None
    west, south, *_ = boundary.geometry.bounds
    spots = shapely.get_coordinates(boundary.geometry)
    lon, lat = spots[spots[:, 0].argmin()].tolist()
    assert area.covers((lon - 0.003, lat))
    assert not area.covers((lon - 0.01, lat))
    assert not area.covers((west, south))
    assert area.holds("532301109")
    assert not area.holds("532322")


def test_numbers_count_by_local_day(county: County) -> None:
    with county.db.writing() as session:
        unit = county.world.units["county"]
        before = datetime(2026, 11, 20, 15, 59, tzinfo=UTC)
        after = datetime(2026, 11, 20, 16, 0, tzinfo=UTC)
        given = [incident_number(session, unit, at) for at in (before, before, after)]
        other = incident_number(session, county.world.units["elsewhere"], before)
    assert given == [("2026-11-20", "1120-001"), ("2026-11-20", "1120-002"), ("2026-11-21", "1121-001")]
    assert other[1] == "1120-001"


def test_erasing_the_caller_leaves_the_state_as_it_is(county: County) -> None:
    actor = county.actor("duty")
    with county.db.writing() as session:
        draft = Draft(title="报告", category="accident", source="phone", reporter="李", callback="138")
        key = actions.log(session, county.clock, actor, draft, shipped_divisions()).id
    with county.db.writing() as session:
        row = session.get_one(Incident, key)
        told = row.state()
        row.reporter = row.callback = row.personal_salt = None
    with county.db.reading() as session:
        assert session.get_one(Incident, key).state() == told


def test_every_sentence_is_there_in_both_languages_with_the_same_values() -> None:
    for code, (chinese, english) in MESSAGES.items():
        assert chinese, code
        assert names(chinese) == names(english), code


def names(sentence: str) -> set[str]:
    return {part.partition("}")[0] for part in sentence.split("{")[1:]}


def test_states_are_said_in_words() -> None:
    params = {"state": "reported", "possible": "responding,unfounded", "name": "reported"}
    assert spoken(params, "zh") == {"state": "接报", "possible": "处置、不属实", "name": "reported"}
    assert spoken(params, "en")["possible"] == "responding, unfounded"


def test_every_error_raised_in_the_package_has_its_sentence() -> None:
    assert sorted(set(raised_codes()) - MESSAGES.keys()) == []


def raised_codes() -> Iterator[str]:
    makers = {cls.__name__ for cls in FengsuiError.__subclasses__()} | {"invalid", "FieldError"}
    for path in Path(command.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
                told = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
                yield from (text for text in told if "." in text)
