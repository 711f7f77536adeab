import itertools
import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis import geometry
from gis.geometry import GeometryProblem
from gis.tangle import crossings

BOWTIE = [[101.0, 25.0], [101.2, 25.2], [101.2, 25.0], [101.0, 25.2], [101.0, 25.0]]
SQUARE = [[101.0, 25.0], [101.2, 25.0], [101.2, 25.2], [101.0, 25.2], [101.0, 25.0]]


def area(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def test_a_crossing_ring_becomes_the_two_areas_it_encloses() -> None:
    mended = geometry.from_geojson(area(BOWTIE))
    assert mended.is_valid
    assert mended.geom_type == "MultiPolygon"
    assert mended.area == pytest.approx(0.02)


def test_repeated_positions_and_wrong_winding_are_mended() -> None:
    clockwise = [point for point in reversed(SQUARE) for _ in range(2)]
    mended = geometry.from_geojson(area(clockwise))
    assert isinstance(mended, shapely.Polygon)
    assert mended.exterior.is_ccw
    assert len(mended.exterior.coords) == 5


def test_an_open_ring_is_closed() -> None:
    assert geometry.polygon(SQUARE[:-1]).equals(geometry.from_geojson(area(SQUARE)))


def test_a_hole_stays_a_hole() -> None:
    hole = [[101.05, 25.05], [101.05, 25.1], [101.1, 25.1], [101.1, 25.05], [101.05, 25.05]]
    found = geometry.inside(geometry.from_geojson(area(SQUARE, hole)), [101.07, 101.15], [25.07, 25.15])
    assert found.tolist() == [False, True]


@pytest.mark.parametrize(
    ("mapping", "code"),
    [
        ({"type": "Circle", "coordinates": [1, 2]}, "geometry.type"),
        ({}, "geometry.type"),
        ({"type": "Feature", "geometry": None}, "geometry.type"),
        ({"type": "Polygon"}, "geometry.coordinates"),
        ({"type": "Polygon", "coordinates": "here"}, "geometry.coordinates"),
        ({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}, "geometry.coordinates"),
        ({"type": "Point", "coordinates": [101.0]}, "geometry.coordinates"),
        ({"type": "Point", "coordinates": ["a", "b"]}, "geometry.coordinates"),
        ({"type": "Point", "coordinates": [201.0, 25.0]}, "geometry.out_of_world"),
        ({"type": "Point", "coordinates": [25.0, 101.0]}, "geometry.out_of_world"),
        ({"type": "Point", "coordinates": [math.inf, 1.0]}, "geometry.not_a_number"),
        ({"type": "MultiPolygon", "coordinates": []}, "geometry.empty"),
        (area([[1, 1], [2, 2], [3, 3], [1, 1]]), "geometry.unmendable"),
        (area([[1, 1], [1, 1], [1, 1], [1, 1]]), "geometry.unmendable"),
    ],
)
def test_what_cannot_be_used_has_a_code(mapping: dict[str, Any], code: str) -> None:
    with pytest.raises(GeometryProblem) as problem:
        geometry.from_geojson(mapping)
    assert problem.value.code == code


def test_a_geometry_with_too_many_positions_is_refused() -> None:
    turns = np.linspace(0, 2 * np.pi, geometry.MAX_VERTICES + 2)
    with pytest.raises(GeometryProblem, match="more than"):
        geometry.polygon(np.column_stack((101 + np.cos(turns), 25 + np.sin(turns))))


@given(st.lists(st.tuples(st.floats(100, 103), st.floats(24, 26)), min_size=3, max_size=12))
def test_whatever_ring_is_drawn_the_answer_is_a_valid_area_or_a_problem(ring: list[tuple[float, float]]) -> None:
    outcome, mended = _attempt(ring)
    assert outcome in {"", "geometry.unmendable"}
    if mended:
        assert mended.is_valid
        assert mended.area > 0


def _attempt(ring: list[tuple[float, float]]) -> tuple[str, BaseGeometry | None]:
    try:
        return "", geometry.polygon(ring)
    except GeometryProblem as problem:
        return problem.code, None


def test_a_scribble_is_refused_before_it_costs_anything() -> None:
    chance = np.random.default_rng(1)
    with pytest.raises(GeometryProblem) as problem:
        geometry.polygon(chance.uniform((101, 25), (102, 26), (300, 2)))
    assert problem.value.code == "geometry.tangled"


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=4, max_size=40, unique=True))
def test_crossings_are_counted_as_often_as_two_edges_meet(ring: list[tuple[int, int]]) -> None:
    edges = [shapely.LineString(pair) for pair in itertools.pairwise([*ring, ring[0]])]
    meeting = sum(
        one.intersects(other) and not set(one.coords) & set(other.coords)
        for one, other in itertools.combinations(edges, 2)
    )
    assert crossings([shapely.Polygon(ring)], 10_000) == meeting
    assert crossings([shapely.Polygon(ring)], 5) == min(meeting, 6)


def test_edges_that_only_come_near_each_other_are_not_all_looked_at() -> None:
    teeth = [(101 + i * 1e-4 + (1, 0)[(i + j) % 2], 25 + (i + j) % 2) for i in range(4000) for j in (0, 1)]
    assert crossings([shapely.Polygon([*teeth, (110, 20)])], 10**9) == 10**9 + 1


def test_geojson_out_is_rounded_and_winds_by_the_standard() -> None:
    mapping = geometry.to_geojson(shapely.Polygon(list(reversed(SQUARE))), decimals=1)
    assert mapping["type"] == "Polygon"
    assert shapely.Polygon(mapping["coordinates"][0]).exterior.is_ccw


@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(1, 100_000))
def test_every_corner_of_a_circle_is_at_its_radius(lon: float, lat: float, radius_m: float) -> None:
    ring = shapely.get_coordinates(geometry.circle(lon, lat, radius_m))
    distances = geometry.distance_m(lon, lat, ring[:, 0], ring[:, 1])
    np.testing.assert_allclose(distances, radius_m, rtol=1e-3, atol=0.01)


def test_a_circle_of_no_radius_is_its_point() -> None:
    assert geometry.circle(101.0, 25.0, 0).equals(shapely.Point(101.0, 25.0))


@pytest.mark.parametrize(
    ("lon", "lat", "radius_m", "code"),
    [
        (101.0, 25.0, -1.0, "geometry.radius"),
        (101.0, 25.0, math.nan, "geometry.radius"),
        (101.0, 95.0, 10.0, "geometry.out_of_world"),
        (179.99, 10.0, 50_000.0, "geometry.out_of_world"),
        (10.0, 89.9, 50_000.0, "geometry.out_of_world"),
    ],
)
def test_an_impossible_circle_is_refused(lon: float, lat: float, radius_m: float, code: str) -> None:
    with pytest.raises(GeometryProblem) as problem:
        geometry.circle(lon, lat, radius_m)
    assert problem.value.code == code


def test_a_degree_of_the_equator_and_of_a_meridian() -> None:
    expected = geometry.EARTH_RADIUS_M * math.pi / 180
    assert float(geometry.distance_m(0, 0, 1, 0)) == pytest.approx(expected)
    assert float(geometry.distance_m(101, 24, 101, 25)) == pytest.approx(expected)


def test_beijing_to_shanghai() -> None:
    assert float(geometry.distance_m(116.4074, 39.9042, 121.4737, 31.2304)) == pytest.approx(1_067_000, rel=0.005)


def test_distances_broadcast() -> None:
    assert geometry.distance_m(101.0, 25.0, [101.0, 101.1, 101.2], [25.0, 25.0, 25.0]).shape == (3,)


@given(st.integers(0, 2**32 - 1))
def test_inside_agrees_with_asking_point_by_point(seed: int) -> None:
    chance = np.random.default_rng(seed)
    shape = geometry.polygon(chance.uniform((100, 24), (102, 26), size=(7, 2)))
    lons, lats = chance.uniform(99.5, 102.5, 40), chance.uniform(23.5, 26.5, 40)
    expected = [shape.intersects(shapely.Point(x, y)) for x, y in zip(lons, lats, strict=True)]
    assert geometry.inside(shape, lons, lats).tolist() == expected


def test_the_edge_is_inside_and_a_missing_position_is_not() -> None:
    square = geometry.polygon(SQUARE)
    assert geometry.inside(square, [101.0, 101.1, math.nan], [25.1, 25.2, 25.1]).tolist() == [True, True, False]


def test_the_area_of_a_small_circle() -> None:
    assert geometry.area_km2(geometry.circle(101.0, 25.0, 1000, corners=360)) == pytest.approx(math.pi, rel=1e-3)


def test_an_empty_geometry_has_no_bounds() -> None:
    with pytest.raises(GeometryProblem):
        geometry.bbox(shapely.Polygon())
