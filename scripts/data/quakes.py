"""gis/data/quakes.json: the facts of the region's real earthquakes, from a catalogue in the usual Chinese columns.

    python -m scripts.data.quakes CATALOGUE.csv

takes a CSV with the columns 发震日期（北京时间）, 经度(°), 纬度(°), 震源深度(Km), 震级类型, 震级, 震中位置, 事件类型
and keeps natural earthquakes of magnitude 4 and over within 200 km of the county's middle.
"""

import argparse
import csv
import json
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

from gis.geometry import distance_m

DATA = Path(__file__).resolve().parents[2] / "gis" / "data"
MIDDLE = (101.35, 24.92)
WITHIN_M, AT_LEAST = 200_000.0, 4.0
BEIJING = timezone(timedelta(hours=8))


def _kept(path: Path) -> Iterator[dict[str, object]]:
    with path.open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            lon, lat, magnitude = float(row["经度(°)"]), float(row["纬度(°)"]), float(row["震级"])
            near = distance_m(*MIDDLE, lon, lat) <= WITHIN_M
            if near and magnitude >= AT_LEAST and row["事件类型"] == "天然地震":
                at = datetime.strptime(row["发震日期（北京时间）"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
                yield {
                    "at": at.isoformat(),
                    "magnitude": magnitude,
                    "magnitude_type": row["震级类型"],
                    "depth_km": float(row["震源深度(Km)"]),
                    "place": row["震中位置"],
                    "lon": lon,
                    "lat": lat,
                }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("catalogue", type=Path)
    rows = sorted(_kept(parser.parse_args().catalogue), key=lambda row: str(row["at"]), reverse=True)
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    (DATA / "quakes.json").write_text(f"[\n{lines}\n]\n", encoding="utf-8")


if __name__ == "__main__":
    main()
