"""Shapes of areas beside the timeline: kept once, named by every entry, proved by their names."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from alerts import actions
from alerts.drafting import AreaInput, CircleInput, find_area
from alerts.proof import first_changed_shape
from alerts.queries import shape_for
from alerts.shapes import AlertShape, AreaShape, digest_of, geometry_in
from command.kernel.errors import NotFound
from command.kernel.timeline import read_after, verify
from command.kernel.values import canonical
from tests.alerts.county import DIVISIONS, SOUTH, County, fields
from tests.alerts.steps import drafted, issued
from web.cli import main

WHOLE = "532301"
ENTRY = 4_000
"""Bytes that an alert's entry may have; with the county's border it had 50,000."""


def told(county: County) -> list[dict[str, Any]]:
    """The alerts as the entries have them."""
    entries = county.see("duty", lambda s, _: [entry.body for entry in read_after(s, 0, 1000)])
    return [dict(body["alert"]) for body in entries if isinstance(body.get("alert"), dict)]  # type: ignore[arg-type]


def test_an_area_is_kept_once_and_every_entry_names_it(either: County) -> None:
    county = either
    area = AreaInput(divisions=(WHOLE,))
    for headline in ("第一条", "第二条"):
        issued(county, headline=headline, area=area)
    with county.db.reading() as session:
        assert session.scalar(select(func.count(AreaShape.digest))) == 1
        found = [geometry_in(session, alert["area"]) for alert in told(county)]
        assert found == [find_area(area, DIVISIONS).geometry] * 8
        assert (verify(session)[1], first_changed_shape(session)) == (None, None)
    assert max(len(canonical(alert).encode()) for alert in told(county)) < ENTRY


def test_whoever_reads_an_alert_reads_what_its_entries_name_whatever_its_area_is_now(county: County) -> None:
    circles = [AreaInput(divisions=(SOUTH,), circle=CircleInput(101.0, 24.6, radius)) for radius in (900, 1800)]
    alert = drafted(county, wanted=fields(area=circles[0]))
    other = drafted(county)
    change = {"area": circles[1]}
    county.do("issuer", lambda s, a: actions.amend(s, county.clock, a, alert, None, change, DIVISIONS))
    named = [area[name] for area in (one["area"] for one in told(county)) for name in ("digest", "drawn_digest")]
    before = str(named[1])
    assert before not in named[-2:]
    assert json.loads(county.see("duty", lambda s, a: shape_for(s, a, alert, before)))["type"] == "Polygon"
    for who, which, code in (("stranger", alert, "alert.unknown"), ("duty", other, "alert.shape_unknown")):
        with pytest.raises(NotFound) as refused:
            county.see(who, lambda s, a, which=which: shape_for(s, a, which, before))  # type: ignore[misc]
        assert refused.value.code == code


POSITION = st.tuples(st.floats(100, 103), st.floats(24, 26))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(POSITION, min_size=3, max_size=6))
def test_any_shape_comes_back_by_its_name_and_in_place(county: County, ring: list[tuple[float, float]]) -> None:
    shape: Any = {"type": "Polygon", "coordinates": [[list(one) for one in (*ring, ring[0])]]}
    turned = {name: shape[name] for name in reversed(list(shape))}
    digest = digest_of(shape)
    assert digest == digest_of(turned) != digest_of({**shape, "type": "MultiPolygon"})
    with county.db.writing() as session:
        if session.get(AreaShape, digest) is None:
            session.add(AreaShape(digest=digest, geojson=canonical(shape)))
    with county.db.reading() as session:
        named = geometry_in(session, {"digest": digest, "drawn_digest": None})
        assert named == geometry_in(session, {"geometry": shape}) == shape
        assert geometry_in(session, {"digest": None, "drawn_digest": None}) is None


def test_a_shape_that_is_another_or_gone_is_told(
    county: County, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    drafted(county)
    issued(county, area=AreaInput(divisions=(WHOLE,), circle=CircleInput(101.3, 25.1, 900)))
    digest = told(county)[-1]["area"]["drawn_digest"]
    moved = update(AreaShape).where(AreaShape.digest == digest)
    changes = (
        (moved.values(geojson=func.replace(AreaShape.geojson, "25.1", "25.2")),),
        (delete(AlertShape).where(AlertShape.digest == digest), delete(AreaShape).where(AreaShape.digest == digest)),
    )
    for statements, said in zip(changes, ("another now", "gone"), strict=True):
        with county.db.writing() as session:
            for statement in statements:
                session.execute(statement)
        with county.db.reading() as session:
            assert verify(session)[1] is None
        assert main(("verify", "--data", str(tmp_path))) == 1
        assert capsys.readouterr().out.startswith("entry 2 ")
        assert said in (first_changed_shape(session) or "")
