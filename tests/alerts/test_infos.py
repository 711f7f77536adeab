"""A message with several infos: the gravest that touches the county decides, the others are listed."""

from itertools import permutations
from typing import Any

import pytest

from tests.alerts.county import County
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.telephones import obligations, villages
from tests.alerts.test_receiving import HERE, received, state

UNTIL = "<expires>2026-11-20T20:00:00+08:00</expires>"
LATER = "<expires>2026-11-20T22:00:00+08:00</expires>"
AWAY = area(geocode("GB/T 2260", "532931000000"), "剑川县")


def said(colour: str, areas: str, until: str = UNTIL, **more: Any) -> str:
    return info(more=f"{until}<headline>发布暴雨{colour}预警信号</headline>", areas=areas, **more)


def taken(county: County, *infos: str) -> dict[str, Any]:
    return state(county, received(county, alert(infos="".join(infos)).encode()).alert.id)


def others(now: dict[str, Any]) -> list[str]:
    return [one["detail"] for one in now["warnings"] if one["code"] == "cap.other_info"]


BLUE_AWAY, ORANGE, RED = said("蓝色", AWAY), said("橙色", HERE), said("红色", HERE, severity="Extreme")


@pytest.mark.parametrize("infos", list(permutations((BLUE_AWAY, ORANGE, RED))))
def test_the_gravest_that_touches_the_county_decides_wherever_it_stands(county: County, infos: Any) -> None:
    villages(county, "south", ("甲村",))
    now = taken(county, *infos)
    assert (now["colour"], now["on_board"], now["not_acted_on"]) == ("red", True, [])
    assert now["area"]["divisions"] == ["532301"]
    assert sorted(others(now)) == ["发布暴雨橙色预警信号 · 楚雄市", "发布暴雨蓝色预警信号 · 剑川县"]
    assert "甲村" in obligations(county)


def test_a_graver_one_elsewhere_does_not_decide(county: County) -> None:
    now = taken(county, said("红色", AWAY), ORANGE)
    assert (now["colour"], now["on_board"], others(now)) == ("orange", True, ["发布暴雨红色预警信号 · 剑川县"])
    now = taken(county, said("红色", AWAY), said("红色", HERE, "<expires>2026-11-20T11:00:00+08:00</expires>"))
    assert now["not_acted_on"] == [], "the same message: nothing is judged again"


def test_languages_of_one_info_belong_together_and_chinese_is_shown(county: County) -> None:
    english = info(language="en", more=f"{UNTIL}<headline>Red rainstorm warning</headline>", areas=HERE)
    now = taken(county, english, said("红色", HERE))
    assert (now["headline"], now["colour"], others(now)) == ("发布暴雨红色预警信号", "red", [])


def test_two_areas_under_one_warning_are_one_until_the_last_ends(county: County) -> None:
    north = area(geocode("GB/T 2260", "532301103"), "吕合镇")
    south = area("<polygon>24.5,100.9 24.5,101.1 24.7,101.1 24.7,100.9 24.5,100.9</polygon>", "西舍路镇")
    now = taken(county, said("红色", north), said("红色", south, LATER))
    assert (now["area"]["description"], others(now)) == ("吕合镇；西舍路镇", [])
    assert now["expires_at"] == "2026-11-20T14:00:00.000Z"


def test_where_nothing_touches_the_county_the_gravest_is_kept(county: County) -> None:
    now = taken(county, BLUE_AWAY, said("红色", AWAY))
    assert (now["colour"], now["on_board"], now["not_acted_on"]) == ("red", False, ["received.elsewhere"])
