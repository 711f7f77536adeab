"""Colours: where a message says one, and where it does not; names that are not passed on."""

from dataclasses import replace

import pytest

from alerts.cap.masking import masked
from alerts.cap.message import Message, Pair
from alerts.cap.read import read
from alerts.cap.severity import colour_name, colour_of, severity_of
from tests.alerts.messages import alert, info

PLATFORM = "53230141600000_20261120140311"


def message(identifier: str = "example-1", severity: str = "Severe", more: str = "") -> Message:
    return read(alert(identifier=identifier, infos=info(severity=severity, more=more)).encode()).message


def colour(found: Message) -> str | None:
    return colour_of(found, found.infos[0])


def test_the_table_goes_both_ways() -> None:
    pairs = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor", None: "Unknown"}
    assert {name: severity_of(name) for name in pairs} == pairs
    assert colour_name("orange") == "橙色"


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("<headline>发布暴雨红色预警信号</headline>", "red"),
        ("<headline>Red warning for rain</headline>", "red"),
        ("<headline>red sky</headline>", None),
        ("<parameter><valueName>Color</valueName><value>Yellow</value></parameter>", "yellow"),
        ("<parameter><valueName>alert_color</valueName><value>紅色</value></parameter>", "red"),
        ("<parameter><valueName>hat</valueName><value>red</value></parameter>", None),
    ],
)
def test_where_a_colour_is_said(more: str, expected: str | None) -> None:
    assert colour(message(more=more)) == expected


def test_a_severity_is_a_colour_only_on_the_national_platform() -> None:
    assert colour(message(severity="Extreme")) is None
    assert colour(message(PLATFORM, severity="Extreme")) == "red"
    assert colour(message(PLATFORM, severity="Unknown")) is None


def test_a_forecaster_is_masked() -> None:
    more = "<senderName>张三</senderName><description>有大雨。预报员：李四</description><contact>王五</contact>"
    found = message(PLATFORM, more=more)
    found = replace(found, infos=(replace(found.infos[0], parameters=(Pair("Elaboró", "Ana"),)),))
    one = masked(found).infos[0]
    assert one.sender_name == "station@example.org"
    assert one.description == "有大雨。预报员：＊"
    assert (one.contact, one.parameters[0].value) == (None, "＊")


def test_an_office_keeps_its_name() -> None:
    assert masked(message(more="<senderName>楚雄市气象台</senderName>")).infos[0].sender_name == "楚雄市气象台"
