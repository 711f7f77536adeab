"""Where a message applies: latitude and longitude, circles, divisions known, unknown and expired."""

from dataclasses import dataclass, replace
from datetime import date

import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from alerts.cap.geometry import cap_area, places_of, read_circle, read_polygon
from alerts.cap.message import Area, Info, Pair
from alerts.cap.read import read
from alerts.cap.write import write
from gis.divisions import shipped_divisions
from gis.geometry import area_km2, to_geojson
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
    (place,) = places_of(info(division("532301")), known, DAY)
    assert (place.approximate, place.divisions, place.warnings) == (False, ("532301",), ())
    assert shape(place.geometry or {}).bounds == (101, 24, 102, 25)


def test_an_unknown_division_gets_its_parents_marked_approximate() -> None:
    (place,) = places_of(info(division("532399")), known, DAY)
    assert place.approximate
    assert [warning.code for warning in place.warnings] == ["cap.area_approximate"]


@pytest.mark.parametrize("area", [division("110000"), division("532301", name="SAME"), division("many words")])
def test_what_no_table_knows_has_no_geometry(area: Area) -> None:
    (place,) = places_of(info(area), known, DAY)
    assert (place.geometry, place.approximate) == (None, False)
    assert [warning.code for warning in place.warnings] == ["cap.area_without_geometry"]


@pytest.mark.parametrize("code", ["532301000000", "532301", "532301101", "532301101001"])
def test_codes_of_every_length_are_found_in_the_shipped_table(code: str) -> None:
    (place,) = places_of(info(division(code)), shipped_divisions().boundary_of, DAY)
    assert place.geometry is not None
    assert place.approximate == (not code.startswith("532301000") and code != "532301")


def test_expired_codes_are_followed() -> None:
    for expired in ("370684", "370634"):
        (place,) = places_of(info(division(expired)), shipped_divisions().boundary_of, DAY)
        assert place.geometry is not None


def test_a_drawn_area_counts_before_its_code() -> None:
    area = Area("三街", polygons=("25,101 25,102 26,102 25,101",), geocodes=(Pair("GB/T 2260", "532301"),))
    (place,) = places_of(info(area), known, DAY)
    assert shape(place.geometry or {}).bounds == (101, 25, 102, 26)
    assert place.divisions == ("532301",)


def test_our_own_areas_come_back_as_they_went_out() -> None:
    geometry = {"type": "Polygon", "coordinates": [[[101, 25], [102, 25], [102, 26], [101, 25]]]}
    area = cap_area("三街镇、八角镇", ("532301101",), geometry)
    message = read(alert().encode()).message
    again = read(write(replace(message, infos=(info(area),)))).message
    (place,) = places_of(again.infos[0], known, DAY)
    assert shape(place.geometry or {}).equals(shape(geometry))
    assert place.divisions == ("532301101",)
