"""Where a message applies: latitude and longitude, circles, divisions known, unknown and expired."""

import math
import random
from collections import Counter
from dataclasses import dataclass, replace
from datetime import date

import pytest
import shapely
from hypothesis import example, given
from hypothesis import strategies as st
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from alerts.cap.geometry import Drawings, cap_area, read_circle, read_polygon
from alerts.cap.message import Area, Info, Pair
from alerts.cap.places import Places, union
from alerts.cap.read import read
from alerts.cap.write import write
from gis.divisions import shipped_divisions
from gis.geometry import area_km2, to_geojson
from gis.tangle import MOST_CROSSINGS
from tests.alerts.messages import alert

DAY = date(2026, 11, 20)


@dataclass(frozen=True)
class KnownBoundary:
    geometry: BaseGeometry
    approximate: bool
    used_code: str


def known(code: str, on: date) -> KnownBoundary | None:
    """One county, and its prefecture for everything else under it."""
    box = shapely.box(101, 24, 102, 25)
    if code == "532301":
        return KnownBoundary(box, False, code)
    return KnownBoundary(box.buffer(1), True, "532300") if code.startswith("5323") else None


def info(*areas: Area) -> Info:
    return Info("暴雨", ("Met",), "Unknown", "Severe", "Likely", areas=areas)


def division(code: str, name: str = "CPEAS Geographic Code") -> Area:
    return Area("楚雄", geocodes=(Pair(name, code),))


def test_latitude_comes_first_in_cap_and_last_here() -> None:
    found = read_polygon("25,101 25,102 26,102 25,101")
    assert found.fault is None
    assert found.geometry is not None
    assert found.geometry.bounds == (101, 25, 102, 26)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("25,101\n25,102\t26,102  25,101", None),
        ("+25.0,+101 25,102 26,102 +25.0,101.000", None),
        ("25,101 25,102 26,102", "cap.polygon_mended"),
        ("25,101 25,102, 26,102 25,101", "cap.polygon_mended"),
        ("25,101 26,102 26,101 25,102 25,101", "cap.polygon_mended"),
        ("25,101 25,102", "cap.polygon"),
        ("25,101 25,101 25,101 25,101", "cap.polygon"),
        ("25,101 25.5,101.5 26,102 25,101", "cap.polygon"),
        ("101,25 102,25 102,26 101,25", "cap.polygon"),
        ("25;101 25;102 26;102 25;101", "cap.polygon"),
        ("nan,nan nan,nan nan,nan nan,nan", "cap.polygon"),
    ],
)
def test_polygons(text: str, code: str | None) -> None:
    found = read_polygon(text)
    assert (found.fault.code if found.fault else None) == code
    assert (found.geometry is None) == (code == "cap.polygon")
    assert found.geometry is None or (found.geometry.is_valid and found.geometry.area > 0)


def pentagram() -> str:
    turns = (math.pi / 2 + corner * 4 * math.pi / 5 for corner in range(6))
    return " ".join(f"{25 + math.sin(turn) / 10:.6f},{101 + math.cos(turn) / 10:.6f}" for turn in turns)


def test_a_ring_that_crosses_itself_is_all_that_it_encloses() -> None:
    found = read_polygon(pentagram())
    assert found.geometry is not None
    assert found.geometry.contains(shapely.Point(101, 25)), "also what it goes around twice"
    assert found.fault is not None
    assert found.crossings == 5


def test_a_scribble_is_the_hull_around_it_and_says_so() -> None:
    chance = random.Random(1)  # noqa: S311 (a fixed seed is the point)
    points = [(chance.uniform(20, 30), chance.uniform(95, 105)) for _ in range(300)]
    text = " ".join(f"{lat:.4f},{lon:.4f}" for lat, lon in points)
    found = read_polygon(text)
    assert found.rough
    assert found.fault is not None
    assert "hull" in found.fault.detail
    assert shapely.get_num_coordinates(found.geometry) < 60
    (place,) = Places(known, DAY).of(info(Area("乱画", polygons=(text,))))
    assert place.approximate
    assert [warning.code for warning in place.warnings] == ["cap.area_approximate"]


def test_what_a_message_may_spend_on_mending_is_spent_once() -> None:
    drawings = Drawings()
    rings = [
        " ".join(f"{25 + (i * 7 % 11) / 100},{101 + (i * 5 % 13) / 100 + n / 10}" for i in range(12)) for n in range(40)
    ]
    shapes = [drawings.polygon(ring) for ring in rings]
    assert not shapes[0].rough
    assert shapes[-1].rough
    assert sum(one.crossings for one in shapes if not one.rough) <= MOST_CROSSINGS
    rounds = [drawings.circle(f"25.{n},101 5") for n in range(60)]
    assert [one.rough for one in rounds] == [False] * 50 + [True] * 10
    for number, one in enumerate(rounds):
        assert one.geometry is not None
        assert one.geometry.buffer(1e-9).covers(read_circle(f"25.{number},101 5").geometry)


def test_a_division_is_looked_up_and_joined_once_however_often_it_is_named() -> None:
    asked = Counter[str]()

    def counting(code: str, on: date) -> KnownBoundary | None:
        asked[code] += 1
        return known(code, on)

    places = Places(counting, DAY).of(info(*[division("532301"), division("532302")] * 200))
    assert asked == {"532301": 1, "532302": 1}
    assert len({id(place.geometry) for place in places}) == 2


def test_a_message_of_many_outlines_shows_boxes_in_the_end() -> None:
    places = Places(shipped_divisions().boundary_of, DAY).of(info(*[division("532301")] * 40))
    assert [place.approximate for place in places] == sorted(place.approximate for place in places)
    assert not places[0].approximate
    assert places[-1].approximate
    assert shape(places[-1].geometry or {}).covers(shape(places[0].geometry or {}))
    whole = union(places)
    assert whole is not None
    assert whole.area == pytest.approx(shape(places[0].geometry or {}).area), "the alert has the outline itself"


@given(
    st.lists(
        st.tuples(st.floats(0.05, 0.85), st.floats(0.05, 0.85), st.floats(0.01, 0.2), st.integers(3, 9)), max_size=6
    )
)
@example([(0.5, 0.5, 0.3, 4)])
@example([(0.7265625, 0.7265625, 0.049788427604752036, 4)])
@example([(0.3, 0.5, 0.1, 5), (0.3, 0.2, 0.05, 3), (0.7, 0.5, 0.1, 5)])
def test_what_is_published_is_what_was_drawn_holes_and_all(holes: list[tuple[float, float, float, int]]) -> None:
    drawn: BaseGeometry = shapely.box(101, 25, 102, 26)
    for x, y, radius, corners in holes:
        turns = [turn * 2 * math.pi / corners for turn in range(corners)]
        drawn -= shapely.Polygon([(101 + x + radius * math.cos(t), 25 + y + radius * math.sin(t)) for t in turns])
    published = cap_area("范围", (), to_geojson(drawn)).polygons
    shapes = [read_polygon(text) for text in published]
    assert [one.fault for one in shapes if one.fault is not None] == [], "whoever reads them mends nothing"
    whole = shapely.union_all([one.geometry for one in shapes])
    assert shapely.area(whole ^ drawn) < 1e-4


def test_a_circle_has_its_radius_in_kilometres() -> None:
    found = read_circle("25,101.5 10")
    assert found.geometry is not None
    assert area_km2(found.geometry) == pytest.approx(314.2, rel=0.01)
    assert shape(to_geojson(found.geometry)).centroid.y == pytest.approx(25, abs=1e-3)


def test_a_circle_without_radius_is_a_point() -> None:
    found = read_circle("12.747,-88.783 0.0")
    assert found.geometry == shapely.Point(-88.783, 12.747)
    assert read_circle("12.747,-188.783 1").geometry is None
    assert read_circle("12,88 19999").geometry is None
    assert read_circle("12,88 -1").geometry is None


def test_a_known_division_gives_its_boundary() -> None:
    (place,) = Places(known, DAY).of(info(division("532301")))
    assert (place.approximate, place.divisions, place.warnings) == (False, ("532301",), ())
    assert shape(place.geometry or {}).bounds == (101, 24, 102, 25)


def test_an_unknown_division_gets_its_parents_marked_approximate() -> None:
    (place,) = Places(known, DAY).of(info(division("532399")))
    assert place.approximate
    assert [warning.code for warning in place.warnings] == ["cap.area_approximate"]


@pytest.mark.parametrize("area", [division("110000"), division("532301", name="SAME"), division("many words")])
def test_what_no_table_knows_has_no_geometry(area: Area) -> None:
    (place,) = Places(known, DAY).of(info(area))
    assert (place.geometry, place.approximate) == (None, False)
    assert [warning.code for warning in place.warnings] == ["cap.area_without_geometry"]


@pytest.mark.parametrize("code", ["532301000000", "532301", "532301101", "532301101001"])
def test_codes_of_every_length_are_found_in_the_shipped_table(code: str) -> None:
    (place,) = Places(shipped_divisions().boundary_of, DAY).of(info(division(code)))
    assert place.geometry is not None
    assert place.approximate == (not code.startswith("532301000") and code != "532301")


def test_expired_codes_are_followed() -> None:
    for expired in ("370684", "370634"):
        (place,) = Places(shipped_divisions().boundary_of, DAY).of(info(division(expired)))
        assert place.geometry is not None


def test_a_drawn_area_counts_before_its_code() -> None:
    area = Area("三街", polygons=("25,101 25,102 26,102 25,101",), geocodes=(Pair("GB/T 2260", "532301"),))
    (place,) = Places(known, DAY).of(info(area))
    assert shape(place.geometry or {}).bounds == (101, 25, 102, 26)
    assert place.divisions == ("532301",)


def test_our_own_areas_come_back_as_they_went_out() -> None:
    geometry = {"type": "Polygon", "coordinates": [[[101, 25], [102, 25], [102, 26], [101, 25]]]}
    area = cap_area("三街镇、八角镇", ("532301101",), geometry)
    message = read(alert().encode()).message
    again = read(write(replace(message, infos=(info(area),)))).message
    (place,) = Places(known, DAY).of(again.infos[0])
    assert shape(place.geometry or {}).equals(shape(geometry))
    assert place.divisions == ("532301101",)
