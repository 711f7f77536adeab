"""What we write is valid by the schemas of CAP 1.2 and reads back the same."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.cap.message import (
    CATEGORIES,
    CERTAINTIES,
    RESPONSE_TYPES,
    SEVERITIES,
    STATUSES,
    URGENCIES,
    Area,
    Info,
    Message,
    Pair,
    Reference,
    Resource,
)
from alerts.cap.read import read
from alerts.cap.write import time_text, write
from tests.alerts.schema import assert_valid, faults
from tests.alerts.signing import signed_example

CHINA = timezone(timedelta(hours=8))

FULL = Message(
    identifier="fengsui-532301-1",
    sender="fengsui@532301",
    sent=datetime(2026, 11, 20, 14, 3, 11, tzinfo=CHINA),
    status="Actual",
    msg_type="Update",
    scope="Private",
    source="楚雄市",
    addresses=("one", "two three"),
    codes=("a",),
    note="注意",
    references=(Reference("fengsui@532301", "fengsui-532301-0", "2026-11-20T13:00:00+08:00"),),
    incidents=("1120-001",),
    infos=(
        Info(
            event="山洪",
            categories=("Met", "Geo"),
            urgency="Immediate",
            severity="Extreme",
            certainty="Observed",
            language="zh-CN",
            response_types=("Evacuate",),
            audience="沿河群众",
            event_codes=(Pair("GB/T 35561", "11B03"),),
            effective=datetime(2026, 11, 20, 14, 3, 11, tzinfo=CHINA),
            expires=datetime(2026, 11, 20, 20, 0, tzinfo=UTC),
            headline="山洪 <红色> & 预警",
            description="第一行\n第二行",
            instruction="马上转移",
            web="https://example.org/a",
            parameters=(Pair("colour", "red"),),
            resources=(Resource("图", "image/png", 12, "https://example.org/a.png"),),
            areas=(
                Area(
                    "三街镇",
                    ("25,101 25,102 26,102 25,101",),
                    ("25,101 5",),
                    (Pair("GB/T 2260", "532301101"),),
                    1000.0,
                    2000.5,
                ),
            ),
        ),
    ),
)


def test_the_full_model_is_valid_and_reads_back() -> None:
    document = write(FULL)
    assert_valid(document)
    found = read(document)
    assert found.message == FULL
    assert found.warnings == ()


def test_utc_is_written_as_minus_zero() -> None:
    assert time_text(datetime(2026, 11, 20, 6, 3, 11, 42_000, tzinfo=UTC)) == "2026-11-20T06:03:11-00:00"
    assert time_text(datetime(2026, 11, 20, 14, 3, 11, tzinfo=CHINA)) == "2026-11-20T14:03:11+08:00"


def test_a_bare_cancel_is_valid() -> None:
    message = replace(FULL, msg_type="Cancel", infos=(), scope="Public", addresses=())
    assert_valid(write(message))


def test_a_signed_message_is_valid_with_its_signature() -> None:
    assert_valid(signed_example())


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"<status>Actual</status>", b"<status>Real</status>"),
        (b"<msgType>Alert</msgType>", b""),
        (b"+08:00</sent>", b"Z</sent>"),
        (b"</areaDesc>", b"</areaDesc><area/>"),
        (b"</alert>", b"<event>x</event></alert>"),
    ],
)
def test_both_schemas_bite(right: bytes, wrong: bytes) -> None:
    document = signed_example()
    assert right in document
    found = faults(document.replace(right, wrong))
    assert {one.split(":")[0] for one in found} == {"ours", "OASIS"}


def test_a_signature_in_disorder_is_found_by_the_signatures_own_schema() -> None:
    document = signed_example().replace(b"ds:DigestValue>", b"ds:Digest>")
    assert [one.split(":")[0] for one in faults(document)] == ["OASIS"]


_text = st.text(st.characters(min_codepoint=0x21, max_codepoint=0xD7FF), min_size=1, max_size=20)
_infos = st.builds(
    Info,
    event=_text,
    categories=st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=2).map(tuple),
    urgency=st.sampled_from(URGENCIES),
    severity=st.sampled_from(SEVERITIES),
    certainty=st.sampled_from(CERTAINTIES),
    response_types=st.lists(st.sampled_from(RESPONSE_TYPES), max_size=2).map(tuple),
    headline=st.none() | _text,
    instruction=st.none() | _text,
    parameters=st.lists(st.builds(Pair, _text, _text), max_size=2).map(tuple),
)


@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
@settings(max_examples=60)
@given(infos=st.lists(_infos, max_size=3), status=st.sampled_from(STATUSES))
def test_whatever_is_written_is_valid_and_reads_back(infos: list[Info], status: str) -> None:
    message = replace(FULL, infos=tuple(_stripped(info) for info in infos), status=status)
    document = write(message)
    assert_valid(document)
    assert read(document).message == message


def _stripped(info: Info) -> Info:
    """Reading strips white space around values, so that only values without any compare equal."""
    return replace(
        info,
        event=_word(info.event),
        headline=info.headline and _word(info.headline),
        instruction=info.instruction and _word(info.instruction),
        parameters=tuple(Pair(_word(pair.name), _word(pair.value)) for pair in info.parameters),
    )


def _word(text: str) -> str:
    return "".join(c for c in text if c.isprintable()).strip() or "x"
