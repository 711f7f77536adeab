"""Places that no post answers for: listed with the alert and counted, wherever their people live."""

from typing import Any

import pytest
import shapely
from sqlalchemy import select

from alerts.calls.unheld import report_told
from alerts.drafting import AreaInput
from alerts.issuing import audience_now
from alerts.model import Alert
from alerts.preview import preview
from alerts.territory import territories
from command.directory.model import HazardPoint, Person, Post, Unit
from command.kernel.errors import Conflict, FengsuiError, Refused
from command.kernel.timeline import read_after
from tests.alerts.county import DIVISIONS, SOUTH, County, fields
from tests.alerts.messages import alert, area, geocode, info
from tests.alerts.steps import evacuate, issued
from tests.alerts.telephones import obligations, telephones, villages, work_for
from tests.alerts.test_receiving import received, state

DRAWN = {
    "type": "Polygon",
    "coordinates": [[[100.9, 24.5], [101.1, 24.5], [101.1, 24.7], [100.9, 24.7], [100.9, 24.5]]],
}
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
    where = {"place": made["乙村"].unit, "unit": made["乙村"].unit, "township": south}
    assert one == {**where, "name": "乙村", "subject": "village"}
    assert unheld(county, evacuate(county)) == ["乙村", "西舍路村"], "of an order of our own as well"


HOLLOW = area("<polygon>24.50,101.04 24.50,101.08 24.54,101.08 24.54,101.04 24.50,101.04</polygon>", "山沟")
"""In the south, and neither its seat nor any village of known position lies in it."""


def test_a_village_of_unknown_position_is_touched_with_its_township(either: County) -> None:
    county = either
    made = villages(county, "south", ("甲村", "乙村", "丙村")) | villages(county, "north", ("丁村",))
    move(county, made["丙村"].unit, 100.99, 24.61)
    with county.db.writing() as session:
        session.get_one(Post, made["乙村"].post).active = False
    found = received(county, message("红色", HOLLOW)).alert.id
    assert set(obligations(county)) == {"甲村"}
    assert unheld(county, found) == ["乙村"]


def test_the_preview_names_who_counts_only_because_their_position_is_unknown(county: County) -> None:
    made = villages(county, "south", ("甲村",)) | villages(county, "north", ("丁村",))
    hollow = {"type": "Polygon", "coordinates": [[[101.04, 24.5], [101.08, 24.5], [101.08, 24.54], [101.04, 24.5]]]}

    def unplaced(**where: Any) -> Any:
        wanted = fields(area=AreaInput(**where), channels=("sms",))
        told = county.do("issuer", lambda s, a: preview(s, county.clock, a, wanted, DIVISIONS))
        return told["unplaced"], told["people"]

    listed = [{"unit": made["甲村"].unit, "township": county.units["south"], "name": "甲村"}]
    assert unplaced(polygon=hollow) == (listed, 2), "and its people are told"
    assert unplaced(polygon=hollow, divisions=(SOUTH,))[0] == [], "named by its code"


def test_a_township_is_what_lies_nearest_to_its_places_and_without_any_the_whole_county() -> None:
    found = territories({"north": [(101.36, 25.13)], "south": [(100.98, 24.62), (101.2, 24.7)], "new": []}, "532301")
    for at, touched in (
        ((101.06, 24.52), {"south", "new"}),
        ((101.4, 25.15), {"north", "new"}),
        ((102.5, 24.0), set()),
    ):
        assert {name for name, where in found.items() if where.covers(shapely.Point(at))} == touched


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


def test_a_hazard_point_is_called_for_where_it_lies_itself(either: County) -> None:
    county = either
    made = villages(county, "south", ("甲村", "乙村"))
    here, away = {"lon": 100.98, "lat": 24.62}, {"lon": 101.36, "lat": 25.13}
    move(county, made["甲村"].unit, **away)
    points = (
        ("后山", "甲村", made["甲村"].post, here),
        ("河边", "乙村", made["乙村"].post, away),
        ("沟口", "乙村", None, here),
        ("崖下", "乙村", None, here),
    )
    with county.db.writing() as session:
        for name, village, post, at in points:
            session.add(HazardPoint(unit_id=made[village].unit, name=name, hazard="滑坡", post_id=post, **at))
        watcher = Post(unit_id=made["乙村"].unit, title="监测员", hazard_point="沟口", holder_id=made["甲村"].deputy)
        session.add(watcher)
    network = telephones(county)
    found = evacuate(county, area=AreaInput(polygon=DRAWN), channels=("sms",))
    work_for(county, network, 10)
    rows = obligations(county, found)
    assert {name: (row.subject, row.title) for name, row in rows.items() if row.subject != "leader"} == {
        "后山": ("hazard_point", "包保责任人"),
        "沟口": ("hazard_point", "监测员"),
        "乙村": ("village", "包保责任人"),
    }
    assert {rows[name].mark for name in ("后山", "沟口", "乙村")} == {"confirmed"}
    assert network.rung()["139-甲村"] == network.rung()["139-甲村-b"] == 1, "theirs is the point, not the village"
    with county.db.reading() as session:
        alert = session.get_one(Alert, found)
        told = {one.name for one in audience_now(session, alert, session.get_one(Unit, alert.unit_id)).contacts}
        point = session.scalars(select(HazardPoint).where(HazardPoint.name == "崖下")).one()
    assert {"甲村责任人", "甲村B角"} <= told, "the message goes to them as well"
    assert unheld(county, found) == ["崖下", "西舍路村"]
    county.do("duty", lambda s, a: report_told(s, county.clock, a, found, point.id, "李三"))
    assert [one["name"] for one in state(county, found)["unheld"] if one.get("told")] == ["崖下"]
