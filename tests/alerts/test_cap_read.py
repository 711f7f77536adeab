"""Reading CAP: what is accepted with which warnings, what is refused with which code."""

import codecs
from datetime import UTC, datetime, timedelta, timezone

import pytest

from alerts.cap.message import CapProblem
from alerts.cap.read import Reading, read
from alerts.cap.xml import MAX_BYTES
from tests.alerts.messages import alert, area, info


def reading(text: str) -> Reading:
    return read(text.encode())


def codes(text: str) -> list[str]:
    return [warning.code for warning in reading(text).warnings]


def refusal(data: bytes | str) -> CapProblem:
    with pytest.raises(CapProblem) as refused:
        read(data.encode() if isinstance(data, str) else data)
    return refused.value


def test_a_sound_message_has_no_warnings() -> None:
    found = reading(alert())
    assert found.warnings == ()
    assert found.message.identifier == "example-1"
    assert found.message.sent == datetime(2026, 11, 20, 14, 3, 11, tzinfo=timezone(timedelta(hours=8)))
    assert found.message.infos[0].headline == "暴雨橙色预警"
    assert found.message.version == "1.2"


def test_a_sound_1_1_message_stays_1_1() -> None:
    text = alert(namespace="urn:oasis:names:tc:emergency:cap:1.1", infos=info(certainty="Very Likely"))
    found = reading(text)
    assert found.message.version == "1.1"
    assert found.message.infos[0].certainty == "Likely"
    assert [warning.code for warning in found.warnings] == ["cap.value_form"]
    assert refusal(alert(infos=info(certainty="Very Likely"))).code == "cap.value"


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE alert SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE alert [<!ENTITY a "b">]>',
        "<!-- quiet --><!DOCTYPE alert>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_a_doctype_is_refused_in_any_encoding(text: str, encoding: str) -> None:
    document = alert(declaration=f'<?xml version="1.0" encoding="{encoding}"?>{text}', infos="")
    assert refusal(document.encode(encoding)).code == "xml.doctype"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "xml.malformed"),
        (b"<alert", "xml.malformed"),
        (alert().replace("暴雨", "&nothing;"), "xml.malformed"),
        (alert().replace("暴雨", "\x00"), "xml.malformed"),
        (b"\xff\xfe\x00", "xml.encoding"),
        (alert().encode("gb18030"), "xml.encoding"),
        (alert(declaration='<?xml version="1.0" encoding="utf-7"?>'), "xml.encoding"),
        (b" " * (MAX_BYTES + 1), "xml.too_large"),
        (f"<alert>{'<a/>' * 100_001}</alert>", "xml.too_many"),
        ("<alert>" + "<a>" * 1000 + "</a>" * 1000 + "</alert>", "xml.malformed"),
        ("<feed/>", "cap.root"),
        ("<alert/>", "cap.namespace"),
        (alert(namespace="urn:oasis:names:tc:emergency:cap:1.9"), "cap.namespace"),
        (alert(scope=""), "cap.missing"),
        (alert(identifier=""), "cap.missing"),
        (alert(status="Real"), "cap.value"),
        (alert(sent="2026-11-20T14:03:11"), "cap.time"),
        (alert(sent="2026-11-31T14:03:11+08:00"), "cap.time"),
        (alert(scope="<scope>Public</scope><scope>Private</scope>"), "cap.repeated"),
        (alert(infos=info(more="<expires>2026-11-20 14:03</expires>")), "cap.time"),
        (alert(infos=info(severity="")), "cap.value"),
        (alert(infos="<info/>"), "cap.missing"),
        (alert(infos=info(areas=area("", description=""))), "cap.missing"),
    ],
)
def test_refused(data: bytes | str, code: str) -> None:
    assert refusal(data).code == code


def test_a_refusal_lists_every_error() -> None:
    problem = refusal(alert(scope="", status="Real", infos=info(urgency="", event="")))
    assert {(error.code, error.field) for error in problem.errors} == {
        ("cap.missing", "scope"),
        ("cap.value", "status"),
        ("cap.value", "info[1].urgency"),
        ("cap.missing", "info[1].event"),
    }


@pytest.mark.parametrize(
    ("text", "warnings"),
    [
        (alert(extra="<note/>"), ["cap.empty"]),
        (alert(extra="<colour>red</colour>"), ["cap.unknown_element"]),
        (alert(extra="<note>b</note><code>a</code>"), ["cap.order"]),
        (alert(scope="<scope>Public</scope><scope>Public</scope>"), ["cap.repeated"]),
        (alert(status="actual"), ["cap.value_form"]),
        (alert(sent="2026-11-20T06:03:11Z"), ["cap.time_form"]),
        (alert(sent="2026-11-20T14:03:11.25+08:00"), ["cap.time_form"]),
        (alert(msg_type="Update"), ["cap.references_missing"]),
        (
            alert(msg_type="Cancel", extra="<references>nobody</references>", infos=""),
            ["cap.references", "cap.references_missing"],
        ),
        (alert(infos=""), ["cap.no_info"]),
        (alert(scope="<scope>Private</scope>"), ["cap.addresses_missing"]),
        (alert(scope="<scope>Restricted</scope>"), ["cap.restriction_missing"]),
        (alert(identifier="two words"), ["cap.identifier_form"]),
        (alert(infos=info(areas=area(""))), ["cap.area_without_geometry"]),
        (alert(infos=info(areas=area("<polygon>25,101</polygon>"))), ["cap.polygon"]),
        (alert(infos=info(areas=area("<polygon>25,101 25,102 26,102</polygon>"))), ["cap.polygon_mended"]),
        (alert(infos=info(areas=area("<circle>25,101</circle>"))), ["cap.circle"]),
        (alert(infos=info(areas=area("<circle>25,101 5</circle><altitude>high</altitude>"))), ["cap.number"]),
    ],
)
def test_departures_are_listed(text: str, warnings: list[str]) -> None:
    assert codes(text) == warnings


def test_a_cancel_without_info_is_legal() -> None:
    found = reading(alert(msg_type="Cancel", extra="<references>a,b,2026-11-20T14:03:11+08:00</references>", infos=""))
    assert found.warnings == ()
    assert found.message.references[0].identifier == "b"


def test_comma_joined_references_keep_their_order() -> None:
    joined = "a,1,2026-11-20T14:00:00+08:00,a,2,2026-11-20T14:01:00+08:00"
    found = reading(alert(msg_type="Update", extra=f"<references>{joined}</references>"))
    assert [reference.identifier for reference in found.message.references] == ["1", "2"]
    assert [warning.code for warning in found.warnings] == ["cap.references_form"]


def test_quoted_addresses_and_incidents() -> None:
    extra = '<addresses>one "two three"</addresses><incidents>a b</incidents>'
    found = reading(alert(extra=extra))
    assert found.message.addresses == ("one", "two three")
    assert found.message.incidents == ("a", "b")


@pytest.mark.parametrize(
    ("written", "read_as"), [("zh-tw", "zh-TW"), ("ZH", "zh"), ("zh-hans-cn", "zh-Hans-CN"), ("es-419", "es-419")]
)
def test_language_tags(written: str, read_as: str) -> None:
    assert reading(alert(infos=info(language=written))).message.infos[0].language == read_as


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_encodings_by_declaration_and_mark(encoding: str) -> None:
    data = alert(declaration=f'<?xml version="1.0" encoding="{encoding}"?>').encode(encoding)
    assert read(data).message.infos[0].event == "暴雨"
    assert read(codecs.BOM_UTF8 + alert(declaration="").encode()).message.infos[0].event == "暴雨"


def test_utc_in_any_writing() -> None:
    for text in ("2026-11-20T06:03:11Z", "2026-11-20T06:03:11-00:00"):
        assert reading(alert(sent=text)).message.sent == datetime(2026, 11, 20, 6, 3, 11, tzinfo=UTC)


def test_the_list_of_warnings_is_bounded() -> None:
    found = reading(alert(extra="<x/>" * 500))
    assert len(found.warnings) == 101
    assert found.warnings[-1].code == "cap.more"
