"""Chinese map datums: WGS-84 (about CGCS2000) to and from GCJ-02 and BD-09.

The product keeps WGS-84 everywhere inside. Maps of Chinese web services are published in GCJ-02 (Amap, Tencent) or
BD-09 (Baidu), both hundreds of metres away; only this module knows about that.

Neither datum has an official public formula. What is used here is the reverse-engineered one that open source
converters agree on (the polynomial and sine series over the Krasovsky 1940 ellipsoid; for BD-09 a small polar twist on
top of GCJ-02). The forward formulas are closed; the inverses are iterated until they agree with the forward ones to
`TOLERANCE_DEG`, about a tenth of a millimetre. Outside `CHINA_BOX` the shift is not applied, as the services do.

Every function takes degrees, longitude first, floats or equal-shaped arrays, and returns the same kind.
"""

from collections.abc import Callable
from typing import overload

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

FloatArray = NDArray[np.float64]
Shift = Callable[[FloatArray, FloatArray], tuple[FloatArray, FloatArray]]

CHINA_BOX = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east, north in degrees: where GCJ-02 differs from WGS-84."""
TOLERANCE_DEG = 1e-9
_MAX_ROUNDS = 30

_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323
_BAIDU_TWIST = np.pi * 3000.0 / 180.0


@overload
def wgs84_to_gcj02(lon: float, lat: float) -> tuple[float, float]: ...
@overload
def wgs84_to_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def wgs84_to_gcj02(
    lon: float | FloatArray, lat: float | FloatArray
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """WGS-84 to GCJ-02."""
    return _apply(_to_gcj02, lon, lat)


@overload
def gcj02_to_wgs84(lon: float, lat: float) -> tuple[float, float]: ...
@overload
def gcj02_to_wgs84(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def gcj02_to_wgs84(
    lon: float | FloatArray, lat: float | FloatArray
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """GCJ-02 to WGS-84, the iterated inverse of `wgs84_to_gcj02`."""
    return _apply(_from_gcj02, lon, lat)


@overload
def wgs84_to_bd09(lon: float, lat: float) -> tuple[float, float]: ...
@overload
def wgs84_to_bd09(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def wgs84_to_bd09(
    lon: float | FloatArray, lat: float | FloatArray
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """WGS-84 to BD-09."""
    return _apply(lambda x, y: _twist(*_to_gcj02(x, y)), lon, lat)


@overload
def bd09_to_wgs84(lon: float, lat: float) -> tuple[float, float]: ...
@overload
def bd09_to_wgs84(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]: ...
def bd09_to_wgs84(
    lon: float | FloatArray, lat: float | FloatArray
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    """BD-09 to WGS-84, the iterated inverse of `wgs84_to_bd09`."""
    return _apply(lambda x, y: _from_gcj02(*_invert(_twist, x, y)), lon, lat)


def shift_geometry(geometry: BaseGeometry, shift: Shift) -> BaseGeometry:
    """The geometry with every vertex sent through one of the functions above."""
    return shapely.transform(geometry, lambda xy: np.column_stack(shift(xy[:, 0], xy[:, 1])))


def _apply(
    shift: Shift, lon: float | FloatArray, lat: float | FloatArray
) -> tuple[float, float] | tuple[FloatArray, FloatArray]:
    scalar = np.ndim(lon) == 0 and np.ndim(lat) == 0
    x, y = shift(np.asarray(lon, dtype=np.float64), np.asarray(lat, dtype=np.float64))
    return (float(x), float(y)) if scalar else (x, y)


def _to_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    west, south, east, north = CHINA_BOX
    shifted = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    east_m, north_m = _offset_m(lon - 105.0, lat - 35.0)
    phi = np.radians(lat)
    flattening = 1.0 - _ECCENTRICITY_SQUARED * np.sin(phi) ** 2
    meridian_m = _AXIS_M * (1.0 - _ECCENTRICITY_SQUARED) / flattening**1.5
    parallel_m = _AXIS_M / np.sqrt(flattening) * np.cos(phi)
    return (
        np.where(shifted, lon + np.degrees(east_m / parallel_m), lon),
        np.where(shifted, lat + np.degrees(north_m / meridian_m), lat),
    )


def _offset_m(x: FloatArray, y: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Metres east and north by which GCJ-02 is off at x, y degrees from 105 E 35 N."""
    pi = np.pi
    root, common = np.sqrt(np.abs(x)), 20.0 * np.sin(6.0 * pi * x) + 20.0 * np.sin(2.0 * pi * x)
    waves_x = 20.0 * np.sin(pi * x) + 40.0 * np.sin(pi * x / 3.0)
    waves_y = 20.0 * np.sin(pi * y) + 40.0 * np.sin(pi * y / 3.0)
    long_x = 150.0 * np.sin(pi * x / 12.0) + 300.0 * np.sin(pi * x / 30.0)
    long_y = 160.0 * np.sin(pi * y / 12.0) + 320.0 * np.sin(pi * y / 30.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    return (
        east + (common + waves_x + long_x) * 2.0 / 3.0,
        north + (common + waves_y + long_y) * 2.0 / 3.0,
    )


def _from_gcj02(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    return _invert(_to_gcj02, lon, lat)


def _twist(lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """GCJ-02 to BD-09."""
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BAIDU_TWIST)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BAIDU_TWIST)
    return radius * np.cos(angle) + 0.0065, radius * np.sin(angle) + 0.006


def _invert(shift: Shift, lon: FloatArray, lat: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Fixed-point inverse: the shift changes far more slowly than the position, so each round gains two digits."""
    x, y = lon.copy(), lat.copy()
    for _ in range(_MAX_ROUNDS):
        seen_x, seen_y = shift(x, y)
        x, y = x + (lon - seen_x), y + (lat - seen_y)
        if max(np.max(np.abs(lon - seen_x), initial=0.0), np.max(np.abs(lat - seen_y), initial=0.0)) < TOLERANCE_DEG:
            break
    return x, y
