"""The national platform's own form: read as CAP, written marked unverified."""

from datetime import UTC, datetime

import pytest
from lxml import etree

from alerts.cap.cn_dialect import UNVERIFIED, dialect_identifier, is_dialect_identifier, write_dialect
from alerts.cap.message import CapProblem
from alerts.cap.read import read
from alerts.cap.severity import colour_of
from tests.alerts.messages import alert, area, geocode, info

CODE = "53230141600000"
SENT = datetime(2026, 11, 20, 6, 3, 11, tzinfo=UTC)


def dialect(
    identifier: str = f"{CODE}_20261120140311", severity: str = "Red", extra: str = "", head: str = ""
) -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?><alert><identifier>{identifier}</identifier>
<sender>楚雄市气象台（示例）</sender><senderCode>{CODE}</senderCode><sendTime>2026-11-20 14:03:11</sendTime>
<status>Actual</status><msgType>Alert</msgType><scope>Public</scope>{head}<info><language>zh-CN</language>
<category>Met</category><event>暴雨</event><urgency>Immediate</urgency><severity>{severity}</severity>
<certainty>Likely</certainty><effective>2026-11-20 14:03:11</effective><expires>2026-11-20 20:00:00</expires>
<headline>暴雨预警（示例）</headline>{extra}<area><areaDesc>两镇</areaDesc><polygon/>
<geocode>532301103000,532301112000</geocode></area></info></alert>""".encode()


@pytest.mark.parametrize("identifier", [f"{CODE}_20261120140311", f"{CODE}_20261120140311_0"])
def test_it_is_read_with_either_identifier(identifier: str) -> None:
    found = read(dialect(identifier))
    message, one = found.message, found.message.infos[0]
    assert (message.identifier, message.sender, message.sent) == (identifier, CODE, SENT)
    assert (one.expires, one.severity, colour_of(message, one)) == (
        datetime(2026, 11, 20, 12, tzinfo=UTC),
        "Extreme",
        "red",
    )
    assert [pair.value for pair in one.areas[0].geocodes] == ["532301103000", "532301112000"]
    assert {warning.code for warning in found.warnings} <= {"cap.dialect", "cap.order"}


@pytest.mark.parametrize(("severity", "colour"), [("Orange", "orange"), ("yellow", "yellow"), ("BLUE", "blue")])
def test_its_severity_is_a_colour(severity: str, colour: str) -> None:
    message = read(dialect(severity=severity)).message
    assert colour_of(message, message.infos[0]) == colour


def test_of_references_the_identifiers_count_and_unknown_elements_are_listed() -> None:
    former = f"{CODE}_20261119140311_1"
    for text in (former, f"楚雄市气象台,{former},2026-11-19 14:03:11"):
        message = read(dialect(head=f"<references>{text}</references><secClassification>None</secClassification>"))
        assert [(one.sender, one.identifier) for one in message.message.references] == [(CODE, former)]
        assert "cap.unknown_element" in {warning.code for warning in message.warnings}


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (dialect(severity="Purple"), "cap.value"),
        (dialect().replace(b"2026-11-20 14:03:11</sendTime>", b"yesterday</sendTime>"), "cap.time"),
        (dialect().replace(b"senderCode", b"sendercode"), "cap.namespace"),
        (dialect().replace(b"<scope>Public</scope>", b""), "cap.missing"),
    ],
)
def test_what_is_not_certain_is_refused(data: bytes, code: str) -> None:
    with pytest.raises(CapProblem) as refused:
        read(data)
    assert refused.value.code == code


@pytest.mark.parametrize("number", [None, 3])
def test_what_is_written_says_that_nobody_checked_it_and_is_read_again(number: int | None) -> None:
    more = "<expires>2026-11-20T20:00:00+08:00</expires><headline>暴雨橙色预警</headline>"
    places = area(geocode("GB/T 2260", "532301103") + geocode("GB/T 2260", "532301112"))
    message = read(alert(infos=info(more=more, areas=places)).encode()).message
    before = [f"{CODE}_20261119140311_1", f"{CODE}_20261118140311"]
    written = write_dialect(message, dialect_identifier(CODE, SENT, number), before)
    assert UNVERIFIED in written.decode()
    root = etree.fromstring(written)
    assert (root.tag, root.findtext("sendTime")) == ("alert", "2026-11-20 14:03:11")
    assert (root.findtext("info/severity"), root.findtext("info/area/polygon")) == ("Orange", "")
    assert root.findtext("info/area/geocode") == "532301103000,532301112000"
    again = read(written).message
    assert [one.identifier for one in again.references] == before
    assert (again.sender, is_dialect_identifier(again.identifier)) == (CODE, True)
    assert again.identifier == dialect_identifier(CODE, SENT, number)
    assert again.identifier == f"{CODE}_20261120140311" + ("" if number is None else "_3")
    assert (again.sent, again.infos[0].event, again.infos[0].expires) == (
        message.sent,
        message.infos[0].event,
        message.infos[0].expires,
    )


def test_neither_a_made_up_code_nor_a_message_without_colour_is_written() -> None:
    plain = read(alert(infos=info(more="<headline>通告</headline>")).encode()).message
    with pytest.raises(CapProblem) as refused:
        write_dialect(plain, f"{CODE}_20261120140311", ())
    assert refused.value.code == "cn_dialect.no_colour"
    for code in ("532301", CODE + "0", "５" * 14, ""):
        with pytest.raises(CapProblem) as refused:
            dialect_identifier(code, SENT, None)
        assert refused.value.code == "cn_dialect.sender_code"
    for text in (CODE, f"x{CODE}_20261120140311", f"{CODE}_20261120140311_", f"{CODE}_2026112014031"):
        assert not is_dialect_identifier(text)
