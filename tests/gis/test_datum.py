import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.geometry import shape

from gis import datum
from gis.geometry import distance_m

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "boundaries"
LONGITUDES = st.floats(73.5, 135.0)
LATITUDES = st.floats(18.0, 53.5)
Pair = tuple[Callable[..., tuple[float, float]], Callable[..., tuple[float, float]]]
PAIRS: list[Pair] = [
    (datum.wgs84_to_gcj02, datum.gcj02_to_wgs84),
    (datum.wgs84_to_bd09, datum.bd09_to_wgs84),
]


@pytest.mark.parametrize("pair", PAIRS, ids=["gcj02", "bd09"])
@given(lon=LONGITUDES, lat=LATITUDES)
def test_the_way_there_and_back_ends_within_a_millimetre(pair: Pair, lon: float, lat: float) -> None:
    there, back = pair
    assert distance_m(lon, lat, *back(*there(lon, lat))) < 0.001


@given(lon=LONGITUDES, lat=LATITUDES)
def test_gcj02_is_between_metres_and_a_kilometre_off(lon: float, lat: float) -> None:
    assert 10 < distance_m(lon, lat, *datum.wgs84_to_gcj02(lon, lat)) < 1000


def test_chuxiong_is_shifted_by_about_360_metres() -> None:
    lon, lat = datum.wgs84_to_gcj02(101.54, 25.04)
    assert distance_m(101.54, 25.04, lon, lat) == pytest.approx(360, abs=40)


def test_bd09_lies_further_east_and_north_than_gcj02() -> None:
    gcj, bd = datum.wgs84_to_gcj02(101.54, 25.04), datum.wgs84_to_bd09(101.54, 25.04)
    assert bd[0] - gcj[0] == pytest.approx(0.0065, abs=0.0003)
    assert bd[1] - gcj[1] == pytest.approx(0.006, abs=0.0003)


def test_outside_china_nothing_is_shifted() -> None:
    assert datum.wgs84_to_gcj02(9.5, 47.1) == (9.5, 47.1)
    assert datum.gcj02_to_wgs84(-70.0, -33.0) == (-70.0, -33.0)


def test_arrays_come_back_as_arrays_with_the_scalars_values() -> None:
    lons, lats = np.array([101.5, 117.6, 9.5]), np.array([25.0, 28.4, 47.1])
    shifted = datum.wgs84_to_gcj02(lons, lats)
    single = [datum.wgs84_to_gcj02(float(x), float(y)) for x, y in zip(lons, lats, strict=True)]
    np.testing.assert_allclose(np.column_stack(shifted), single, atol=1e-12)


def test_empty_arrays_stay_empty() -> None:
    lons, lats = datum.gcj02_to_wgs84(np.empty(0), np.empty(0))
    assert lons.shape == lats.shape == (0,)


@pytest.mark.skipif(not SHARED.exists(), reason="published boundaries are not beside the project")
def test_a_published_boundary_is_converted_to_decimetres() -> None:
    source, expected = (_coordinates(f"532301_{name}.geojson") for name in ("gcj02", "wgs84"))
    lons, lats = datum.gcj02_to_wgs84(source[:, 0], source[:, 1])
    assert distance_m(lons, lats, expected[:, 0], expected[:, 1]).max() < 0.2


def _coordinates(name: str) -> datum.FloatArray:
    feature = json.loads((SHARED / name).read_text("utf-8"))["features"][0]
    return np.asarray(shapely.get_coordinates(shape(feature["geometry"])))
