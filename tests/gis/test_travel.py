import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis import bench, travel
from gis.geometry import GeometryProblem, distance_m
from gis.travel import Mode

ORIGIN = (101.02, 24.66)


def test_an_estimate_says_that_it_is_one() -> None:
    found = travel.estimate(ORIGIN, (101.54, 25.04))
    assert found.estimated
    assert found.distance_m == pytest.approx(float(distance_m(*ORIGIN, 101.54, 25.04)))
    assert found.road_m > found.distance_m
    assert 3600 < found.travel_s < 4 * 3600


def test_a_lorry_takes_longer_than_a_car_and_nobody_beats_the_aircraft() -> None:
    times = {mode: travel.estimate(ORIGIN, (101.54, 25.04), mode).travel_s for mode in Mode}
    assert sorted(times, key=times.__getitem__) == [Mode.AIR, Mode.CAR, Mode.TRUCK, Mode.FOOT]
    assert travel.mode_of("equipment") is Mode.TRUCK
    assert travel.mode_of("team") is Mode.CAR


def test_a_position_off_the_world_is_refused() -> None:
    with pytest.raises(GeometryProblem):
        travel.estimate(ORIGIN, (200.0, 0.0))
    with pytest.raises(GeometryProblem):
        travel.nearest((0.0, math.nan), [1.0], [1.0], 1)


@given(st.integers(0, 2**32 - 1), st.integers(-1, 60))
def test_nearest_agrees_with_asking_one_by_one(seed: int, limit: int) -> None:
    chance = np.random.default_rng(seed)
    lons, lats = chance.uniform(100, 102, 40), chance.uniform(24, 26, 40)
    modes = chance.choice([mode.value for mode in Mode], 40)
    found = travel.nearest(ORIGIN, lons, lats, limit, modes)
    each = [travel.estimate(ORIGIN, (lons[i], lats[i]), Mode(modes[i])).travel_s for i in range(40)]
    assert found.indexes.tolist() == sorted(range(40), key=each.__getitem__)[: max(limit, 0)]
    np.testing.assert_allclose(found.travel_s, [each[i] for i in found.indexes])
    assert found.estimated


def test_equal_points_keep_their_order_and_unknown_ones_are_left_out() -> None:
    found = travel.nearest(ORIGIN, [101.1, math.nan, 101.1, 101.1], [24.7, 24.7, 24.7, 24.7], 2)
    assert found.indexes.tolist() == [0, 2]


def test_nothing_is_near_when_there_is_nothing() -> None:
    assert travel.nearest(ORIGIN, [], [], 5).indexes.tolist() == []


def test_the_bench_answers_what_the_plain_loop_answers() -> None:
    rows = bench.run(recipients=2_000, resources=500)
    assert [set(row) for row in rows] == [{"question", "ms", "peer_ms", "agree"}] * 2
    assert all(row["agree"] and row["ms"] > 0 for row in rows)
