"""Places that no post answers for: listed with the alert and counted, wherever their people live."""

from typing import Any

import pytest

from alerts.calls.unheld import report_told
from command.directory.model import Person, Post, Unit
from command.kernel.errors import Conflict, FengsuiError, Refused
from command.kernel.timeline import read_after
from tests.alerts.county import County
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.steps import evacuate, issued
from tests.alerts.telephones import obligations, villages
from tests.alerts.test_receiving import received, state

SOUTHERN = area("<polygon>24.5,100.9 24.5,101.1 24.7,101.1 24.7,100.9 24.5,100.9</polygon>", "西舍路镇")


def message(colour: str, areas: str = SOUTHERN, **changes: Any) -> bytes:
    expires = f"<expires>2026-11-20T20:00:00+08:00</expires><headline>发布暴雨{colour}预警信号</headline>"
    return alert(infos=info(more=expires, areas=areas), **changes).encode()


def unheld(county: County, alert_id: str) -> list[str] | None:
    found = state(county, alert_id)["unheld"]
    return None if found is None else [one["name"] for one in found]


def move(county: County, place: str, lon: float, lat: float) -> None:
    with county.db.writing() as session:
        row: Any = session.get(Unit, place) or session.get_one(Person, place)
        row.lon, row.lat = lon, lat


def test_a_village_without_a_post_is_named_with_the_alert(either: County) -> None:
    county = either
    made = villages(county, "south", ("甲村", "乙村"))
    villages(county, "north", ("丙村",))
    with county.db.writing() as session:
        session.get_one(Post, made["乙村"].post).active = False
        session.add(Post(unit_id=made["乙村"].unit, title="滑坡点", responsible=True, hazard_point="后山滑坡"))
    found = received(county, message("红色")).alert.id
    assert set(obligations(county)) == {"甲村", "后山滑坡", "西舍路镇"}
    assert unheld(county, found) == ["乙村", "西舍路村"]
    (one, _) = state(county, found)["unheld"]
    south = county.units["south"]
    assert one == {"unit": made["乙村"].unit, "township": south, "name": "乙村", "subject": "village"}
    assert unheld(county, evacuate(county)) == ["乙村", "西舍路村"], "of an order of our own as well"


def test_whom_somebody_told_there_stands_with_the_place(either: County) -> None:
    county = either
    villages(county, "south", ("甲村",))
    found = received(county, message("红色")).alert.id
    (place,) = state(county, found)["unheld"]

    def tell(who: str, whom: str, unit: str = "") -> None:
        county.do(who, lambda s, a: report_told(s, county.clock, a, found, unit or place["unit"], whom, "喊话 "))

    with pytest.raises(Refused):
        tell("reviewer", "李三")
    for whom, unit, code in (
        (" ", "", "obligation.told_whom"),
        ("某" * 81, "", "obligation.told_whom"),
        ("李三", county.units["north"], "obligation.unknown"),
    ):
        with pytest.raises(FengsuiError) as refused:
            tell("duty", whom, unit)
        assert refused.value.code == code
    tell("duty", " 李三（小学老师） ")
    (now,) = state(county, found)["unheld"]
    told = now["told"]
    assert (told["whom"], told["note"], told["by"]["id"]) == ("李三（小学老师）", "喊话", county.users["duty"])
    with county.db.reading() as session:
        last = list(read_after(session, 0, 10_000))[-1]
        assert (last.kind, last.body["place"]) == ("alert.place_told", {"name": "西舍路村"})
    with pytest.raises(Conflict, match=r"obligation\.settled"):
        tell("duty", "李四")


@pytest.mark.parametrize(("colour", "changes"), [("蓝色", {}), ("红色", {"status": "Exercise"})])
def test_where_nobody_is_obliged_nobody_is_missed(county: County, colour: str, changes: Any) -> None:
    assert unheld(county, received(county, message(colour, **changes)).alert.id) is None
    assert unheld(county, issued(county)) is None


def test_whoever_answers_is_obliged_by_where_the_place_is_not_by_where_they_live(county: County) -> None:
    made = villages(county, "south", ("甲村",)) | villages(county, "north", ("乙村",))
    move(county, made["甲村"].unit, 100.98, 24.62)
    move(county, made["甲村"].holder, 101.36, 25.13)
    move(county, made["乙村"].holder, 100.98, 24.62)
    received(county, message("红色"))
    assert set(obligations(county)) == {"甲村", "西舍路镇"}


def test_an_area_in_which_nobody_is_held_to_answer_is_not_taken_for_answered(county: County) -> None:
    found = received(county, message("红色", area(geocode("GB/T 2260", "532301112999"), "某村"))).alert.id
    assert set(obligations(county)) == {"西舍路镇"}
    nowhere = area("<polygon>25.0,101.5 25.0,101.51 25.01,101.51 25.0,101.5</polygon>", "山上")
    empty = received(county, message("红色", nowhere, identifier="empty")).alert.id
    assert (obligations(county, empty), unheld(county, empty)) == ({}, [])
    assert unheld(county, found) == ["西舍路村"]
