"""Real messages of many countries, each with the outcome its table says. They are not part of the project."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from alerts.actions import Received, RefusedMessage
from alerts.cap.masking import masked
from alerts.cap.message import CapProblem
from alerts.cap.places import Place, Places
from alerts.cap.read import Reading, read
from alerts.cap.severity import colour_of
from alerts.cap.signature import Verdict, check_signatures
from alerts.cap.write import write
from alerts.model import Alert, CapMessage
from gis.divisions import shipped_divisions
from tests.alerts.county import County
from tests.alerts.steps import take_cap

FOLDER = Path(__file__).parents[3] / "shared" / "data" / "cap"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="the real messages are not beside the project")


@dataclass(frozen=True)
class Accepted:
    languages: list[str]
    msg_type: str = "Alert"
    status: str = "Actual"
    warnings: set[str] = field(default_factory=set)
    signatures: int = 0
    references: int = 0


ACCEPTED = {
    "cma_high_temperature_penglai.xml": Accepted(["en-US", "zh-CN"], "Update", warnings={"cap.empty"}, references=1),
    "taiwan.cap": Accepted(["zh-TW"]),
    "mexico.xml": Accepted(["es-419"], "Update", references=1),
    "iceland_met_office.cap": Accepted(["is-IS", "en-US"]),
    "sweden.cap": Accepted(["sv-SE"], warnings={"cap.order", "cap.unknown_element", "cap.area_without_geometry"}),
    "ph.cap": Accepted(["en-US"], status="Test", signatures=1),
    "CanadaNaad.xml": Accepted(["en-CA", "fr-CA"], warnings={"cap.empty"}, signatures=2),
    "canada_signed.cap": Accepted(["en-CA", "fr-CA"], "Update", warnings={"cap.empty"}, signatures=2, references=9),
    "no_info_tag.cap": Accepted([], "Cancel", signatures=1, references=1),
    "australia_bom.cap": Accepted(["en-AU"]),
    "earthquake-iso8859-1.cap": Accepted(["en-US"], signatures=1),
    "canada_errors.cap": Accepted(["en-CA"], "Update", warnings={"cap.references_missing", "cap.empty"}),
}
REFUSED = {
    "invalid_xmlns.cap": ["cap.namespace"],
    "invalid.cap": ["cap.missing"],
    "noaa_errors.cap": ["cap.value", "cap.value", "cap.value"],
    "xee.cap": ["xml.doctype"],
}


def reading(name: str) -> Reading:
    return read((FOLDER / name).read_bytes())


def places(name: str, info: int = 0) -> tuple[Place, ...]:
    message = reading(name).message
    return Places(shipped_divisions().boundary_of, message.sent.date()).of(message.infos[info])


def warned(name: str) -> list[tuple[str, str]]:
    return [(warning.code, warning.field) for warning in reading(name).warnings]


def test_every_file_has_its_outcome() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.suffix != ".md"}
    assert files == ACCEPTED.keys() | REFUSED.keys()


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_accepted(name: str) -> None:
    found, expected = reading(name), ACCEPTED[name]
    assert [info.language for info in found.message.infos] == expected.languages
    assert (found.message.msg_type, found.message.status) == (expected.msg_type, expected.status)
    assert {warning.code for warning in found.warnings} == expected.warnings
    assert found.signatures == expected.signatures
    assert len(found.message.references) == expected.references


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_refused(name: str) -> None:
    with pytest.raises(CapProblem) as refused:
        reading(name)
    assert [error.code for error in refused.value.errors] == REFUSED[name]
    assert refused.value.code == REFUSED[name][0]


def test_refusals_name_what_they_found() -> None:
    with pytest.raises(CapProblem, match=r"urn:oasis:names:tc:emergency:alerts:1\.2"):
        reading("invalid_xmlns.cap")
    with pytest.raises(CapProblem, match="scope"):
        reading("invalid.cap")
    with pytest.raises(CapProblem, match=r"urgency.*severity.*certainty"):
        reading("noaa_errors.cap")


@pytest.mark.parametrize("name", sorted(ACCEPTED))
def test_what_we_write_reads_the_same(name: str) -> None:
    message = reading(name).message
    assert read(write(message)).message == message


def test_penglai_is_red_and_lies_in_its_division() -> None:
    message = reading("cma_high_temperature_penglai.xml").message
    assert [colour_of(message, info) for info in message.infos] == ["red", "red"]
    (place,) = places("cma_high_temperature_penglai.xml")
    boundary = shipped_divisions().boundary_of("370614")
    assert boundary is not None
    assert boundary.used_code in {"370614", "370600", "370000"}
    assert place.approximate == (boundary.used_code != "370614")
    assert place.geometry is not None
    assert message.references[0].identifier == "37061441600000_20260727120039"


def test_penglai_carries_no_forecaster_when_passed_on() -> None:
    message = reading("cma_high_temperature_penglai.xml").message
    names = {info.sender_name for info in message.infos}
    out = write(masked(message)).decode()
    assert all(name and name not in out for name in names)
    assert message.sender in out


def test_taiwan_has_no_geometry_of_ours() -> None:
    (place,) = places("taiwan.cap")
    assert place.geometry is None
    assert [warning.code for warning in place.warnings] == ["cap.area_without_geometry"]


def test_mexico_and_iceland_are_drawn() -> None:
    for name in ("mexico.xml", "iceland_met_office.cap"):
        (place,) = places(name)
        assert place.geometry is not None
        assert place.geometry["type"] == "Polygon"
        assert not place.approximate
    assert len(reading("iceland_met_office.cap").message.infos[0].areas[0].geocodes) == 1


def test_sweden_has_two_areas_that_cannot_be_read() -> None:
    assert [place.geometry for place in places("sweden.cap")] == [None, None]
    unknown = [field for code, field in warned("sweden.cap") if code == "cap.unknown_element"]
    assert {field.rsplit(".", 1)[1] for field in unknown} == {"Type", "Polygon"}


def test_canada_keeps_references_in_order_and_several_areas() -> None:
    message = reading("canada_signed.cap").message
    assert message.references[0].identifier == "2.49.0.1.124.726d2331.2013"
    assert message.references[-1].identifier == "2.49.0.1.124.b5af9b7c.2013"
    assert len(places("canada_signed.cap")) > 1
    empty = {field for code, field in warned("canada_errors.cap") if code == "cap.empty"}
    assert {"restriction", "addresses"} <= empty


def test_australia_has_seven_geocodes() -> None:
    assert len(reading("australia_bom.cap").message.infos[0].areas[0].geocodes) == 7


def test_latin_1_and_a_circle_without_radius() -> None:
    message = reading("earthquake-iso8859-1.cap").message
    assert "Usulután" in (message.infos[0].headline or "")
    (place,) = places("earthquake-iso8859-1.cap")
    assert place.geometry == {"type": "Point", "coordinates": [-88.783, 12.747]}


@pytest.mark.parametrize("name", [name for name, outcome in ACCEPTED.items() if outcome.signatures])
def test_signatures_are_reported_never_assumed(name: str) -> None:
    reports = check_signatures((FOLDER / name).read_bytes(), (), datetime.now(UTC))
    assert len(reports) == ACCEPTED[name].signatures
    assert all(report.verdict is not Verdict.VALID for report in reports)


def test_an_intact_real_signature_breaks_when_one_letter_changes() -> None:
    data = (FOLDER / "no_info_tag.cap").read_bytes()
    (report,) = check_signatures(data, (), datetime.now(UTC))
    assert report.verdict is Verdict.UNKNOWN_SIGNER
    (changed,) = check_signatures(data.replace(b"AtHoc", b"AtHop", 1), (), datetime.now(UTC))
    assert changed.verdict is Verdict.INVALID


def test_each_is_taken_into_either_database(either: County) -> None:
    for name in sorted(ACCEPTED | REFUSED):
        data = (FOLDER / name).read_bytes()
        take = partial(take_cap, clock=either.clock, data=data, boundary_of=shipped_divisions().boundary_of)
        found = either.do("issuer", lambda s, a, take=take: take(s, actor=a))  # type: ignore[misc]
        assert isinstance(found, Received if name in ACCEPTED else RefusedMessage)
    with either.db.reading() as session:
        kept = session.scalars(select(CapMessage)).all()
        assert {message.content for message in kept} == {path.read_bytes() for path in FOLDER.glob("*.[cx]*")}
        penglai = session.scalars(select(Alert).where(Alert.identifier == "37061441600000_20260801133303")).one()
        assert (penglai.colour, penglai.divisions, penglai.language) == ("red", ["370614"], "zh-CN")
        on_board = [alert.scope_status for alert in session.scalars(select(Alert).where(Alert.on_board))]
    assert on_board == [], "all of them ran out long ago"
