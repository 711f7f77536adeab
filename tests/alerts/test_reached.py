"""Which places a received message reaches: by codes however they are written, by what is drawn where it is drawn."""

from typing import Any

import pytest

from alerts import actions
from alerts.drafts import area_of, meant_by
from alerts.model import Alert
from command.directory.model import HazardPoint
from command.evacuation.area import Wanted, points_in
from tests.alerts.county import NORTH, SOUTH, County
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.telephones import obligations, villages
from tests.alerts.test_receiving import received, state

RED = "<expires>2026-11-20T20:00:00+08:00</expires><headline>发布暴雨红色预警信号</headline>"
SOUTHERN = "<polygon>24.5,100.9 24.5,101.1 24.7,101.1 24.7,100.9 24.5,100.9</polygon>"
NORTHERN = "<circle>25.13,101.36 5</circle>"
ALL = {"甲村", "乙村", "吕合镇", "西舍路镇"}


def named(code: str, drawn: str = "") -> str:
    return area(drawn + geocode("GB/T 2260", code), "某地")


def taken(county: County, *areas: str) -> Alert:
    villages(county, "south", ("甲村",))
    villages(county, "north", ("乙村",))
    return received(county, alert(infos=info(more=RED, areas="".join(areas))).encode()).alert


@pytest.mark.parametrize("code", ["532301", "532301000000", "532300", "530000", "532301999", "532301999001"])
def test_a_code_of_the_county_or_around_it_or_unknown_in_it_calls_the_county(county: County, code: str) -> None:
    found = taken(county, named(code))
    assert state(county, found.id)["on_board"]
    assert set(obligations(county)) == ALL


def test_an_unknown_village_calls_its_township_and_a_neighbours_code_nobody(county: County) -> None:
    found = taken(county, named(f"{SOUTH}999"), named("532322999"))
    assert set(obligations(county)) == {"甲村", "西舍路镇"}
    assert state(county, found.id)["area"]["divisions"] == [SOUTH, "532322999"]


@pytest.mark.parametrize("code", ["532301", "532300", "532301999", NORTH])
def test_where_the_place_is_drawn_its_codes_reach_nobody(county: County, code: str) -> None:
    found = taken(county, named(code, SOUTHERN))
    assert set(obligations(county)) == {"甲村", "西舍路镇"}
    draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.id))
    with county.db.reading() as session:
        adopted, came = session.get_one(Alert, draft.id), session.get_one(Alert, found.id)
        assert (adopted.divisions, adopted.drawn) == ([], came.geometry)
        assert area_of(adopted) == meant_by(came)


def test_of_two_areas_each_counts_as_it_is_written(county: County) -> None:
    found = taken(county, named(SOUTH, NORTHERN), named(SOUTH))
    assert set(obligations(county)) == ALL
    draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.id))
    assert county.see("duty", lambda s, _: area_of(s.get_one(Alert, draft.id)).divisions) == (SOUTH,)


def test_an_unknown_code_adopted_reaches_whom_the_message_reaches(county: County) -> None:
    found = taken(county, named("532301999"))
    draft = county.do("issuer", lambda s, a: actions.adopt(s, county.clock, a, found.id))
    assert county.see("duty", lambda s, _: meant_by(s.get_one(Alert, draft.id)).divisions) == ("532301",)


@pytest.mark.parametrize(
    ("codes", "found"),
    [
        (("532301",), {"后山", "北坡"}),
        (("532300",), {"后山", "北坡"}),
        (("53",), {"后山", "北坡"}),
        (("532301999",), {"后山", "北坡"}),
        ((f"{SOUTH}000",), {"后山"}),
        ((f"{SOUTH}999",), {"后山"}),
        (("532322", "x"), set()),
    ],
)
def test_an_evacuation_finds_its_points_by_the_same_codes(county: County, codes: Any, found: set[str]) -> None:
    with county.db.writing() as session:
        for name, unit in (("后山", "village"), ("北坡", "north")):
            session.add(HazardPoint(unit_id=county.units[unit], name=name, hazard="滑坡"))
    places = county.see("issuer", lambda s, a: [one.name for one in points_in(s, a, Wanted(divisions=codes))])
    assert set(places) == found
